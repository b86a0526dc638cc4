"""Meetings over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from services.meetings.deciders import MEETING, VENUE
from services.meetings.domain import meeting as meetings
from services.meetings.domain import venue as venues
from services.meetings.moments import Moment, Now
from services.meetings.projections.known import KNOWN_TOPICS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.rights import Convener, Reader
from services.meetings.views.meetings import MeetingView
from shared.contracts.meetings import AgreedOpinion, Attendance, Dissent
from shared.contracts.types import (
    AttendeeKind,
    Day,
    DivisionCode,
    Id,
    Line,
    MeetingForm,
    Text,
)
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.http import (
    COMMAND_NAMESPACE,
    CommandBody,
    Commands,
    CommandsOf,
    Written,
    check_back_entry,
)
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page, Paging
from shared.platform.problems import NotFoundError
from shared.platform.working_days import WorkCalendar, today

router = APIRouter()
CALENDAR = WorkCalendar()

ENDED_TOPICS = {"withdrawn", "merged", "concluded"}


class NewMeeting(CommandBody):
    """A meeting's day, place and people; `meeting_id` may be chosen by the caller, e.g. an importer.

    Attributes:
        division: the topic's own unless said.
        day: in Asia/Shanghai, for a back-entry that does not know the hour.
        starts_at, ends_at: with a time zone.
    """

    meeting_id: Id | None = None
    topic_id: Id
    division: DivisionCode | None = None
    form: MeetingForm = MeetingForm.MEETING
    form_title: Line | None = None
    venue_id: Id | None = None
    link: Line | None = None
    day: Day | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    convener: Line | None = None
    host: Line | None = None
    recorder: Line | None = None
    capacity: int | None = Field(default=None, ge=1)


@router.post("/meetings", status_code=status.HTTP_201_CREATED)
async def schedule_meeting(
    body: NewMeeting, caller: Convener, commands: CommandsOf, reading: ReadingOf, now: Now
) -> Written:
    """Schedule a meeting on a topic (M05)."""
    check_back_entry(caller, back_entry=body.back_entry)
    topic = await _known_topic(reading, body.topic_id, caller)
    division = body.division or (topic.division if topic else "")
    meeting_id = body.meeting_id or commands.new_id()
    command = meetings.ScheduleMeeting(
        **body.content("meeting_id", "division"),
        meeting_id=meeting_id,
        division=division,
        at=meetings.Circumstances(
            now=now,
            topic=topic,
            venue=await commands.state(VENUE, body.venue_id) if body.venue_id else venues.Venue(),
            taken=("venue_id",) if await _is_taken(reading, body) else (),
            notice=_notice(now, body.starts_at),
        ),
    )
    return await commands.execute(
        MEETING,
        meeting_id,
        command,
        location=f"/meetings/{meeting_id}",
        division=division,
        source=body.source,
    )


async def _known_topic(reading: Reading, topic_id: str, caller: Principal) -> meetings.KnownTopic | None:
    """Return what is known of a topic of the caller's county, None where nothing is.

    Waits, for a topic proposed a moment ago is on its way from another service.
    """
    try:
        found = await reading.document(
            KNOWN_TOPICS, topic_id, minimum=1, visible=lambda d: d["division"][:6] == caller.division[:6]
        )
    except (NotCaughtUpError, NotFoundError):
        return None
    return meetings.KnownTopic(found["division"], adopted=True, ended=found["situation"] in ENDED_TOPICS)


async def _is_taken(reading: Reading, body: NewMeeting) -> bool:
    """Tell whether another meeting is in the venue at that time.

    Asked of the read model: two requests in the same moment may both find it free.
    """
    if body.venue_id is None or body.starts_at is None or body.ends_at is None:
        return False
    overlapping = {
        "venue_id": body.venue_id,
        "situation": {"$in": ["scheduled", "open"]},
        "starts_at": {"$lt": _as_stored(body.ends_at)},
        "ends_at": {"$gt": _as_stored(body.starts_at)},
    }
    return bool(await reading.all(MEETINGS, overlapping))


def _as_stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _notice(now: datetime, starts_at: datetime | None) -> int | None:
    """Return the working days between today and the meeting's day, both excluded (M06)."""
    if starts_at is None:
        return None
    return CALENDAR.working_days_between(today(now), today(starts_at) - timedelta(days=1))


@router.post("/meetings/{meeting_id}/opening")
async def open_meeting(meeting_id: Id, caller: Convener, commands: CommandsOf, now: Now) -> Written:
    """Open a meeting (M15)."""
    return await _on_meeting(commands, meeting_id, meetings.OpenMeeting(at=now))


