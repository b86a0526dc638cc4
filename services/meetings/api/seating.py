"""Invitations, registrations and check-in over HTTP, for those who run a meeting (M07–M11).

Names and phones of people without an account go into `people`; events, lists and exports have opaque ids.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.meetings.check_in_codes import ReadCode, read_code
from services.meetings.deciders import MEETING
from services.meetings.domain.meeting import Meeting, MeetingCommand, Unknown
from services.meetings.domain.seating import (
    AnswerInvitation,
    CheckIn,
    Invite,
    Invitee,
    Register,
    Seats,
    Withdraw,
)
from services.meetings.moments import Now
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.seating import PARTICIPATIONS
from services.meetings.rights import Convener
from services.meetings.views.seating import (
    ATTENDEE_LIST,
    AttendeeView,
    CheckedIn,
    InvitedPeople,
    NamedAttendee,
    RegisteredPerson,
    SignInSheet,
    Standing,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind, Id, Line
from shared.eventsourcing.http import COMMAND_NAMESPACE, Commands, CommandsOf, Written
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.codes import SecretsOf
from shared.platform.http import Page
from shared.platform.language import FieldValueError
from shared.platform.lists import ListRequest
from shared.platform.people import MOST_AT_ONCE as MOST_LOOKED_UP
from shared.platform.people import Details, People, Person, PersonName, Phone
from shared.platform.people_http import PeopleOf
from shared.platform.problems import NotFoundError

router = APIRouter()

MOST_AT_ONCE = 200
"""People in one invitation: as many as a county has members."""

Organiser = Annotated[Principal, Depends(require(Role.CONVENER, access=Access.READ))]
"""Runs meetings, or audits them."""

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class Somebody(BaseModel):
    """A person by id, or one without an account by name; then an id is made for them.

    Attributes:
        person: opaque id, of an account, of the member roster, or made earlier.
        name, phone: kept apart from the record, and erased when the person asks for it.
    """

    person: Id | None = None
    name: PersonName | None = None
    phone: Phone | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Somebody:
        if self.person and (self.name or self.phone):
            raise FieldValueError(
                "已有人员编号的，不在此填写姓名和电话。", "Give an id, or a name and phone; not both."
            )
        return self

    def under(self, new_id: str) -> str:
        """Return the id: the one that was given, or the new one."""
        return self.person or new_id

    def details(self) -> Details | None:
        """Return what is to be written down, None where nothing is known."""
        return Details(name=self.name, phone=self.phone) if self.name or self.phone else None


async def _seen_meeting(commands: Commands, meeting_id: str, caller: Principal) -> Meeting:
    """Return a meeting of the caller's division as it stands now.

    Raises:
        NotFoundError: there is none.
    """
    meeting = await commands.state(MEETING, meeting_id)
    if isinstance(meeting, Unknown) or not caller.covers(meeting.division):
        raise NotFoundError
    return meeting


async def _write_down(
    people: People, known: dict[str, Details], meeting: Meeting, command: MeetingCommand
) -> None:
    """Write down who people are, before the events that have their ids.

    Nobody is written down for a command that is going to be refused.
    """
    try:
        MEETING.decide(command, meeting)
    except RefusedError:
        return  # the command says so itself, or finds that it was done before
    await asyncio.gather(
        *(people.put(who, division=meeting.division, details=details) for who, details in known.items())
    )


async def _on_seats(commands: Commands, meeting_id: str, command: MeetingCommand) -> Written:
    return await commands.execute(MEETING, meeting_id, command, location=f"/meetings/{meeting_id}/attendees")


# invitations


class Known(Somebody):
    """A person of whom at least something is known."""

    @model_validator(mode="after")
    def _somebody(self) -> Known:
        if not (self.person or self.name or self.phone):
            raise FieldValueError("请填写人员编号或姓名。", "Give an id, a name or a phone number.")
        return self


class InviteeBody(Known):
    """Whom to invite, and as what."""

    kind: AttendeeKind


class InvitationBody(BaseModel):
    """Whom to invite: one person, or a group."""

    people: tuple[InviteeBody, ...] = Field(min_length=1, max_length=MOST_AT_ONCE)


@router.post("/meetings/{meeting_id}/invitations")
async def invite(
    meeting_id: Id, body: InvitationBody, caller: Convener, commands: CommandsOf, people: PeopleOf, now: Now
) -> InvitedPeople:
    """Invite people to a meeting (M07); who was invited already keeps that invitation."""
    meeting = await _seen_meeting(commands, meeting_id, caller)
    new_ids = (
        str(uuid.uuid5(COMMAND_NAMESPACE, f"{commands.new_id()}:invitee:{n}"))
        for n in range(len(body.people))
    )
    whom = {each.under(new_id): each for new_id, each in zip(new_ids, body.people, strict=True)}
    command = Invite(tuple(Invitee(person, each.kind) for person, each in whom.items()), now)
    known = {person: details for person, each in whom.items() if (details := each.details())}
    await _write_down(people, known, meeting, command)
    done = await _on_seats(commands, meeting_id, command)
    return InvitedPeople(**done.model_dump(), people=list(whom))


class AnswerBody(BaseModel):
    """What an invited person answers."""

    accepts: bool


@router.post("/meetings/{meeting_id}/invitations/{person}/answer")
async def record_answer(
    meeting_id: Id, person: Id, body: AnswerBody, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Record what somebody answered by telephone or in person (M07)."""
    return await _on_seats(commands, meeting_id, AnswerInvitation(person, body.accepts, now))


