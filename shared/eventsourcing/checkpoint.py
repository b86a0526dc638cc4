"""The relay's checkpoint: which commits its last transaction wrote to the log, and in which generation.

It is a record on `hxs.<service>.relay`, written in the same Kafka transaction as the events. So, unlike
the marks in the store, it cannot disagree with the log, and it is where a relay begins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.platform.kafka import event_consumer, relay_topic
from shared.platform.settings import Settings

CHECKPOINT_KEY = b"checkpoint"
"""One key for all, so that compaction leaves the last."""

_FIRST_LOOK = 64
"""Offsets read from the end; a checkpoint and its commit marker are two."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the last transaction of a service's log wrote.

    Attributes:
        generation: of the log: the newest, for nothing older is written after it.
        commits: ids of the commits, which are to be marked as relayed.
    """

    generation: int
    commits: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the record's value."""
        return orjson.dumps({"generation": self.generation, "commits": self.commits})

    @staticmethod
    def from_bytes(value: bytes) -> Checkpoint:
        """Return the checkpoint that a record's value holds."""
        content = orjson.loads(value)
        return Checkpoint(content["generation"], tuple(content["commits"]))


async def _read(
    consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, end: int
) -> AsyncIterator[ConsumerRecord]:
    # By position, not by records: transaction markers have offsets too, and are never handed out.
    consumer.seek(partition, start)
    while await consumer.position(partition) < end:
        for records in (await consumer.getmany(partition, timeout_ms=200)).values():
            for record in records:
                yield record


async def last_checkpoint(consumer: AIOKafkaConsumer, service: str) -> Checkpoint | None:
    """Return the newest committed checkpoint, None where nothing was ever written.

    Args:
        consumer: started, reading what was committed; is assigned the relay's topic.
        service: whose log.
    """
    partition = TopicPartition(relay_topic(service), 0)
    consumer.assign([partition])
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    look = _FIRST_LOOK
    while True:
        start = max(begin, end - look)
        newest: ConsumerRecord | None = None
        async for record in _read(consumer, partition, start, end):
            newest = record
        if newest is not None:
            return Checkpoint.from_bytes(newest.value)
        if start == begin:
            return None
        look *= 16


async def newest_generation(settings: Settings, service: str) -> int:
    """Return the generation that a rebuild has to read of a service's log; 0 where there is no log.

    A consumer that has seen a higher one knows that the log is lost and not yet written again: what it
    would rebuild from is not the record.

    Raises:
        KafkaError: the broker cannot be reached.
    """
    async with event_consumer(settings) as consumer:
        checkpoint = await last_checkpoint(consumer, service)
    return checkpoint.generation if checkpoint else 0
