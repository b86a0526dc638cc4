"""Who has a seat in a meeting, who waits for one, who is there (M07–M11).

A part of the meeting's aggregate: same stream, same decider, which delegates to `decide_seating` and
`evolve_seats`. The names and fields of its events are stored for good (`shared/contracts/meetings.py`).

**Which seat is whose.** No seat has a number; what counts is how many of each kind are seated. A kind takes
the seats reserved for it first, and those open to everybody when these are gone. So a seat that is given up
is open to everybody as long as its kind has more people seated than seats reserved, and else goes to the
next of its kind. The waitlist is one list in the order of registering: a free seat goes to the first in it
whom it may seat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

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
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind

SHANGHAI = ZoneInfo("Asia/Shanghai")

CHECK_IN_BEFORE = timedelta(hours=2)
"""How long before the meeting people can check in."""

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

# state


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


# commands


@dataclass(frozen=True)
class Invitee:
    """Somebody to invite, by opaque id, and as what."""

    person: str
    kind: AttendeeKind


@dataclass(frozen=True)
class Invite:
    """Invite people to the meeting; those who were invited already keep their invitation (M07)."""

    people: tuple[Invitee, ...]
    at: datetime


@dataclass(frozen=True)
class AnswerInvitation:
    """Somebody who was invited accepts, and so takes a seat, or declines, and so gives it up (M07)."""

    person: str
    accepts: bool
    at: datetime


@dataclass(frozen=True)
class Register:
    """Take a seat, or a place among those waiting (M08).

    Attributes:
        person: opaque id.
        kind: as what, unless they were invited as something.
    """

    person: str
    kind: AttendeeKind
    at: datetime


@dataclass(frozen=True)
class Withdraw:
    """Give up a seat, or a place among those waiting (M08)."""

    person: str
    at: datetime


@dataclass(frozen=True)
class ShownCode:
    """The code that somebody showed; whose and which meeting's it is was verified (M10).

    Attributes:
        shown_from, valid_until: when it holds.
    """

    shown_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class CheckIn:
    """Somebody is there (M10).

    Attributes:
        person: opaque id.
        kind: as what; None for what they have their seat or invitation as.
        helper: official role of who checks in by hand; None for a code.
        code: None by hand.
    """

    person: str
    kind: AttendeeKind | None
    helper: str | None
    at: datetime
    code: ShownCode | None = None


SeatingCommand = Invite | AnswerInvitation | Register | Withdraw | CheckIn

# decisions


def decide_seating(command: SeatingCommand, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    """Return what a command does to the seats of a meeting that is scheduled or open.

    Raises:
        RefusedError: a rule forbids it.
    """
    if isinstance(command, CheckIn):
        return _check_in(command, seats, room)
    if room.is_open:
        raise RefusedError(
            "registration-closed",
            rule="M08",
            zh="协商活动已经开始,邀请和报名已截止;到场人员请现场签到。",
            en="The meeting has begun: nobody is invited or registered any more; who comes is checked in.",
        )
    match command:
        case Invite():
            return _invite(command, seats, room)
        case AnswerInvitation():
            return _answer(command, seats, room)
        case Register():
            return _register(command, seats, room)
        case Withdraw():
            return _withdraw(command, seats, room)


def _about(room: Room, person: str) -> dict[str, Any]:
    return {"meeting_id": room.meeting_id, "topic_id": room.topic_id, "person": person}


# invitations


def _invite(command: Invite, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    kinds = {invitee.person: invitee.kind for invitee in reversed(command.people)}
    new = dict.fromkeys(i.person for i in command.people if i.person not in seats.invited)
    return [
        ParticipantInvited(**_about(room, person), kind=kinds[person], invited_at=command.at)
        for person in new
    ]


def _answer(command: AnswerInvitation, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    invitation = seats.invited.get(command.person)
    if invitation is None:
        raise RefusedError(
            "not-invited",
            rule="M07",
            zh="没有邀请此人参加这次协商活动。",
            en="This person was not invited to the meeting.",
        )
    if invitation.accepts is command.accepts:
        return []
    answered = InvitationAnswered(
        **_about(room, command.person), accepts=command.accepts, answered_at=command.at
    )
    if command.accepts:
        return [answered, *_take_place(command.person, invitation.kind, command.at, seats, room)]
    return [answered, *_give_up(command.person, command.at, seats, room)]


# seats


def free_seats(seats: Seats, room: Room) -> Mapping[AttendeeKind, int] | None:
    """Return how many more people of each kind could be seated, if only they came; None for no limit."""
    return free_beside(Counter(place.kind for place in seats.seated.values()), room)


def free_beside(taken: Mapping[AttendeeKind, int], room: Room) -> Mapping[AttendeeKind, int] | None:
    """Return the same, by how many of each kind are seated."""
    if room.capacity is None:
        return None
    reserved = {kind: room.reserved.get(kind, 0) for kind in AttendeeKind}
    beyond = sum(max(0, taken.get(kind, 0) - reserved[kind]) for kind in AttendeeKind)
    for_everybody = max(0, room.capacity - sum(reserved.values()) - beyond)
    # After a move to a smaller room fewer seats are left than are reserved: nobody who has one loses it.
    left = max(0, room.capacity - sum(taken.values()))
    return {
        kind: min(left, for_everybody + max(0, reserved[kind] - taken.get(kind, 0))) for kind in AttendeeKind
    }


def _register(command: Register, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    if seats.place(command.person) is not None:
        return []
    invitation = seats.invited.get(command.person)
    kind = invitation.kind if invitation else command.kind
    placed = _take_place(command.person, kind, command.at, seats, room)
    if invitation is None or invitation.accepts:
        return placed
    # Who registers after all accepts what they were invited to.
    about = _about(room, command.person)
    return [InvitationAnswered(**about, accepts=True, answered_at=command.at), *placed]


def _take_place(
    person: str, kind: AttendeeKind, at: datetime, seats: Seats, room: Room
) -> Sequence[DomainEvent]:
    if seats.place(person) is not None:
        return []
    said = {**_about(room, person), "kind": kind, "number": seats.last_number + 1, "registered_at": at}
    free = free_seats(seats, room)
    if free is None or free[kind]:
        return [ParticipantRegistered(**said)]
    return [ParticipantWaitlisted(**said, position=len(seats.waiting) + 1)]


def _withdraw(command: Withdraw, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    given_up = _give_up(command.person, command.at, seats, room)
    invitation = seats.invited.get(command.person)
    if not given_up or invitation is None or invitation.accepts is False:
        return given_up
    # Who gives up the seat declines what they were invited to.
    about = _about(room, command.person)
    return [InvitationAnswered(**about, accepts=False, answered_at=command.at), *given_up]


def _give_up(person: str, at: datetime, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    place = seats.place(person)
    if place is None:
        return []
    withdrawn = RegistrationWithdrawn(
        **_about(room, person),
        kind=place.kind,
        number=place.number,
        had_seat=person in seats.seated,
        withdrawn_at=at,
    )
    return [withdrawn, *promotions(evolve_seats(seats, withdrawn), room, at)]


def promotions(seats: Seats, room: Room, at: datetime) -> Sequence[DomainEvent]:
    """Return who of those waiting gets a seat, now that the seats and the room are as given (M08)."""
    taken = Counter(place.kind for place in seats.seated.values())
    free = free_beside(taken, room)
    promoted = []
    for person, place in seats.waiting.items():
        if free is not None and not any(free.values()):
            break
        if free is None or free[place.kind]:
            said = {**_about(room, person), "kind": place.kind, "number": place.number}
            promoted.append(SeatPromoted(**said, promoted_at=at))
            taken[place.kind] += 1
            free = free_beside(taken, room)
    return promoted


# check-in


def _check_in(command: CheckIn, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    if command.person in seats.arrivals:
        if command.code:
            _require_unused(command.code, seats.arrivals[command.person])
        return []
    _require_time(command.at, room)
    if command.code:
        _require_good(command.code, command, seats)
    return [
        AttendeeCheckedIn(
            meeting_id=room.meeting_id,
            person=command.person,
            kind=_kind_of(command, seats),
            helper=command.helper,
            checked_in_at=command.at,
        )
    ]


def _require_unused(code: ShownCode, arrival: Arrival) -> None:
    """Refuse a code that was there when its person checked in: it may be a picture of it (M10)."""
    if code.shown_from <= arrival.at:
        clock = arrival.at.astimezone(SHANGHAI).strftime("%H:%M")
        raise RefusedError(
            "code-used",
            rule="M10",
            zh=f"签到码已使用:此人已于 {clock} 签到。",
            en=f"The code was used: this person checked in at {clock}.",
            field="code",
        )


def _require_time(at: datetime, room: Room) -> None:
    # People sign in at the door, before the host opens; but not on another day.
    if room.is_open:
        return
    early = room.starts_at is not None and at < room.starts_at - CHECK_IN_BEFORE
    if early or at.astimezone(SHANGHAI).date() != room.day:
        hours = CHECK_IN_BEFORE // timedelta(hours=1)
        raise RefusedError(
            "check-in-not-open",
            rule="M10",
            zh=f"签到在开会当天({room.day})、会前 {hours} 小时内开始。",
            en=f"People check in on the day of the meeting, {room.day}, from {hours} hours before it.",
        )


def _require_good(code: ShownCode, command: CheckIn, seats: Seats) -> None:
    if command.at >= code.valid_until:
        raise RefusedError(
            "code-expired",
            rule="M10",
            zh="签到码已过期,请刷新后再出示。",
            en="The code has expired; refresh it and show it again.",
            field="code",
        )
    if command.person not in seats.seated:
        raise RefusedError(
            "no-seat",
            rule="M10",
            zh="此人没有席位,请由工作人员手工签到。",
            en="This person has no seat; a helper may check them in by hand.",
            field="code",
        )


def _kind_of(command: CheckIn, seats: Seats) -> AttendeeKind:
    known = seats.place(command.person) or seats.invited.get(command.person)
    kind = command.kind or (known.kind if known else None)
    if kind is None:
        raise RefusedError(
            "kind-unstated",
            rule="M11",
            zh="未报名人员签到须写明参加身份。",
            en="Somebody who did not register checks in as a kind; state it.",
            field="kind",
        )
    return kind