# registrations


class RegistrationBody(Known):
    """Whom to register, and as what unless they were invited as something."""

    kind: AttendeeKind = AttendeeKind.RESIDENT


@router.post("/meetings/{meeting_id}/registrations")
async def register(
    meeting_id: Id,
    body: RegistrationBody,
    caller: Convener,
    commands: CommandsOf,
    people: PeopleOf,
    now: Now,
) -> RegisteredPerson:
    """Register somebody who asked for it in person (M08): a seat, or a place among those waiting."""
    meeting = await _seen_meeting(commands, meeting_id, caller)
    person, details = body.under(commands.new_id()), body.details()
    command = Register(person, body.kind, now)
    await _write_down(people, {person: details} if details else {}, meeting, command)
    done = await _on_seats(commands, meeting_id, command)
    return RegisteredPerson(**done.model_dump(), person=person)


@router.post("/meetings/{meeting_id}/registrations/{person}/withdrawal")
async def withdraw(meeting_id: Id, person: Id, caller: Convener, commands: CommandsOf, now: Now) -> Written:
    """Give up somebody's place for them (M08); the next of those waiting gets the seat."""
    return await _on_seats(commands, meeting_id, Withdraw(person, now))


# check-in


class CheckInBody(Somebody):
    """Who is there: by the code that they show, or by hand.

    Attributes:
        code: scanned or typed; then it says all the rest.
        kind: as what, for somebody who did not register.
        helper: official role of who checks in by hand.
    """

    code: Code | None = None
    kind: AttendeeKind | None = None
    helper: Line | None = None

    @model_validator(mode="after")
    def _by_code_or_by_hand(self) -> CheckInBody:
        if self.code is None and self.helper is None:
            raise FieldValueError(
                "请出示签到码，或写明由谁手工签到（helper）。",
                "Send a code, or say who checks in by hand (helper).",
            )
        if self.code is not None and (self.person or self.name or self.phone or self.kind or self.helper):
            raise FieldValueError("凭签到码签到时不填写其他内容。", "With a code nothing else is said.")
        return self


