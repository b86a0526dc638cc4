"""An event is told once to each, however often it is delivered and whoever delivers it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.deciders import NOTICE
from services.notify.domain.notice import PostNotice
from services.notify.reactions import ALL, post_notices
from shared.contracts.envelope import Meta, Recorded
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.memory_store import MemoryEventStore
from shared.eventsourcing.reactions import Send, command_id
from shared.eventsourcing.testing import recorded, stream_of
from tests.unit.notify.examples import (
    ASSIGNED,
    FINANCE,
    HOUSING,
    LAMPS,
    LIAISON,
    OFFICE,
    REFERRED,
    REOPENED,
    REPLIED,
    SOLVED,
    TOWN,
)

PROBLEM_STREAM = stream_of("problem-dark-corner", ASSIGNED, REPLIED, REOPENED, REPLIED, SOLVED)
OTHER_STREAM = stream_of("problem-dark-lane", ASSIGNED, REPLIED, REFERRED)


class Log(MemoryEventStore):
    """A store that shows all that was appended."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Recorded] = []

    async def append(self, commit: Commit) -> None:
        await super().append(commit)
        self.events += commit.recorded()

    @property
    def told(self) -> list[str]:
        """Who was told, in order."""
        return [r.event.recipient for r in self.events if isinstance(r.event, NoticePosted)]


async def deliver(log: Log, events: Iterable[Recorded]) -> None:
    """Carry out the reactions to events as the core does, in a process that has just started."""
    handler = CommandHandler(log, NOTICE, clock=lambda: datetime(2024, 9, 5, tzinfo=UTC))
    for event in events:
        for reaction in ALL:
            for index, send in enumerate(reaction.to_commands(event)):
                meta = Meta(event.division, f"reaction:{reaction.name}", event.correlation_id, event.id)
                id_ = command_id(event.id, reaction.name, index)
                await handler.execute(send.command, stream=send.stream, meta=meta, command_id=id_)


@pytest.mark.rule("N01")
@pytest.mark.rule("N02")
def test_each_message_is_posted_to_the_inbox_in_a_stream_of_its_own() -> None:
    (assigned, *_) = PROBLEM_STREAM

    sends = post_notices(assigned)

    assert [send.command.recipient for send in sends] == [HOUSING, FINANCE]
    for send in sends:
        assert isinstance(send.command, PostNotice)
        assert send == Send(f"notice-{send.command.notice_id}", send.command)
        assert (send.command.division, send.command.topic_id) == (TOWN, LAMPS)
        assert send.command.caused_at == assigned.recorded_at
        assert (send.command.cause, send.command.channel) == (assigned.id, NoticeChannel.INBOX)
        assert send.command.notice_class is NoticeClass.TRANSACTIONAL


def test_a_back_entry_posts_nothing() -> None:
    for event in (ASSIGNED, REPLIED, SOLVED, REOPENED, REFERRED):
        imported = event.model_copy(update={"back_entry": True})
        assert post_notices(recorded(imported, "problem-dark-corner", 1)) == []


async def test_each_turn_of_a_problem_is_told() -> None:
    log = Log()

    await deliver(log, PROBLEM_STREAM)

    assert log.told == [HOUSING, FINANCE, LIAISON, HOUSING, FINANCE, LIAISON, LIAISON, LIAISON]


async def test_a_notice_lies_in_the_division_of_its_problem() -> None:
    log = Log()

    await deliver(log, OTHER_STREAM)

    assert OFFICE in log.told
    assert {event.division for event in log.events} == {TOWN}


@pytest.mark.rule("N03")
@settings(deadline=None, max_examples=50)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
async def test_whatever_is_delivered_again_is_told_once(random: Random, processes: int) -> None:
    once, again = Log(), Log()
    await deliver(once, [*PROBLEM_STREAM, *OTHER_STREAM])

    for _ in range(processes):
        events = [*PROBLEM_STREAM, *OTHER_STREAM] * 2
        random.shuffle(events)
        await deliver(again, events)

    assert sorted(event.id for event in again.events) == sorted(event.id for event in once.events)
    assert len(once.events) == 12


@pytest.mark.rule("N03")
async def test_what_another_reaction_tells_of_the_same_is_not_told_again() -> None:
    """A renamed reaction has other command ids; the notice's own id still says that it was posted."""
    log = Log()
    await deliver(log, PROBLEM_STREAM)
    handler = CommandHandler(log, NOTICE, clock=lambda: datetime(2024, 9, 6, tzinfo=UTC))
    (assigned, *_) = PROBLEM_STREAM
    before = list(log.events)

    for send in post_notices(assigned):
        meta = Meta(TOWN, "reaction:renamed", "c", assigned.id)
        await handler.execute(send.command, stream=send.stream, meta=meta, command_id=f"new-{send.stream}")

    assert log.events == before
