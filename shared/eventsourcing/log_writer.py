"""Writing a service's log: from commits in MongoDB to events on Kafka, each exactly once.

One Kafka transaction holds the events of up to 1,000 commits and a checkpoint that names these commits.
After it is committed they are marked as relayed in the store, where an index holds those that are not.

    kill before the Kafka commit   the transaction is aborted, its commits are still unmarked: sent again
    kill before the marks          the transaction is in the log; the next writer reads its checkpoint and
                                   sets the marks before it looks for commits
    outcome of the commit unknown  the same: opening a writer first ends the transaction, one way or the
                                   other, then reads the checkpoint
    two writers                    opening the second fences the first (one transactional id); what the
                                   first still may do is mark what it has committed, which is true

Therefore a writer never repairs itself: after any error it is closed, and another one is opened.

**Order.** Commits are read in order of `at`, which the server fills in, under read concern `snapshot`. A
commit is appended after its predecessor was acknowledged, so `at` agrees with a stream's versions, and
one moment's view never shows a commit without its predecessor; an index scan without a snapshot might.
A pass of many transactions reads one snapshot from end to end, for the same reason.

A checkpoint replaces the one before it. So the marks of a transaction are set before the next one is
*committed*, but not before it is filled: marking and sending overlap.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from bson import decode_all

from shared.contracts.envelope import headers_of
from shared.eventsourcing.checkpoint import CHECKPOINT_KEY, Checkpoint, last_checkpoint
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.mongo_store import COMMITS, UNRELAYED_INDEX
from shared.platform.kafka import event_consumer, events_topic, relay_topic, transactional_producer
from shared.platform.mongo import Database, Document, ReadConcern, ReturnDocument
from shared.platform.settings import Settings

LOG = "log"
"""Collection with one document `{_id: "generation", value, claimed}`: the log's generation, and the last
number that a republishing took, whether it came to an end or not."""

PAGE_COMMITS = 1000
PASS_COMMITS = 50_000
"""Commits of one snapshot: it must be read before the server forgets it (5 minutes)."""

START_SECONDS = 20.0
STEP_SECONDS = 30.0
"""Each step of a transaction ends within this time, one way or the other."""

CLOSE_SECONDS = 3.0

Probe = Callable[[str], None]
"""Told each step that was taken: `sent`, `committed`, `marked`. Tests kill the process there."""

log = structlog.get_logger(__name__)


class LogLostError(EventSourcingError):
    """The store knows of a log that the broker does not have: it was lost, or this is another broker.

    Nothing is written to it: consumers would take the new offsets for ones that they have seen.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(f"the broker has lost the log of {service}; run `hxs republish {service}`")


class TopicMissingError(EventSourcingError):
    """The service's topics are not there; they are never created by accident."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)
        super().__init__(f"the broker has no topic {', '.join(topics)}; run `hxs kafka apply`")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to a log."""

    commits: int = 0
    events: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.commits + other.commits, self.events + other.events)


Progress = Callable[[Written, int], None]
"""Told what was written so far, and how many commits there are."""