@router.post("/meetings/{meeting_id}/check-ins")
async def check_in(
    meeting_id: Id,
    body: CheckInBody,
    caller: Convener,
    commands: CommandsOf,
    people: PeopleOf,
    secrets: SecretsOf,
    now: Now,
) -> CheckedIn:
    """Check somebody in (M10), by their code or by hand; a second check-in changes nothing."""
    meeting = await _seen_meeting(commands, meeting_id, caller)
    if body.code is not None:
        read: ReadCode = read_code(secrets, meeting_id, body.code, _seats_of(meeting).seated, now)
        command = CheckIn(read.person, None, None, now, read.shown)
    else:
        command = CheckIn(body.under(commands.new_id()), body.kind, body.helper, now)
        details = body.details()
        await _write_down(people, {command.person: details} if details else {}, meeting, command)
    done = await _on_seats(commands, meeting_id, command)
    arrival = _seats_of(await commands.state(MEETING, meeting_id)).arrivals[command.person]
    return CheckedIn(
        **done.model_dump(),
        person=command.person,
        kind=arrival.kind,
        checked_in_at=arrival.at,
        already_there=arrival.at != now and not done.repeated,
    )


def _seats_of(meeting: Meeting) -> Seats:
    return Seats() if isinstance(meeting, Unknown) else meeting.seats


# who takes part


@router.get("/meetings/{meeting_id}/attendees", responses=EXPORTS, response_model=Page[AttendeeView])
async def list_attendees(
    meeting_id: Id,
    caller: Organiser,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(ATTENDEE_LIST)],
    standing: Annotated[Standing | None, Query()] = None,
    kind: Annotated[AttendeeKind | None, Query()] = None,
    checked_in: Annotated[bool | None, Query()] = None,
) -> Page[AttendeeView] | Response:
    """List who was invited, registered, waits and came, in the order of registering; no names."""
    await _require_meeting(reading, meeting_id, caller)
    query: dict[str, object] = {"meeting_id": meeting_id}
    if standing is not None:
        query["standing"] = standing.value
    if kind is not None:
        query["kind"] = kind.value
    if checked_in is not None:
        query["checked_in_at"] = {"$ne": None} if checked_in else None
    return await reading.listed(PARTICIPATIONS, ATTENDEE_LIST, query, asked)


async def _require_meeting(reading: Reading, meeting_id: str, caller: Principal) -> None:
    await reading.document(MEETINGS, meeting_id, minimum=None, visible=lambda d: caller.covers(d["division"]))


# As a look-up of people: for those who work with them, and not for auditors.
@router.get("/meetings/{meeting_id}/sign-in-sheet")
async def get_sign_in_sheet(
    meeting_id: Id,
    caller: Convener,
    reading: ReadingOf,
    people: PeopleOf,
    why: Annotated[Line, Query(description="Why names have to be known; kept in the log")],
) -> SignInSheet:
    """Return who is expected and who came, with names, in the order of registering; it is logged."""
    await _require_meeting(reading, meeting_id, caller)
    expected_or_here = [{"standing": {"$in": ["registered", "invited"]}}, {"checked_in_at": {"$ne": None}}]
    wanted = {"meeting_id": meeting_id, "$or": expected_or_here}
    found = [AttendeeView.model_validate(d) for d in await reading.all(PARTICIPATIONS, wanted)]
    named = await _named(people, [each.person for each in found], caller, why)
    lines = [_line(each, named.get(each.person)) for each in found]
    return SignInSheet(items=sorted(lines, key=lambda line: (line.number is None, line.number or 0)))


async def _named(people: People, ids: Sequence[str], caller: Principal, why: str) -> dict[str, Person]:
    named: dict[str, Person] = {}
    for start in range(0, len(ids), MOST_LOOKED_UP):
        named |= await people.look_up(ids[start : start + MOST_LOOKED_UP], reader=caller, why=why)
    return named


def _line(attendee: AttendeeView, person: Person | None) -> NamedAttendee:
    return NamedAttendee(
        person=attendee.person,
        kind=attendee.kind,
        standing=attendee.standing,
        number=attendee.number,
        name=person.name if person else None,
        phone=person.phone if person else None,
        checked_in_at=attendee.checked_in_at,
    )
