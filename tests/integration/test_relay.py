from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError, ProducerFenced

from shared.contracts.envelope import rfc3339
from shared.eventsourcing.checkpoint import Checkpoint, last_checkpoint, newest_generation
from shared.eventsourcing.lease import Lease, LeaseLostError
from shared.eventsourcing.log_writer import LogLostError, LogWriter, TopicMissingError, open_log
from shared.eventsourcing.mongo_store import MongoEventStore, prepare
from shared.eventsourcing.relay import Relay, backlog
from shared.eventsourcing.republish import republish
from shared.platform import kafka
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.log_tools import (
    NOW,
    assert_log_is_the_store,
    chain,
    insert,
    nothing_pending,
    read_log,
    until,
    versions_by_stream,
)

NEVER = 3600.0
LEASE_SECONDS = 1.0


@pytest.fixture
async def database(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Database]:
    await create_topics(service_name)
    mongo = connect(settings)
    await prepare(mongo.database(service_name))
    yield mongo.database(service_name)
    mongo.close()


@pytest.fixture
def relay(settings: Settings, service_name: str, database: Database) -> Relay:
    return Relay(service_name, database, settings, poll_seconds=NEVER, lease_seconds=LEASE_SECONDS)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def lose_topics(settings: Settings, *topics: str) -> None:
    """Delete topics and wait until the broker no longer lists them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()

    async def gone() -> bool:
        return not set(await admin.list_topics()) & set(topics)

    await admin.delete_topics(list(topics))
    await until(gone)
    await admin.close()


async def test_an_event_arrives_with_its_key_its_data_and_its_envelope(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    [commit] = chain("counter-1", 1, events=2)
    await insert(database, [commit])

    assert await relay.drain() == 1

    first, second = await read_log(settings, service_name)
    assert (first.id, second.id) == ("counter-1:1", "counter-1:2")
    assert first.key == "counter-1"
    assert first.data == {"back_entry": False, "by": 1}
    assert first.envelope.type == "hxs.counting.Counted.v1"
    assert rfc3339(first.envelope.recorded_at) == rfc3339(NOW)
    assert first.envelope.division == "371621102"
    assert first.envelope.generation == 1


async def test_what_was_relayed_is_marked_and_not_sent_again(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    await insert(database, chain("counter-1", 3))

    assert await relay.drain() == 3
    assert await relay.drain() == 0

    assert await nothing_pending(database)
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_stream_keeps_its_order_over_many_transactions(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    streams = [chain(f"counter-{i}", 450, events=2) for i in range(5)]
    await insert(database, [commit for row in zip(*streams, strict=True) for commit in row])

    assert await relay.drain() == 2250

    versions = versions_by_stream(await read_log(settings, service_name))
    assert versions == {f"counter-{i}": list(range(1, 901)) for i in range(5)}


async def test_events_larger_than_a_batch_pass(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    commits = chain("counter-1", 3)
    for commit, size in zip(commits, (3_000_000, 700_000, 700_000), strict=True):
        commit.events[0].data["note"] = "字" * (size // 3)
    await insert(database, commits)

    await relay.drain()

    records = await read_log(settings, service_name)
    assert [len(r.data["note"]) for r in records] == [1_000_000, 233_333, 233_333]


async def test_what_the_broker_refuses_is_neither_committed_nor_marked(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    """The producer alone would commit the transaction without the batch that was refused."""
    commits = [*chain("counter-1", 1), *chain("counter-2", 1)]
    commits[0].events[0].data["note"] = "x" * 5000
    await insert(database, commits)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    too_small = {"max.message.bytes": "2000"}
    topic = kafka.events_topic(service_name)
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, too_small)])
    await admin.close()

    with pytest.raises(MessageSizeTooLargeError):
        await relay.drain()
    assert (await backlog(database)).commits == 2
    assert await read_log(settings, service_name) == []

    await kafka.apply(settings, [service_name])
    assert await relay.drain() == 2
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_commit_in_this_process_is_sent_at_once_not_at_the_next_poll(
    database: Database, relay: Relay
) -> None:
    """The relay polls once an hour here, so only the wake-up can have brought it."""
    store = MongoEventStore(database, on_commit=relay.wake)
    first, second = chain("counter-1", 2)
    async with running(relay):
        for commit in (first, second):
            await store.append(commit)
            await until(lambda: nothing_pending(database))


async def test_a_commit_of_another_process_is_found_by_polling(
    settings: Settings, service_name: str, database: Database
) -> None:
    relay = Relay(service_name, database, settings, poll_seconds=0.05, lease_seconds=LEASE_SECONDS)
    first, second = chain("counter-1", 2)
    async with running(relay):
        for commit in (first, second):
            await insert(database, [commit])
            await until(lambda: nothing_pending(database))


async def owner(database: Database, lease_name: str = "relay") -> str | None:
    lease = await database.leases.find_one({"_id": lease_name})
    return lease["owner"] if lease else None


async def test_topics_that_are_missing_are_named_not_created(settings: Settings, database: Database) -> None:
    relay = Relay("elsewhere", database, settings)

    with pytest.raises(TopicMissingError, match=r"no topic hxs.elsewhere.events, hxs.elsewhere.relay"):
        await relay.drain()


async def test_a_second_relay_waits_until_the_first_stops(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    waiting = asyncio.Event()
    second = Relay(
        service_name,
        database,
        settings,
        heartbeat=waiting.set,
        poll_seconds=0.05,
        lease_seconds=LEASE_SECONDS,
    )
    commits = chain("counter-1", 3)
    async with AsyncExitStack() as first_runs:
        await first_runs.enter_async_context(running(relay))
        await insert(database, commits[:1])
        relay.wake()
        await until(lambda: nothing_pending(database))
        holder = await owner(database)
        async with running(second):
            await waiting.wait()
            await insert(database, commits[1:2])
            relay.wake()
            await until(lambda: nothing_pending(database))
            assert await owner(database) == holder

            await first_runs.aclose()
            await insert(database, commits[2:])
            await until(lambda: nothing_pending(database))
            assert await owner(database) != holder
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_writer_is_fenced_by_the_next(
    settings: Settings, service_name: str, database: Database
) -> None:
    """The lease only picks who waits: without it, the transactional id still lets one write."""
    await insert(database, chain("counter-1", 2))
    async with (
        open_log(service_name, database, settings) as zombie,
        open_log(service_name, database, settings) as writer,
    ):
        with pytest.raises(ProducerFenced):
            await zombie.relay_pending()
        assert (await writer.relay_pending()).commits == 2
    await assert_log_is_the_store(settings, database, service_name)


async def test_a_relay_that_was_fenced_comes_back(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    commits = chain("counter-1", 3)
    await insert(database, commits[:1])
    async with running(relay):
        await until(lambda: nothing_pending(database))
        async with open_log(service_name, database, settings) as intruder:
            await insert(database, commits[1:2])
            await intruder.relay_pending()
        await insert(database, commits[2:])
        relay.wake()
        await until(lambda: nothing_pending(database))
    await assert_log_is_the_store(settings, database, service_name)


async def test_commits_whose_marks_were_not_set_are_marked_from_the_checkpoint(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    await insert(database, chain("counter-1", 5))
    await relay.drain()
    await database.commits.update_many({}, {"$set": {"relayed": False}})

    assert await relay.drain() == 0

    assert await nothing_pending(database)


async def test_a_checkpoint_is_not_replaced_before_its_commits_are_marked(
    settings: Settings,
    service_name: str,
    database: Database,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a crash after the second transaction would send the commits of the first again."""
    steps: list[str] = []
    second_commit = asyncio.Event()

    def probe(step: str) -> None:
        steps.append(step)
        if steps.count("committed") == 2:
            second_commit.set()

    async def never_marks(writer: LogWriter, ids: object) -> None:
        await asyncio.Event().wait()

    await insert(database, chain("counter-1", 1500))
    async with open_log(service_name, database, settings, probe=probe) as writer:
        monkeypatch.setattr(LogWriter, "_mark", never_marks)
        relaying = asyncio.create_task(writer.relay_pending())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second_commit.wait(), 1)
        relaying.cancel()
        await asyncio.wait([relaying])
        monkeypatch.undo()

    assert await relay.drain() == 500
    await assert_log_is_the_store(settings, database, service_name)


