"""How far each consumer of a service is, written down so that other processes can ask.

In the consumer's document in `projections` (a projection's pointer, or `reactions`):
`progress: {"<service>-<partition>": {position, behind, as_of, at}}`, refreshed while the consumer runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.incoming import service_of
from shared.eventsourcing.subscription import Lag
from shared.platform.kafka import event_consumer, events_topic
from shared.platform.mongo import Collection, Database, Document
from shared.platform.settings import Settings

REFRESH_SECONDS = 2.0
SILENT_AFTER = timedelta(seconds=10)
"""After which a consumer that wrote nothing down counts as stopped."""

_POLL_SECONDS = 0.05


class BehindError(EventSourcingError):
    """Consumers did not reach the end of the log in time.

    Attributes:
        waiting_for: `<service>/<consumer>` of each that is behind, and `<service>/relay`.
    """

    def __init__(self, waiting_for: Sequence[str]) -> None:
        self.waiting_for = tuple(waiting_for)
        super().__init__(f"still behind: {', '.join(waiting_for)}; is it running? `hxs parked list` may tell")


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a read model is.

    Attributes:
        as_of: everything recorded before this moment is in it, as far as it has come from the store into the
            log (a relay that is behind shows in `hxs_unrelayed_age_seconds`); None if nothing is known yet.
        behind_events: not in it yet, at most.
        behind_seconds: age of the oldest of them, at most; 0 where nothing is missing.
    """

    as_of: datetime | None
    behind_events: int
    behind_seconds: float


def freshness_of(progress: Mapping[str, Mapping[str, Any]], now: datetime) -> Freshness:
    """Return what the progress of a consumer's partitions amounts to."""
    if not progress:
        return Freshness(None, 0, 0.0)
    known = [place["as_of"] for place in progress.values() if place["as_of"] is not None]
    as_of = min(known, default=None)
    behind = sum(place["behind"] for place in progress.values())
    silent = min(place["at"] for place in progress.values()) < now - SILENT_AFTER
    if as_of is None or not (behind or silent):
        return Freshness(as_of, behind, 0.0)
    return Freshness(as_of, behind, max(0.0, (now - as_of).total_seconds()))


class ProgressLog:
    """Writes a consumer's progress down when it changed, or at the latest every two seconds.

    Args:
        owner: selects the document: the projection's name and build, so that a consumer of a build that
            no longer serves writes nothing.
    """

    def __init__(self, database: Database, owner: Document, *, upsert: bool = False) -> None:
        self._documents: Collection = database["projections"]
        self._owner = owner
        self._upsert = upsert
        self._written: dict[str, tuple[int, int]] = {}
        self._written_at = 0.0

    async def write(self, lags: Mapping[str, Lag]) -> None:
        """Write down how far the partitions are that this process has."""
        news = {name: (lag.position, lag.behind) for name, lag in lags.items()}
        due = time.monotonic() - self._written_at >= REFRESH_SECONDS
        if not news or (news == self._written and not due):
            return
        now = datetime.now(UTC)
        places = {
            f"progress.{name}": {
                "position": lag.position,
                "behind": lag.behind,
                "as_of": lag.as_of,
                "at": now,
            }
            for name, lag in lags.items()
        }
        await self._documents.update_one(self._owner, {"$set": places}, upsert=self._upsert)
        self._written, self._written_at = news, time.monotonic()


@dataclass(frozen=True, slots=True)
class Follower:
    """A consumer to wait for.

    Attributes:
        service: that runs it, with its database.
        name: of the projection, or `reactions`.
        reads: the services whose events it reads.
    """

    service: str
    database: Database
    name: str
    reads: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return `<service>/<name>`."""
        return f"{self.service}/{self.name}"


@asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = event_consumer(settings)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def end_offsets(consumer: AIOKafkaConsumer, services: Iterable[str]) -> dict[str, int]:
    """Return where the logs of `services` end for a read-committed reader, by `<service>-<partition>`.

    Partitions without a record are left out.
    """
    partitions = []
    for topic in sorted({events_topic(service) for service in services}):
        known = await partitions_of(consumer, topic)
        partitions += [TopicPartition(topic, number) for number in sorted(known)]
    ends = await consumer.end_offsets(partitions) if partitions else {}
    return {partition_name(p): end for p, end in ends.items() if end}


def partition_name(partition: TopicPartition) -> str:
    """Return `<service>-<partition>`."""
    return f"{service_of(partition.topic)}-{partition.partition}"


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    """Return the numbers of a topic's partitions; none where there is no such topic."""
    # Not cached for a topic that this consumer has not subscribed to: asks the broker.
    await consumer._client.add_topic(topic)  # no public way to look at a topic without subscribing to it
    return consumer.partitions_for_topic(topic) or set()


async def _behind(follower: Follower, ends: Mapping[str, int]) -> bool:
    document = await follower.database["projections"].find_one({"_id": follower.name}, {"progress": 1})
    progress = (document or {}).get("progress", {})
    wanted = {name: end for name, end in ends.items() if name.rpartition("-")[0] in follower.reads}
    return any(progress.get(name, {}).get("position", 0) < end for name, end in wanted.items())


async def caught_up(
    settings: Settings,
    followers: Sequence[Follower],
    *,
    databases: Mapping[str, Database],
    within_seconds: float,
) -> None:
    """Wait until nothing is on its way any more: all relayed, all folded, all reacted to.

    A reaction may cause further events, so the end of the logs must be the same before and after all
    were seen at it.

    Args:
        settings: says where the broker is.
        followers: the projections and reactions to wait for.
        databases: of the services that publish, by service.
        within_seconds: how long to wait.

    Raises:
        BehindError: not in time.
    """
    services = sorted({s for follower in followers for s in follower.reads} | set(databases))
    deadline = time.monotonic() + within_seconds
    async with _reader(settings) as consumer:
        while True:
            waiting_for = await _waiting_for(consumer, services, followers, databases)
            if not waiting_for:
                return
            if time.monotonic() >= deadline:
                raise BehindError(waiting_for)
            await asyncio.sleep(_POLL_SECONDS)


async def _waiting_for(
    consumer: AIOKafkaConsumer,
    services: Sequence[str],
    followers: Sequence[Follower],
    databases: Mapping[str, Database],
) -> list[str]:
    ends = await end_offsets(consumer, services)
    found = [follower.label for follower in followers if await _behind(follower, ends)]
    for service, database in databases.items():
        if await database["commits"].find_one({"relayed": False}, {"_id": 1}):
            found.append(f"{service}/relay")
    if not found and ends != await end_offsets(consumer, services):
        return ["events under way"]
    return found
