"""两个全覆盖, as percentages and nothing else (M18).

Who is a Party member is restricted, so what leaves the service must not tell it of anybody, not even by a
detour:

- **Whole percents of the county, never counts**: nor percentages of a sector or a town, whose difference from
  the county's would tell of those left over.
- **Nothing over fewer than five people** (`LEAST`), whatever the percentage.
- **Rounded down**, so that 100 means all: full coverage is what the county is asked for.

What this does not prevent: whoever reads the figures immediately before and after one person's entry may see
them move. So they are for the office, which makes the entries, and the auditor alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEAST = 5
"""People over whom a percentage may leave the service."""


@dataclass(frozen=True)
class PartyFacts:
    """What the office entered of one serving member; never to be shown.

    Attributes:
        party_member: None where nobody entered it.
        branch: id of the sector branch they belong to.
        shown_in: ids of the activities in which they showed Party identity (双亮).
    """

    party_member: bool | None = None
    branch: str | None = None
    shown_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Coverage:
    """The percentages; each None where it would be over fewer than `LEAST` people.

    Attributes:
        party_organisation: 党的组织对党员委员全覆盖: of the Party-member members, those in a sector branch.
        party_work: 党的工作对委员全覆盖: of all members, those of a sector that a branch's work covers.
        showed_party_identity: of the Party-member members, those who showed it in an activity of the year.
        complete: of each member it was entered whether they are a Party member.
    """

    party_organisation: int | None
    party_work: int | None
    showed_party_identity: int | None
    complete: bool


def percentage(part: int, whole: int) -> int | None:
    """Return the whole percents that a part is, rounded down; None over fewer than `LEAST`."""
    return None if whole < LEAST else part * 100 // whole


def coverage(
    facts: Mapping[str, PartyFacts],
    sectors: Mapping[str, str],
    *,
    branches: Mapping[str, Collection[str]],
    activities: Mapping[str, Collection[str]],
) -> Coverage:
    """Return the two coverages of a county.

    Args:
        facts: of each serving member, by id.
        sectors: of each serving member, by id.
        branches: the sectors that each standing branch's work covers, by id.
        activities: the members who took part in each of the year's activities, by id.
    """
    in_party = {member: each for member, each in facts.items() if each.party_member}
    in_branch = sum(each.branch in branches for each in in_party.values())
    shown = sum(
        any(member in activities.get(activity, ()) for activity in each.shown_in)
        for member, each in in_party.items()
    )
    covered = {sector for of_branch in branches.values() for sector in of_branch}
    return Coverage(
        party_organisation=percentage(in_branch, len(in_party)),
        party_work=percentage(sum(sector in covered for sector in sectors.values()), len(sectors)),
        showed_party_identity=percentage(shown, len(in_party)),
        complete=all(each.party_member is not None for each in facts.values()),
    )
