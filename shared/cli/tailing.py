"""The end of a service's log, and what comes after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.contracts.envelope import MalformedEnvelopeError, read_headers
from shared.platform.kafka import event_consumer, events_topic
from shared.platform.settings import Settings

_POLL_MS = 500


def _event_of(record: ConsumerRecord) -> dict[str, Any]:
    envelope = read_headers(record.headers)
    return {
        "id": f"{envelope.stream}:{envelope.version}",
        "type": envelope.type,
        "recorded_at": envelope.recorded_at,
        "data": orjson.loads(record.value),
        "division": envelope.division,
        "correlation_id": envelope.correlation_id,
        "causation_id": envelope.causation_id,
        "generation": envelope.generation,
        "partition": record.partition,
        "offset": record.offset,
    }


def _readable(record: ConsumerRecord) -> dict[str, Any]:
    try:
        return _event_of(record)
    except (MalformedEnvelopeError, orjson.JSONDecodeError, TypeError) as error:
        # Shown all the same: whoever looks at the log may be looking for just this one.
        place = f"{record.topic}-{record.partition}@{record.offset}"
        return {"id": place, "type": "?", "recorded_at": None, "data": None, "error": str(error)}


async def _at_the_end(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], last: int
) -> list[dict[str, Any]]:
    begins = await consumer.beginning_offsets(list(ends))
    for partition, end in ends.items():
        consumer.seek(partition, max(begins[partition], end - 2 * last))  # half may be transaction markers
    found: list[ConsumerRecord] = []
    for partition, end in ends.items():
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(partition, timeout_ms=_POLL_MS)).values():
                found += records
    found.sort(key=lambda record: (record.timestamp, record.partition, record.offset))
    return [_readable(record) for record in found[-last:]]


async def tail(settings: Settings, service: str, *, last: int, follow: bool) -> AsyncIterator[dict[str, Any]]:
    """Yield the last events of a service's log, then those that come.

    Args:
        settings: says where the broker is.
        service: whose log.
        last: how many to begin with; in the order in which the broker received them.
        follow: go on for ever.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    topic = events_topic(service)
    async with event_consumer(settings, topic) as consumer:
        partitions = list(consumer.assignment())
        ends = await consumer.end_offsets(partitions)
        if last:
            for event in await _at_the_end(consumer, ends, last):
                yield event
        else:
            await consumer.seek_to_end(*partitions)
        while follow:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                for record in records:
                    yield _readable(record)
