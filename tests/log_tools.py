"""A service's store and log, as the tests of the relay see them."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka import ConsumerRecord

from shared.contracts.envelope import Meta, RecordedHeaders, read_headers
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.platform.kafka import event_consumer, events_topic, written_ends
from shared.platform.mongo import Database
from shared.platform.settings import Settings
from tests.counter import Counted

META = Meta(division="371621102", actor="u-1", correlation_id="c-1", causation_id="req-1")
NOW = datetime(2024, 9, 5, 8, 0, tzinfo=UTC)


def chain(stream: str, commits: int, *, events: int = 1, after: Commit | None = None) -> list[Commit]:
    """Return commits of a stream, each of some events, one chained to the other."""
    found: list[Commit] = []
    for _ in range(commits):
        last = found[-1] if found else after
        version = last.last_version + 1 if last else 1
        found.append(
            new_commit(
                stream,
                version,
                [Counted(by=version + i) for i in range(events)],
                meta=META,
                command_id=uuid.uuid4().hex,
                command_digest="digest",
                now=NOW,
                previous_hash=last.hash if last else GENESIS,
            )
        )
    return found


async def insert(database: Database, commits: Sequence[Commit]) -> None:
    """Write commits as the store does, in their order."""
    if commits:
        await database.commits.insert_many([commit.to_document() for commit in commits])


@dataclass(frozen=True)
class LogRecord:
    """A record that a reader of committed events sees."""

    partition: int
    offset: int
    key: str
    envelope: RecordedHeaders
    data: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.envelope.stream}:{self.envelope.version}"


def _record(record: ConsumerRecord) -> LogRecord:
    envelope = read_headers(record.headers)
    return LogRecord(
        record.partition, record.offset, record.key.decode(), envelope, orjson.loads(record.value)
    )


async def read_log(settings: Settings, service: str, *, open_too: bool = True) -> list[LogRecord]:
    """Read a service's committed events from the first to the last, in order within each partition.

    Args:
        settings: says where the broker is.
        service: whose log.
        open_too: wait for the outcome of transactions that are open; otherwise stop before them.
    """
    topic = events_topic(service)
    ends = await written_ends(settings, topic)
    found: list[LogRecord] = []
    async with event_consumer(settings, topic) as consumer:
        if not open_too:
            ends = await consumer.end_offsets(list(ends))
        for partition, end in ends.items():
            while await consumer.position(partition) < end:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [_record(record) for record in records]
    return found


def versions_by_stream(records: Sequence[LogRecord]) -> dict[str, list[int]]:
    """Return the versions of each stream, in the order a consumer meets them."""
    found: dict[str, list[int]] = {}
    for record in sorted(records, key=lambda r: (r.partition, r.offset)):
        found.setdefault(record.envelope.stream, []).append(record.envelope.version)
    return found


async def assert_log_is_the_store(
    settings: Settings, database: Database, service: str, *, generation: int = 1
) -> None:
    """Every event of the store is in a generation of the log once, and each stream is in order."""
    records = [r for r in await read_log(settings, service) if r.envelope.generation == generation]
    stored = [Commit.from_document(d) async for d in database.commits.find().sort("at", 1)]
    ids = Counter(record.id for record in records)
    wanted = Counter(f"{c.stream}:{c.version + i}" for c in stored for i in range(len(c.events)))
    assert ids == wanted, f"lost {sorted(wanted - ids)[:5]}, too many {sorted(ids - wanted)[:5]}"
    for stream, versions in versions_by_stream(records).items():
        assert versions == sorted(versions), stream


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


async def nothing_pending(database: Database) -> bool:
    """Whether every commit is marked as relayed."""
    return await database.commits.find_one({"relayed": False}) is None
