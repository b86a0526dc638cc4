"""What people do about their own part in meetings: see seats, register, answer, withdraw, show a code.

Taking part does not end at the border of one's town: whoever is signed in may take part in all meetings of
their county, though what they may read or change otherwise lies in their own division.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from services.meetings.check_in_codes import CheckInCode, code_of
from services.meetings.deciders import MEETING
from services.meetings.domain.seating import (
    AnswerInvitation,
    Register,
    SeatingCommand,
    Withdraw,
    free_beside,
)
from services.meetings.moments import Now
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.seating import PARTICIPATIONS, SEATS
from services.meetings.views.seating import CodeView, MyMeeting, MyMeetings, OwnPlace, SeatsLeft
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind, Day, Id
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.codes import Secrets, SecretsOf
from shared.platform.http import MinVersion
from shared.platform.working_days import today

router = APIRouter()

Participant = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT))]
Onlooker = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]

TAKES_PART = ("invited", "registered", "waitlisted", "walk-in")
QR_BORDER, QR_SCALE = 4, 8  # modules, pixels a module: what scanners ask for, and fills a phone


def _county(caller: Principal) -> Principal:
    """Return the caller as somebody of their whole county; see the module's docstring."""
    return replace(caller, division=caller.division[:6])


def kind_of(caller: Principal) -> AttendeeKind:
    """Return as what somebody registers who was not invited; conveners are members."""
    if not caller.roles.isdisjoint({Role.MEMBER, Role.CONVENER}):
        return AttendeeKind.MEMBER
    return AttendeeKind.DEPARTMENT if Role.DEPARTMENT in caller.roles else AttendeeKind.RESIDENT


async def _seats(
    reading: Reading, meeting_id: str, caller: Principal, minimum: int | None
) -> Mapping[str, Any]:
    county = _county(caller)
    return await reading.document(
        SEATS, meeting_id, minimum=minimum, visible=lambda d: county.covers(d["division"])
    )


# seats


@router.get("/meetings/{meeting_id}/seats")
async def get_seats(
    meeting_id: Id, caller: Onlooker, reading: ReadingOf, minimum: MinVersion
) -> OwnPlace | SeatsLeft:
    """Return the caller's own place, or, for who has none, how many seats are left (M09)."""
    seats = await _seats(reading, meeting_id, caller, minimum)
    place = seats["places"].get(person_id(caller.subject))
    return _seats_left(seats, caller) if place is None else _own_place(place, seats)


def _own_place(place: Mapping[str, Any], seats: Mapping[str, Any]) -> OwnPlace:
    kind, number = AttendeeKind(place["kind"]), place["number"]
    if place["seated"]:
        return OwnPlace(standing="registered", kind=kind, number=number)
    ahead = sum(not other["seated"] and other["number"] < number for other in seats["places"].values())
    return OwnPlace(standing="waitlisted", kind=kind, number=number, position=ahead + 1)


def _seats_left(seats: Mapping[str, Any], caller: Principal) -> SeatsLeft:
    invited = seats["invited"].get(person_id(caller.subject))
    kind = AttendeeKind(invited) if invited else kind_of(caller)
    seated = [AttendeeKind(p["kind"]) for p in seats["places"].values() if p["seated"]]
    reserved = {AttendeeKind(name): number for name, number in seats["reserved"].items()}
    free = free_beside(Counter(seated), seats["capacity"], reserved)
    is_open = seats["situation"] == "scheduled"
    left = 0 if not is_open else None if free is None else free[kind]
    return SeatsLeft(
        standing="invited" if invited else "none",
        kind=kind,
        registration="open" if is_open else "closed",
        seats_left=left,
        waiting=len(seats["places"]) - len(seated),
    )


