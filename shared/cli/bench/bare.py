"""The floors on Kafka: what one writes with the drivers alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.cli.bench.sample import fold_fields
from shared.platform.mongo import Collection, Document, ReadConcern, ReplaceOne
from shared.platform.settings import Settings

BATCH = 1000


def headers(commit: Document, event: Document, service: str) -> list[tuple[str, bytes]]:
    """Return the headers that the wire wants of each event."""
    meta = commit["meta"]
    version, stream, type_ = (
        str(commit["version"]).encode(),
        commit["stream"].encode(),
        event["type"].encode(),
    )
    return [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", stream + b":" + version),
        ("ce_source", f"/hxs/{service}".encode()),
        ("ce_type", type_),
        ("ce_subject", stream),
        ("ce_time", commit["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()),
        ("ce_dataschema", b"/hxs/contracts/" + type_ + b".json"),
        ("ce_streamversion", version),
        ("ce_division", meta["division"].encode()),
        ("ce_correlationid", meta["correlation_id"].encode()),
        ("ce_causationid", meta["causation_id"].encode()),
        ("hxs-generation", b"1"),
    ]


async def _send(producer: AIOKafkaProducer, topic: str, service: str, found: Sequence[Document]) -> None:
    deliveries = [
        await producer.send(
            topic,
            orjson.dumps(event["data"]),
            key=commit["stream"].encode(),
            headers=headers(commit, event, service),
        )
        for commit in found
        for event in commit["events"]
    ]
    await asyncio.gather(*deliveries)


def producer(settings: Settings, service: str) -> AIOKafkaProducer:
    """Return a transactional producer with the settings that are best for it."""
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap,
        transactional_id=f"hxs.{service}.relay",
        acks="all",
        linger_ms=0,
        max_batch_size=1024 * 1024,
    )


async def relay(producer: AIOKafkaProducer, commits: Collection, service: str, topic: str) -> int:
    """Find, send, commit, mark, until nothing is left; return the number of commits."""
    commits = commits.with_options(read_concern=ReadConcern("snapshot"))
    total = 0
    while found := await commits.find({"relayed": False}).sort("at", 1).limit(BATCH).to_list(BATCH):
        async with producer.transaction():
            await _send(producer, topic, service, found)
        ids = [commit["_id"] for commit in found]
        await commits.update_many({"_id": {"$in": ids}}, {"$set": {"relayed": True}})
        total += len(found)
    return total


async def _project_batch(documents: Collection, values: Sequence[tuple[str, bytes]]) -> None:
    keys = list({key for key, _ in values})
    current = {d["_id"]: d async for d in documents.find({"_id": {"$in": keys}})}
    for key, value in values:
        current[key] = fold_fields(current.get(key), orjson.loads(value))
    operations = [ReplaceOne({"_id": key}, current[key], upsert=True) for key in keys]
    await documents.bulk_write(operations, ordered=False)


async def project(
    settings: Settings, topic: str, group: str | None, documents: Collection, events: int
) -> float:
    """Read a log from its beginning and fold it in batches.

    Args:
        settings: says where the broker is.
        topic: of the log.
        group: to read as; None for none.
        documents: a new collection.
        events: how many to fold.

    Returns:
        Seconds from the first batch's arrival to the last one's being written.
    """
    options: dict[str, Any] = {"isolation_level": "read_committed", "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=group,
        enable_auto_commit=False,
        **options,
    )
    done, started = 0, 0.0
    async with consumer:
        while done < events:
            found = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
            values = [(r.key.decode(), r.value) for records in found.values() for r in records]
            if not values:
                continue
            started = started or time.perf_counter()
            await _project_batch(documents, values)
            done += len(values)
        return time.perf_counter() - started
