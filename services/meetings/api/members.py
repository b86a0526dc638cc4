"""The roster of members over HTTP (M18).

Names and phones go into `people`, Party membership beside them; events, lists and exports have neither.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel, Field, StrictBool, StringConstraints, model_validator

from services.meetings import linked, restricted
from services.meetings.deciders import BRANCH, MEMBER
from services.meetings.domain import member as members
from services.meetings.moments import Now
from services.meetings.projections.members import MEMBERS
from services.meetings.rights import Liaison, MemberReader, Office, Reader, countywide
from services.meetings.views.members import (
    MEMBER_LIST,
    MemberSituation,
    MemberView,
    NamedMember,
    NamedMembers,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, DivisionCode, Id, Line
from shared.eventsourcing.decider import C, Decider, S
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import check_division, visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.language import FieldValueError
from shared.platform.lists import ListRequest
from shared.platform.people import Details, People, PersonName, Phone
from shared.platform.people_http import PeopleOf
from shared.platform.privacy import MaskedLine
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

Skills = Annotated[tuple[Line, ...], Field(max_length=20)]
Account = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
"""Subject of an account, as its tokens have it; never stored, only the opaque id derived of it."""


class Contact(BaseModel):
    """Who a member is; kept in `people`, in no event."""

    name: PersonName
    phone: Phone | None = None

    def details(self) -> Details:
        """Return it as `people` keeps it."""
        return Details(name=self.name, phone=self.phone)


class NewMember(Contact):
    """Somebody for the roster; `member_id` may be chosen by the caller, e.g. an importer.

    Attributes:
        division: the county.
        account: the subject of their account, where they have one already.
        sector: 界别.
        skills: 专长.
        term: 届次.
    """

    member_id: Id | None = None
    division: DivisionCode
    account: Account | None = None
    sector: Line
    liaison_office: Line
    skills: Skills = ()
    term: Line | None = None
    enrolled_on: Day


@router.post("/members", status_code=status.HTTP_201_CREATED)
async def enrol_member(
    body: NewMember, caller: Office, commands: CommandsOf, reading: ReadingOf, people: PeopleOf
) -> Written:
    """Enter somebody on the county's roster (M18)."""
    check_division(caller, body.division)
    member_id = body.member_id or commands.new_id()
    account = person_id(body.account) if body.account else None
    command = members.EnrolMember(
        member_id=member_id,
        person=account or commands.new_id(),
        account=account,
        **body.model_dump(exclude={"member_id", "account", "name", "phone"}),
    )
    await _require_free(reading, account, member_id)
    if will_be_done(MEMBER, command, await commands.state(MEMBER, member_id)):
        # Before the event that has the id: never an event whose person is unknown.
        await _write_down(people, command.person, body, body.division)
    location = f"/members/{member_id}"
    return await commands.execute(MEMBER, member_id, command, location=location, division=body.division)


async def _require_free(reading: Reading, account: str | None, member_id: str) -> None:
    """Refuse an account that is another serving member's.

    Asked of the read model: two requests in the same moment may both find it free.
    """
    if account is None:
        return
    found = await reading.all(MEMBERS, {"account": account, "situation": MemberSituation.SERVING})
    if any(each["member_id"] != member_id for each in found):
        raise RefusedError(
            "account-taken",
            rule="M18",
            zh="该账号已属于另一位在任委员。",
            en="The account is that of another serving member.",
            field="account",
        )


def will_be_done(decider: Decider[C, S], command: C, state: S) -> bool:
    """Tell whether a command is not going to be refused: else nothing must be written down for it."""
    try:
        decider.decide(command, state)
    except RefusedError:
        return False  # the command says so itself, or finds that it was done before
    return True


async def _write_down(people: People, person: str, contact: Contact, division: str) -> None:
    if not await people.put(person, division=division, details=contact.details()):
        raise restricted.erased()


class MemberChange(BaseModel):
    """What the roster says of a member from now on, all of it."""

    sector: Line
    liaison_office: Line
    skills: Skills = ()
    term: Line | None = None
    changed_on: Day


