"""Deliveries of a notice: when they are tried, when they are given up, and that nobody is told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from services.notify.deciders import NOTICE
from services.notify.domain.delivery import (
    JITTER,
    LONGEST_PAUSE,
    PAUSES,
    DeliveryCommand,
    DropDelivery,
    Plan,
    PlanDeliveries,
    PutOffDelivery,
    RecordDelivered,
    RecordFailure,
    RequestDelivery,
    Status,
    pause_after,
)
from services.notify.domain.notice import Posted, notice_id
from services.notify.domain.recipients import webhook
from shared.contracts.base import DomainEvent
from shared.contracts.notify import (
    DeliveryDropped,
    DeliveryFailed,
    DeliveryParked,
    DeliveryPlanned,
    DeliveryRequested,
    DropReason,
    NoticeChannel,
    NoticeClass,
    NoticeDelivered,
    NoticePosted,
)
from shared.contracts.refusal import NotThereError, RefusedError
from shared.eventsourcing.testing import given
from tests.unit.notify.examples import CAUSE, HOUSING, NOON, POST, POSTED, TOWN
from tests.unit.notify.lives import for_any

EMAIL = NoticeChannel.EMAIL
MAIL_ID = notice_id(CAUSE, HOUSING, EMAIL)
EVENING = NOON + timedelta(hours=6)
OF_MAIL = {"notice_id": POSTED.notice_id, "delivery_id": MAIL_ID, "channel": EMAIL}
OF_NOTICE = {"division": TOWN, "recipient": HOUSING, "notice_class": NoticeClass.TRANSACTIONAL}

PLANNED = DeliveryPlanned(**OF_MAIL, **OF_NOTICE, not_before=NOON, planned_at=NOON)
DELIVERED = NoticeDelivered(**OF_MAIL, attempt=1, answer="250 OK", delivered_at=NOON)
PARKED = DeliveryParked(**OF_MAIL, attempts=1, reason="550 no such user", parked_at=NOON)


def failed(attempt: int, *, last: bool = False, at: datetime = NOON) -> DeliveryFailed:
    """Return the n-th failure in a row."""
    pause = None if last else pause_after(MAIL_ID, attempt)
    next_at = None if pause is None else at + pause
    return DeliveryFailed(**OF_MAIL, attempt=attempt, reason="451 busy", next_at=next_at, failed_at=at)


# planned


@pytest.mark.rule("N02")
def test_a_delivery_has_an_id_of_its_own_that_follows_from_cause_recipient_and_channel() -> None:
    assert POSTED.notice_id != MAIL_ID

    given(NOTICE, POSTED).when(PlanDeliveries((Plan(EMAIL),), NOON)).then(PLANNED)


@pytest.mark.rule("N04")
def test_what_falls_into_quiet_hours_waits_for_their_end() -> None:
    later = PLANNED.model_copy(update={"not_before": EVENING})

    given(NOTICE, POSTED).when(PlanDeliveries((Plan(EMAIL, EVENING),), NOON)).then(later)


@pytest.mark.rule("N02")
def test_what_nobody_wants_by_mail_says_why_it_does_not_go_out() -> None:
    dropped = DeliveryDropped(**OF_MAIL, **OF_NOTICE, why=DropReason.MUTED, dropped_at=NOON)

    given(NOTICE, POSTED).when(PlanDeliveries((Plan(EMAIL, why=DropReason.MUTED),), NOON)).then(dropped)


@pytest.mark.rule("N03")
def test_what_is_planned_stays_as_it_was_planned() -> None:
    again = PlanDeliveries((Plan(EMAIL, why=DropReason.MUTED),), EVENING)

    given(NOTICE, POSTED, PLANNED).when(again).then_nothing()


def test_of_nothing_nothing_is_delivered() -> None:
    for command in (PlanDeliveries((Plan(EMAIL),), NOON), RecordDelivered(MAIL_ID, 1, NOON)):
        with pytest.raises(NotThereError):
            NOTICE.decide(command, NOTICE.initial)
    with pytest.raises(NotThereError):
        NOTICE.decide(RecordDelivered("another-delivery", 1, NOON), NOTICE.fold([POSTED, PLANNED]))


@pytest.mark.rule("N10")
def test_what_a_system_is_told_goes_out_at_once() -> None:
    post = replace(POST, recipient=webhook("endpoint-1"), channel=NoticeChannel.WEBHOOK, body=None, at=NOON)
    posted, planned = NOTICE.decide(post, NOTICE.initial)

    assert isinstance(posted, NoticePosted)
    assert isinstance(planned, DeliveryPlanned)
    assert planned.delivery_id == posted.notice_id == post.notice_id
    assert planned.not_before == NOON


# delivered


def test_what_the_other_side_took_is_delivered() -> None:
    taken = RecordDelivered(MAIL_ID, 1, NOON, "250 OK")

    given(NOTICE, POSTED, PLANNED).when(taken).then(DELIVERED)
    given(NOTICE, POSTED, PLANNED, DELIVERED).when(taken).then_nothing()


@pytest.mark.rule("N03")
def test_an_attempt_counts_once_whoever_records_it() -> None:
    """A process that was thought dead comes back after another one has tried."""
    late = RecordFailure(MAIL_ID, 1, "timeout", EVENING)

    given(NOTICE, POSTED, PLANNED, failed(1)).when(late).then_nothing()
    given(NOTICE, POSTED, PLANNED, DELIVERED).when(late).then_nothing()


# failed


@pytest.mark.rule("N09")
def test_what_failed_is_tried_again_after_a_pause() -> None:
    given(NOTICE, POSTED, PLANNED).when(RecordFailure(MAIL_ID, 1, "451 busy", NOON)).then(failed(1))


@pytest.mark.rule("N09")
def test_pauses_grow_and_end_after_about_a_day() -> None:
    pauses = [pause_after(MAIL_ID, n + 1) for n in range(len(PAUSES))]

    assert all(b > a for a, b in pairwise(PAUSES))
    assert all(
        abs(pause / plain - 1) <= JITTER
        for pause, plain in zip(pauses, PAUSES, strict=True)
        if pause is not None
    )
    assert pause_after(MAIL_ID, len(PAUSES) + 1) is None
    assert timedelta(hours=18) < sum(PAUSES, timedelta()) < timedelta(hours=30)


@pytest.mark.rule("N09")
def test_what_failed_together_does_not_come_back_together() -> None:
    pauses = {pause_after(f"delivery-{n}", 3) for n in range(100)}

    assert len(pauses) == 100
    assert pause_after("delivery-1", 3) in pauses


@pytest.mark.rule("N09")
def test_the_eighth_failure_parks_it_with_the_reason() -> None:
    before = [failed(n) for n in range(1, 8)]
    last = RecordFailure(MAIL_ID, 8, "451 busy", NOON)
    parked = PARKED.model_copy(update={"attempts": 8, "reason": "451 busy"})

    given(NOTICE, POSTED, PLANNED, *before).when(last).then(failed(8, last=True), parked)


@pytest.mark.rule("N09")
def test_what_will_not_get_better_is_parked_at_once() -> None:
    never = RecordFailure(MAIL_ID, 1, "550 no such user", NOON, permanent=True)
    refused = failed(1, last=True).model_copy(update={"reason": "550 no such user"})

    given(NOTICE, POSTED, PLANNED).when(never).then(refused, PARKED)


@pytest.mark.rule("N09")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [(3600.0, timedelta(hours=1)), (10.0**9, LONGEST_PAUSE), (0.0, pause_after(MAIL_ID, 1))],
    ids=["longer", "for-ever", "shorter"],
)
def test_whoever_wants_to_be_left_alone_is_up_to_a_day(asked: float, expected: timedelta) -> None:
    command = RecordFailure(MAIL_ID, 1, "429", NOON, retry_after_seconds=asked)
    (event,) = NOTICE.decide(command, NOTICE.fold([POSTED, PLANNED]))

    assert isinstance(event, DeliveryFailed)
    assert event.next_at == NOON + expected


@pytest.mark.rule("N12")
def test_who_has_no_address_any_more_gets_nothing() -> None:
    command = DropDelivery(MAIL_ID, DropReason.NO_ADDRESS, NOON)
    dropped = DeliveryDropped(**OF_MAIL, **OF_NOTICE, why=DropReason.NO_ADDRESS, dropped_at=NOON)

    given(NOTICE, POSTED, PLANNED).when(command).then(dropped)
    given(NOTICE, POSTED, PLANNED, dropped).when(command).then_nothing()


@pytest.mark.rule("N04")
def test_what_comes_into_quiet_hours_is_put_off_and_keeps_its_attempts() -> None:
    put_off = DeliveryPlanned(**OF_MAIL, **OF_NOTICE, not_before=EVENING, planned_at=NOON)
    life = [POSTED, PLANNED, failed(1)]

    given(NOTICE, *life).when(PutOffDelivery(MAIL_ID, EVENING, NOON)).then(put_off)
    given(NOTICE, *life, PARKED).when(PutOffDelivery(MAIL_ID, EVENING, NOON)).then_nothing()
    state = NOTICE.fold([*life, put_off])
    assert isinstance(state, Posted)
    assert state.deliveries[EMAIL].due_at == EVENING
    assert (state.deliveries[EMAIL].attempts, state.deliveries[EMAIL].failures) == (1, 1)


# by hand


@pytest.mark.rule("N09")
def test_what_is_parked_is_tried_again_by_hand_under_the_same_id_and_from_the_first_pause() -> None:
    asked = DeliveryRequested(**OF_MAIL, requested_at=EVENING)
    parked = [POSTED, PLANNED, failed(1, last=True), PARKED]
    given(NOTICE, *parked).when(RequestDelivery(MAIL_ID, EVENING)).then(asked)

    again = RecordFailure(MAIL_ID, 2, "451 busy", EVENING)
    (event,) = NOTICE.decide(again, NOTICE.fold([*parked, asked]))

    assert isinstance(event, DeliveryFailed)
    assert (event.delivery_id, event.next_at) == (MAIL_ID, EVENING + (pause_after(MAIL_ID, 1) or timedelta()))


@pytest.mark.rule("N09")
def test_what_waits_for_its_next_attempt_is_tried_at_once() -> None:
    asked = DeliveryRequested(**OF_MAIL, requested_at=EVENING)

    given(NOTICE, POSTED, PLANNED, failed(1)).when(RequestDelivery(MAIL_ID, EVENING)).then(asked)
    given(NOTICE, POSTED, PLANNED).when(RequestDelivery(MAIL_ID, EVENING)).then_nothing()


@pytest.mark.rule("N03")
def test_nobody_is_mailed_again_what_was_delivered_but_a_system_may_ask() -> None:
    delivered = given(NOTICE, POSTED, PLANNED, DELIVERED)
    delivered.when(RequestDelivery(MAIL_ID, EVENING)).then_refused("delivered-already", rule="N03")
    delivered.when(RequestDelivery(MAIL_ID, EVENING, again=True)).then(
        DeliveryRequested(**OF_MAIL, requested_at=EVENING)
    )


@pytest.mark.rule("N03", "N05")
def test_what_comes_with_a_digest_is_not_mailed_by_hand_as_well() -> None:
    dropped = DeliveryDropped(**OF_MAIL, **OF_NOTICE, why=DropReason.IN_DIGEST, dropped_at=NOON)

    given(NOTICE, POSTED, dropped).when(RequestDelivery(MAIL_ID, EVENING)).then_refused(
        "in-digest", rule="N03"
    )


# any life

_moments = st.integers(0, 96).map(lambda hours: datetime(2024, 9, 5, tzinfo=UTC) + timedelta(hours=hours))
_attempts = st.integers(1, 10)
_commands = st.one_of(
    st.builds(PlanDeliveries, st.just((Plan(EMAIL),)), _moments),
    st.builds(RecordDelivered, st.just(MAIL_ID), _attempts, _moments),
    st.builds(RecordFailure, st.just(MAIL_ID), _attempts, st.just("451"), _moments, permanent=st.booleans()),
    st.builds(RequestDelivery, st.just(MAIL_ID), _moments, st.booleans()),
    st.builds(DropDelivery, st.just(MAIL_ID), st.just(DropReason.NO_ADDRESS), _moments),
    st.builds(PutOffDelivery, st.just(MAIL_ID), _moments, _moments),
)


@pytest.mark.rule("N03", "N09")
@for_any(st.lists(_commands, max_size=30))
def test_whatever_happens_attempts_count_up_and_only_what_waits_is_tried(
    commands: list[DeliveryCommand],
) -> None:
    state = NOTICE.fold([POSTED, PLANNED])
    told: list[DomainEvent] = []
    for command in commands:
        try:
            events = NOTICE.decide(command, state)
        except RefusedError:
            events = []
        before = state.deliveries[EMAIL] if isinstance(state, Posted) else None
        if any(isinstance(event, NoticeDelivered | DeliveryFailed) for event in events):
            assert before is not None
            assert before.status is Status.WAITING
        told += events
        state = NOTICE.fold(events, state)
        assert isinstance(state, Posted)
        waiting = state.deliveries[EMAIL]
        assert (waiting.status is Status.WAITING) == (waiting.due_at is not None)

    tries = [event.attempt for event in told if isinstance(event, NoticeDelivered | DeliveryFailed)]
    assert tries == list(range(1, len(tries) + 1))
