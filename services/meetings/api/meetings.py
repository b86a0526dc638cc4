"""Meetings over HTTP: day, place and people, changes of them, and what is read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.meetings.deciders import MEETING, VENUE
from services.meetings.domain import meeting as meetings
from services.meetings.domain import venue as venues
from services.meetings.moments import Moment, Now
from services.meetings.projections.known import KNOWN_TOPICS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.reservations import Claim, Reservations, SlotsOf, claim_of
from services.meetings.rights import Convener, Reader
from services.meetings.views.meetings import MEETING_LIST, MeetingView, Situation
from shared.contracts.meetings import ReservedSeats
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, DivisionCode, Id, Line, MeetingForm, MeetingRules
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.language import FieldValueError
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedText
from shared.platform.problems import NotFoundError
from shared.platform.working_days import WorkCalendar, today

router = APIRouter()
CALENDAR = WorkCalendar()

ENDED_TOPICS = {"withdrawn", "rejected", "merged", "concluded"}

Link = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^https?://[^\s<>\"]+$")
]
"""An address that people click: no other scheme."""

ADOPTION_SECONDS = 2.0
"""How long the adoption of a topic may be on its way from another service."""


async def _reservations(slots: SlotsOf, commands: CommandsOf, reading: ReadingOf) -> Reservations:
    async def meeting(meeting_id: str) -> meetings.Meeting:
        return await commands.state(MEETING, meeting_id)

    async def others(claim: Claim) -> Iterable[str]:
        overlapping = {
            "needs": {"$in": sorted(claim.resources)},
            "situation": {"$in": ["scheduled", "open"]},
            "starts_at": {"$lt": _as_stored(claim.ends_at)},
            "ends_at": {"$gt": _as_stored(claim.starts_at)},
        }
        return [document["_id"] for document in await reading.all(MEETINGS, overlapping)]

    return Reservations(slots, meeting, others)


ReservationsOf = Annotated[Reservations, Depends(_reservations)]


def _as_stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# scheduling


class NewMeeting(CommandBody):
    """A meeting's day, place and people; `meeting_id` may be chosen by the caller, e.g. an importer.

    Attributes:
        division: the topic's own unless said.
        day: in Asia/Shanghai, for a back-entry that does not know the hour.
        starts_at, ends_at: with a time zone.
        convener, host, recorder: official roles; `…_id`: opaque ids of the persons, where they have one.
        capacity: as many as the venue holds unless said.
        reserved: seats kept for kinds of participants.
    """

    meeting_id: Id | None = None
    topic_id: Id
    division: DivisionCode | None = None
    form: MeetingForm = MeetingForm.MEETING
    form_title: Line | None = None
    venue_id: Id | None = None
    link: Link | None = None
    day: Day | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    convener: Line | None = None
    host: Line | None = None
    recorder: Line | None = None
    convener_id: Id | None = None
    host_id: Id | None = None
    recorder_id: Id | None = None
    capacity: int | None = Field(default=None, ge=1, le=100_000)
    reserved: tuple[ReservedSeats, ...] = Field(default=(), max_length=10)


@router.post("/meetings", status_code=status.HTTP_201_CREATED)
async def schedule_meeting(
    body: NewMeeting,
    caller: Convener,
    commands: CommandsOf,
    reading: ReadingOf,
    reservations: ReservationsOf,
    now: Now,
) -> Written:
    """Schedule a meeting on an adopted topic (M05); venue, host and recorder have one at a time (M04)."""
    check_back_entry(caller, back_entry=body.back_entry)
    topic = await _known_topic(reading, body.topic_id, caller, adopted=not body.back_entry)
    division = body.division or (topic.division if topic else "")
    meeting_id = body.meeting_id or commands.new_id()
    command = meetings.ScheduleMeeting(
        **body.content("meeting_id", "division"),
        meeting_id=meeting_id,
        division=division,
        at=meetings.Circumstances(
            now=now,
            topic=topic,
            venue=await _venue(commands, body.venue_id),
            notice=_notice(now, body.starts_at),
        ),
    )
    async with reservations.holding(_claim(command, MEETING.initial)) as taken:
        return await commands.execute(
            MEETING,
            meeting_id,
            replace(command, at=replace(command.at, taken=taken)),
            location=f"/meetings/{meeting_id}",
            division=division,
            source=body.source,
        )


async def _known_topic(
    reading: Reading, topic_id: str, caller: Principal, *, adopted: bool
) -> meetings.KnownTopic | None:
    """Return what is known of a topic of the caller's county, None where nothing is.

    Waits, for a topic proposed or adopted a moment ago is on its way from another service.
    """
    found: Document | None = None
    minimum = 1
    try:
        async with asyncio.timeout(ADOPTION_SECONDS):
            while found is None or (adopted and not found["adopted"] and found["situation"] == "proposed"):
                found = await reading.document(
                    KNOWN_TOPICS,
                    topic_id,
                    minimum=minimum,
                    visible=lambda d: d["division"][:6] == caller.division[:6],
                )
                (there,) = await reading.all(KNOWN_TOPICS, {"_id": topic_id})
                minimum = there["_version"] + 1
    except (NotCaughtUpError, NotFoundError, TimeoutError):
        if found is None:
            return None
    return meetings.KnownTopic(
        found["division"],
        adopted=found["adopted"],
        ended=found["situation"] in ENDED_TOPICS,
        rules=MeetingRules.model_validate(found["rules"]) if found["rules"] else None,
        title=found["title"],
    )


async def _venue(commands: Commands, venue_id: str | None) -> venues.Venue:
    return await commands.state(VENUE, venue_id) if venue_id else VENUE.initial


def _notice(now: datetime, starts_at: datetime | None) -> int | None:
    return None if starts_at is None else _working_days_before(now, today(starts_at))


def _working_days_before(now: datetime, day: date) -> int:
    """Return the working days between today and a meeting's day, both excluded (M06)."""
    return CALENDAR.working_days_between(today(now), day - timedelta(days=1))


