"""Whatever a notice's stream is told, in whatever order, the rules hold."""

from __future__ import annotations

import pytest

from services.notify.deciders import NOTICE
from services.notify.domain.notice import Posted, ReadNotice
from shared.contracts.notify import NoticePosted, NoticeRead
from shared.contracts.refusal import RefusedError
from tests.unit.notify.lives import NoticeLife, events_of, for_any, notice_lives


@pytest.mark.rule("N03")
@for_any(notice_lives)
def test_a_stream_holds_one_notice_read_at_most_once(life: NoticeLife) -> None:
    events = events_of(life)

    kinds = [type(event) for event in events]
    assert kinds in ([], [NoticePosted], [NoticePosted, NoticeRead])


@for_any(notice_lives)
def test_a_command_met_twice_is_silent_or_refused(life: NoticeLife) -> None:
    for episode in life:
        try:
            again = NOTICE.decide(episode.command, episode.after)
        except RefusedError:
            assert not episode.events
        else:
            assert not again


@for_any(notice_lives)
def test_only_the_recipient_ever_reads(life: NoticeLife) -> None:
    for episode in life:
        if isinstance(episode.command, ReadNotice):
            mine = (
                isinstance(episode.before, Posted)
                and episode.before.said.recipient in episode.command.inboxes
            )
            assert mine or episode.refused


@for_any(notice_lives)
def test_a_snapshot_brings_back_every_notice(life: NoticeLife) -> None:
    for episode in life:
        assert NOTICE.load(NOTICE.dump(episode.after)) == episode.after


@for_any(notice_lives)
def test_a_notice_read_back_from_its_stream_is_the_one_that_was_decided_on(life: NoticeLife) -> None:
    events = [type(event).model_validate_json(event.model_dump_json()) for event in events_of(life)]

    assert NOTICE.fold(events) == life[-1].after
