"""Who has a seat in a meeting, who waits for one, who is there (M07–M11).

A part of the meeting's aggregate: same stream, same decider, which delegates to `decide_seating` and
`evolve_seats`. The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AttendeeCheckedIn
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind

SHANGHAI = ZoneInfo("Asia/Shanghai")

EVENTS: tuple[type[DomainEvent], ...] = (AttendeeCheckedIn,)
"""What `evolve_seats` folds."""


@dataclass(frozen=True)
class Room:
    """What seating needs to know of its meeting, as it stands.

    Attributes:
        day: in Asia/Shanghai.
        starts_at: UTC.
        is_open: its host opened it.
        capacity: None for no limit.
        reserved: seats kept for a kind.
    """

    meeting_id: str
    topic_id: str
    day: date
    starts_at: datetime | None = None
    is_open: bool = False
    capacity: int | None = None
    reserved: Mapping[AttendeeKind, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Seats:
    """Who was invited, has a seat, waits, is there.

    Attributes:
        present: kinds of those who are there, by person.
    """

    present: Mapping[str, AttendeeKind] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        """Return who has to hear of a change: invited and not declined, registered, or waiting (M17)."""
        return ()

    @property
    def taken(self) -> int:
        """Return how many seats are taken."""
        return 0

    @property
    def expected(self) -> int | None:
        """Return how many are expected to come (M11); None where nobody registered or was invited."""
        return None


def evolve_seats(seats: Seats, event: DomainEvent) -> Seats:
    """Return the seats after an event."""
    match event:
        case AttendeeCheckedIn():
            return replace(seats, present={**seats.present, event.person: event.kind})
    return seats


@dataclass(frozen=True)
class CheckIn:
    """Somebody is there; checked in by hand (M10).

    Attributes:
        person: opaque id.
        helper: official role of who checks in.
    """

    person: str
    kind: AttendeeKind
    helper: str
    at: datetime


SeatingCommand = CheckIn


def decide_seating(command: SeatingCommand, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    """Return what a command does to the seats of a meeting that is scheduled or open.

    Raises:
        RefusedError: a rule forbids it.
    """
    return _check_in(command, seats, room)


def promotions(seats: Seats, room: Room) -> Sequence[DomainEvent]:
    """Return who of those waiting gets a seat now that the room is as given (M08)."""
    return ()


def _check_in(command: CheckIn, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    if command.person in seats.present:
        return []
    # People sign in at the door, before the host opens; but not on another day.
    if not room.is_open and command.at.astimezone(SHANGHAI).date() != room.day:
        raise RefusedError(
            "check-in-not-open",
            rule="M10",
            zh=f"签到在开会当天({room.day})进行。",
            en=f"People check in on the day of the meeting, {room.day}.",
        )
    said: dict[str, Any] = {"meeting_id": room.meeting_id, "checked_in_at": command.at}
    return [AttendeeCheckedIn(**said, person=command.person, kind=command.kind, helper=command.helper)]
