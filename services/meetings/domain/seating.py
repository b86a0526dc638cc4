"""Who gets a seat in a meeting: invitations, registrations, the waitlist (M07, M08).

A part of the meeting's aggregate: same stream, same decider, which delegates to `decide_seating` and
`evolve_seats`. The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.meetings.domain.check_in import CheckIn, ShownCode, check_in
from services.meetings.domain.seats import (
    EVENTS,
    Invitation,
    Place,
    Room,
    Seats,
    evolve_seats,
    free_beside,
    free_seats,
)
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    InvitationAnswered,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind

__all__ = [
    "EVENTS",
    "AnswerInvitation",
    "CheckIn",
    "Invitation",
    "Invite",
    "Invitee",
    "Place",
    "Register",
    "Room",
    "SeatingCommand",
    "Seats",
    "ShownCode",
    "Withdraw",
    "decide_seating",
    "evolve_seats",
    "free_beside",
    "free_seats",
    "promotions",
]

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


SeatingCommand = Invite | AnswerInvitation | Register | Withdraw | CheckIn

# decisions


def decide_seating(command: SeatingCommand, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    """Return what a command does to the seats of a meeting that is scheduled or open.

    Raises:
        RefusedError: a rule forbids it.
    """
    if isinstance(command, CheckIn):
        return check_in(command, seats, room)
    if room.is_open:
        raise RefusedError(
            "registration-closed",
            rule="M08",
            zh="协商活动已经开始，邀请和报名已截止；到场人员请现场签到。",
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
    free = free_beside(taken, room.capacity, room.reserved)
    promoted = []
    for person, place in seats.waiting.items():
        if free is not None and not any(free.values()):
            break
        if free is None or free[place.kind]:
            said = {**_about(room, person), "kind": place.kind, "number": place.number}
            promoted.append(SeatPromoted(**said, promoted_at=at))
            taken[place.kind] += 1
            free = free_beside(taken, room.capacity, room.reserved)
    return promoted
