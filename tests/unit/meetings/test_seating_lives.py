"""Whoever registers, withdraws, is invited and answers, in whatever order, the rules of the seats hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st

from services.meetings.domain.seating import (
    AnswerInvitation,
    CheckIn,
    Invite,
    Invitee,
    Register,
    Room,
    SeatingCommand,
    Seats,
    ShownCode,
    Withdraw,
    evolve_seats,
    free_seats,
    promotions,
)
from shared.contracts.meetings import (
    AttendeeCheckedIn,
    InvitationAnswered,
    ParticipantRegistered,
    ParticipantWaitlisted,
    SeatPromoted,
)
from shared.contracts.types import AttendeeKind
from tests.lives import (
    Episode,
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    live,
    read_back,
)
from tests.unit.meetings.seats import EARLIER, HELPER, ROOM, seating

Life = list[Episode[SeatingCommand, Seats]]

_people = st.integers(1, 8).map(lambda n: f"person-{n}")
_kinds = st.sampled_from(AttendeeKind)
_moments = st.integers(0, 300).map(lambda minutes: EARLIER + timedelta(days=2, hours=20, minutes=minutes))
_codes = _moments.map(lambda at: ShownCode(at, at + timedelta(minutes=2)))


def _check_in(person: str, kind: AttendeeKind | None, at: datetime, code: ShownCode | None) -> CheckIn:
    return CheckIn(person, kind, None if code else HELPER, at, code)


_command: st.SearchStrategy[SeatingCommand] = st.one_of(
    st.builds(Register, _people, _kinds, _moments),
    st.builds(Register, _people, _kinds, _moments),
    st.builds(Withdraw, _people, _moments),
    st.builds(Invite, st.lists(st.builds(Invitee, _people, _kinds), max_size=4).map(tuple), _moments),
    st.builds(AnswerInvitation, _people, st.booleans(), _moments),
    st.builds(_check_in, _people, st.none() | _kinds, _moments, st.none() | _codes),
)


@st.composite
def rooms(draw: st.DrawFn) -> Room:
    """Draw a room of up to six seats, or without end, some of them reserved."""
    capacity = draw(st.none() | st.integers(1, 6))
    kinds = draw(st.lists(_kinds, max_size=6 if capacity is None else capacity))
    return replace(ROOM, capacity=capacity, reserved=Counter(kinds))


in_any_room = st.tuples(rooms(), st.lists(_command, max_size=40)).map(
    lambda drawn: (drawn[0], live(seating(drawn[0]), drawn[1]))
)


def _beyond_reserved(seats: Seats, room: Room) -> int:
    taken = Counter(place.kind for place in seats.seated.values())
    return sum(max(0, number - room.reserved.get(kind, 0)) for kind, number in taken.items())


@pytest.mark.rule("M08")
@for_any(in_any_room)
def test_no_more_are_seated_than_there_are_seats_and_reserved_ones_are_left_to_their_kind(
    lived: tuple[Room, Life],
) -> None:
    room, life = lived
    for episode in life:
        if room.capacity is not None:
            assert episode.after.taken <= room.capacity
            assert _beyond_reserved(episode.after, room) <= room.capacity - sum(room.reserved.values())


@pytest.mark.rule("M08")
@for_any(in_any_room)
def test_nobody_holds_two_places_and_no_number_is_given_twice(lived: tuple[Room, Life]) -> None:
    _, life = lived
    for episode in life:
        assert not set(episode.after.seated) & set(episode.after.waiting)
        places = [*episode.after.seated.values(), *episode.after.waiting.values()]
        assert len({place.number for place in places}) == len(places)
    given = [e for e in events_of(life) if isinstance(e, ParticipantRegistered | ParticipantWaitlisted)]
    assert [event.number for event in given] == list(range(1, len(given) + 1))


@pytest.mark.rule("M08")
@for_any(in_any_room)
def test_no_seat_is_free_for_somebody_who_waits(lived: tuple[Room, Life]) -> None:
    room, life = lived
    for episode in life:
        free = free_seats(episode.after, room)
        assert not any(free is None or free[place.kind] for place in episode.after.waiting.values())


@pytest.mark.rule("M08")
@for_any(in_any_room)
def test_those_who_wait_stand_in_the_order_of_registering_and_nobody_is_passed_by_their_own_kind(
    lived: tuple[Room, Life],
) -> None:
    _, life = lived
    for episode in life:
        waiting = [place.number for place in episode.after.waiting.values()]
        assert waiting == sorted(waiting)
        for event in episode.events:
            if isinstance(event, SeatPromoted):
                ahead = [p for p in episode.after.waiting.values() if p.number < event.number]
                assert all(place.kind != event.kind for place in ahead)


@pytest.mark.rule("M08")
@for_any(in_any_room, st.none() | st.integers(1, 12))
def test_whoever_can_be_seated_in_another_room_is_and_nobody_loses_a_seat(
    lived: tuple[Room, Life], capacity: int | None
) -> None:
    room, life = lived
    seats = life[-1].after if life else Seats()
    other = replace(room, capacity=capacity)

    after = seats
    for event in promotions(seats, other, EARLIER):
        after = evolve_seats(after, event)

    assert set(seats.seated) <= set(after.seated)
    free = free_seats(after, other)
    assert not any(free is None or free[place.kind] for place in after.waiting.values())
    if capacity is not None:
        assert after.taken <= max(capacity, seats.taken)


@pytest.mark.rule("M07")
@for_any(in_any_room)
def test_who_accepted_last_has_a_place_and_who_declined_last_has_none(lived: tuple[Room, Life]) -> None:
    _, life = lived
    for episode in life:
        for person, invitation in episode.after.invited.items():
            if invitation.accepts is not None:
                assert invitation.accepts is (episode.after.place(person) is not None)


@pytest.mark.rule("M07")
@for_any(in_any_room)
def test_an_answer_is_kept_only_where_it_is_another_one(lived: tuple[Room, Life]) -> None:
    _, life = lived
    latest: dict[str, bool] = {}
    for event in events_of(life):
        if isinstance(event, InvitationAnswered):
            assert latest.get(event.person) is not event.accepts
            latest[event.person] = event.accepts


@pytest.mark.rule("M10", "M11")
@for_any(in_any_room)
def test_everybody_is_counted_once(lived: tuple[Room, Life]) -> None:
    _, life = lived
    came = [event for event in events_of(life) if isinstance(event, AttendeeCheckedIn)]

    assert len({event.person for event in came}) == len(came)
    assert (life[-1].after if life else Seats()).present == {event.person: event.kind for event in came}


@for_any(in_any_room)
def test_a_command_met_twice_is_silent_or_refused(lived: tuple[Room, Life]) -> None:
    room, life = lived
    expect_silence_or_refusal_the_second_time(seating(room), life)


@for_any(in_any_room)
def test_a_snapshot_brings_back_all_seats_and_their_order(lived: tuple[Room, Life]) -> None:
    room, life = lived
    decider = seating(room)
    expect_snapshots_to_bring_back_every_state(decider, life)
    for episode in life:
        revived = decider.load(decider.dump(episode.after))
        assert list(revived.waiting) == list(episode.after.waiting)


@for_any(in_any_room)
def test_seats_read_back_from_the_stream_are_those_that_were_decided_on(lived: tuple[Room, Life]) -> None:
    room, life = lived
    decider = seating(room)

    assert decider.fold(read_back(events_of(life))) == (life[-1].after if life else decider.initial)
