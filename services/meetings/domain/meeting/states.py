"""What a meeting can be, and what it is after an event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.meetings.domain import seating
from services.meetings.domain.seating import Room, Seats, evolve_seats
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    AgendaItem,
    AgendaSet,
    AgreedOpinion,
    BallotTaken,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    NoticeSent,
    OpinionAgreed,
    SegmentStarted,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import MeetingRules

SHANGHAI = ZoneInfo("Asia/Shanghai")

DEFAULT_RULES = MeetingRules()
"""For a meeting whose topic pinned nothing."""


@dataclass(frozen=True)
class Unknown:
    """Nothing has been scheduled under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class _Planned:
    """What every meeting has.

    Attributes:
        plan: its day, place and people as they stand now, changes included.
        sequence: how often it has changed since it was scheduled (M17).
    """

    plan: MeetingScheduled
    seats: Seats = field(default_factory=Seats)
    sequence: int = 0
    agenda: tuple[AgendaItem, ...] = ()

    @property
    def division(self) -> str:
        """Return the division that the meeting belongs to."""
        return self.plan.division


@dataclass(frozen=True)
class Scheduled(_Planned):
    """Still to come; of a back-entry, still to be entered as held.

    Attributes:
        notified: the notice of this day and place was sent.
        papers: titles of the papers that were sent.
    """

    notified: bool = False
    papers: tuple[str, ...] = ()
    situation: Literal["scheduled"] = "scheduled"


@dataclass(frozen=True, kw_only=True)
class Open(_Planned):
    """Taking place.

    Attributes:
        segments: the items of the agenda that the meeting came to, in order; the last is the present one.
    """

    opened_at: datetime
    segments: tuple[SegmentStarted, ...] = ()
    opinions: tuple[AgreedOpinion, ...] = ()
    ballots: tuple[BallotTaken, ...] = ()
    situation: Literal["open"] = "open"


@dataclass(frozen=True, kw_only=True)
class Held(_Planned):
    """It took place."""

    record: MeetingHeld
    situation: Literal["held"] = "held"


@dataclass(frozen=True, kw_only=True)
class Cancelled(_Planned):
    """It will not take place."""

    situation: Literal["cancelled"] = "cancelled"


Meeting = Unknown | Scheduled | Open | Held | Cancelled
Known = Scheduled | Open | Held | Cancelled


def evolve(meeting: Meeting, event: DomainEvent) -> Meeting:
    """Return the meeting after an event."""
    match event, meeting:
        case MeetingScheduled(), _:
            return Scheduled(event)
        case _, Scheduled() | Open() if isinstance(event, seating.EVENTS):
            return replace(meeting, seats=evolve_seats(meeting.seats, event))
        case _, Scheduled():
            return _evolve_scheduled(meeting, event)
        case _, Open():
            return _evolve_open(meeting, event)
    return meeting


def _evolve_scheduled(meeting: Scheduled, event: DomainEvent) -> Meeting:
    match event:
        case MeetingRescheduled():
            moved = replace(meeting, plan=_moved(meeting.plan, event), sequence=event.sequence)
            return replace(moved, notified=False, papers=())
        case NoticeSent():
            return replace(meeting, notified=True, papers=(*meeting.papers, *event.papers))
        case AgendaSet():
            return replace(meeting, agenda=event.items)
        case MeetingOpened():
            return Open(
                meeting.plan, meeting.seats, meeting.sequence, meeting.agenda, opened_at=event.opened_at
            )
        case MeetingCancelled():
            return Cancelled(meeting.plan, meeting.seats, event.sequence, meeting.agenda)
        case MeetingHeld():
            return _held(meeting, event)
    return meeting


def _evolve_open(meeting: Open, event: DomainEvent) -> Meeting:
    match event:
        case AgendaSet():
            return replace(meeting, agenda=event.items)
        case SegmentStarted():
            return replace(meeting, segments=(*meeting.segments, event))
        case OpinionAgreed():
            return replace(meeting, opinions=(*meeting.opinions, event.opinion))
        case BallotTaken():
            return replace(meeting, ballots=(*meeting.ballots, event))
        case MeetingHeld():
            return _held(meeting, event)
    return meeting