async def test_the_last_checkpoint_is_found_behind_an_aborted_transaction(
    settings: Settings, service_name: str, database: Database
) -> None:
    commits = chain("counter-1", 101)
    async with open_log(service_name, database, settings) as writer:
        for commit in commits[:100]:
            await insert(database, [commit])
            await writer.relay_pending()
    producer = kafka.transactional_producer(settings, service_name)
    await producer.start()
    for _ in range(100):
        await producer.begin_transaction()
        never = Checkpoint(7, ("counter-1:101",)).to_bytes()
        await producer.send_and_wait(kafka.relay_topic(service_name), never, key=b"checkpoint")
        await producer.abort_transaction()
    await producer.stop()

    async with kafka.event_consumer(settings) as consumer:
        found = await last_checkpoint(consumer, service_name)

    assert found == Checkpoint(1, ("counter-1:100",))


async def test_the_backlog_and_what_was_sent_are_measured(
    settings: Settings, service_name: str, database: Database
) -> None:
    metrics = Metrics(of_process=False)
    relay = Relay(service_name, database, settings, metrics=metrics, lease_seconds=LEASE_SECONDS)
    await insert(database, chain("counter-1", 3, events=2))

    before = await backlog(database)
    assert before.commits == 3
    assert before.age_seconds(NOW + timedelta(seconds=90)) == 90

    async with running(relay):
        await until(lambda: nothing_pending(database))
    assert (await backlog(database)).age_seconds(datetime.now(UTC)) == 0
    assert metrics.registry.get_sample_value("hxs_relayed_total", {"service": service_name}) == 6


