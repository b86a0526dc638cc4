"""What is restricted of a member: Party membership, beside the person and outside of the record (M18).

It lies in the restricted part of the member's document in `people`, which no look-up shows and an erasure
takes with it: whether they are a Party member, in which sector branch and whether as its secretary, and in
which activities they showed Party identity. Only percentages come out again (`domain/coverage.py`), and of a
branch whether a secretary was entered at all.

Whoever reads the log of accesses sees that something restricted was written, of whom and by whom. So an
activity's flags are written of all who took part, shown or not: else the line itself would tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.meetings.domain.coverage import PartyFacts
from services.meetings.domain.member import Member
from shared.contracts.refusal import RefusedError
from shared.platform.auth import Principal
from shared.platform.people import Facts, People

_PARTY_MEMBER, _BRANCH, _SECRETARY = "party_member", "party_branch", "branch_secretary"
_SHOWN_IN = "showed_party_identity_in:"

MEMBERSHIP_ENTERED = "登记委员限制信息"
ACTIVITY_ENTERED = "登记履职活动"
"""Why, as the log of accesses says it: what was entered must not show in it."""


@dataclass(frozen=True)
class Membership:
    """What the office enters of a member.

    Attributes:
        branch_id: the sector branch that they belong to.
        secretary: they are its secretary.
    """

    party_member: bool
    branch_id: str | None = None
    secretary: bool = False


def erased() -> RefusedError:
    """Return why nothing is written of somebody any more."""
    return RefusedError(
        "person-erased",
        zh="该人员的个人信息已按要求删除，不能再登记。",
        en="What is known of this person was erased; nothing is written of them any more.",
    )


async def enter_membership(people: People, member: Member, said: Membership, *, by: Principal) -> None:
    """Write whether a member is a Party member, and in which branch; all of it anew.

    Raises:
        RefusedError: the person was erased.
    """
    facts: Facts = {_PARTY_MEMBER: said.party_member, _BRANCH: said.branch_id, _SECRETARY: said.secretary}
    if not await _restrict(people, member, facts, by, MEMBERSHIP_ENTERED):
        raise erased()


async def enter_shown(
    people: People, activity_id: str, members: Iterable[Member], shown_by: Collection[str], *, by: Principal
) -> None:
    """Write which of the members of an activity showed Party identity in it; all of it anew.

    Args:
        people: of this service.
        activity_id: which.
        members: all who took part; of an erased one nothing is written.
        shown_by: ids of those who did.
        by: who says so.
    """
    for member in members:
        facts: Facts = {f"{_SHOWN_IN}{activity_id}": True if member.member_id in shown_by else None}
        await _restrict(people, member, facts, by, ACTIVITY_ENTERED)


async def _restrict(people: People, member: Member, facts: Facts, by: Principal, why: str) -> bool:
    return await people.restrict(member.person, division=member.division, facts=facts, by=by, why=why)


async def party_facts(people: People, persons: Mapping[str, str]) -> dict[str, PartyFacts]:
    """Return what was entered of members, to compute with; never to be shown.

    Args:
        people: of this service.
        persons: of each member, by the member's id.
    """
    kept = await people.restricted_of(persons.values())
    return {member: _read(kept.get(person, {})) for member, person in persons.items()}


def _read(facts: Facts) -> PartyFacts:
    party_member, branch = facts.get(_PARTY_MEMBER), facts.get(_BRANCH)
    return PartyFacts(
        party_member=party_member if isinstance(party_member, bool) else None,
        branch=branch if isinstance(branch, str) else None,
        shown_in=frozenset(
            name.removeprefix(_SHOWN_IN)
            for name, value in facts.items()
            if value and name.startswith(_SHOWN_IN)
        ),
    )


async def has_secretary(people: People, persons: Collection[str], branch_id: str) -> bool:
    """Tell whether one of these people was entered as a branch's secretary."""
    kept = await people.restricted_of(persons)
    return any(facts.get(_BRANCH) == branch_id and facts.get(_SECRETARY) for facts in kept.values())