def _moved(plan: MeetingScheduled, event: MeetingRescheduled) -> MeetingScheduled:
    moved = ("starts_at", "ends_at", "day", "venue_id", "link", "capacity")
    return plan.model_copy(update={name: getattr(event, name) for name in moved})


def _held(meeting: Scheduled | Open, record: MeetingHeld) -> Held:
    return Held(meeting.plan, meeting.seats, meeting.sequence, meeting.agenda, record=record)


def room_of(meeting: Known) -> Room:
    """Return what seating needs to know of a meeting."""
    plan = meeting.plan
    return Room(
        meeting_id=plan.meeting_id,
        topic_id=plan.topic_id,
        day=plan.day,
        starts_at=plan.starts_at,
        is_open=isinstance(meeting, Open),
        capacity=plan.capacity,
        reserved={kept.kind: kept.seats for kept in plan.reserved},
    )


def needs_of(plan: MeetingScheduled) -> dict[str, str]:
    """Return what a meeting needs for itself (M04): the field that names it, by the thing.

    A person is known by their id. Where none is given, the office stands for whoever holds it, in its town.
    """
    needed = {f"venue:{plan.venue_id}": "venue_id"} if plan.venue_id else {}
    for field_, person, office in (
        ("host", plan.host_id, plan.host),
        ("recorder", plan.recorder_id, plan.recorder),
    ):
        if person:
            needed[f"person:{person}"] = field_
        elif office:
            needed[f"office:{plan.division[:9]}:{office}"] = field_
    return needed


def rules_of(plan: MeetingScheduled) -> MeetingRules:
    """Return what its topic's procedure asks of a meeting."""
    return plan.rules or DEFAULT_RULES


def hours_of(plan: MeetingScheduled) -> tuple[datetime, datetime]:
    """Return when a meeting begins and ends that is no back-entry: only those may lack their hours."""
    starts_at, ends_at = plan.starts_at, plan.ends_at
    assert starts_at is not None and ends_at is not None  # noqa: S101, PT018 - see above
    return starts_at, ends_at


def still_to_come(meeting: Known) -> Scheduled:
    """Return a meeting that is to be opened.

    Raises:
        RefusedError: it is cancelled, over, taking place, or took place before it was entered.
    """
    match meeting:
        case Cancelled():
            raise RefusedError(
                "meeting-cancelled",
                rule="M17",
                zh="协商活动已取消。",
                en="The meeting is cancelled.",
            )
        case Held():
            raise RefusedError(
                "meeting-held",
                rule="M15",
                zh="协商活动已经结束。",
                en="The meeting is over.",
            )
        case Open():
            raise RefusedError(
                "meeting-open",
                rule="M15",
                zh="协商活动正在进行。",
                en="The meeting is taking place.",
            )
        case Scheduled() if meeting.plan.back_entry:
            raise RefusedError(
                "meeting-back-entered",
                rule="M15",
                zh="补录的协商活动早已举行，请直接补录其结果。",
                en="This meeting took place before it was entered; enter that it was held.",
            )
    return meeting


def not_over(meeting: Known) -> Scheduled | Open:
    """Return a meeting that is to come or takes place; raises as `still_to_come` does."""
    return meeting if isinstance(meeting, Open) else still_to_come(meeting)


def taking_place(meeting: Known) -> Open:
    """Return a meeting that takes place.

    Raises:
        RefusedError: it does not, or not yet.
    """
    if isinstance(meeting, Open):
        return meeting
    still_to_come(meeting)
    raise RefusedError(
        "meeting-not-open",
        rule="M15",
        zh="主持人尚未宣布开会。",
        en="The host has not opened the meeting yet.",
    )