class _Outbox:
    """Fills one record batch a partition and hands it over when it is full.

    `producer.send` costs more for each event than everything else together; a batch costs it once.
    The producer commits a transaction even if one of its batches was refused: nothing may be committed
    that was not settled without an error.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: Sequence[int]) -> None:
        self._producer = producer
        self._topic = topic
        # As the Java client places keys: whoever writes to the topic agrees on a stream's partition.
        self._place = lru_cache(100_000)(
            lambda key: partitions[(murmur2(key) & 0x7FFFFFFF) % len(partitions)]
        )
        self._open: dict[int, Any] = {}
        self._deliveries: list[asyncio.Future[Any]] = []

    async def add(self, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]) -> None:
        partition = self._place(key)
        batch = self._open.get(partition)
        if batch is None:
            batch = self._open[partition] = self._producer.create_batch()
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await self._hand_over(partition, batch)
            batch = self._open[partition] = self._producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)

    async def _hand_over(self, partition: int, batch: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        delivery = await self._producer.send_batch(batch, self._topic, partition=partition)
        self._deliveries.append(delivery)

    async def hand_over(self) -> None:
        """Hand over what is left, without waiting for the broker to have it."""
        for partition, batch in self._open.items():
            await self._hand_over(partition, batch)
        self._open.clear()

    async def add_checkpoint(self, topic: str, checkpoint: Checkpoint) -> None:
        """Hand over a checkpoint."""
        delivery = await self._producer.send(topic, checkpoint.to_bytes(), key=CHECKPOINT_KEY, partition=0)
        self._deliveries.append(delivery)

    async def settle(self) -> None:
        """Wait until the broker has everything that was handed over."""
        deliveries, self._deliveries = self._deliveries, []
        await asyncio.gather(*deliveries)


async def _is_empty(consumer: AIOKafkaConsumer, topic: str, partitions: Sequence[int]) -> bool:
    assigned = [TopicPartition(topic, partition) for partition in partitions]
    # Offsets of a partition that is not assigned take a second; paused, because no events are wanted.
    consumer.assign(assigned)
    consumer.pause(*assigned)
    return not any((await consumer.end_offsets(assigned)).values())


class LogWriter:
    """The one writer of a service's log, as `open_log` yields it.

    Attributes:
        generation: of the log that it writes.
        lost: the broker does not have the log that the store knows of.
    """

    def __init__(
        self, service: str, database: Database, settings: Settings, producer: AIOKafkaProducer, probe: Probe
    ) -> None:
        self._service = service
        self._settings = settings
        self._database = database
        self._commits = database[COMMITS]
        self._producer = producer
        self._probe = probe
        self.generation = 1
        self.lost = False

    async def recover(self) -> None:
        """Find out where the writer before this one stopped, and set the marks that it could not set."""
        events, relay = events_topic(self._service), relay_topic(self._service)
        known = await self._database[LOG].find_one({"_id": "generation"})
        async with event_consumer(self._settings) as consumer:
            if missing := {events, relay} - await consumer.topics():
                raise TopicMissingError(sorted(missing))
            partitions = sorted(await self._producer.partitions_for(events))
            self._outbox = _Outbox(self._producer, events, partitions)
            checkpoint = await last_checkpoint(consumer, self._service)
            if checkpoint is None:
                self.lost = known is not None
            else:
                await self._mark(checkpoint.commits)
                events_gone = await _is_empty(consumer, events, partitions)
                self.lost = events_gone and await self._has_relayed()
        self.generation = max(known["value"] if known else 1, checkpoint.generation if checkpoint else 1)
        if checkpoint is None and known is None:
            async with self._transaction():
                await self._write_checkpoint(Checkpoint(self.generation))
        if known is None or known["value"] != self.generation:
            await self._adopt(self.generation)

    async def _has_relayed(self) -> bool:
        return await self._commits.find_one({"relayed": True}, {"_id": 1}) is not None

    async def _adopt(self, generation: int) -> None:
        # Only after the transaction that began it: a log must never be continued in a generation
        # of which the beginning was not written.
        raised = {"value": generation, "claimed": generation}
        await self._database[LOG].update_one({"_id": "generation"}, {"$max": raised}, upsert=True)
        self.generation = generation

    async def _mark(self, ids: Sequence[str]) -> None:
        if ids:
            await self._commits.update_many({"_id": {"$in": list(ids)}}, {"$set": {"relayed": True}})

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[None]:
        await self._producer.begin_transaction()
        try:
            yield
        except BaseException:
            # Readers of committed events wait behind an open transaction, so it is ended, if possible.
            # A producer that was fenced says so by an assertion about its state.
            with suppress(KafkaError, TimeoutError, AssertionError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._producer.abort_transaction()
            raise
        await self._producer.commit_transaction()

    async def _write_checkpoint(self, checkpoint: Checkpoint) -> None:
        await self._outbox.add_checkpoint(relay_topic(self._service), checkpoint)
        await self._outbox.settle()

    async def _write_events(self, documents: Sequence[Document], generation: int) -> int:
        events = 0
        for document in documents:
            commit = Commit.from_document(document)
            key = commit.stream.encode()
            for envelope, event in commit.envelopes(generation):
                await self._outbox.add(key, orjson.dumps(event.data), headers_of(envelope, self._service))
            events += len(commit.events)
        await self._outbox.hand_over()
        return events

    async def _pages(self, query: Document, **options: Any) -> AsyncGenerator[list[Document]]:  # noqa: ANN401 - the driver's
        # One reply of the server is one page: at most 1,000 commits and 16 MiB, whichever is less.
        commits = self._commits.with_options(read_concern=ReadConcern("snapshot"))
        replies = commits.find_raw_batches(query, sort=[("at", 1)], batch_size=PAGE_COMMITS, **options)

        async def read() -> bytes:
            return cast(bytes, await anext(replies, b""))

        reading = asyncio.create_task(read())
        try:
            while reply := await reading:
                reading = asyncio.create_task(read())  # while the caller sends this one
                yield decode_all(reply, commits.codec_options)
        finally:
            reading.cancel()
            await replies.close()

    async def relay_pending(self, on_page: Callable[[Written], None] = lambda written: None) -> Written:
        """Write the commits that were pending when it was called, up to 50,000, and mark them.

        Args:
            on_page: told of each transaction.

        Raises:
            LogLostError: see there.
            ProducerFenced: another writer was opened, or a transaction took too long.
            KafkaError, PyMongoError, TimeoutError: close this writer and open another.
        """
        if self.lost:
            raise LogLostError(self._service)
        total = Written()
        marking: asyncio.Task[None] | None = None
        try:
            pending = self._pages({"relayed": False}, hint=UNRELAYED_INDEX, limit=PASS_COMMITS)
            async with aclosing(pending):
                async for page in pending:
                    ids = tuple(document["_id"] for document in page)
                    async with asyncio.timeout(STEP_SECONDS), self._transaction():
                        events = await self._write_events(page, self.generation)
                        await self._write_checkpoint(Checkpoint(self.generation, ids))
                        if marking is not None:
                            await marking
                        self._probe("sent")
                    self._probe("committed")
                    marking = asyncio.create_task(self._mark(ids))
                    total += Written(len(page), events)
                    on_page(Written(len(page), events))
            if marking is not None:
                await marking
                self._probe("marked")
        finally:
            if marking is not None:
                marking.cancel()  # done, unless an error came first: then the checkpoint stands for it
                await asyncio.gather(marking, return_exceptions=True)
        return total

    async def rewrite(self, progress: Progress = lambda written, total: None) -> Written:
        """Write all relayed commits again as a new generation, in one transaction; see `republish.py`.

        Raises:
            KafkaError, PyMongoError, TimeoutError: nothing of it can be seen; close this writer, and
                begin again with another.
        """
        if self.lost:
            await self._mark_all()
        generation = await self._claim_generation()
        relayed = {"relayed": True}
        count = await self._commits.count_documents(relayed)
        total = Written()
        async with self._transaction():
            async for page in self._pages(relayed, allow_disk_use=True):
                async with asyncio.timeout(STEP_SECONDS):
                    total += Written(len(page), await self._write_events(page, generation))
                    await self._outbox.settle()  # or the whole log would be in memory
                progress(total, count)
            await self._write_checkpoint(Checkpoint(generation))
            self._probe("sent")
        self._probe("committed")
        await self._adopt(generation)
        self.lost = False
        return total

    async def _mark_all(self) -> None:
        # With the log the last checkpoint is lost, and with it the knowledge which of the unmarked
        # commits follow on marked ones. While the log is lost no relay writes, so marking them sends them
        # with the rest. By pages of a snapshot: a commit appended now must not be marked before its
        # predecessor is.
        async for page in self._pages({"relayed": False}, hint=UNRELAYED_INDEX, projection={"_id": 1}):
            await self._mark([document["_id"] for document in page])

    async def _claim_generation(self) -> int:
        claimed = {"$add": [{"$max": ["$claimed", self.generation]}, 1]}
        log_document = await self._database[LOG].find_one_and_update(
            {"_id": "generation"},
            [{"$set": {"claimed": claimed}}],
            return_document=ReturnDocument.AFTER,
        )
        generation: int = log_document["claimed"]
        return generation


async def _close(producer: AIOKafkaProducer) -> None:
    # Stopping waits for what cannot be sent; where the broker is gone, that is for ever.
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.stop()
    except (KafkaError, TimeoutError) as error:
        log.debug("producer_not_stopped", error=repr(error))
    finally:
        await producer.client.close()


@asynccontextmanager
async def open_log(
    service: str,
    database: Database,
    settings: Settings,
    *,
    transaction_seconds: float = 2 * STEP_SECONDS,
    probe: Probe = lambda step: None,
) -> AsyncIterator[LogWriter]:
    """Open a service's log for writing: fences the writer before, ends its transaction, sets its marks.

    Args:
        service: whose log.
        database: the service's own, prepared.
        settings: says where the broker is.
        transaction_seconds: after which the broker gives a transaction up.
        probe: see `Probe`.

    Raises:
        TopicMissingError: see there.
        KafkaError, PyMongoError, TimeoutError: it could not be opened.
    """
    producer = transactional_producer(settings, service, transaction_seconds=transaction_seconds)
    try:
        writer = LogWriter(service, database, settings, producer, probe)
        async with asyncio.timeout(START_SECONDS):
            await producer.start()
            await writer.recover()
        yield writer
    finally:
        await _close(producer)
