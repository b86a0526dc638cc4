"""Instances of a service killed while they share its partitions: nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.eventsourcing.mongo_store import prepare
from shared.eventsourcing.parking import list_parked
from shared.platform.local.kafka import Kafka
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.log_tools import until
from tests.projection_tools import World, boxes, shelves

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

STREAMS = 40
SHELVES = 5


class Instances:
    """Processes of one service."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._service = service
        self._environment = os.environ | {
            "HXS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "HXS_MONGO_URL": settings.mongo_url,
            "HXS_MONGO_PREFIX": settings.mongo_prefix,
        }
        self.running: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.projection_process",
            self._service,
            env=self._environment,
            stdout=asyncio.subprocess.DEVNULL,
        )
        self.running.append(process)

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        process.kill()
        await process.wait()
        self.running.remove(process)

    async def kill_all(self) -> None:
        for process in list(self.running):
            await self.kill(process)


@pytest.fixture
async def world(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[World]:
    await create_topics(service_name)
    mongo = connect(settings)
    await prepare(mongo.database("counting"))
    yield await World(service_name, mongo.database(service_name), settings).prepare()
    mongo.close()


@pytest.fixture
async def counting(settings: Settings) -> AsyncIterator[Database]:
    mongo = connect(settings)
    yield mongo.database("counting")
    mongo.close()


@pytest.fixture
async def instances(settings: Settings, service_name: str) -> AsyncIterator[Instances]:
    made = Instances(settings, service_name)
    yield made
    await made.kill_all()


async def some_traffic(world: World, chance: random.Random) -> None:
    """Every box gets something, on one shelf or the other."""
    appends = [
        (
            f"box-{n}",
            [world.put(chance.randrange(1, 9), shelf=f"s{chance.randrange(SHELVES)}"), world.shaken()],
        )
        for n in range(STREAMS)
    ]
    await world.store_many(appends)
    await world.relay()


async def begun(world: World) -> bool:
    return bool(await world.documents(shelves(world.service)))


async def test_instances_killed_at_random_leave_the_fold_of_the_store(
    world: World, counting: Database, instances: Instances
) -> None:
    chance = random.Random(7)
    await some_traffic(world, chance)
    await instances.start()
    await instances.start()
    await until(lambda: begun(world), 60)

    for _ in range(3):
        for _ in range(2):
            await some_traffic(world, chance)
        await instances.kill(chance.choice(instances.running))
        await instances.start()
        await some_traffic(world, chance)

    for projection in (boxes(world.service), shelves(world.service)):
        await world.until_equal(projection, 90)
    assert await list_parked(world.database) == []
    await until(lambda: counted_once(world, counting), 90)


async def counted_once(world: World, counting: Database) -> bool:
    """The reaction's counters say what the shelves hold: each event was reacted to once."""
    counted: dict[str, int] = {}
    async for commit in counting["commits"].find():
        shelf = commit["stream"].removeprefix("counter-")
        counted[shelf] = counted.get(shelf, 0) + sum(event["data"]["by"] for event in commit["events"])
    held = await world.fold_of_the_store(shelves(world.service))
    assert all(counted.get(shelf, 0) <= held[shelf]["total"] for shelf in counted), "reacted to twice"
    return counted == {shelf: document["total"] for shelf, document in held.items()}


async def test_a_broker_that_is_killed_and_comes_back_costs_nothing(
    world: World, instances: Instances, kafka_broker: Kafka
) -> None:
    chance = random.Random(8)
    await some_traffic(world, chance)
    await instances.start()
    await until(lambda: begun(world), 60)

    await asyncio.to_thread(kafka_broker.kill)
    await asyncio.to_thread(kafka_broker.start)
    await some_traffic(world, chance)

    for projection in (boxes(world.service), shelves(world.service)):
        await world.until_equal(projection, 90)
