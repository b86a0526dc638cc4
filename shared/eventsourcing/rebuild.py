"""Making a new build of a projection beside the one that serves, and switching when it is complete.

1. Take the right to rebuild, and a build number that was never used.
2. Read the logs from the beginning with a consumer of its own that belongs to no group, the newest
   generation only, folding strictly: an error stops the rebuild and nothing has changed.
3. At the end of the log, commit the positions as those of the new build's consumer group, and read what
   came meanwhile.
4. Switch the pointer. Whoever served the old build notices, stops its group and joins the new one, which
   begins where the positions say: no gap, and what overlaps is recognised.

At the moment of the switch the new build may be some milliseconds behind the old one. Who must not see less
than before waits for a version (`ReadModel.wait_for_version`), as after a write.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.eventsourcing.checkpoint import newest_generation
from shared.eventsourcing.collector import spare_the_collector
from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.folding import NewerLogError, Step, StepReader, UnreadableError
from shared.eventsourcing.incoming import stream_of
from shared.eventsourcing.lease import process_owner
from shared.eventsourcing.parking import Parking, stream_key
from shared.eventsourcing.pointer import LEASE_SECONDS, Pointer, Pointers, collection_name, group_name
from shared.eventsourcing.progress import end_offsets, partition_name, partitions_of
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.strict_fold import StrictFold
from shared.platform.kafka import event_consumer, events_topic
from shared.platform.logs import logger
from shared.platform.mongo import Database
from shared.platform.settings import Settings

READ_RECORDS = 2_000
READ_BYTES = 2 * 1024 * 1024
PARTITIONS_AT_ONCE = 3
"""A few partitions after the other: a document that one stream feeds is in memory while its events come, is
written once, and can be forgotten. Nor is more buffered than `READ_BYTES` for each of them."""

ROUNDS = 50
"""After so many rounds to the end of a log that grew meanwhile, the rest is left to the live consumer."""

_log = logger(__name__)


class RebuildBusyError(EventSourcingError):
    """Another process is rebuilding this projection."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is being rebuilt already; wait for it (`hxs projections list`)")


class LostLogError(EventSourcingError):
    """The log that there is, is older than the one that the serving build was made from: it was lost."""

    def __init__(self, service: str, *, generation: int, known: int) -> None:
        self.service = service
        self.generation = generation
        self.known = known
        super().__init__(
            f"the log of {service} is generation {generation}, {known} was seen: it was lost; "
            f"write it again first (`hxs republish {service}`)"
        )


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        pointer: as it is now.
        records: read from the log, most of them possibly passed over.
    """

    pointer: Pointer
    records: int
    seconds: float


Progress = Callable[[int, int], None]
"""Called with the records read so far and the number to read, both counted in offsets."""


async def newest_generations(
    settings: Settings, projection: Projection, known: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Return the generation of each log that a projection reads.

    Args:
        settings: says where the broker is.
        projection: names the services.
        known: generations seen before.

    Raises:
        LostLogError: a log is older than the one known.
    """
    found = {}
    for service in projection.services:
        generation = max(1, await newest_generation(settings, service))
        if generation < (seen := (known or {}).get(service, 1)):
            raise LostLogError(service, generation=generation, known=seen)
        found[service] = generation
    return found


async def rebuild(
    projection: Projection,
    *,
    service: str,
    database: Database,
    settings: Settings,
    owner: str | None = None,
    progress: Progress = lambda done, total: None,
    lease_seconds: float = LEASE_SECONDS,
) -> Rebuilt:
    """Make a new build and switch to it.

    Args:
        projection: to be made anew.
        service: that owns it.
        database: the service's.
        settings: says where the broker is.
        owner: name of this process for the lease.
        progress: told how far the reading is.
        lease_seconds: without a sign of life, after which another process may take over.

    Raises:
        NotBuiltError: the projection never started, so there is nothing beside which to build.
        RebuildBusyError: another process is at it.
        RebuildLostError: another process took over.
        StrictFoldError: an event cannot be folded.
        LostLogError: the log is not the record; see there.
        KafkaError, PyMongoError: what is missing; run it again.
    """
    spare_the_collector()
    owner = owner or process_owner()
    pointers = Pointers(database)
    while True:
        old = await pointers.get(projection.name)
        generations = await newest_generations(settings, projection, old.generations)
        build = await pointers.claim(projection.name, owner, seconds=lease_seconds)
        if build is None:
            raise RebuildBusyError(projection.name)
        work = _Rebuild(projection, service, database, settings, build, generations, progress)
        work.keep_alive = _Renewal(pointers, projection.name, build, owner, lease_seconds)
        try:
            started = time.monotonic()
            await work.run()
            pointer = await pointers.switch(projection, build, owner, old=old.build, generations=generations)
        except NewerLogError as error:
            _log.info("rebuild begins again", projection=projection.name, reason=str(error))
            await pointers.release(projection.name, build, owner)
        except BaseException:
            await asyncio.shield(pointers.release(projection.name, build, owner))
            raise
        else:
            seconds = time.monotonic() - started
            _log.info(
                "switched", projection=projection.name, build=build, records=work.records, seconds=seconds
            )
            return Rebuilt(pointer, work.records, seconds)


