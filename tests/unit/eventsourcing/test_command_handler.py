"""Commands are done once, on the newest state, and cost the same on long streams."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, make_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from shared.contracts.envelope import Meta
from shared.contracts.refusal import NotThereError, RefusedError
from shared.eventsourcing.application import CommandHandler, digest_of
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import (
    IdempotencyKeyReusedError,
    VersionConflictError,
    VersionMismatchError,
)
from shared.eventsourcing.memory_store import MemoryEventStore
from shared.eventsourcing.store import EventStore
from tests.counter import COUNTER, Count, Counted, CounterState, Stop

META = Meta(division="371621001", actor="tester", correlation_id="c", causation_id="c")
Handler = CommandHandler[Count | Stop, CounterState]


class CountingStore(MemoryEventStore):
    """Counts the commits that were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    async def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        found = await super().read_stream(stream, after)
        self.read += len(found)
        return found


class BusyStore(MemoryEventStore):
    """Somebody else is always faster."""

    async def append(self, commit: Commit) -> None:
        raise VersionConflictError(commit.stream, commit.version)


class SlowStore(MemoryEventStore):
    """Lets others go on before it appends, as a database does."""

    async def append(self, commit: Commit) -> None:
        await asyncio.sleep(0)
        await super().append(commit)


class StuckStore(MemoryEventStore):
    """Does not append to one stream until it is released."""

    def __init__(self, stream: str) -> None:
        super().__init__()
        self._stream = stream
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    async def append(self, commit: Commit) -> None:
        if commit.stream == self._stream:
            self.reached.set()
            await self.release.wait()
        await super().append(commit)


def handler(store: EventStore, *, snapshot_every: int = 100, cached_streams: int = 100) -> Handler:
    return CommandHandler(
        store,
        COUNTER,
        clock=lambda: datetime(2024, 9, 5, tzinfo=UTC),
        snapshot_every=snapshot_every,
        cached_streams=cached_streams,
    )


async def count(h: Handler, command_id: str, by: int = 1, expected: int | None = None) -> int:
    done = await h.execute(
        Count(by), stream="counter-1", meta=META, command_id=command_id, expected_version=expected
    )
    return done.version


async def test_a_command_appends_what_was_decided() -> None:
    store = MemoryEventStore()

    done = await handler(store).execute(Count(3), stream="counter-1", meta=META, command_id="c1")

    assert (done.version, done.events, done.repeated) == (1, (Counted(by=3),), False)
    assert [c.events[0].data["by"] for c in await store.read_stream("counter-1")] == [3]


async def test_the_same_command_twice_is_done_once_and_gets_the_first_answer() -> None:
    h = handler(MemoryEventStore())
    first = await h.execute(Count(3), stream="counter-1", meta=META, command_id="c1")
    await count(h, "c2")

    second = await h.execute(Count(3), stream="counter-1", meta=META, command_id="c1")

    assert (second.version, second.events, second.repeated) == (first.version, first.events, True)
    assert (await h.load("counter-1")).state.total == 4


async def test_a_repeated_command_that_the_state_now_refuses_still_gets_the_first_answer() -> None:
    h = handler(MemoryEventStore())
    await count(h, "c1")
    await h.execute(Stop(), stream="counter-1", meta=META, command_id="c2")

    assert await count(h, "c1") == 1


async def test_a_repeated_command_with_if_match_gets_the_first_answer_not_a_mismatch() -> None:
    h = handler(MemoryEventStore())
    await count(h, "c1")

    assert await count(h, "c2", expected=1) == 2
    assert await count(h, "c2", expected=1) == 2


async def test_a_key_used_for_another_command_is_refused() -> None:
    h = handler(MemoryEventStore())
    await count(h, "c1", by=1)

    with pytest.raises(IdempotencyKeyReusedError):
        await count(h, "c1", by=2)

    assert (await h.load("counter-1")).version == 1


async def test_a_key_used_for_another_aggregate_is_refused_and_not_answered_with_the_first() -> None:
    h = handler(MemoryEventStore())
    await h.execute(Count(3), stream="counter-1", meta=META, command_id="c1")

    with pytest.raises(IdempotencyKeyReusedError):
        await h.execute(Count(3), stream="counter-2", meta=META, command_id="c1")

    assert (await h.load("counter-2")).version == 0


