"""A meeting as those see it who run it: who is there, where it stands, what it agreed on."""

from __future__ import annotations

from datetime import date, datetime

from services.meetings.domain.ballot import quorum_of
from services.meetings.domain.meeting import Cancelled, Held, Open, Scheduled, missing, rules_of
from services.meetings.domain.meeting.holding import counted
from services.meetings.views.base import View
from services.meetings.views.meetings import BallotView, SegmentView
from shared.contracts.meetings import AgendaItem, AgreedOpinion, Attendance
from shared.contracts.types import AttendeeKind


class MissingView(View):
    """A kind of which fewer are there than the procedure asks for (M14)."""

    kind: AttendeeKind
    present: int
    least: int


class ConsoleView(View):
    """A meeting at this moment.

    Attributes:
        attendance: who has checked in.
        waiting: how many wait for a seat.
        missing: kinds of which too few are there.
        quorum: how many have to be there; null where the procedure has no quorum.
        ballot: the procedure has one.
        current: the segment that the meeting has come to.
        segments: all that it came to, in order.
    """

    meeting_id: str
    topic_id: str
    topic_title: str | None
    situation: str
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    opened_at: datetime | None = None
    attendance: Attendance
    waiting: int
    missing: tuple[MissingView, ...]
    quorum: int | None
    ballot: bool
    agenda: tuple[AgendaItem, ...]
    current: SegmentView | None = None
    segments: tuple[SegmentView, ...] = ()
    opinions: tuple[AgreedOpinion, ...] = ()
    ballots: tuple[BallotView, ...] = ()


def console_of(meeting: Scheduled | Open | Held | Cancelled) -> ConsoleView:
    """Return what the console shows of a meeting."""
    plan, rules = meeting.plan, rules_of(meeting.plan)
    attendance = meeting.record.attendance if isinstance(meeting, Held) else counted(meeting.seats)
    too_few = missing(attendance, rules).items()
    console = ConsoleView(
        **plan.model_dump(include={"meeting_id", "topic_id", "topic_title", "day", "starts_at", "ends_at"}),
        situation=meeting.situation,
        attendance=attendance,
        waiting=len(meeting.seats.waiting),
        missing=tuple(
            MissingView(kind=kind, present=present, least=least) for kind, (present, least) in too_few
        ),
        quorum=quorum_of(rules, attendance.expected),
        ballot=rules.ballot,
        agenda=meeting.agenda,
    )
    match meeting:
        case Open():
            segments = tuple(SegmentView.model_validate(s.model_dump()) for s in meeting.segments)
            going = {
                "opened_at": meeting.opened_at,
                "segments": segments,
                "current": segments[-1] if segments else None,
                "opinions": meeting.opinions,
                "ballots": tuple(BallotView.model_validate(b.model_dump()) for b in meeting.ballots),
            }
            return console.model_copy(update=going)
        case Held():
            return console.model_copy(update={"opinions": meeting.record.opinions})
    return console
