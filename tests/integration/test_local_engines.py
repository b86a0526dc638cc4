"""The engines that demo and tests stand on: they serve, survive what chaos tests do, and leave nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path

import pymongo
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from shared.platform.kafka import apply as apply_topics
from shared.platform.local import kafka as local_kafka
from shared.platform.local.engine import Engine
from shared.platform.local.kafka import Kafka
from shared.platform.local.mock_kafka import MockKafka
from shared.platform.local.mongod import Client, Mongod
from shared.platform.local.process import (
    Child,
    EngineExitedError,
    EngineNotAvailableError,
    throwaway_directory,
)
from shared.platform.settings import Settings
from tests.conftest import TopicMaker

START_AND_WAIT = """
import signal
from shared.platform.local.mongod import Mongod
from shared.platform.local.mock_kafka import MockKafka
engines = [Mongod().start(), MockKafka().start()]
print(*(engine.pid for engine in engines), flush=True)
signal.pause()
"""


async def transact(bootstrap: str, topic: str, value: bytes, *, abort: bool = False) -> None:
    """Send one record in a transaction of its own."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="test") as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, value, key=b"a stream")
        await (producer.abort_transaction() if abort else producer.commit_transaction())


async def read_committed(bootstrap: str, topic: str, count: int, group: str | None = None) -> list[bytes]:
    """Return the first `count` committed records, read as the next member of `group`."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=group,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        async with asyncio.timeout(30):
            values = [(await consumer.getone()).value for _ in range(count)]
        if group:
            await consumer.commit()
    return values


async def partitions_of(bootstrap: str, topic: str) -> int:
    """Return how many partitions the broker says a topic has."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        return len(await producer.partitions_for(topic))


def ended(pid: int) -> bool:
    """Tell whether no process has this id, or only one that waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def children_of(pid: int) -> list[int]:
    """Return the processes that a process's first thread started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def data_of(pid: int) -> Path:
    """Return the directory of an engine that runs: the one its output goes to."""
    return Path(os.readlink(f"/proc/{pid}/fd/1")).parent


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - no event comes from another process
            await asyncio.sleep(0.02)


# mongod


def test_mongod_is_primary_of_a_replica_set_with_transactions(mongo_url: str, mongo_prefix: str) -> None:
    with Client(mongo_url) as client, client.start_session() as session:
        rows = client[f"{mongo_prefix}_any"]["rows"]
        with session.start_transaction():
            rows.insert_one({"_id": 1}, session=session)
        session.start_transaction()
        rows.insert_one({"_id": 2}, session=session)
        session.abort_transaction()

        assert rows.distinct("_id") == [1]


def test_mongod_recovers_what_was_journaled_before_a_kill(tmp_path: Path) -> None:
    with Mongod(tmp_path, cache_gb=0.25) as mongod:
        with Client(mongod.url, w="majority", journal=True) as client:
            client["any"]["rows"].insert_one({"_id": 1})
        mongod.kill()
        assert mongod.pid is None
        mongod.start()

        with Client(mongod.url) as client:
            assert client["any"]["rows"].count_documents({}) == 1


async def test_mongod_serves_old_data_on_a_new_port(tmp_path: Path) -> None:
    """The demo's second start continues although its port is taken meanwhile."""
    async with Mongod(tmp_path, cache_gb=0.25) as first:
        with Client(first.url) as client:
            client["any"]["rows"].insert_one({"_id": 1})
    async with Mongod(tmp_path, cache_gb=0.25) as second:
        assert first.url != second.url
        with Client(second.url) as client:
            assert client["any"]["rows"].count_documents({}) == 1


def test_a_server_that_cannot_start_says_why(mongo_url: str, tmp_path: Path) -> None:
    taken = pymongo.uri_parser.parse_uri(mongo_url)["nodelist"][0][1]
    with pytest.raises(EngineExitedError, match="Address already in use") as caught:
        Mongod(tmp_path, port=taken).start()

    assert caught.value.log == tmp_path / "mongod.log"


def test_without_the_wheel_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EngineNotAvailableError, match="extra `demo`"):
        Mongod().start()


# The real broker


async def test_an_aborted_record_is_not_read(
    kafka_bootstrap: str, service_name: str, create_topics: TopicMaker
) -> None:
    await create_topics(service_name)
    topic = f"hxs.{service_name}.events"
    await transact(kafka_bootstrap, topic, b"1")
    await transact(kafka_bootstrap, topic, b"2", abort=True)
    await transact(kafka_bootstrap, topic, b"3")

    assert await read_committed(kafka_bootstrap, topic, 2) == [b"1", b"3"]


async def test_a_topic_is_never_made_by_accident(kafka_bootstrap: str, service_name: str) -> None:
    topic = f"hxs.{service_name}.events"
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, request_timeout_ms=2_000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait(topic, b"1")

    async with AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap) as consumer:
        assert topic not in await consumer.topics()


