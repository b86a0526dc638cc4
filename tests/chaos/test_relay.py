"""Relays that die: afterwards every commit is in the log once, and every stream in order."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from shared.eventsourcing.checkpoint import newest_generation
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.relay import Relay
from shared.eventsourcing.republish import republish
from shared.platform.local.kafka import Kafka
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.log_tools import assert_log_is_the_store, chain, insert, nothing_pending, read_log, until

pytestmark = pytest.mark.timeout(180)

OWN_LEASE_SECONDS = 3.0
"""Of what works in this process and is not killed: a busy machine may hold it up for a while."""


@pytest.fixture
async def database(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Database]:
    await create_topics(service_name)
    mongo = connect(settings)
    await prepare(mongo.database(service_name))
    yield mongo.database(service_name)
    mongo.close()


class Processes:
    """Relays as processes of their own."""

    def __init__(self, settings: Settings, service: str) -> None:
        self._service = service
        self._environment = os.environ | {
            "HXS_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "HXS_MONGO_URL": settings.mongo_url,
            "HXS_MONGO_PREFIX": settings.mongo_prefix,
        }
        self._started: list[asyncio.subprocess.Process] = []

    async def start(
        self, work: str = "relay", *, step: str = "", nth: int = 0, send: signal.Signals = signal.SIGKILL
    ) -> asyncio.subprocess.Process:
        """Start one that sends itself a signal the `nth` time it takes a step."""
        arguments = ["-m", "tests.chaos.relay_process", work, self._service]
        if step:
            arguments += [step, str(nth), str(int(send))]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )
        self._started.append(process)
        return process

    async def end(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture
async def processes(settings: Settings, service_name: str) -> AsyncIterator[Processes]:
    found = Processes(settings, service_name)
    yield found
    await found.end()


@pytest.fixture
def relay(settings: Settings, service_name: str, database: Database) -> Relay:
    return Relay(service_name, database, settings, lease_seconds=OWN_LEASE_SECONDS)


@asynccontextmanager
async def load(database: Database, *, streams: int = 10) -> AsyncIterator[Callable[[], int]]:
    """Append through the store for as long as the block runs; tells how many commits there are."""
    store = MongoEventStore(database)
    appended = 0

    async def fill(stream: str) -> None:
        nonlocal appended
        last: Commit | None = None
        while True:
            [last] = chain(stream, 1, events=2, after=last)
            await store.append(last)
            appended += 1

    tasks = [asyncio.create_task(fill(f"counter-{i}")) for i in range(streams)]
    try:
        yield lambda: appended
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes), outcomes


def commits_of_streams(streams: int, commits: int) -> list[Commit]:
    """Return the commits of several streams, one of each in turn."""
    rows = zip(*(chain(f"counter-{i}", commits, events=2) for i in range(streams)), strict=True)
    return [commit for row in rows for commit in row]


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("step", ["sent", "committed"])
async def test_a_relay_killed_around_its_kafka_commit_loses_and_repeats_nothing(
    settings: Settings,
    service_name: str,
    database: Database,
    processes: Processes,
    relay: Relay,
    step: str,
    nth: int,
) -> None:
    await insert(database, commits_of_streams(10, 250))
    process = await processes.start(step=step, nth=nth)
    assert await process.wait() == -signal.SIGKILL

    # The commits of the last transaction are never all marked; which ones are in the log differs.
    assert not await nothing_pending(database)
    relayed = await relay.drain()

    expected_left = 2500 - 1000 * (nth if step == "committed" else nth - 1)
    assert relayed == max(0, expected_left)
    await assert_log_is_the_store(settings, database, service_name)


async def test_relays_killed_at_any_moment_under_load_lose_and_repeat_nothing(
    settings: Settings, service_name: str, database: Database, processes: Processes, relay: Relay
) -> None:
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    print(f"seed {seed}")
    async with load(database) as appended:
        for _ in range(5):
            process = await processes.start()
            already = await database.commits.count_documents({"relayed": True})

            async def works(already: int = already) -> bool:
                return await database.commits.count_documents({"relayed": True}) > already

            await until(works)
            await asyncio.sleep(moments.uniform(0, 0.3))
            process.kill()
            await process.wait()
        assert appended() > 0
    await relay.drain()
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_relay_that_slept_through_its_lease_is_fenced_when_it_wakes(
    settings: Settings, service_name: str, database: Database, processes: Processes, relay: Relay
) -> None:
    """It is stopped when its events are sent and not committed, and believes itself the relay."""
    commits = commits_of_streams(5, 40)
    await insert(database, commits[:100])
    zombie = await processes.start(step="sent", nth=1, send=signal.SIGSTOP)

    async def asleep() -> bool:
        with open(f"/proc/{zombie.pid}/stat") as stat:  # noqa: ASYNC230 - not a file on a disk
            return stat.read().rpartition(")")[2].split()[0] == "T"

    await until(asleep)
    assert await relay.drain() == 100
    await assert_log_is_the_store(settings, database, service_name)

    zombie.send_signal(signal.SIGCONT)
    await insert(database, commits[100:])
    await until(lambda: nothing_pending(database))

    assert zombie.returncode is None
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_broker_that_dies_under_load_loses_and_repeats_nothing(
    settings: Settings, service_name: str, database: Database, relay: Relay, kafka_broker: Kafka
) -> None:
    running = asyncio.create_task(relay.run())
    async with load(database) as appended:
        kafka_broker.kill()
        so_far = appended()

        async def more() -> bool:
            return appended() > so_far + 100

        await until(more)
        kafka_broker.start()  # not in a thread: the broker would end with it
        already = await database.commits.count_documents({"relayed": True})

        async def works() -> bool:
            return await database.commits.count_documents({"relayed": True}) > already

        await until(works, seconds=60)
    await until(lambda: nothing_pending(database), seconds=60)
    running.cancel()
    await asyncio.wait([running])
    await assert_log_is_the_store(settings, database, service_name)


async def test_of_a_republishing_killed_before_its_end_nothing_is_seen(
    settings: Settings, service_name: str, database: Database, processes: Processes, relay: Relay
) -> None:
    commits = commits_of_streams(5, 300)
    await insert(database, commits[:1400])
    await relay.drain()
    process = await processes.start("republish", step="sent", nth=1)
    assert await process.wait() == -signal.SIGKILL
    records = await read_log(settings, service_name, open_too=False)
    assert {record.envelope.generation for record in records} == {1}

    await insert(database, commits[1400:])
    assert await relay.drain() == 100
    await assert_log_is_the_store(settings, database, service_name, generation=1)

    done = await republish(service_name, database, settings, lease_seconds=OWN_LEASE_SECONDS)
    assert done.generation == 3, "the number of the run that failed is not used again"
    await assert_log_is_the_store(settings, database, service_name, generation=3)


async def test_a_republishing_killed_before_the_store_knows_of_it_counts(
    settings: Settings, service_name: str, database: Database, processes: Processes, relay: Relay
) -> None:
    """The log is continued in the generation that it has, not in the one the store remembers."""
    commits = commits_of_streams(5, 300)
    await insert(database, commits[:1400])
    await relay.drain()
    process = await processes.start("republish", step="committed", nth=1)
    assert await process.wait() == -signal.SIGKILL
    assert await database.log.find_one({"_id": "generation", "value": 1}), "the store does not know of it"

    await insert(database, commits[1400:])
    assert await relay.drain() == 100

    assert await newest_generation(settings, service_name) == 2
    await assert_log_is_the_store(settings, database, service_name, generation=2)
