"""Invitations, seats, the waitlist, check-in: what each command does, what forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.meetings.domain.seating import (
    AnswerInvitation,
    CheckIn,
    Invite,
    Invitee,
    Register,
    SeatingCommand,
    Seats,
    ShownCode,
    Withdraw,
    evolve_seats,
    free_seats,
    promotions,
)
from shared.contracts.types import AttendeeKind
from shared.eventsourcing.testing import given
from tests.unit.meetings.examples import MAY_10, OPENED, STARTS_AT
from tests.unit.meetings.seats import (
    DOORS,
    EARLIER,
    HALL,
    HELPER,
    MEMBER,
    MIXED_ROOM,
    OPEN_ROOM,
    RESIDENT,
    ROOM,
    answered,
    came,
    invited,
    promoted,
    seated,
    seating,
    waits,
    withdrew,
)

SMALL = seating(ROOM)
MIXED = seating(MIXED_ROOM)
UNDER_WAY = seating(OPEN_ROOM)
CODE = ShownCode(DOORS, DOORS + timedelta(minutes=2))
WALK_IN = CheckIn("ann", RESIDENT, HELPER, DOORS)


def register(person: str, kind: AttendeeKind = RESIDENT) -> Register:
    return Register(person, kind, EARLIER)


def accept(person: str) -> AnswerInvitation:
    return AnswerInvitation(person, accepts=True, at=EARLIER)


def decline(person: str) -> AnswerInvitation:
    return AnswerInvitation(person, accepts=False, at=EARLIER)


def show_code(person: str, at: datetime = DOORS, code: ShownCode = CODE) -> CheckIn:
    return CheckIn(person, None, None, at, code)


# invitations


@pytest.mark.rule("M07")
def test_a_group_is_invited_in_one_go_and_takes_no_seats_yet() -> None:
    group = Invite((Invitee("ann", MEMBER), Invitee("ben", RESIDENT)), EARLIER)

    after = given(SMALL).when(group).then(invited("ann", MEMBER), invited("ben"))

    assert after.state.taken == 0


@pytest.mark.rule("M07")
def test_who_was_invited_is_not_invited_again_and_nobody_twice_in_one_go() -> None:
    twice = Invite((Invitee("ann", MEMBER), Invitee("ben", RESIDENT), Invitee("ben", MEMBER)), EARLIER)

    given(SMALL, invited("ann")).when(twice).then(invited("ben"))
    given(SMALL, invited("ann"), invited("ben")).when(twice).then_nothing()


@pytest.mark.rule("M07")
def test_who_accepts_has_a_seat_as_what_they_were_invited() -> None:
    given(SMALL, invited("ann", MEMBER)).when(accept("ann")).then(
        answered("ann", accepts=True), seated("ann", 1, MEMBER)
    )


@pytest.mark.rule("M07", "M08")
def test_who_accepts_when_the_meeting_is_full_waits() -> None:
    given(SMALL, seated("ben", 1), seated("cat", 2), invited("ann")).when(accept("ann")).then(
        answered("ann", accepts=True), waits("ann", 3, 1)
    )


@pytest.mark.rule("M07")
def test_the_same_answer_again_changes_nothing() -> None:
    accepted = (invited("ann"), answered("ann", accepts=True), seated("ann", 1))

    given(SMALL, *accepted).when(accept("ann")).then_nothing()
    given(SMALL, invited("ann"), answered("ann", accepts=False)).when(decline("ann")).then_nothing()


@pytest.mark.rule("M07", "M08")
def test_a_change_of_mind_is_a_new_answer_and_gives_the_seat_to_the_next() -> None:
    full = [invited("ann"), answered("ann", accepts=True), seated("ann", 1), seated("ben", 2)]

    after = given(SMALL, *full, waits("cat", 3, 1)).when(decline("ann"))
    changed = after.then(answered("ann", accepts=False), withdrew("ann", 1), promoted("cat", 3))
    changed.when(accept("ann")).then(answered("ann", accepts=True), waits("ann", 4, 1))


@pytest.mark.rule("M07")
def test_who_was_not_invited_has_nothing_to_answer() -> None:
    given(SMALL, seated("ann", 1)).when(accept("ann")).then_refused("not-invited", rule="M07")


@pytest.mark.rule("M07")
def test_who_has_a_seat_keeps_it_when_invited_too_and_loses_it_by_declining() -> None:
    here = given(SMALL, seated("ann", 1), invited("ann", MEMBER))

    here.when(accept("ann")).then(answered("ann", accepts=True))
    here.when(decline("ann")).then(answered("ann", accepts=False), withdrew("ann", 1))


# seats and the waitlist


@pytest.mark.rule("M08")
def test_who_registers_has_a_seat_while_there_is_one_and_waits_in_the_order_of_registering() -> None:
    stream = given(SMALL).when(register("ann")).then(seated("ann", 1))
    stream = stream.when(register("ben")).then(seated("ben", 2))
    stream = stream.when(register("cat")).then(waits("cat", 3, 1))
    stream.when(register("dan")).then(waits("dan", 4, 2))


@pytest.mark.rule("M08")
def test_a_meeting_without_a_capacity_has_a_seat_for_everybody() -> None:
    many = [seated(f"person-{n}", n) for n in range(1, 301)]

    given(seating(HALL), *many).when(register("ann")).then(seated("ann", 301))


@pytest.mark.rule("M08")
@pytest.mark.parametrize("again", [RESIDENT, MEMBER])
def test_nobody_holds_two_places(again: AttendeeKind) -> None:
    full = given(SMALL, seated("ann", 1), seated("ben", 2), waits("cat", 3, 1))

    full.when(register("ann", again)).then_nothing()
    full.when(register("cat", again)).then_nothing()


@pytest.mark.rule("M08")
def test_reserved_seats_are_for_their_kind_and_used_by_it_first() -> None:
    stream = given(MIXED).when(register("ann", MEMBER)).then(seated("ann", 1, MEMBER))
    stream = stream.when(register("ben")).then(seated("ben", 2))
    stream.when(register("cat")).then(seated("cat", 3))

    residents = given(MIXED, seated("ben", 1), seated("cat", 2))
    residents.when(register("dan")).then(waits("dan", 3, 1))
    residents.when(register("ann", MEMBER)).then(seated("ann", 3, MEMBER))


@pytest.mark.rule("M08")
def test_a_kind_whose_reserved_seats_are_gone_takes_those_open_to_everybody() -> None:
    stream = (
        given(MIXED, seated("ann", 1, MEMBER)).when(register("eve", MEMBER)).then(seated("eve", 2, MEMBER))
    )

    assert free_seats(stream.state, MIXED_ROOM) == dict.fromkeys(AttendeeKind, 1)


@pytest.mark.rule("M08")
def test_a_freed_seat_goes_to_the_first_of_those_waiting_whom_it_may_seat() -> None:
    full = [seated("ann", 1, MEMBER), seated("ben", 2), seated("cat", 3)]
    waiting = [waits("dan", 4, 1), waits("eve", 5, 2, MEMBER)]

    # The members' own seat: the resident who waits longer may not have it.
    given(MIXED, *full, *waiting).when(Withdraw("ann", EARLIER)).then(
        withdrew("ann", 1, MEMBER), promoted("eve", 5, MEMBER)
    )
    given(MIXED, *full, *waiting).when(Withdraw("cat", EARLIER)).then(withdrew("cat", 3), promoted("dan", 4))


@pytest.mark.rule("M08")
def test_a_member_on_a_seat_for_everybody_moves_to_the_one_reserved_so_that_a_resident_may_sit() -> None:
    full = [seated("ann", 1, MEMBER), seated("eve", 2, MEMBER), seated("ben", 3), waits("cat", 4, 1)]

    given(MIXED, *full).when(Withdraw("ann", EARLIER)).then(withdrew("ann", 1, MEMBER), promoted("cat", 4))


@pytest.mark.rule("M08")
def test_a_seat_that_nobody_who_waits_may_have_stays_free() -> None:
    full = [seated("ann", 1, MEMBER), seated("ben", 2), seated("cat", 3), waits("dan", 4, 1)]

    given(MIXED, *full).when(Withdraw("ann", EARLIER)).then(withdrew("ann", 1, MEMBER))


@pytest.mark.rule("M08")
def test_who_stops_waiting_frees_no_seat_and_those_behind_move_up() -> None:
    full = [seated("ann", 1), seated("ben", 2), waits("cat", 3, 1), waits("dan", 4, 2)]

    stream = given(SMALL, *full).when(Withdraw("cat", EARLIER)).then(withdrew("cat", 3, had_seat=False))

    assert list(stream.state.waiting) == ["dan"]
    stream.when(register("cat")).then(waits("cat", 5, 2))


@pytest.mark.rule("M08")
def test_there_is_nothing_to_withdraw_for_who_has_no_place() -> None:
    given(SMALL, seated("ann", 1)).when(Withdraw("ben", EARLIER)).then_nothing()


@pytest.mark.rule("M07", "M08")
def test_who_was_invited_accepts_by_registering_as_what_they_were_and_declines_by_withdrawing() -> None:
    stream = given(SMALL, invited("ann", MEMBER)).when(register("ann"))
    accepted = stream.then(answered("ann", accepts=True), seated("ann", 1, MEMBER))
    declined = accepted.when(Withdraw("ann", EARLIER)).then(
        answered("ann", accepts=False), withdrew("ann", 1, MEMBER)
    )
    declined.when(register("ann")).then(answered("ann", accepts=True), seated("ann", 2, MEMBER))


@pytest.mark.rule("M08", "M17")
def test_a_larger_room_promotes_as_many_as_it_seats_in_their_order() -> None:
    seats = given(SMALL, seated("ann", 1), seated("ben", 2), waits("cat", 3, 1), waits("dan", 4, 2)).state

    assert promotions(seats, ROOM, EARLIER) == []
    assert promotions(seats, replace(ROOM, capacity=3), EARLIER) == [promoted("cat", 3)]
    assert promotions(seats, HALL, EARLIER) == [promoted("cat", 3), promoted("dan", 4)]


@pytest.mark.rule("M08")
def test_nobody_is_seated_beyond_the_capacity_though_a_smaller_room_leaves_reserved_seats_unused() -> None:
    seats = given(MIXED, seated("ben", 1), seated("cat", 2)).state
    smaller = replace(MIXED_ROOM, capacity=2)

    assert free_seats(seats, smaller) == dict.fromkeys(AttendeeKind, 0)


@pytest.mark.rule("M08")
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, id=type(command).__name__)
        for command in (
            Invite((Invitee("ann", MEMBER),), EARLIER),
            accept("ben"),
            register("ann"),
            Withdraw("ben", EARLIER),
        )
    ],
)
def test_seats_are_given_until_the_meeting_begins(command: SeatingCommand) -> None:
    past = [invited("ben"), seated("ben", 1)]

    given(UNDER_WAY, *past).when(command).then_refused("registration-closed", rule="M08")


# who has to hear, who is expected


@pytest.mark.rule("M17")
def test_all_hear_of_a_change_who_were_invited_and_did_not_decline_or_have_a_place() -> None:
    seats = given(
        SMALL,
        invited("ann"),
        invited("ben"),
        answered("ben", accepts=False),
        seated("cat", 1),
        seated("dan", 2),
        waits("eve", 3, 1),
    ).state

    assert seats.people == ("ann", "cat", "dan", "eve")


@pytest.mark.rule("M11")
def test_expected_are_those_with_a_seat_and_nobody_knows_where_none_was_asked_for() -> None:
    assert Seats().expected is None
    assert given(SMALL, invited("ann")).state.expected == 0
    assert given(SMALL, seated("ann", 1), seated("ben", 2), waits("cat", 3, 1)).state.expected == 2


# check-in


@pytest.mark.rule("M10")
def test_a_good_code_checks_its_person_in_as_what_they_have_their_seat() -> None:
    given(SMALL, seated("ann", 1, MEMBER)).when(show_code("ann")).then(came("ann", MEMBER, helper=None))


@pytest.mark.rule("M10", "M11")
def test_a_helper_checks_in_by_hand_who_registered_and_who_just_came() -> None:
    by_hand = CheckIn("ann", None, HELPER, DOORS)

    given(SMALL, seated("ann", 1, MEMBER)).when(by_hand).then(came("ann", MEMBER))
    given(SMALL, invited("ann", MEMBER)).when(by_hand).then(came("ann", MEMBER))
    given(SMALL).when(WALK_IN).then(came("ann"))
    refusal = given(SMALL).when(by_hand).then_refused("kind-unstated", rule="M11")
    assert refusal.field == "kind"


@pytest.mark.rule("M11")
def test_what_a_helper_says_at_the_door_counts_before_what_somebody_registered_as() -> None:
    given(SMALL, seated("ann", 1, MEMBER)).when(WALK_IN).then(came("ann"))


@pytest.mark.rule("M10")
def test_a_second_check_in_changes_nothing() -> None:
    here = given(SMALL, seated("ann", 1), came("ann"))
    later = DOORS + timedelta(minutes=5)

    here.when(CheckIn("ann", MEMBER, "另一位工作人员", later)).then_nothing()
    fresh = ShownCode(later, later + timedelta(minutes=2))
    here.when(show_code("ann", later, fresh)).then_nothing()


@pytest.mark.rule("M10")
def test_a_code_that_was_used_is_refused_with_the_hour_of_the_check_in() -> None:
    here = given(SMALL, seated("ann", 1), came("ann", helper=None))

    refusal = here.when(show_code("ann", DOORS + timedelta(minutes=1))).then_refused("code-used", rule="M10")

    assert "08:40" in refusal.zh, "in Shanghai"
    assert refusal.field == "code"


@pytest.mark.rule("M10")
def test_a_code_holds_for_a_short_while() -> None:
    here = given(SMALL, seated("ann", 1))

    late = here.when(show_code("ann", CODE.valid_until)).then_refused("code-expired", rule="M10")

    assert late.field == "code"
    last_moment = CODE.valid_until - timedelta(seconds=1)
    here.when(show_code("ann", last_moment)).then(came("ann", helper=None, at=last_moment))


@pytest.mark.rule("M10")
def test_a_code_lets_nobody_in_who_gave_up_their_seat_or_waits_for_one() -> None:
    gone = [seated("ann", 1), withdrew("ann", 1)]

    given(SMALL, *gone).when(show_code("ann")).then_refused("no-seat", rule="M10")
    full = [seated("ben", 1), seated("cat", 2), waits("ann", 3, 1)]
    given(SMALL, *full).when(show_code("ann")).then_refused("no-seat", rule="M10")


@pytest.mark.rule("M10")
@pytest.mark.parametrize(
    "at",
    [
        STARTS_AT - timedelta(hours=2, seconds=1),
        STARTS_AT - timedelta(days=1),
        STARTS_AT + timedelta(days=1),
    ],
)
def test_people_check_in_on_the_day_from_two_hours_before(at: datetime) -> None:
    refusal = given(SMALL).when(replace(WALK_IN, at=at)).then_refused("check-in-not-open", rule="M10")

    assert str(MAY_10) in refusal.zh
    on_time = STARTS_AT - timedelta(hours=2)
    given(SMALL).when(replace(WALK_IN, at=on_time)).then(came("ann", at=on_time))


@pytest.mark.rule("M10")
def test_who_comes_late_to_a_meeting_under_way_is_checked_in_however_long_it_takes() -> None:
    past_midnight = STARTS_AT + timedelta(hours=16)

    given(UNDER_WAY).when(replace(WALK_IN, at=past_midnight)).then(came("ann", at=past_midnight))


@pytest.mark.rule("M11")
def test_those_who_came_are_counted_by_what_they_came_as() -> None:
    seats = given(SMALL, seated("ann", 1, MEMBER), came("ann", MEMBER), came("ben"), came("cat")).state

    assert seats.present == {"ann": MEMBER, "ben": RESIDENT, "cat": RESIDENT}


def test_events_of_others_leave_the_seats_alone() -> None:
    assert evolve_seats(Seats(), OPENED) == Seats()