def _claim(command: meetings.MeetingCommand, meeting: meetings.Meeting) -> Claim | None:
    """Return what a meeting would claim after a command; None where the command does not change it."""
    try:
        events = MEETING.decide(command, meeting)
    except RefusedError:
        return None  # the handler says so, or finds that it was done before
    after = MEETING.fold(events, meeting)
    if not events or not isinstance(after, meetings.Scheduled):
        return None
    return claim_of(after.plan, after.sequence)


# changes


class Rescheduling(BaseModel):
    """Another time, place or size; what is not named stays as it is.

    Attributes:
        starts_at: without `ends_at` the meeting stays as long as it was.
    """

    reason: MaskedText
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    venue_id: Id | None = None
    link: Link | None = None
    capacity: int | None = Field(default=None, ge=1, le=100_000)

    @model_validator(mode="after")
    def _something(self) -> Rescheduling:
        if self.model_fields_set <= {"reason"}:
            raise FieldValueError(
                "请写明改到何时、何地或多少名额。", "Say the new time, place or number of seats."
            )
        return self


@router.post("/meetings/{meeting_id}/rescheduling")
async def reschedule_meeting(
    meeting_id: Id,
    body: Rescheduling,
    caller: Convener,
    commands: CommandsOf,
    reservations: ReservationsOf,
    now: Now,
) -> Written:
    """Give a meeting another time, place or size; everybody invited or registered is told (M17)."""
    asked = meetings.RescheduleMeeting(**body.model_dump(), at=meetings.Circumstances(now=now))
    meeting = await commands.state(MEETING, meeting_id)
    command, claim = asked, None
    if isinstance(meeting, meetings.Scheduled) and caller.covers(meeting.division):
        moved = meetings.moved_by(asked, meeting.plan)
        at = meetings.Circumstances(
            now=now,
            venue=await _venue(commands, moved.venue_id),
            notice=_notice(now, moved.starts_at),
            sequence=meeting.sequence,
        )
        command = replace(asked, at=at)
        claim = _claim(command, meeting)
        if claim is None and moved != meeting.plan:
            # Refused as things stand, and nothing is reserved: it must not be done if they change now.
            command = replace(asked, at=replace(at, sequence=None))
    async with reservations.holding(claim) as taken:
        command = replace(command, at=replace(command.at, taken=taken))
        return await commands.execute(MEETING, meeting_id, command, location=f"/meetings/{meeting_id}")


class Cancellation(BaseModel):
    """Why a meeting will not take place."""

    reason: MaskedText


@router.post("/meetings/{meeting_id}/cancellation")
async def cancel_meeting(
    meeting_id: Id, body: Cancellation, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Call a meeting off; everybody invited or registered is told (M17)."""
    command = meetings.CancelMeeting(body.reason, today(now))
    return await commands.execute(MEETING, meeting_id, command, location=f"/meetings/{meeting_id}")


class Notice(BaseModel):
    """What goes with the notice.

    Attributes:
        papers: titles; papers that are ready later are sent with a notice of their own.
    """

    papers: tuple[Line, ...] = Field(default=(), max_length=50)


@router.post("/meetings/{meeting_id}/notices")
async def send_notice(
    meeting_id: Id, body: Notice, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Send the notice of a meeting, or further papers; later than the procedure asks it is flagged (M06)."""
    meeting = await commands.state(MEETING, meeting_id)
    day = today(now) if isinstance(meeting, meetings.Unknown) else meeting.plan.day
    at = meetings.NoticeTime(today(now), day, _working_days_before(now, day))
    command = meetings.SendNotice(at, body.papers)
    return await commands.execute(MEETING, meeting_id, command, location=f"/meetings/{meeting_id}")


# reading


@router.get("/meetings", response_model=Page[MeetingView], responses=EXPORTS)
async def list_meetings(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(MEETING_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    situation: Annotated[Situation | None, Query()] = None,
    form: Annotated[MeetingForm | None, Query()] = None,
    topic_id: Annotated[Id | None, Query()] = None,
    venue_id: Annotated[Id | None, Query()] = None,
    from_day: Annotated[Day | None, Query(description="First day, in Asia/Shanghai")] = None,
    to_day: Annotated[Day | None, Query(description="Last day")] = None,
) -> Page[MeetingView] | Response:
    """List the meetings of the caller's division, or of one inside it."""
    wanted = {"situation": situation, "form": form, "topic_id": topic_id, "venue_id": venue_id}
    query: dict[str, Any] = {name: str(value) for name, value in wanted.items() if value is not None}
    query["division"] = visible_divisions(caller, division)
    days = {"$gte": from_day, "$lte": to_day}
    if bounds := {operator: day.isoformat() for operator, day in days.items() if day is not None}:
        query["day"] = bounds
    return await reading.listed(MEETINGS, MEETING_LIST, query, asked)


@router.get("/meetings/{meeting_id}")
async def get_meeting(
    meeting_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> MeetingView:
    """Return a meeting as it stands, or as it stood; while it is open, with who is there so far."""
    return await reading.one(MEETINGS, meeting_id, MeetingView, caller=caller, minimum=minimum, as_of=as_of)


@router.get("/meetings/{meeting_id}/history")
async def get_meeting_history(
    meeting_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a meeting, oldest first."""
    return await reading.history(MEETINGS, meeting_id, asked, caller=caller)
