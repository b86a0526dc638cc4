"""A consumer group's batches, carried by FastStream, of which none is let go before it is done.

FastStream's defaults lose events: it acknowledges first, starts at the latest record, reads what was never
committed, and takes a failed batch for a handled one. So: nothing is acknowledged through it, failures are
waited out in place, and offsets are committed here, partition by partition, when what they stand for is
written. They are a hint where to begin; what counts is in the documents.

A rebalance neither waits for a running handler nor stops it. The listener does: it lets the batch in hand
finish, or calls it off where it is waiting out a fault, commits what is done, and forgets the rest, which
whoever owns the partitions next reads again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber

from shared.eventsourcing.folding import NewerLogError
from shared.eventsourcing.incoming import LogRecord, service_of
from shared.eventsourcing.patience import CalledOffError, Patience
from shared.platform.kafka import events_topic
from shared.platform.logs import logger
from shared.platform.settings import Settings

MAX_RECORDS = 5000
"""In one batch. The more there are, the more events of a document go into one write."""

COMMIT_SECONDS = 1.0
_FETCH_BYTES = 2 * 1024 * 1024
"""From one partition at a time: a backlog is handled in runs of one partition, where documents recur."""

_POLL_MS = 1000
_POSITION_SECONDS = 0.5
_SESSION_MS = 6_000
"""How long the partitions of a killed process rest; the least that a broker grants by default."""
_HEARTBEAT_MS = 1_000
_REBALANCE_MS = 60_000
_NO_POLL_LIMIT_MS = 7 * 24 * 3600 * 1000
"""A batch that waits out a long outage must not cost the membership: whether the process is stuck is for
`/livez` to say, by the heartbeats of its loops."""

_log = logger(__name__)


class BatchConsumer(Protocol):
    """What a subscription feeds: a projector, or the reactions of a service."""

    async def accept(self, records: Sequence[LogRecord]) -> None:
        """Take a batch. When it returns, the batch before it is done."""
        ...

    async def settle(self) -> None:
        """Return when everything accepted is done."""
        ...

    @property
    def idle(self) -> bool:
        """Whether everything accepted is done."""
        ...

    def reset(self) -> None:
        """Forget what is kept between batches: the partitions may be others now."""
        ...


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer is with one partition.

    Attributes:
        position: offset of the next record to be handled.
        end: where the log ends, as far as is known; the offsets between also count transaction markers.
        as_of: everything recorded before this moment is handled; None before the first record.
    """

    position: int
    end: int
    as_of: datetime | None

    @property
    def behind(self) -> int:
        """Return how many records are not handled yet, at most."""
        return max(0, self.end - self.position)

    def seconds(self, now: datetime) -> float:
        """Return the age of the oldest record not yet handled, at most; 0 where there is none."""
        if not self.behind or self.as_of is None:
            return 0.0
        return max(0.0, (now - self.as_of).total_seconds())


def kafka_broker(settings: Settings) -> KafkaBroker:
    """Return the FastStream broker that carries all subscriptions of a process, not yet started."""
    return KafkaBroker(
        settings.kafka_bootstrap.split(","),
        apply_types=False,  # handlers take the raw batch: nothing to inject
        consumer_only=True,
        allow_auto_create_topics=False,
        metadata_max_age_ms=30_000,
        graceful_timeout=settings.shutdown_seconds,
        logger=None,
    )