async def test_a_version_that_the_caller_has_not_seen_is_a_mismatch() -> None:
    h = handler(MemoryEventStore())
    await count(h, "c1")

    with pytest.raises(VersionMismatchError):
        await count(h, "c2", expected=7)


async def test_a_stale_copy_is_noticed_and_the_command_decided_again() -> None:
    store = MemoryEventStore()
    here, elsewhere = handler(store), handler(store)
    await count(here, "c1")
    await count(elsewhere, "c2")

    assert await count(here, "c3") == 3
    assert (await here.load("counter-1")).state.total == 3


async def test_a_refusal_is_never_given_on_a_stale_copy() -> None:
    store = MemoryEventStore()
    here, elsewhere = handler(store), handler(store)
    await count(here, "c1")
    seen: list[int] = []

    def guard(state: CounterState) -> None:
        seen.append(state.total)
        if state.total < 2:
            raise NotThereError("too-few", zh="尚不足。", en="Too few.")

    await count(elsewhere, "c2")
    await here.execute(Count(), stream="counter-1", meta=META, command_id="c3", guard=guard)

    assert seen[0] == 1, "the copy was old"
    assert seen[-1] == 2


async def test_a_refused_command_writes_nothing() -> None:
    store = MemoryEventStore()
    h = handler(store)
    await h.execute(Stop(), stream="counter-1", meta=META, command_id="c1")

    with pytest.raises(RefusedError):
        await count(h, "c2")

    assert len(await store.read_stream("counter-1")) == 1


async def test_a_command_with_nothing_to_do_writes_nothing() -> None:
    store = MemoryEventStore()
    h = handler(store)
    await h.execute(Stop(), stream="counter-1", meta=META, command_id="c1")

    done = await h.execute(Stop(), stream="counter-1", meta=META, command_id="c2")

    assert (done.version, done.events) == (1, ())
    assert len(await store.read_stream("counter-1")) == 1


async def test_a_conflict_is_given_up_after_four_decisions() -> None:
    with pytest.raises(VersionConflictError):
        await count(handler(BusyStore()), "c1")


async def test_concurrent_commands_on_one_stream_all_succeed() -> None:
    h = handler(MemoryEventStore())

    await asyncio.gather(*(count(h, f"c{n}") for n in range(30)))

    assert (await h.load("counter-1")).state.total == 30


async def test_the_first_command_of_a_stream_reads_nothing() -> None:
    class Unread(MemoryEventStore):
        async def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
            raise AssertionError("a stream was read")

    assert await count(handler(Unread()), "c1") == 1


async def test_commands_at_the_same_moment_take_turns_in_the_order_they_came() -> None:
    store = SlowStore()
    conflicts: list[int] = []
    h = CommandHandler(
        store,
        COUNTER,
        clock=lambda: datetime(2024, 9, 5, tzinfo=UTC),
        on_conflict=lambda: conflicts.append(1),
    )

    versions = await asyncio.gather(*(count(h, f"c{n}", by=n + 1) for n in range(50)))

    assert versions == list(range(1, 51))
    assert [c.events[0].data["by"] for c in await store.read_stream("counter-1")] == list(range(1, 51))
    assert conflicts == []


async def test_a_stream_does_not_wait_for_another() -> None:
    store = StuckStore("counter-1")
    h = handler(store)
    stuck = asyncio.create_task(count(h, "c1"))
    await store.reached.wait()

    done = await h.execute(Count(1), stream="counter-2", meta=META, command_id="c2")

    assert (done.version, stuck.done()) == (1, False)
    store.release.set()
    assert await stuck == 1


async def test_an_old_stream_that_is_taken_for_a_new_one_is_no_conflict_and_goes_on() -> None:
    store = MemoryEventStore()
    conflicts: list[int] = []
    await count(handler(store), "c1")
    elsewhere: Handler = CommandHandler(
        store,
        COUNTER,
        clock=lambda: datetime(2024, 9, 5, tzinfo=UTC),
        on_conflict=lambda: conflicts.append(1),
    )

    assert await count(elsewhere, "c2") == 2
    assert conflicts == []


async def test_a_warm_command_reads_no_commit() -> None:
    store = CountingStore()
    h = handler(store)
    for n in range(20):
        await count(h, f"c{n}")
    store.read = 0

    await count(h, "warm")

    assert store.read == 0


