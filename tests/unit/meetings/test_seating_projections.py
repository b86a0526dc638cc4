"""What is shown of seats and of who takes part says what the meeting's stream says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.meetings.deciders import MEETING
from services.meetings.domain.seating import Room, Seats
from services.meetings.projections.seating import PARTICIPATIONS, SEATS
from services.meetings.views.seating import ATTENDEE_LIST, AttendeeView, Standing
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MeetingRescheduled, ReservedSeats
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from tests.lives import events_of, for_any
from tests.unit.meetings.examples import (
    CANCELLED,
    ENDS_AT,
    EVENING,
    HELD,
    LAMPS,
    MAY_10,
    OPENED,
    PAST_SCHEDULED,
    SCHEDULED,
    STARTS_AT,
)
from tests.unit.meetings.seats import (
    MEMBER,
    answered,
    came,
    invited,
    promoted,
    seated,
    waits,
    withdrew,
)
from tests.unit.meetings.test_seating_lives import Life, in_any_room

STREAM = MEETING.stream(EVENING)
WHOLE_STREAM = stream_of(
    STREAM,
    SCHEDULED,
    invited("ann", MEMBER),
    answered("ann", accepts=True),
    seated("ann", 1, MEMBER),
    seated("ben", 2),
    waits("cat", 3, 1),
    answered("ann", accepts=False),
    withdrew("ann", 1, MEMBER),
    promoted("cat", 3),
    OPENED,
    came("cat", helper=None),
    came("dan"),
    HELD,
)
OTHER_STREAM = stream_of(
    MEETING.stream("meeting-on-roads"),
    SCHEDULED.model_copy(update={"meeting_id": "meeting-on-roads"}),
    seated("ann", 1).model_copy(update={"meeting_id": "meeting-on-roads"}),
)


def part_of(person: str, *events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(PARTICIPATIONS, stream_of(STREAM, SCHEDULED, *events))[f"{EVENING}:{person}"]


def seats_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(SEATS, stream_of(STREAM, *events))[EVENING]


def test_how_streams_interleave_does_not_matter() -> None:
    for projection in (PARTICIPATIONS, SEATS):
        shown = assert_interleaving_does_not_matter(projection, WHOLE_STREAM, OTHER_STREAM)
        assert len(shown) == (5 if projection is PARTICIPATIONS else 2)


@pytest.mark.rule("M07")
def test_all_answers_are_kept_and_the_latest_counts() -> None:
    shown = part_of(
        "ann",
        invited("ann", MEMBER),
        answered("ann", accepts=False),
        answered("ann", accepts=True),
        seated("ann", 1, MEMBER),
        answered("ann", accepts=False),
        withdrew("ann", 1, MEMBER),
    )

    assert [answer["accepts"] for answer in shown["answers"]] == [False, True, False]
    assert (shown["standing"], shown["number"], shown["division"]) == ("declined", None, "371621001")
    assert shown["withdrawn_at"] is not None


@pytest.mark.rule("M07", "M08")
@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([invited("ann")], Standing.INVITED),
        ([seated("ann", 1)], Standing.REGISTERED),
        ([seated("ann", 1), invited("ann", MEMBER)], Standing.REGISTERED),
        ([waits("ann", 1, 1)], Standing.WAITLISTED),
        ([waits("ann", 1, 1), promoted("ann", 1)], Standing.REGISTERED),
        ([seated("ann", 1), withdrew("ann", 1)], Standing.WITHDRAWN),
        ([seated("ann", 1), withdrew("ann", 1), invited("ann")], Standing.INVITED),
        ([seated("ann", 1), withdrew("ann", 1), waits("ann", 2, 1)], Standing.WAITLISTED),
        ([came("ann")], Standing.WALK_IN),
        ([came("ann"), seated("ann", 1)], Standing.REGISTERED),
        ([seated("ann", 1), came("ann")], Standing.REGISTERED),
    ],
)
def test_where_somebody_stands_follows_from_what_happened_last(
    events: list[DomainEvent], standing: Standing
) -> None:
    assert AttendeeView.model_validate(part_of("ann", *events)).standing is standing


@pytest.mark.rule("M08")
def test_who_was_promoted_keeps_their_number() -> None:
    shown = part_of("ann", waits("ann", 3, 1), promoted("ann", 3))

    assert (shown["number"], shown["promoted_at"] is not None) == (3, True)


@pytest.mark.parametrize("event", [answered("ann", accepts=True), promoted("ann", 1), withdrew("ann", 1)])
def test_nothing_of_somebody_ends_before_it_begins(event: DomainEvent) -> None:
    with pytest.raises(OutOfOrderError):
        PARTICIPATIONS.fold(None, recorded(event, STREAM, 2), f"{EVENING}:ann")


@pytest.mark.rule("M09")
def test_seats_follow_the_meeting_and_who_has_one() -> None:
    reserved = SCHEDULED.model_copy(update={"reserved": (ReservedSeats(kind=MEMBER, seats=2),)})

    shown = seats_after(reserved, invited("ann", MEMBER), seated("ben", 1), waits("cat", 2, 1))
    assert (shown["capacity"], shown["reserved"], shown["situation"]) == (30, {"member": 2}, "scheduled")
    assert shown["invited"] == {"ann": "member"}
    assert shown["places"] == {
        "ben": {"kind": "resident", "number": 1, "seated": True},
        "cat": {"kind": "resident", "number": 2, "seated": False},
    }


@pytest.mark.rule("M17")
def test_seats_follow_a_move_to_another_room() -> None:
    moved = MeetingRescheduled(
        meeting_id=EVENING,
        topic_id=LAMPS,
        reason="报名踊跃",
        was_starts_at=STARTS_AT,
        was_ends_at=ENDS_AT,
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
        day=MAY_10,
        capacity=60,
        sequence=1,
        rescheduled_on=MAY_10,
    )

    assert seats_after(SCHEDULED, moved)["capacity"] == 60


@pytest.mark.parametrize(
    ("events", "situation"),
    [
        ([SCHEDULED, OPENED], "open"),
        ([SCHEDULED, OPENED, HELD], "held"),
        ([SCHEDULED, CANCELLED], "cancelled"),
        ([PAST_SCHEDULED], "back-entered"),
    ],
)
def test_seats_are_given_only_while_the_meeting_is_still_to_come(
    events: list[DomainEvent], situation: str
) -> None:
    assert seats_after(*events)["situation"] == situation


def test_a_meeting_is_scheduled_before_anything_else() -> None:
    with pytest.raises(OutOfOrderError):
        SEATS.fold(None, recorded(seated("ann", 1), STREAM, 2), EVENING)


@pytest.mark.rule("M08", "M09")
@for_any(in_any_room)
def test_what_is_shown_is_what_is_decided_on(lived: tuple[Room, Life]) -> None:
    _, life = lived
    seats = life[-1].after if life else Seats()
    stream = stream_of(STREAM, SCHEDULED, *events_of(life))

    shown = fold_all(SEATS, stream)[EVENING]
    assert {p for p, place in shown["places"].items() if place["seated"]} == set(seats.seated)
    assert {p for p, place in shown["places"].items() if not place["seated"]} == set(seats.waiting)
    parts = {d["person"]: AttendeeView.model_validate(d) for d in fold_all(PARTICIPATIONS, stream).values()}
    assert {p for p, part in parts.items() if part.standing is Standing.REGISTERED} == set(seats.seated)
    assert {p for p, part in parts.items() if part.standing is Standing.WAITLISTED} == set(seats.waiting)
    assert {p for p, part in parts.items() if part.checked_in_at} == set(seats.arrivals)
    for person, part in parts.items():
        place = seats.place(person)
        assert part.number == (place.number if place else None)


def test_an_export_of_attendees_names_nobody() -> None:
    assert {"name", "phone"}.isdisjoint(column.path for column in ATTENDEE_LIST.columns)
