"""Reactions: commands that follow from events, each once, on a real broker and a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded
from shared.eventsourcing import parking
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.parking import REACTIONS, list_parked
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.progress import Follower, caught_up
from shared.eventsourcing.reactions import Reaction, ReactionsRunner, Reactor, Send, command_id, reaction
from shared.eventsourcing.rebuild import commit_offsets
from shared.eventsourcing.subscription import kafka_broker
from shared.platform.kafka import events_topic
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, PyMongoError, connect
from shared.platform.settings import Settings
from tests.counter import COUNTER, Count, Stop
from tests.log_tools import META, until
from tests.projection_tools import Log, World, box_events


def count_puts(service: str) -> Reaction:
    """Return a reaction: what is put into any box is counted, by the counter of its shelf."""

    @reaction(box_events(service).Put)
    def count(event: Any) -> list[Send]:
        return [Send(COUNTER.stream(event.shelf), Count(by=event.amount))]

    return count


class Counters:
    """The service that reacts: its store and its handler."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.handler = CommandHandler(MongoEventStore(database), COUNTER, clock=lambda: datetime.now(UTC))

    async def totals(self) -> dict[str, int]:
        found: dict[str, int] = {}
        async for commit in self.database["commits"].find({"stream": {"$regex": "^counter-"}}):
            for event in commit["events"]:
                found[commit["stream"]] = found.get(commit["stream"], 0) + event["data"].get("by", 0)
        return found

    async def has(self, totals: Mapping[str, int]) -> bool:
        return await self.totals() == totals


@pytest.fixture
async def world(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[World]:
    await create_topics(service_name)
    mongo = connect(settings)
    yield await World(service_name, mongo.database(service_name), settings).prepare()
    mongo.close()


@pytest.fixture
async def counters(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Counters]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    await prepare(mongo.database("counting"))
    await parking.prepare(mongo.database("counting"))
    yield Counters(mongo.database("counting"))
    mongo.close()


def reactor(counters: Counters, *reactions: Reaction, handler: Any = None) -> Reactor:
    handlers = {"counter": handler or counters.handler}
    return Reactor(reactions, handlers, counters.database, Patience(REACTIONS))


@asynccontextmanager
async def reacting(world: World, counters: Counters, *reactions: Reaction) -> AsyncIterator[ReactionsRunner]:
    broker = kafka_broker(world.settings)
    await broker.start()
    runner = ReactionsRunner(
        reactions,
        {"counter": counters.handler},
        service=f"{world.service}x",
        database=counters.database,
        settings=world.settings,
        broker=broker,
        metrics=Metrics(of_process=False),
    )
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        await asyncio.wait([task])
        await broker.stop()


async def test_an_event_becomes_a_command_that_knows_its_cause(world: World, counters: Counters) -> None:
    count = count_puts(world.service)
    await world.record("box-1", world.put(3))

    async with reacting(world, counters, count):
        await until(lambda: counters.has({"counter-a": 3}))

    [commit] = [c async for c in counters.database["commits"].find()]
    assert commit["command_id"] == command_id("box-1:1", "count", 0)
    meta = commit["meta"]
    assert (meta["actor"], meta["causation_id"]) == ("reaction:count", "box-1:1")
    assert (meta["correlation_id"], meta["division"]) == (META.correlation_id, META.division)


async def test_events_delivered_again_have_happened(world: World, counters: Counters) -> None:
    count = count_puts(world.service)
    await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(30)])
    await world.relay()
    async with reacting(world, counters, count):
        await until(lambda: counters.has({"counter-a": 30}))

    beginning = {TopicPartition(events_topic(world.service), n): 0 for n in range(12)}
    await commit_offsets(world.settings, f"hxs.{world.service}x.reactions", beginning)
    async with reacting(world, counters, count):
        await world.record("box-0", world.put(1, shelf="b"))
        await until(lambda: counters.has({"counter-a": 30, "counter-b": 1}))


async def test_caught_up_waits_for_reactions(world: World, counters: Counters) -> None:
    count = count_puts(world.service)
    await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(30)])
    await world.relay()
    follower = Follower(f"{world.service}x", counters.database, REACTIONS, (world.service,))

    async with reacting(world, counters, count):
        await caught_up(
            world.settings, [follower], databases={world.service: world.database}, within_seconds=20
        )
        assert await counters.has({"counter-a": 30})


async def test_what_an_earlier_version_of_a_reaction_did_is_not_parked_when_the_log_comes_again(
    counters: Counters, service_name: str
) -> None:
    """`hxs republish` delivers everything anew, to reactions that word their commands otherwise by now."""
    events, log = box_events(service_name), Log(service_name)
    record = log.record("box-1", events.Put(amount=1))
    await reactor(counters, count_puts(service_name)).accept([record])

    def otherwise(recorded: Recorded) -> list[Send]:
        return [Send(COUNTER.stream("a"), Count(by=100)), Send(COUNTER.stream("b"), Count(by=1))]

    await reactor(counters, Reaction("count", (events.Put,), otherwise)).accept([record])

    assert await counters.totals() == {"counter-a": 1, "counter-b": 1}
    assert await list_parked(counters.database) == []