@pytest.mark.parametrize("lost", [("events",), ("relay",), ("events", "relay")])
async def test_a_relay_writes_nothing_to_a_broker_that_lost_its_log(
    settings: Settings,
    service_name: str,
    database: Database,
    relay: Relay,
    create_topics: Callable[[str], Awaitable[None]],
    lost: tuple[str, ...],
) -> None:
    commits = chain("counter-1", 4)
    await insert(database, commits[:3])
    await relay.drain()
    await lose_topics(settings, *(f"hxs.{service_name}.{topic}" for topic in lost))
    await create_topics(service_name)
    before = await read_log(settings, service_name)
    await insert(database, commits[3:])

    with pytest.raises(LogLostError):
        await relay.drain()

    assert await read_log(settings, service_name) == before
    assert (await backlog(database)).commits == 1


@pytest.mark.parametrize("lost", [("events",), ("relay",), ("events", "relay")])
async def test_a_lost_log_is_written_again_with_the_same_ids_in_the_same_order(
    settings: Settings,
    service_name: str,
    database: Database,
    relay: Relay,
    create_topics: Callable[[str], Awaitable[None]],
    lost: tuple[str, ...],
) -> None:
    streams = [chain(f"counter-{i}", 4, events=2) for i in range(20)]
    in_order = [commit for row in zip(*streams, strict=True) for commit in row]
    await insert(database, in_order[:60])
    await relay.drain()
    before = [(r.id, r.data) for r in await read_log(settings, service_name)]
    await insert(database, in_order[60:])
    await lose_topics(settings, *(f"hxs.{service_name}.{topic}" for topic in lost))
    await create_topics(service_name)

    done = await republish(service_name, database, settings)
    await relay.drain()

    assert done.generation == 2
    assert await newest_generation(settings, service_name) == 2
    await assert_log_is_the_store(settings, database, service_name, generation=2)
    after = [r for r in await read_log(settings, service_name) if r.envelope.generation == 2]
    by_partition = sorted(after, key=lambda r: (r.partition, r.offset))
    assert {(r.id, str(r.data)) for r in after} >= {(id_, str(data)) for id_, data in before}
    assert versions_by_stream(by_partition) == {f"counter-{i}": list(range(1, 9)) for i in range(20)}


async def test_a_running_relay_gives_way_and_goes_on_in_the_new_generation(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    commits = chain("counter-1", 30)
    await insert(database, commits[:20])
    async with running(relay):
        await until(lambda: nothing_pending(database))

        done = await republish(service_name, database, settings)
        await insert(database, commits[20:])
        relay.wake()
        await until(lambda: nothing_pending(database))

    assert (done.generation, done.written.commits) == (2, 20)
    await assert_log_is_the_store(settings, database, service_name, generation=2)
    records = await read_log(settings, service_name)
    assert [r.envelope.generation for r in records] == [1] * 20 + [2] * 30


async def test_an_empty_store_is_republished_as_an_empty_log(
    settings: Settings, service_name: str, database: Database, relay: Relay
) -> None:
    assert await newest_generation(settings, service_name) == 0

    done = await republish(service_name, database, settings)
    await insert(database, chain("counter-1", 1))
    await relay.drain()

    assert done.written.commits == 0
    await assert_log_is_the_store(settings, database, service_name, generation=done.generation)


async def test_a_lease_is_granted_to_one_and_taken_only_when_it_expired_or_by_force(
    database: Database,
) -> None:
    mine = Lease(database, "work", owner="me", seconds=NEVER)
    yours = Lease(database, "work", owner="you", seconds=NEVER)

    assert await mine.try_acquire()
    assert not await yours.try_acquire()
    assert await mine.try_acquire()
    await database.leases.update_one({"_id": "work"}, {"$set": {"expires_at": NOW}})
    assert await yours.try_acquire()
    assert not await mine.try_acquire()
    assert await mine.try_acquire(by_force=True)
    await yours.release()
    assert not await yours.try_acquire()
    await mine.release()
    assert await yours.try_acquire()


async def test_work_is_stopped_when_its_lease_is_lost(database: Database) -> None:
    lease = Lease(database, "work", owner="me", seconds=0.4)
    stopped = asyncio.Event()

    async def work() -> None:
        await Lease(database, "work", owner="you", seconds=NEVER).try_acquire(by_force=True)
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    with pytest.raises(LeaseLostError):
        await lease.while_held(work)

    assert stopped.is_set()
    assert await owner(database, "work") == "you"