@pytest.mark.slow
async def test_the_broker_has_everything_again_after_a_kill_and_a_restart(
    kafka_broker: Kafka, service_name: str, create_topics: TopicMaker
) -> None:
    bootstrap, topic = kafka_broker.bootstrap, f"hxs.{service_name}.events"
    await create_topics(service_name)
    await transact(bootstrap, topic, b"1")
    assert await read_committed(bootstrap, topic, 1, group=service_name) == [b"1"]

    kafka_broker.kill()
    kafka_broker.start()
    await transact(bootstrap, topic, b"2")
    kafka_broker.restart()

    assert await read_committed(bootstrap, topic, 1, group=service_name) == [b"2"], "the group's position"
    assert await read_committed(bootstrap, topic, 2) == [b"1", b"2"]


@pytest.mark.slow
@pytest.mark.usefixtures("kafka_broker")  # where there is none, what it needs is not installed
async def test_a_clusters_random_id_may_begin_with_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_kafka, "_cluster_id", lambda: "-" + 21 * "A")

    async with Kafka() as started:
        assert started.bootstrap


@pytest.mark.parametrize(
    ("missing", "remedy"), [("java", "default-jre-headless"), ("mvn", "apt-get install maven")]
)
def test_without_java_or_maven_the_remedy_is_named(
    missing: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pom.xml").write_text("<project/>")
    monkeypatch.setattr(local_kafka, "_PROJECT", tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else sys.executable)
    monkeypatch.setattr(local_kafka, "_version_of", lambda _: 17)
    with pytest.raises(EngineNotAvailableError, match=remedy):
        Kafka().start()


# The demo's broker


async def test_the_mock_has_the_partitions_of_the_real_topics() -> None:
    async with MockKafka() as kafka:
        assert await partitions_of(kafka.bootstrap, "hxs.topics.events") == 12
        assert await partitions_of(kafka.bootstrap, "hxs.topics.relay") == 1


async def test_the_mock_knows_transactions_and_a_groups_position() -> None:
    async with MockKafka({"any": 12}) as kafka:
        await transact(kafka.bootstrap, "any", b"1")
        await transact(kafka.bootstrap, "any", b"2")
        assert await read_committed(kafka.bootstrap, "any", 2, group="readers") == [b"1", b"2"]

        async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id="readers") as consumer:
            partitions = [TopicPartition("any", number) for number in range(12)]
            consumer.assign(partitions)
            positions = [await consumer.committed(partition) for partition in partitions]
        assert max(position or 0 for position in positions) == 2


# What is left behind


async def test_a_killed_parent_leaves_no_engine_and_the_next_run_removes_its_data() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", START_AND_WAIT, stdout=PIPE)
    assert parent.stdout is not None
    pids = [int(pid) for pid in (await parent.stdout.readline()).split()]
    assert len(pids) == 2
    assert not any(map(ended, pids))
    data = data_of(pids[0])
    assert data.name.startswith("hxs-mongod-")

    parent.kill()
    await parent.wait()

    await until(lambda: all(map(ended, pids)))
    assert data.exists()
    with throwaway_directory("mongod") as mine:
        assert not data.exists()
        with throwaway_directory("mongod"):
            assert mine.exists(), "a directory in use is not removed"
    assert not mine.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("kafka_bootstrap")  # where a broker of our own cannot be had, this cannot either
async def test_a_developers_engines_serve_until_they_are_told_to_end() -> None:
    engines = await asyncio.create_subprocess_exec(sys.executable, "-m", "shared.platform.local", stdout=PIPE)
    assert engines.stdout is not None
    lines = [(await engines.stdout.readline()).decode().strip().split("=", 1) for _ in range(2)]
    addresses = dict(lines)
    with Client(addresses["HXS_MONGO_URL"]) as client:
        assert client.admin.command("hello")["isWritablePrimary"]
    settings = Settings(kafka_bootstrap=addresses["HXS_KAFKA_BOOTSTRAP"])
    await apply_topics(settings, ["topics"])
    children = children_of(engines.pid)
    assert len(children) == 2

    engines.terminate()

    assert await engines.wait() == 0
    assert all(map(ended, children))


@pytest.mark.parametrize("engine", [Mongod, MockKafka], ids=lambda engine: engine.name)
def test_an_engine_stops_cleanly_and_takes_its_data_along(engine: type[Engine]) -> None:
    running = engine().start()
    pid = running.pid
    assert pid is not None
    data = data_of(pid)
    running.stop()

    assert ended(pid)
    assert not data.exists()
    assert running.pid is None


def test_settings_name_databases_of_this_test_alone(settings: Settings, mongo_prefix: str) -> None:
    assert mongo_prefix == settings.mongo_prefix


async def test_an_engine_started_from_a_worker_thread_outlives_the_thread(tmp_path: Path) -> None:
    """The kernel takes the thread that forked for the parent."""
    started: list[Child] = []

    def start() -> None:
        started.append(Child("sleep", ["sleep", "60"], tmp_path / "log"))

    worker = threading.Thread(target=start)
    worker.start()
    worker.join()
    with pytest.raises(EngineExitedError, match="was not ready"):
        started[0].wait_until(lambda: False, seconds=0.5)  # it would end at once, with another message

    started[0].kill()