class CheckInBody(BaseModel):
    """Who is there.

    Attributes:
        person: opaque id, where they have an account.
        helper: official role of who checks them in.
    """

    person: Id | None = None
    kind: AttendeeKind
    helper: Line


@router.post("/meetings/{meeting_id}/check-ins")
async def check_in(
    meeting_id: Id, body: CheckInBody, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Check somebody in by hand (M10)."""
    person = body.person or commands.new_id()
    command = meetings.CheckIn(person=person, kind=body.kind, helper=body.helper, at=now)
    return await _on_meeting(commands, meeting_id, command)


class OpinionBody(BaseModel):
    """What was agreed.

    Attributes:
        agreed_by: kinds of participants or organisations.
    """

    opinion_id: Id | None = None
    text: Text
    agreed_by: tuple[Line, ...] = ()
    dissents: tuple[Dissent, ...] = ()

    def opinion(self, new_id: str) -> AgreedOpinion:
        """Return it, under `new_id` unless the caller chose an id."""
        return AgreedOpinion(
            opinion_id=self.opinion_id or new_id,
            text=self.text,
            agreed_by=self.agreed_by,
            dissents=self.dissents,
        )


@router.post("/meetings/{meeting_id}/opinions")
async def agree_opinion(meeting_id: Id, body: OpinionBody, caller: Convener, commands: CommandsOf) -> Written:
    """Record an opinion as the meeting agrees on it (M13)."""
    command = meetings.AgreeOpinion(body.opinion(commands.new_id()))
    return await _on_meeting(commands, meeting_id, command)


class Figures(BaseModel):
    """Attendance as another record gives it; what it does not say is null (M11)."""

    expected: int | None = Field(default=None, ge=0)
    present: int | None = Field(default=None, ge=0)
    members: int | None = Field(default=None, ge=0)
    departments: int | None = Field(default=None, ge=0)
    stakeholders: int | None = Field(default=None, ge=0)
    residents: int | None = Field(default=None, ge=0)


class Holding(CommandBody):
    """That a meeting is over; attendance and opinions only in a back-entry."""

    attendance: Figures | None = None
    opinions: tuple[OpinionBody, ...] = ()


@router.post("/meetings/{meeting_id}/holding")
async def hold_meeting(meeting_id: Id, body: Holding, caller: Convener, commands: CommandsOf) -> Written:
    """Close a meeting: it was held (M15). With `back_entry`, enter that it was, as another record says."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = meetings.HoldMeeting(
        attendance=Attendance(**body.attendance.model_dump()) if body.attendance else None,
        opinions=_numbered(meeting_id, body.opinions),
        back_entry=body.back_entry,
    )
    return await _on_meeting(commands, meeting_id, command, body.source)


def _numbered(meeting_id: str, opinions: Sequence[OpinionBody]) -> tuple[AgreedOpinion, ...]:
    """Return typed opinions under ids that are the same whenever the same record is entered."""
    return tuple(
        body.opinion(str(uuid.uuid5(COMMAND_NAMESPACE, f"{meeting_id}:opinion:{number}")))
        for number, body in enumerate(opinions, start=1)
    )


class Cancellation(BaseModel):
    """Why a meeting will not take place."""

    reason: Text


@router.post("/meetings/{meeting_id}/cancellation")
async def cancel_meeting(
    meeting_id: Id, body: Cancellation, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Call a meeting off (M17)."""
    return await _on_meeting(commands, meeting_id, meetings.CancelMeeting(body.reason, today(now)))


async def _on_meeting(
    commands: Commands, meeting_id: str, command: meetings.MeetingCommand, source: str | None = None
) -> Written:
    location = f"/meetings/{meeting_id}"
    return await commands.execute(MEETING, meeting_id, command, location=location, source=source)


@router.get("/meetings")
async def list_meetings(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    division: Annotated[DivisionCode | None, Query()] = None,
    situation: Annotated[str | None, Query(max_length=20)] = None,
    topic_id: Annotated[Id | None, Query()] = None,
    venue_id: Annotated[Id | None, Query()] = None,
) -> Page[MeetingView]:
    """List the meetings of the caller's division, or of one inside it."""
    asked = {"situation": situation, "topic_id": topic_id, "venue_id": venue_id}
    query: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    query["division"] = visible_divisions(caller, division)
    return await reading.page(MEETINGS, query, paging, MeetingView)


@router.get("/meetings/{meeting_id}")
async def get_meeting(meeting_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion) -> MeetingView:
    """Return a meeting as it stands; while it is open, with who is there so far."""
    return await reading.one(MEETINGS, meeting_id, MeetingView, caller=caller, minimum=minimum)
