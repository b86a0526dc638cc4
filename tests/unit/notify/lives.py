"""Hypothesis strategies: what a notice's stream may be told, in any order, sensible or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.deciders import NOTICE
from services.notify.domain.notice import Notice, NoticeCommand, PostNotice, ReadNotice
from shared.contracts.base import DomainEvent
from shared.contracts.notify import NoticeChannel, NoticeClass
from shared.contracts.refusal import RefusedError
from tests.unit.notify.examples import CAUSE, FINANCE, HOUSING, LAMPS, LIAISON, TOWN


def for_any(
    *strategies: st.SearchStrategy[Any], examples: int = 200
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for many examples; no deadline, for a busy machine does not make a rule untrue."""
    return lambda test: settings(deadline=None, max_examples=examples)(given(*strategies)(test))


@dataclass(frozen=True)
class Episode:
    """One command and what became of it; `events` is empty where it was refused or did nothing."""

    before: Notice
    command: NoticeCommand
    events: tuple[DomainEvent, ...]
    refused: bool
    after: Notice


NoticeLife = list[Episode]


def live(commands: Iterable[NoticeCommand]) -> NoticeLife:
    """Give the commands one after the other, each to the state that the last one left."""
    state = NOTICE.initial
    life: NoticeLife = []
    for command in commands:
        events: tuple[DomainEvent, ...] = ()
        refused = False
        try:
            events = tuple(NOTICE.decide(command, state))
        except RefusedError:
            refused = True
        after = NOTICE.fold(events, state)
        life.append(Episode(state, command, events, refused, after))
        state = after
    return life


def events_of(life: NoticeLife) -> list[DomainEvent]:
    """Return the stream that a life left behind."""
    return [event for episode in life for event in episode.events]


_recipients = st.sampled_from([HOUSING, FINANCE, LIAISON])
_post = st.builds(
    PostNotice,
    division=st.just(TOWN),
    recipient=_recipients,
    cause=st.sampled_from([CAUSE, "problem-dark-corner:2"]),
    title=st.sampled_from(["新交办问题", "交办提醒"]),
    body=st.just("请答复。"),
    topic_id=st.sampled_from([None, LAMPS]),
    channel=st.sampled_from([NoticeChannel.INBOX, NoticeChannel.INBOX, NoticeChannel.EMAIL]),
    notice_class=st.sampled_from(NoticeClass),
)
_read = st.builds(ReadNotice, st.frozensets(_recipients), st.datetimes(timezones=st.just(UTC)))
notice_lives: st.SearchStrategy[NoticeLife] = st.lists(st.one_of(_post, _read), min_size=1, max_size=8).map(
    live
)
