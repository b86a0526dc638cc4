"""The inbox says what the notices' streams say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.deciders import NOTICE, RECIPIENT
from services.notify.domain.notice import Posted
from services.notify.projections.deliveries import DELIVERIES, LONGEST_LOG
from services.notify.projections.inbox import INBOX
from services.notify.projections.preferences import PREFERENCES, preferences_of
from services.notify.projections.receipts import RECEIPTS
from services.notify.projections.subjects import SUBJECTS
from services.notify.views.deliveries import DeliveryView
from services.notify.views.inbox import NoticeView
from shared.contracts.envelope import Recorded
from shared.contracts.notify import (
    ChannelChoice,
    DeliveryRequested,
    DigestMode,
    NoticeChannel,
    NoticeClass,
    NoticePosted,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from shared.platform.receipts import receipt_key, receipt_number
from tests.unit.notify.examples import ASSIGNED, LIAISON, NOON, POST, POSTED, PROPOSED, READ, TOWN
from tests.unit.notify.lives import NoticeLife, events_of, for_any, notice_lives
from tests.unit.notify.test_delivery import DELIVERED, MAIL_ID, OF_MAIL, PARKED, PLANNED, failed
from tests.unit.notify.test_preferences import CHOSEN

REQUESTED = DeliveryRequested(**OF_MAIL, requested_at=NOON)
NOTICE_STREAM = stream_of(f"notice-{POSTED.notice_id}", POSTED, READ)
OTHER_ID = replace(POST, recipient=LIAISON).notice_id
OTHER = POSTED.model_copy(update={"notice_id": OTHER_ID, "recipient": LIAISON})
OTHER_STREAM = stream_of(f"notice-{OTHER_ID}", OTHER)
TOPIC_STREAM = stream_of(f"topic-{PROPOSED.topic_id}", PROPOSED)
PROBLEM_STREAM = stream_of(f"problem-{ASSIGNED.problem_id}", ASSIGNED)
RECEIPT = receipt_number("own-topic", "HX")
OWN_TOPIC = PROPOSED.model_copy(update={"topic_id": "own-topic", "receipt": RECEIPT, "proposer": "person-1"})
DAILY = CHOSEN.model_copy(update={"digest": DigestMode.DAILY})
CHOSEN_STREAM = stream_of("recipient-person-1", CHOSEN, DAILY)
MAILED_STREAM = stream_of(f"notice-{POSTED.notice_id}", POSTED, PLANNED, failed(1), READ, DELIVERED)
PARKED_STREAM = stream_of(
    f"notice-{OTHER_ID}",
    OTHER,
    *(
        event.model_copy(update={"notice_id": OTHER_ID, "delivery_id": "other-mail"})
        for event in (PLANNED, failed(1, last=True), PARKED, REQUESTED)
    ),
)
STREAMS = (
    MAILED_STREAM,
    PARKED_STREAM,
    TOPIC_STREAM,
    stream_of("topic-own-topic", OWN_TOPIC),
    PROBLEM_STREAM,
    CHOSEN_STREAM,
)


def test_a_notice_shows_what_it_says_and_since_when() -> None:
    shown = fold_all(INBOX, NOTICE_STREAM[:1])[POSTED.notice_id]

    said = POSTED.model_dump(mode="json", exclude={"back_entry", "caused_at"})
    assert shown == {**said, "posted_at": "2024-01-01T00:01:00.000000Z", "read_at": None, "planned": False}
    assert NoticeView.model_validate(shown).posted_at == datetime(2024, 1, 1, 0, 1, tzinfo=UTC)


def test_a_notice_shows_when_it_was_read() -> None:
    shown = fold_all(INBOX, NOTICE_STREAM)[POSTED.notice_id]

    assert shown["read_at"] == "2024-09-05T04:00:00.000000Z"
    assert shown["posted_at"] == "2024-01-01T00:01:00.000000Z"


@pytest.mark.rule("N03")
@pytest.mark.parametrize(("late", "rings"), [(timedelta(days=13), True), (timedelta(days=15), False)])
def test_what_happened_long_ago_is_there_to_be_looked_up_and_rings_no_bell(
    late: timedelta, rings: bool
) -> None:
    notice = POSTED.model_copy(update={"caused_at": NOON - late})
    (shown,) = fold_all(INBOX, [recorded(notice, "notice-x", 1, at=NOON)]).values()

    assert (shown["read_at"] is None, shown["planned"]) == (rings, not rings)


def test_moments_are_kept_exactly() -> None:
    """Two notices of one millisecond keep their order."""
    moment = datetime(2024, 9, 5, 1, 2, 3, 456789, tzinfo=UTC)
    (shown,) = fold_all(INBOX, [recorded(POSTED, "notice-x", 1, at=moment)]).values()

    assert shown["posted_at"] == "2024-09-05T01:02:03.456789Z"


@pytest.mark.rule("N02")
def test_what_goes_elsewhere_is_not_in_the_inbox() -> None:
    mailed = POSTED.model_copy(update={"channel": NoticeChannel.EMAIL})

    assert fold_all(INBOX, stream_of("notice-x", mailed)) == {}


@for_any(notice_lives)
def test_the_inbox_shows_what_the_notice_is(life: NoticeLife) -> None:
    events = events_of(life)
    shown = fold_all(INBOX, stream_of("notice-x", *events)).get("x")
    state = NOTICE.fold(events)

    in_inbox = isinstance(state, Posted) and state.said.channel is NoticeChannel.INBOX
    assert (shown is not None) == in_inbox
    if shown is not None:
        assert isinstance(state, Posted)
        assert (shown["recipient"], shown["read_at"] is not None) == (state.said.recipient, state.read)


@pytest.mark.parametrize(
    ("events", "key", "text"),
    [
        (TOPIC_STREAM, "topic-street-lamps", "路灯补亮"),
        (PROBLEM_STREAM, "problem-dark-corner", "东关社区三处路灯不亮"),
    ],
    ids=["topic", "problem"],
)
def test_what_a_notice_is_about_is_known_by_its_stream(events: list[Recorded], key: str, text: str) -> None:
    assert fold_all(SUBJECTS, events) == {key: {"text": text}}


@pytest.mark.parametrize(
    ("projection", "documents"),
    [(INBOX, 2), (SUBJECTS, 3), (DELIVERIES, 2), (PREFERENCES, 1), (RECEIPTS, 1)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_how_the_streams_interleave_does_not_matter(projection: Projection, documents: int) -> None:
    found = assert_interleaving_does_not_matter(projection, *STREAMS)

    assert len(found) == documents


@pytest.mark.parametrize(
    ("projection", "event"), [(INBOX, READ), (SUBJECTS, READ)], ids=["inbox", "subjects"]
)
def test_an_event_without_the_one_before_it_is_an_error(projection: Projection, event: NoticePosted) -> None:
    with pytest.raises(OutOfOrderError):
        projection.fold(None, recorded(event, "notice-x", 1), "x")


@pytest.mark.rule("N09")
def test_a_delivery_shows_its_attempts_and_when_the_next_is() -> None:
    planned = fold_all(DELIVERIES, MAILED_STREAM[:2])[MAIL_ID]
    waiting = fold_all(DELIVERIES, MAILED_STREAM[:3])[MAIL_ID]
    done = fold_all(DELIVERIES, MAILED_STREAM)[MAIL_ID]

    assert (planned["status"], planned["due_at"]) == ("waiting", "2024-09-05T04:00:00.000000Z")
    assert (waiting["status"], waiting["reason"], waiting["attempts"]) == ("waiting", "451 busy", 1)
    assert waiting["due_at"] > planned["due_at"]
    assert (done["status"], done["due_at"], done["reason"]) == ("delivered", None, None)
    assert [line["outcome"] for line in done["log"]] == ["failed", "delivered"]
    assert DeliveryView.model_validate(done).status == "delivered"


@pytest.mark.rule("N09")
def test_a_parked_delivery_says_why_and_waits_again_when_it_is_asked_for() -> None:
    parked = fold_all(DELIVERIES, PARKED_STREAM[:4])["other-mail"]
    asked = fold_all(DELIVERIES, PARKED_STREAM)["other-mail"]

    assert (parked["status"], parked["reason"], parked["due_at"]) == ("parked", "451 busy", None)
    assert (asked["status"], asked["due_at"]) == ("waiting", "2024-09-05T04:00:00.000000Z")


def test_the_log_of_a_delivery_has_its_last_attempts() -> None:
    failures = [failed(1).model_copy(update={"attempt": n}) for n in range(1, 31)]
    shown = fold_all(DELIVERIES, stream_of("notice-x", POSTED, PLANNED, *failures))[MAIL_ID]

    assert [line["attempt"] for line in shown["log"]] == list(range(31 - LONGEST_LOG, 31))


def test_a_notice_is_planned_as_soon_as_its_mail_is_settled() -> None:
    assert fold_all(INBOX, MAILED_STREAM[:1])[POSTED.notice_id]["planned"] is False
    assert fold_all(INBOX, MAILED_STREAM[:2])[POSTED.notice_id]["planned"] is True


@pytest.mark.rule("N01")
def test_whoever_wants_newsletters_by_any_channel_is_found() -> None:
    wanted = ChannelChoice(notice_class=NoticeClass.NEWSLETTER, channel=NoticeChannel.EMAIL, wanted=True)
    asked = CHOSEN.model_copy(update={"choices": (wanted,)})

    assert fold_all(PREFERENCES, CHOSEN_STREAM)["person-1"]["newsletter"] is False
    assert fold_all(PREFERENCES, stream_of("recipient-p", asked))["p"]["newsletter"] is True


def test_a_receipt_leads_to_whoever_proposed_and_a_topic_without_one_to_nobody() -> None:
    found = fold_all(RECEIPTS, [*stream_of("topic-own-topic", OWN_TOPIC), *TOPIC_STREAM])

    topic = {"topic_id": "own-topic", "proposer": "person-1", "division": TOWN}
    assert found == {receipt_key(RECEIPT): {"topics": [topic]}}


def test_preferences_are_read_as_they_were_chosen() -> None:
    shown = fold_all(PREFERENCES, CHOSEN_STREAM)["person-1"]

    assert preferences_of(shown) == RECIPIENT.fold([r.event for r in CHOSEN_STREAM])
    assert preferences_of(None) == RECIPIENT.initial
