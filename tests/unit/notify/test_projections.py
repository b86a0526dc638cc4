"""The inbox says what the notices' streams say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.notify.deciders import NOTICE
from services.notify.domain.notice import Posted
from services.notify.projections import ALL
from services.notify.projections.inbox import INBOX
from services.notify.projections.subjects import SUBJECTS
from services.notify.views.inbox import NoticeView
from shared.contracts.envelope import Recorded
from shared.contracts.notify import NoticeChannel, NoticePosted
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from tests.unit.notify.examples import ASSIGNED, LIAISON, POST, POSTED, PROPOSED, READ
from tests.unit.notify.lives import NoticeLife, events_of, for_any, notice_lives

NOTICE_STREAM = stream_of(f"notice-{POSTED.notice_id}", POSTED, READ)
OTHER_ID = replace(POST, recipient=LIAISON).notice_id
OTHER = POSTED.model_copy(update={"notice_id": OTHER_ID, "recipient": LIAISON})
OTHER_STREAM = stream_of(f"notice-{OTHER_ID}", OTHER)
TOPIC_STREAM = stream_of(f"topic-{PROPOSED.topic_id}", PROPOSED)
PROBLEM_STREAM = stream_of(f"problem-{ASSIGNED.problem_id}", ASSIGNED)


def test_a_notice_shows_what_it_says_and_since_when() -> None:
    shown = fold_all(INBOX, NOTICE_STREAM[:1])[POSTED.notice_id]

    said = POSTED.model_dump(mode="json", exclude={"back_entry"})
    assert shown == {**said, "posted_at": "2024-01-01T00:01:00.000000Z", "read_at": None}
    assert NoticeView.model_validate(shown).posted_at == datetime(2024, 1, 1, 0, 1, tzinfo=UTC)


def test_a_notice_shows_when_it_was_read() -> None:
    shown = fold_all(INBOX, NOTICE_STREAM)[POSTED.notice_id]

    assert shown["read_at"] == "2024-09-05T04:00:00.000000Z"
    assert shown["posted_at"] == "2024-01-01T00:01:00.000000Z"


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

    in_inbox = isinstance(state, Posted) and state.channel is NoticeChannel.INBOX
    assert (shown is not None) == in_inbox
    if shown is not None:
        assert isinstance(state, Posted)
        assert (shown["recipient"], shown["read_at"] is not None) == (state.recipient, state.read)


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


@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.name)
def test_how_the_streams_interleave_does_not_matter(projection: Projection) -> None:
    found = assert_interleaving_does_not_matter(
        projection, NOTICE_STREAM, OTHER_STREAM, TOPIC_STREAM, PROBLEM_STREAM
    )

    assert len(found) == 2


@pytest.mark.parametrize(
    ("projection", "event"), [(INBOX, READ), (SUBJECTS, READ)], ids=["inbox", "subjects"]
)
def test_an_event_without_the_one_before_it_is_an_error(projection: Projection, event: NoticePosted) -> None:
    with pytest.raises(OutOfOrderError):
        projection.fold(None, recorded(event, "notice-x", 1), "x")