@router.post("/members/{member_id}/changes")
async def change_member(member_id: Id, body: MemberChange, caller: Office, commands: CommandsOf) -> Written:
    """Put right what the roster says of a member (M18)."""
    return await _on_member(commands, member_id, members.ChangeMember(**dict(body)))


class AccountLink(BaseModel):
    """The subject of a member's account, as its tokens have it; never stored."""

    account: Account


@router.post("/members/{member_id}/account")
async def link_account(
    member_id: Id,
    body: AccountLink,
    caller: Office,
    commands: CommandsOf,
    reading: ReadingOf,
    people: PeopleOf,
    now: Now,
) -> Written:
    """Say whose account is the member's: they find what is theirs, and are known by name under it (M18)."""
    member = await seen_member(commands, member_id, caller)
    account = person_id(body.account)
    command = members.LinkAccount(account, today(now))
    await _require_free(reading, account, member_id)
    if will_be_done(MEMBER, command, member) and not await linked.link(
        people, member.person, account, division=member.division, by=caller
    ):
        raise restricted.erased()
    return await _on_member(commands, member_id, command)


class NewPosting(BaseModel):
    """Where a member is posted, and as what.

    Attributes:
        posted_to: a town or community; a posting to the same place again replaces the one before.
        until: the last day; null for no end.
    """

    posted_to: DivisionCode
    specialty: Line
    from_on: Day
    until: Day | None = None


@router.post("/members/{member_id}/postings")
async def post_member(member_id: Id, body: NewPosting, caller: Office, commands: CommandsOf) -> Written:
    """Post a member to a town or community by specialty (委员下沉), or end or prolong a posting (M18)."""
    return await _on_member(commands, member_id, members.PostMember(**dict(body)))


class Retirement(BaseModel):
    """Why somebody is no longer a member, and from which day."""

    reason: MaskedLine
    retired_on: Day


@router.post("/members/{member_id}/retirement")
async def retire_member(member_id: Id, body: Retirement, caller: Office, commands: CommandsOf) -> Written:
    """Take somebody off the roster (M18)."""
    return await _on_member(commands, member_id, members.RetireMember(**dict(body)))


async def _on_member(commands: Commands, member_id: str, command: members.MemberCommand) -> Written:
    return await commands.execute(MEMBER, member_id, command, location=f"/members/{member_id}")


async def seen_member(commands: Commands, member_id: str, caller: Principal) -> members.Member:
    """Return a member of the caller's county as they stand now.

    Raises:
        NotFoundError: there is none.
    """
    member = await commands.state(MEMBER, member_id)
    if not member.member_id or not countywide(caller).covers(member.division):
        raise NotFoundError
    return member


@router.put("/members/{member_id}/contact", status_code=status.HTTP_204_NO_CONTENT)
async def correct_contact(
    member_id: Id, body: Contact, caller: Office, commands: CommandsOf, people: PeopleOf
) -> None:
    """Put a member's name or phone right; a phone that is left out stays."""
    member = await seen_member(commands, member_id, caller)
    for person in dict.fromkeys(filter(None, (member.person, member.entry.account))):
        await _write_down(people, person, body, member.division)


class PartyMembership(BaseModel):
    """Whether a member is a Party member; what is entered here comes out again only in percentages.

    Attributes:
        branch_id: the sector branch that they belong to.
        secretary: they are its secretary.
    """

    party_member: StrictBool
    branch_id: Id | None = None
    secretary: StrictBool = False

    @model_validator(mode="after")
    def _sound(self) -> PartyMembership:
        if self.branch_id and not self.party_member:
            raise FieldValueError("只有党员才编入党支部。", "A branch takes Party members only.")
        if self.secretary and not self.branch_id:
            raise FieldValueError("支部书记须写明所在支部。", "Say of which branch they are the secretary.")
        return self