@router.get("/my/meetings")
async def list_my_meetings(
    caller: Onlooker,
    reading: ReadingOf,
    now: Now,
    since: Annotated[Day | None, Query(description="In Shanghai; today unless said")] = None,
) -> MyMeetings:
    """List the meetings that the caller is invited to, registered for or waits for, the next one first."""
    me = {"person": person_id(caller.subject), "standing": {"$in": list(TAKES_PART)}}
    parts = {part["meeting_id"]: part for part in await reading.all(PARTICIPATIONS, me)}
    from_day: date = since or today(now)
    wanted = {"_id": {"$in": list(parts)}, "day": {"$gte": from_day.isoformat()}}
    meetings = await reading.all(MEETINGS, wanted)
    shown = [MyMeeting.model_validate({**meeting, **parts[meeting["meeting_id"]]}) for meeting in meetings]
    return MyMeetings(items=sorted(shown, key=lambda meeting: (meeting.day, meeting.meeting_id)))


# taking part


async def _for_oneself(commands: Commands, meeting_id: str, command: SeatingCommand) -> Written:
    caller = commands.caller
    in_county = replace(commands, caller=_county(caller)) if caller else commands
    location = f"/meetings/{meeting_id}/seats"
    return await in_county.execute(MEETING, meeting_id, command, location=location)


@router.post("/my/meetings/{meeting_id}/registration")
async def register_oneself(meeting_id: Id, caller: Participant, commands: CommandsOf, now: Now) -> Written:
    """Register for a meeting (M08): a seat, or a place among those waiting; accepts an invitation."""
    command = Register(person_id(caller.subject), kind_of(caller), now)
    return await _for_oneself(commands, meeting_id, command)


@router.post("/my/meetings/{meeting_id}/withdrawal")
async def withdraw_oneself(meeting_id: Id, caller: Participant, commands: CommandsOf, now: Now) -> Written:
    """Give up one's place (M08), which the next of those waiting gets; declines an invitation."""
    return await _for_oneself(commands, meeting_id, Withdraw(person_id(caller.subject), now))


class OwnAnswerBody(BaseModel):
    """What the caller answers to their invitation."""

    accepts: bool


@router.post("/my/meetings/{meeting_id}/answer")
async def answer_invitation(
    meeting_id: Id, body: OwnAnswerBody, caller: Participant, commands: CommandsOf, now: Now
) -> Written:
    """Accept or decline an invitation (M07); a change of mind is a new answer."""
    command = AnswerInvitation(person_id(caller.subject), body.accepts, now)
    return await _for_oneself(commands, meeting_id, command)


# codes


async def _own_code(
    reading: Reading, secrets: Secrets, meeting_id: str, caller: Principal, now: datetime, minimum: int | None
) -> CheckInCode:
    seats = await _seats(reading, meeting_id, caller, minimum)
    me = person_id(caller.subject)
    if not seats["places"].get(me, {}).get("seated"):
        raise RefusedError(
            "no-seat",
            rule="M10",
            zh="您在这次协商活动中没有席位，没有签到码。",
            en="You have no seat in this meeting, and so no code.",
        )
    return code_of(secrets, meeting_id, me, now)


@router.get("/meetings/{meeting_id}/my-code")
async def get_my_code(
    meeting_id: Id, caller: Onlooker, reading: ReadingOf, secrets: SecretsOf, minimum: MinVersion, now: Now
) -> CodeView:
    """Return the code that the caller shows at the door (M10), good for one to two minutes."""
    code = await _own_code(reading, secrets, meeting_id, caller, now, minimum)
    return CodeView(code=code.token, short_code=code.short, valid_until=code.valid_until)


@router.get(
    "/meetings/{meeting_id}/my-code.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}},
)
async def get_my_qr_code(
    meeting_id: Id, caller: Onlooker, reading: ReadingOf, secrets: SecretsOf, minimum: MinVersion, now: Now
) -> Response:
    """Return the same code as a QR code."""
    code = await _own_code(reading, secrets, meeting_id, caller, now, minimum)
    image = io.BytesIO()
    segno.make(code.token, error="m", micro=False).save(image, kind="svg", border=QR_BORDER, scale=QR_SCALE)
    return Response(image.getvalue(), media_type="image/svg+xml")
