"""A meeting with few seats, as the tests know it: rooms, people, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from services.meetings.domain.seating import (
    Room,
    SeatingCommand,
    Seats,
    decide_seating,
    evolve_seats,
)
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
from shared.eventsourcing.decider import Decider
from tests.unit.meetings.examples import EVENING, LAMPS, MAY_10, STARTS_AT

MEMBER, RESIDENT = AttendeeKind.MEMBER, AttendeeKind.RESIDENT
EARLIER = datetime(2024, 5, 7, 2, 0, tzinfo=UTC)
DOORS = STARTS_AT - timedelta(minutes=20)
"""Shortly before the meeting, when people come in."""

HELPER = "联络室工作人员"
ROOM = Room(EVENING, LAMPS, MAY_10, STARTS_AT, capacity=2)
OPEN_ROOM = replace(ROOM, is_open=True)
HALL = replace(ROOM, capacity=None)
MIXED_ROOM = replace(ROOM, capacity=3, reserved={MEMBER: 1})
"""One seat for a member, two for anybody."""


def seating(room: Room) -> Decider[SeatingCommand, Seats]:
    """Return the part of the meeting's decider that seats people in a room."""
    return Decider(
        category="meeting",
        initial=Seats(),
        decide=partial(_decide, room),
        evolve=evolve_seats,
        state_type=Seats,
    )


def _decide(room: Room, command: SeatingCommand, seats: Seats) -> Any:
    return decide_seating(command, seats, room)


def _about(person: str, kind: AttendeeKind) -> dict[str, Any]:
    return {"meeting_id": EVENING, "topic_id": LAMPS, "person": person, "kind": kind}


def invited(person: str, kind: AttendeeKind = RESIDENT) -> ParticipantInvited:
    """Return somebody's invitation."""
    return ParticipantInvited(**_about(person, kind), invited_at=EARLIER)


def answered(person: str, *, accepts: bool) -> InvitationAnswered:
    """Return somebody's answer."""
    return InvitationAnswered(
        meeting_id=EVENING, topic_id=LAMPS, person=person, accepts=accepts, answered_at=EARLIER
    )


def seated(person: str, number: int, kind: AttendeeKind = RESIDENT) -> ParticipantRegistered:
    """Return that somebody got a seat."""
    return ParticipantRegistered(**_about(person, kind), number=number, registered_at=EARLIER)


def waits(person: str, number: int, position: int, kind: AttendeeKind = RESIDENT) -> ParticipantWaitlisted:
    """Return that somebody waits."""
    return ParticipantWaitlisted(
        **_about(person, kind), number=number, position=position, registered_at=EARLIER
    )


def promoted(person: str, number: int, kind: AttendeeKind = RESIDENT) -> SeatPromoted:
    """Return that somebody who waited got a seat."""
    return SeatPromoted(**_about(person, kind), number=number, promoted_at=EARLIER)


def withdrew(
    person: str, number: int, kind: AttendeeKind = RESIDENT, *, had_seat: bool = True
) -> RegistrationWithdrawn:
    """Return that somebody gave up what they had."""
    return RegistrationWithdrawn(
        **_about(person, kind), number=number, had_seat=had_seat, withdrawn_at=EARLIER
    )


def came(
    person: str, kind: AttendeeKind = RESIDENT, *, helper: str | None = HELPER, at: datetime = DOORS
) -> AttendeeCheckedIn:
    """Return somebody's check-in."""
    return AttendeeCheckedIn(meeting_id=EVENING, person=person, kind=kind, helper=helper, checked_in_at=at)