@router.put("/members/{member_id}/party-membership", status_code=status.HTTP_204_NO_CONTENT)
async def enter_party_membership(
    member_id: Id, body: PartyMembership, caller: Office, commands: CommandsOf, people: PeopleOf
) -> None:
    """Enter whether a member is a Party member, all of it anew; nothing of it is ever answered (M18)."""
    member = await seen_member(commands, member_id, caller)
    if body.branch_id is not None:
        branch = await commands.state(BRANCH, body.branch_id)
        if branch.division != member.division or branch.dissolved_on is not None:
            raise RefusedError(
                "branch-unknown",
                rule="M20",
                zh="没有这个界别党支部，或已撤销。",
                en="There is no such branch, or it was dissolved.",
                field="branch_id",
            )
    await restricted.enter_membership(people, member, restricted.Membership(**dict(body)), by=caller)


@router.get(
    "/members",
    response_model=Page[MemberView],
    responses={**EXPORTS, 404: {"description": "`posted_to` lies outside the caller's county"}},
)
async def list_members(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(MEMBER_LIST)],
    situation: Annotated[MemberSituation | None, Query()] = None,
    sector: Annotated[Line | None, Query()] = None,
    liaison_office: Annotated[Line | None, Query()] = None,
    posted_to: Annotated[
        DivisionCode | None, Query(description="Posted there, or inside of it, at any time")
    ] = None,
) -> Page[MemberView] | Response:
    """List the members of the caller's county: no names (M18)."""
    asked_for = {"situation": situation, "sector": sector, "liaison_office": liaison_office}
    query: dict[str, Any] = {name: value for name, value in asked_for.items() if value is not None}
    query["division"] = visible_divisions(countywide(caller))
    if posted_to is not None:
        inside = visible_divisions(countywide(caller), posted_to)
        query["postings"] = {"$elemMatch": {"posted_to": inside}}
    return await reading.listed(MEMBERS, MEMBER_LIST, query, asked)


# Before `/members/{member_id}`: routes are tried in this order.
@router.get("/members/names")
async def look_members_up(
    caller: Liaison,
    reading: ReadingOf,
    people: PeopleOf,
    now: Now,
    why: Annotated[Line, Query(description="Why they have to be known by name; kept in the log")],
) -> NamedMembers:
    """Return who the serving members are: the county's to its clerks, to a town's those posted there now.

    It is logged who looked at whom, and why.
    """
    query = {"division": visible_divisions(countywide(caller)), "situation": MemberSituation.SERVING}
    known = [
        document
        for document in await reading.all(MEMBERS, query)
        if caller.covers(document["division"]) or _posted(document, caller, today(now).isoformat())
    ]
    # The right was checked above: a town's clerk may know those who are posted there, though of the county.
    found = await people.look_up([d["person"] for d in known], reader=countywide(caller), why=why)
    return NamedMembers(
        items=[
            NamedMember(
                name=found[d["person"]].name if d["person"] in found else None,
                phone=found[d["person"]].phone if d["person"] in found else None,
                **{field: d[field] for field in ("member_id", "person", "sector", "liaison_office")},
            )
            for d in known
        ]
    )


def _posted(document: Document, caller: Principal, day: str) -> bool:
    return any(
        caller.covers(posting["posted_to"])
        and posting["from_on"] <= day
        and (posting["until"] is None or day <= posting["until"])
        for posting in document["postings"]
    )


@router.get("/members/{member_id}")
async def get_member(
    member_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> MemberView:
    """Return what the roster says of a member (M18)."""
    county = countywide(caller)
    return await reading.one(MEMBERS, member_id, MemberView, caller=county, minimum=minimum, as_of=as_of)


@router.get("/members/{member_id}/history")
async def get_member_history(
    member_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a member's entry, oldest first; to the county's own clerks."""
    return await reading.history(MEMBERS, member_id, asked, caller=caller)


@router.get("/my/member")
async def get_own_entry(caller: MemberReader, reading: ReadingOf) -> MemberView:
    """Return what the roster says of the caller."""
    own = {"account": person_id(caller.subject), "division": visible_divisions(countywide(caller))}
    found = await reading.all(MEMBERS, own)
    if not found:
        raise NotFoundError
    return MemberView.model_validate(max(found, key=lambda d: d["enrolled_on"]))