async def _raw_batch(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    # FastStream's own parser decodes every header of every record, twice.
    return KafkaMessage(
        raw_message=records, body=b"", message_id="", correlation_id="-", consumer=FAKE_CONSUMER
    )


async def _as_it_is(message: KafkaMessage) -> Any:  # noqa: ANN401 - a tuple of records, wrapped below
    # Wrapped, because a sequence would be unpacked into arguments.
    return message.raw_message


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One consumer group of one process.

    Args:
        broker: started; see `kafka_broker`.
        services: whose events to read.
        consumer: gets the batches, one after the other.
        patience: waits out what is wrong outside.

    Attributes:
        newer_log: done when a record belonged to a log newer than the consumer can take; nothing is
            handled from then on.
    """

    def __init__(
        self,
        broker: KafkaBroker,
        *,
        group: str,
        services: Sequence[str],
        consumer: BatchConsumer,
        patience: Patience,
    ) -> None:
        self.group = group
        self.newer_log: asyncio.Future[NewerLogError] = asyncio.get_running_loop().create_future()
        self._consumer = consumer
        self._patience = patience
        self._turn = asyncio.Lock()
        self._closed = False
        self._stopped = False
        self._began: dict[TopicPartition, tuple[int, int]] = {}
        self._in_flight: dict[TopicPartition, tuple[int, int]] = {}
        self._done: dict[TopicPartition, tuple[int, int]] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._subscriber = self._subscribe(broker, services)

    def _subscribe(self, broker: KafkaBroker, services: Sequence[str]) -> BatchSubscriber:
        subscriber = broker.subscriber(
            *(events_topic(service) for service in services),
            batch=True,
            group_id=self.group,
            max_records=MAX_RECORDS,
            batch_timeout_ms=_POLL_MS,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            ack_policy=AckPolicy.MANUAL,
            listener=self,
            parser=_raw_batch,
            decoder=_as_it_is,
            no_reply=True,
            persistent=False,
            max_partition_fetch_bytes=_FETCH_BYTES,
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            rebalance_timeout_ms=_REBALANCE_MS,
            max_poll_interval_ms=_NO_POLL_LIMIT_MS,
        )
        subscriber(self._handle)
        _wait_in_one_place(subscriber)
        return subscriber

    async def start(self) -> None:
        """Join the group and begin.

        Raises:
            KafkaError: the broker cannot be reached.
        """
        try:
            await self._subscriber.start()
        except BaseException:
            await self._subscriber.stop()  # it may be tried again, with a consumer of its own
            raise

    async def stop(self) -> None:
        """Finish the batch in hand, commit, and leave the group."""
        self._closed = self._stopped = True
        await self._drain()
        await self._commit(self._offsets())
        await self._subscriber.stop()

    # -- batches ---------------------------------------------------------------------------------------

    async def _handle(self, records: tuple[ConsumerRecord, ...]) -> None:
        async with self._turn:
            if self._closed:
                return
            ends = _firsts_and_lasts(records)
            self._began = {p: (first.offset, first.timestamp) for p, (first, _) in ends.items()} | self._began
            try:
                await self._patience.run(lambda: self._consumer.accept(records), NewerLogError)
            except CalledOffError:
                self._closed = True
            except NewerLogError as error:
                self._closed = True
                if not self.newer_log.done():
                    self.newer_log.set_result(error)
            else:
                self._done.update(self._in_flight)
                self._in_flight = {p: (last.offset + 1, last.timestamp) for p, (_, last) in ends.items()}

    async def _drain(self) -> None:
        self._patience.call_off()
        async with self._turn:
            try:
                await self._consumer.settle()
            except CalledOffError:
                self._closed = True
            else:
                self._done.update(self._in_flight)
            self._in_flight = {}

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let go of everything: all partitions are given out anew."""
        await self._drain()
        await self._commit(self._offsets())
        self._consumer.reset()
        self._began, self._done, self._committed = {}, {}, {}

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begin with what is ours now."""
        self._patience.renew()
        self._closed = self._stopped or self.newer_log.done()
        _log.info("partitions assigned", group=self.group, count=len(assigned))

    # -- offsets ---------------------------------------------------------------------------------------

    def _offsets(self) -> dict[TopicPartition, int]:
        return {partition: offset for partition, (offset, _) in self._done.items()}

    async def _commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        consumer = self._subscriber.consumer
        news = {p: o for p, o in offsets.items() if self._committed.get(p) != o}
        if consumer is None or not news:
            return
        try:
            await consumer.commit(news)
        except KafkaError as error:
            # Only a hint is lost: what is read again is recognised by the documents' positions.
            _log.info("offsets not committed", group=self.group, error=repr(error))
        else:
            self._committed.update(news)
        self._committed_at = time.monotonic()

    async def tick(self) -> dict[str, Lag]:
        """Commit what is done, not more than once a second; return the lag by `<service>-<partition>`.

        To be called a few times a second.
        """
        consumer = self._subscriber.consumer
        if consumer is None:
            return {}
        positions = self._offsets() | await self._positions_if_idle(consumer)
        if time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            await self._commit(positions)
        now = datetime.now(UTC)
        lags = {
            f"{service_of(partition.topic)}-{partition.partition}": self._lag(
                consumer, partition, positions, now
            )
            for partition in consumer.assignment()
        }
        return {name: lag for name, lag in lags.items() if lag is not None}

    @property
    def _idle(self) -> bool:
        return not self._closed and not self._turn.locked() and self._consumer.idle

    async def _positions_if_idle(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Return where the consumer stands while nothing is in hand: past transaction markers, too."""
        if not self._idle:
            return {}
        before = self._done | self._in_flight
        partitions = consumer.assignment()
        try:
            async with asyncio.timeout(_POSITION_SECONDS):
                positions = {partition: await consumer.position(partition) for partition in partitions}
        except (TimeoutError, KafkaError):
            return {}
        unchanged = self._idle and before == self._done | self._in_flight
        return positions if unchanged and partitions == consumer.assignment() else {}

    def _lag(
        self,
        consumer: AIOKafkaConsumer,
        partition: TopicPartition,
        positions: Mapping[TopicPartition, int],
        now: datetime,
    ) -> Lag | None:
        end = consumer.last_stable_offset(partition)
        # Before anything is done, what is in hand says how old the oldest event is.
        offset, timestamp_ms = self._done.get(partition) or self._began.get(partition) or (None, None)
        position = positions.get(partition, offset)
        if end is None or position is None:
            return None
        if position >= end:
            return Lag(position, end, now)
        as_of = None if timestamp_ms is None else datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        return Lag(position, end, as_of)


def _firsts_and_lasts(
    records: Sequence[ConsumerRecord],
) -> dict[TopicPartition, tuple[ConsumerRecord, ConsumerRecord]]:
    """Return the first and last record of each partition of a batch."""
    found: dict[TopicPartition, tuple[ConsumerRecord, ConsumerRecord]] = {}
    # A batch holds the records of one partition after the other.
    for (topic, partition), run in groupby(records, key=_topic_and_partition):
        of_partition = list(run)
        place = TopicPartition(topic, partition)
        first = found[place][0] if place in found else of_partition[0]
        found[place] = (first, of_partition[-1])
    return found


_topic_and_partition = attrgetter("topic", "partition")


def _wait_in_one_place(subscriber: BatchSubscriber) -> None:
    """Take out a sleep: FastStream's own sleeps `batch_timeout_ms` after each poll that found nothing.

    An event that arrives meanwhile would wait that long; with a short timeout every idle subscription
    would wake up a hundred times a second instead.
    """

    async def get_msg(consumer: AIOKafkaConsumer) -> tuple[ConsumerRecord, ...]:
        found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=MAX_RECORDS)
        return tuple(chain.from_iterable(found.values()))

    subscriber.get_msg = get_msg  # type: ignore[method-assign]  # the reason is above


__all__ = ["BatchConsumer", "Lag", "Subscription", "kafka_broker"]
