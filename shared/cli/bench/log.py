"""A log to read: written once, with the envelopes that the relay writes."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from shared.cli.bench.sample import META, NOW, SERVICE, EntryNoted, arrivals, entry
from shared.contracts.envelope import RecordedHeaders, headers_of
from shared.platform.kafka import events_topic, transactional_producer
from shared.platform.settings import Settings

_PER_TRANSACTION = 10_000


def _record(stream: int, version: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    name = f"ledger-{stream:06d}"
    envelope = RecordedHeaders(
        type=EntryNoted.type,
        stream=name,
        version=version,
        recorded_at=NOW,
        division=META.division,
        correlation_id=META.correlation_id,
        causation_id=META.causation_id,
        traceparent=None,
        generation=1,
    )
    value = orjson.dumps(entry(name, version).model_dump(mode="json"))
    return name.encode(), value, headers_of(envelope, SERVICE)


async def _write(
    producer: AIOKafkaProducer, topic: str, partitions: int, events: list[tuple[int, int]]
) -> None:
    batches: dict[int, Any] = {}
    deliveries = []
    for stream, version in events:
        partition = stream % partitions
        key, value, headers = _record(stream, version)
        batch = batches.setdefault(partition, producer.create_batch())
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            deliveries.append(await producer.send_batch(batch, topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value, headers=headers)
    for partition, batch in batches.items():
        deliveries.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*deliveries)


async def write_log(settings: Settings, start: int, end: int) -> None:
    """Write the events from `start` to `end` of the log, in transactions of ten thousand."""
    topic = events_topic(SERVICE)
    async with transactional_producer(settings, SERVICE) as producer:
        partitions = len(await producer.partitions_for(topic))
        order = arrivals(end)
        for first in range(start, end, _PER_TRANSACTION):
            async with producer.transaction():
                await _write(producer, topic, partitions, order[first : min(end, first + _PER_TRANSACTION)])