async def test_after_a_restart_only_the_tail_behind_the_snapshot_is_read() -> None:
    store = CountingStore()
    h = handler(store, snapshot_every=10)
    for n in range(95):
        await count(h, f"c{n}")
    await h.settle()
    store.read = 0

    assert await count(handler(store), "cold") == 96

    assert 0 < store.read < 10


async def test_the_chain_goes_on_from_a_snapshot() -> None:
    store = MemoryEventStore()
    h = handler(store, snapshot_every=2)
    for n in range(4):
        await count(h, f"c{n}")
    await h.settle()
    await count(handler(store), "cold")

    commits = await store.read_stream("counter-1")

    assert [c.hash for c in commits[:-1]] == [c.previous_hash for c in commits[1:]]
    assert all(c.hash == c.computed_hash() for c in commits)


async def test_a_streams_state_is_dropped_from_a_full_cache_and_read_again() -> None:
    h = handler(MemoryEventStore(), cached_streams=1)
    await count(h, "c1")
    await h.execute(Count(), stream="counter-2", meta=META, command_id="c2")

    assert await count(h, "c3") == 2


async def test_every_command_is_observed_once_with_its_outcome() -> None:
    seen: list[tuple[str, str]] = []

    def observe(command: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        seen.append((command, outcome))

    h: Handler = CommandHandler(
        MemoryEventStore(), COUNTER, clock=lambda: datetime(2024, 9, 5, tzinfo=UTC), observe=observe
    )
    await count(h, "c1")
    await count(h, "c1")
    for n in range(2):
        await h.execute(Stop(), stream="counter-1", meta=META, command_id=f"s{n}")
    with pytest.raises(RefusedError):
        await count(h, "c2")
    with pytest.raises(IdempotencyKeyReusedError):
        await count(h, "c1", by=9)

    assert seen == [
        ("Count", "done"),
        ("Count", "repeated"),
        ("Stop", "done"),
        ("Stop", "nothing"),
        ("Count", "refused"),
        ("Count", "failed"),
    ]


async def test_a_conflict_that_is_resolved_is_counted() -> None:
    store = MemoryEventStore()
    conflicts: list[int] = []
    here: Handler = CommandHandler(
        store,
        COUNTER,
        clock=lambda: datetime(2024, 9, 5, tzinfo=UTC),
        on_conflict=lambda: conflicts.append(1),
    )
    await count(here, "c1")
    await count(handler(store), "c2")

    await count(here, "c3")

    assert conflicts == [1]


# what makes two requests the same


class Amount(BaseModel):
    """A part of a command."""

    cents: int
    currency: str = "CNY"


@dataclass(frozen=True)
class Line:
    """Another part."""

    text: str
    amount: Amount
    note: str | None = None


@dataclass(frozen=True)
class Order:
    """A command as an older version knew it."""

    lines: tuple[Line, ...]
    at: datetime


def newer(name: str) -> type[Any]:
    """Return the same command as a newer version knows it: with one more optional field."""
    more = ("urgent", bool, field(default=False))
    return make_dataclass(name, [("lines", tuple), ("at", datetime), more], frozen=True)


NOON = datetime(2024, 9, 5, 4, tzinfo=UTC)
LAMPS = (Line("路灯", Amount(cents=100)),)


def test_a_request_is_the_same_whenever_it_comes() -> None:
    assert digest_of(Order(LAMPS, NOON)) == digest_of(Order(LAMPS, NOON + timedelta(days=1)))


@pytest.mark.parametrize(
    "other",
    [
        (Line("路灯", Amount(cents=101)),),
        (Line("路灯", Amount(cents=100, currency="EUR")),),
        (Line("路灯", Amount(cents=100), note="急"),),
        (*LAMPS, *LAMPS),
        (),
    ],
)
def test_a_request_that_asks_for_something_else_is_another(other: tuple[Line, ...]) -> None:
    assert digest_of(Order(LAMPS, NOON)) != digest_of(Order(other, NOON))


def test_a_request_stays_the_same_when_its_command_gets_an_optional_field() -> None:
    newer_order = newer("Order")

    assert digest_of(newer_order(LAMPS, NOON)) == digest_of(Order(LAMPS, NOON))
    assert digest_of(newer_order(LAMPS, NOON, urgent=True)) != digest_of(Order(LAMPS, NOON))


def test_commands_of_two_names_are_two_requests() -> None:
    assert digest_of(newer("Invoice")(LAMPS, NOON)) != digest_of(Order(LAMPS, NOON))