async def test_a_refused_command_is_parked_with_its_rule_and_others_go_on(
    counters: Counters, service_name: str
) -> None:
    events, log = box_events(service_name), Log(service_name)
    await counters.handler.execute(Stop(), stream="counter-a", meta=META, command_id="stop")
    one = reactor(counters, count_puts(service_name))

    await one.accept(
        [log.record("box-1", events.Put(amount=1)), log.record("box-1", events.Put(amount=2, shelf="b"))]
    )

    assert (await counters.totals())["counter-b"] == 2
    [parked] = await list_parked(counters.database)
    assert (parked.consumer, parked.key, parked.error["code"]) == (
        REACTIONS,
        "count:box-1:1",
        "counter-stopped",
    )


async def test_a_parked_event_is_reacted_to_when_an_operator_retries_it(
    counters: Counters, service_name: str
) -> None:
    events, log = box_events(service_name), Log(service_name)
    mended = False

    @reaction(events.Put)
    def count(event: DomainEvent) -> Sequence[Send]:
        if not mended:
            raise LookupError("no shelf")
        return [Send("counter-a", Count())]

    one = reactor(counters, count)
    await one.accept([log.record("box-1", events.Put(amount=1))])

    assert not await one.retry("count:box-1:1")
    mended = True
    assert await one.retry("count:box-1:1")
    assert await counters.has({"counter-a": 1})
    assert await list_parked(counters.database) == []


async def test_a_skipped_event_stays_skipped_when_it_comes_again(
    counters: Counters, service_name: str
) -> None:
    events, log = box_events(service_name), Log(service_name)
    await counters.handler.execute(Stop(), stream="counter-a", meta=META, command_id="stop")
    one = reactor(counters, count_puts(service_name))
    record = log.record("box-1", events.Put(amount=1))
    await one.accept([record])

    await one.skip("count:box-1:1", "the counter is stopped for good")
    await one.accept([record])

    assert await list_parked(counters.database) == []


async def test_an_unreadable_event_parks_only_for_the_reactions_it_concerns(
    counters: Counters, service_name: str
) -> None:
    events, log = box_events(service_name), Log(service_name)

    @reaction(events.Sealed)
    def other(event: DomainEvent) -> Sequence[Send]:
        return []

    one = reactor(counters, count_puts(service_name), other)
    await one.accept([log.record("box-1", events.Put(amount=1), value=b"?")])

    assert [p.key for p in await list_parked(counters.database)] == ["count:box-1:1"]


class Away:
    """A handler whose database is away for the first calls."""

    def __init__(self, handler: Any, failures: int) -> None:
        self._handler = handler
        self.failures = failures

    async def execute(self, command: Any, *, stream: str, meta: Meta, command_id: str) -> object:
        if self.failures:
            self.failures -= 1
            raise PyMongoError("away")
        return await self._handler.execute(command, stream=stream, meta=meta, command_id=command_id)


async def test_a_fault_from_outside_is_waited_out_and_nothing_is_parked(
    counters: Counters, service_name: str
) -> None:
    events, log = box_events(service_name), Log(service_name)
    away = Away(counters.handler, failures=3)
    patience = Patience(REACTIONS)
    one = Reactor([count_puts(service_name)], {"counter": away}, counters.database, patience)
    batch = [log.record(f"box-{n}", events.Put(amount=1)) for n in range(10)]

    await patience.run(lambda: one.accept(batch))

    assert away.failures == 0
    assert await counters.has({"counter-a": 10})
    assert await list_parked(counters.database) == []


async def test_events_of_one_stream_are_handled_in_their_order(counters: Counters, service_name: str) -> None:
    events, log = box_events(service_name), Log(service_name)
    seen: list[tuple[str, int]] = []

    class Slow:
        async def execute(self, command: Any, *, stream: str, meta: Meta, command_id: str) -> object:
            box, _, version = meta.causation_id.partition(":")
            await asyncio.sleep(0.001 * (5 - int(version)))
            seen.append((box, int(version)))
            return None

    one = reactor(counters, count_puts(service_name), handler=Slow())
    await one.accept([log.record(f"box-{n % 4}", events.Put(amount=1)) for n in range(16)])

    for box in {box for box, _ in seen}:
        assert [version for b, version in seen if b == box] == [1, 2, 3, 4]
    assert [box for box, _ in seen[:4]] != ["box-0"] * 4, "streams side by side"