class _Renewal:
    """Renews the lease of a rebuild a few times within its length."""

    def __init__(self, pointers: Pointers, name: str, build: int, owner: str, seconds: float) -> None:
        self._pointers = pointers
        self._name, self._build, self._owner, self._seconds = name, build, owner, seconds
        self._last = time.monotonic()

    async def __call__(self) -> None:
        if time.monotonic() - self._last >= self._seconds / 4:
            await self._pointers.renew(self._name, self._build, self._owner, seconds=self._seconds)
            self._last = time.monotonic()


class _Rebuild:
    """One attempt at making a build."""

    keep_alive: _Renewal

    def __init__(
        self,
        projection: Projection,
        service: str,
        database: Database,
        settings: Settings,
        build: int,
        generations: Mapping[str, int],
        progress: Progress,
    ) -> None:
        self.records = 0
        self._projection = projection
        self._settings = settings
        self._group = group_name(service, projection.name, build)
        self._progress = progress
        self._reader = StepReader(projection, generations)
        parking = Parking(database, f"{projection.name}.v{build}")
        collection = database[collection_name(projection.name, build)]
        self._fold = StrictFold(projection, collection, parking.is_skipped)

    async def run(self) -> None:
        await self._fold.create()
        consumer = event_consumer(
            self._settings,
            max_partition_fetch_bytes=READ_BYTES,
            # The broker answers one request of a connection after the other: where the log ends is not told
            # before a fetch that waits for more is over.
            fetch_max_wait_ms=5,
        )
        async with consumer:
            partitions = await assign_all(consumer, self._projection.services)
            await self._read_to_the_end(consumer)
            covered = {partition: await consumer.position(partition) for partition in partitions}
            await commit_offsets(self._settings, self._group, covered)
            # Once more, so that as little as possible has happened since when the switch comes. The new
            # group reads it again, and finds it counted.
            await self._read_to_the_end(consumer)

    async def _read_to_the_end(self, consumer: AIOKafkaConsumer) -> None:
        for _ in range(ROUNDS):
            ends = await end_offsets(consumer, self._projection.services)
            await self._read_to(consumer, ends)
            await self._fold.flush()
            if await end_offsets(consumer, self._projection.services) == ends:
                return

    async def _read_to(self, consumer: AIOKafkaConsumer, ends: Mapping[str, int]) -> None:
        total = sum(ends.values())
        while True:
            positions = {p: await consumer.position(p) for p in consumer.assignment()}
            self._progress(min(total, sum(positions.values())), total)
            behind = [p for p, position in positions.items() if position < ends.get(partition_name(p), 0)]
            if not behind:
                return
            active = sorted(behind)[:PARTITIONS_AT_ONCE]
            consumer.pause(*(positions.keys() - set(active)))
            consumer.resume(*active)
            found = await consumer.getmany(*active, timeout_ms=200, max_records=READ_RECORDS)
            for records in found.values():
                await self._add(records)
            await self.keep_alive()

    async def _add(self, records: Sequence[ConsumerRecord]) -> None:
        self.records += len(records)
        steps: list[tuple[str, Step]] = []
        read = self._reader.read
        for record in records:
            try:
                steps += read(record)
            except UnreadableError as error:
                await self._fold.excuse(record, stream_key(stream_of(record)), error.cause)
        if steps:
            await self._fold.add(steps)


async def assign_all(consumer: AIOKafkaConsumer, services: Iterable[str]) -> list[TopicPartition]:
    """Assign all partitions of the logs of `services` to a consumer without a group, from the beginning."""
    partitions = []
    for service in services:
        topic = events_topic(service)
        partitions += [TopicPartition(topic, n) for n in sorted(await partitions_of(consumer, topic))]
    consumer.assign(partitions)
    if partitions:
        await consumer.seek_to_beginning(*partitions)
    return partitions


async def commit_offsets(settings: Settings, group: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Have a consumer group that nobody has joined begin at these offsets.

    Raises:
        KafkaError: somebody has joined it, or the broker cannot be reached.
    """
    if not offsets:
        return
    async with event_consumer(settings, group=group) as consumer:
        consumer.assign(list(offsets))
        await consumer.commit(dict(offsets))


__all__ = ["LostLogError", "RebuildBusyError", "Rebuilt", "newest_generations", "rebuild"]
