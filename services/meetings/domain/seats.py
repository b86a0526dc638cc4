"""The seats of a meeting: who was invited, has one, waits for one, is there (M07–M11).

A part of the meeting's state, decided on in `seating.py` and `check_in.py`.

**Which seat is whose.** No seat has a number; what counts is how many of each kind are seated. A kind takes
the seats reserved for it first, and those open to everybody when these are gone. So a seat that is given up
is open to everybody as long as its kind has more people seated than seats reserved, and else goes to the
next of its kind. The waitlist is one list in the order of registering: a free seat goes to the first in it
whom it may seat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    AttendeeCheckedIn,
    InvitationAnswered,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.types import AttendeeKind

EVENTS: tuple[type[DomainEvent], ...] = (
    ParticipantInvited,
    InvitationAnswered,
    ParticipantRegistered,
    ParticipantWaitlisted,
    SeatPromoted,
    RegistrationWithdrawn,
    AttendeeCheckedIn,
)
"""What `evolve_seats` folds."""

T = TypeVar("T")


@dataclass(frozen=True)
class Room:
    """What seating needs to know of its meeting, as it stands.

    Attributes:
        day: in Asia/Shanghai.
        starts_at: UTC.
        is_open: its host opened it.
        capacity: None for no limit.
        reserved: seats kept for a kind; in all no more than the capacity.
    """

    meeting_id: str
    topic_id: str
    day: date
    starts_at: datetime | None = None
    is_open: bool = False
    capacity: int | None = None
    reserved: Mapping[AttendeeKind, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Invitation:
    """What somebody was invited as, and their latest answer; None before the first."""

    kind: AttendeeKind
    accepts: bool | None = None


@dataclass(frozen=True)
class Place:
    """A seat, or a place among those waiting; `number` says who registered earlier."""

    kind: AttendeeKind
    number: int


@dataclass(frozen=True)
class Arrival:
    """As what somebody came, and when they checked in."""

    kind: AttendeeKind
    at: datetime


@dataclass(frozen=True)
class Seats:
    """Who was invited, has a seat, waits, is there; all by person.

    Attributes:
        waiting: in the order of registering.
        last_number: of a registration.
    """

    invited: Mapping[str, Invitation] = field(default_factory=dict)
    seated: Mapping[str, Place] = field(default_factory=dict)
    waiting: Mapping[str, Place] = field(default_factory=dict)
    arrivals: Mapping[str, Arrival] = field(default_factory=dict)
    last_number: int = 0

    @property
    def present(self) -> dict[str, AttendeeKind]:
        """Return kinds of those who are there, by person."""
        return {person: arrival.kind for person, arrival in self.arrivals.items()}

    @property
    def people(self) -> tuple[str, ...]:
        """Return who has to hear of a change: invited and not declined, registered, or waiting (M17)."""
        invited = (p for p, invitation in self.invited.items() if invitation.accepts is not False)
        return tuple(dict.fromkeys([*invited, *self.seated, *self.waiting]))

    @property
    def taken(self) -> int:
        """Return how many seats are taken."""
        return len(self.seated)

    @property
    def expected(self) -> int | None:
        """Return how many are expected to come (M11); None where nobody registered or was invited."""
        return len(self.seated) if self.invited or self.seated or self.waiting else None

    def place(self, person: str) -> Place | None:
        """Return somebody's seat or place among those waiting, None where they have neither."""
        return self.seated.get(person) or self.waiting.get(person)


def evolve_seats(seats: Seats, event: DomainEvent) -> Seats:
    """Return the seats after an event."""
    match event:
        case ParticipantInvited():
            return replace(seats, invited={**seats.invited, event.person: Invitation(event.kind)})
        case InvitationAnswered():
            answered = replace(seats.invited[event.person], accepts=event.accepts)
            return replace(seats, invited={**seats.invited, event.person: answered})
        case ParticipantRegistered():
            seated = {**seats.seated, event.person: Place(event.kind, event.number)}
            return replace(seats, seated=seated, last_number=event.number)
        case ParticipantWaitlisted():
            waiting = {**seats.waiting, event.person: Place(event.kind, event.number)}
            return replace(seats, waiting=waiting, last_number=event.number)
        case SeatPromoted():
            seated = {**seats.seated, event.person: Place(event.kind, event.number)}
            return replace(seats, seated=seated, waiting=_without(seats.waiting, event.person))
        case RegistrationWithdrawn():
            person = event.person
            return replace(
                seats, seated=_without(seats.seated, person), waiting=_without(seats.waiting, person)
            )
        case AttendeeCheckedIn():
            arrival = Arrival(event.kind, event.checked_in_at)
            return replace(seats, arrivals={**seats.arrivals, event.person: arrival})
    return seats


def _without(people: Mapping[str, T], person: str) -> Mapping[str, T]:
    if person not in people:
        return people
    return {other: value for other, value in people.items() if other != person}


def free_seats(seats: Seats, room: Room) -> Mapping[AttendeeKind, int] | None:
    """Return how many more people of each kind could be seated, if only they came; None for no limit."""
    taken = Counter(place.kind for place in seats.seated.values())
    return free_beside(taken, room.capacity, room.reserved)


def free_beside(
    taken: Mapping[AttendeeKind, int], capacity: int | None, reserved: Mapping[AttendeeKind, int]
) -> Mapping[AttendeeKind, int] | None:
    """Return the same, by how many of each kind are seated, and how many seats there are."""
    if capacity is None:
        return None
    beyond = sum(max(0, number - reserved.get(kind, 0)) for kind, number in taken.items())
    for_everybody = max(0, capacity - sum(reserved.values()) - beyond)
    # In a smaller room there may be fewer seats left than are reserved: nobody who has one loses it.
    left = max(0, capacity - sum(taken.values()))
    return {
        kind: min(left, for_everybody + max(0, reserved.get(kind, 0) - taken.get(kind, 0)))
        for kind in AttendeeKind
    }
