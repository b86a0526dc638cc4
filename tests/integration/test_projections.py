"""Projections on a real broker and a real database: delivered, shared, waited for, fresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition

from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.pointer import NotBuiltError, group_name
from shared.eventsourcing.progress import BehindError, Follower, caught_up
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.rebuild import commit_offsets
from shared.platform.kafka import event_consumer, events_topic
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.log_tools import until
from tests.projection_tools import World, boxes, shelves


@pytest.fixture
async def world(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[World]:
    await create_topics(service_name)
    mongo = connect(settings)
    yield await World(service_name, mongo.database(service_name), settings).prepare()
    mongo.close()


async def committed(world: World, group: str) -> dict[int, int]:
    """Return the offsets that a group has committed, by partition."""
    partitions = [TopicPartition(events_topic(world.service), n) for n in range(12)]
    async with event_consumer(world.settings, group=group) as consumer:
        consumer.assign(partitions)
        return {p.partition: await consumer.committed(p) or 0 for p in partitions}


async def test_events_become_documents(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3), world.put(4))

    async with world.running(projection):
        await world.until_equal(projection)
        await world.record("box-2", world.put(1))
        await world.until_equal(projection)

    documents = await world.documents(projection)
    assert (documents["1"]["total"], documents["2"]["total"]) == (7, 1)
    assert documents["1"]["_version"] == 2


async def test_events_delivered_again_count_once(world: World) -> None:
    """The committed offsets are set back to the beginning, as after a crash before they were committed."""
    projection = shelves(world.service)
    await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(40)])
    await world.relay()
    async with world.running(projection):
        await world.until_equal(projection)

    beginning = {TopicPartition(events_topic(world.service), n): 0 for n in range(12)}
    await commit_offsets(world.settings, group_name(world.service, projection.name, 1), beginning)
    async with world.running(projection):
        await world.record("box-0", world.put(5))
        await world.until_equal(projection)

    assert (await world.documents(projection))["a"]["total"] == 45


async def test_a_restart_begins_behind_what_was_done(world: World) -> None:
    projection = boxes(world.service)
    await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(40)])
    await world.relay()
    async with world.running(projection):
        await world.until_equal(projection)

    assert sum((await committed(world, group_name(world.service, "boxes", 1))).values()) >= 40


async def test_offsets_of_a_database_that_was_dropped_are_not_believed(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3))
    async with world.running(projection):
        await world.until_equal(projection)

    for name in ("projections", "boxes__v1"):
        await world.database[name].drop()
    async with world.running(projection):
        await world.until_equal(projection)


async def test_a_read_may_wait_for_the_version_of_a_write(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3), world.events.Sealed())
    model = ReadModel("boxes", world.database)

    async with world.running(projection):
        await until(lambda: world.equals_the_store(projection))
        await world.store("box-1", world.put(4))
        waiting = asyncio.create_task(model.wait_for_version("1", 3, within_seconds=10))
        await world.relay()

        assert (await waiting)["total"] == 7


async def test_who_waits_for_a_version_that_does_not_come_is_told(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3))
    async with world.running(projection):
        await world.until_equal(projection)

    with pytest.raises(NotCaughtUpError) as caught:
        await ReadModel("boxes", world.database).wait_for_version("1", 2, within_seconds=0.05)

    assert (caught.value.wanted, caught.value.seen) == (2, 1)


async def test_a_read_model_that_was_never_built_says_so(world: World) -> None:
    with pytest.raises(NotBuiltError):
        await ReadModel("boxes", world.database).get("1")


async def test_a_read_model_says_how_fresh_it_is(world: World) -> None:
    projection = boxes(world.service)
    started = datetime.now(UTC)
    await world.record("box-1", world.put(3))
    model = ReadModel("boxes", world.database)

    async def fresh() -> bool:
        told = await model.freshness()
        return told.as_of is not None and told.as_of >= started and told.behind_events == 0

    async with world.running(projection) as runner:
        await world.until_equal(projection)
        await until(fresh)
        assert sum(lag.behind for lag in runner.runners[0].lags.values()) == 0
        assert runner.troubles(max_lag_seconds=30) == []


async def test_caught_up_waits_for_what_is_neither_relayed_nor_folded(world: World) -> None:
    projection = boxes(world.service)
    follower = Follower(world.service, world.database, "boxes", projection.services)
    databases = {world.service: world.database}
    await world.store_many([(f"box-{n}", [world.put(1)]) for n in range(20)])

    with pytest.raises(BehindError) as caught:
        await caught_up(world.settings, [follower], databases=databases, within_seconds=0)
    assert caught.value.waiting_for == (f"{world.service}/relay",)
    await world.relay()
    with pytest.raises(BehindError) as caught:
        await caught_up(world.settings, [follower], databases=databases, within_seconds=0)
    assert caught.value.waiting_for == (f"{world.service}/boxes",)
    async with world.running(projection):
        await caught_up(world.settings, [follower], databases=databases, within_seconds=20)
        assert await world.equals_the_store(projection)


async def test_two_instances_share_the_partitions_and_hand_them_over(world: World) -> None:
    projection = shelves(world.service)
    appends = [(f"box-{n}", [world.put(1, shelf=f"s{n % 5}")]) for n in range(60)]

    async with world.running(projection) as one:
        await world.store_many(appends)
        await world.relay()
        async with world.running(projection) as other:
            await until(lambda: _share(one, other))
            await world.store_many(appends)
            await world.relay()
            await world.until_equal(projection)
        await world.store_many(appends)
        await world.relay()
        await world.until_equal(projection)


async def _share(*runners: object) -> bool:
    return all(0 < len(r.runners[0].lags) < 12 for r in runners)  # type: ignore[attr-defined]  # object to keep it short


async def test_a_topic_that_does_not_exist_yet_is_waited_for(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> None:
    mongo = connect(settings)
    world = await World(service_name, mongo.database(service_name), settings).prepare()
    projection = boxes(service_name)
    async with world.running(projection):
        await create_topics(service_name)
        await world.record("box-1", world.put(3))
        await world.until_equal(projection, 60)
    mongo.close()
