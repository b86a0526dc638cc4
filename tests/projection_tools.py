"""A throw-away service of boxes that things are put into, for tests of projections and reactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from faststream.kafka import KafkaBroker

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded, RecordedHeaders, headers_of
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.incoming import StoredRecord
from shared.eventsourcing.mongo_store import prepare
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.projector import Projector
from shared.eventsourcing.read_model import without_runner_fields
from shared.eventsourcing.relay import Relay
from shared.eventsourcing.runner import ProjectionsRunner
from shared.eventsourcing.subscription import kafka_broker
from shared.eventsourcing.testing import fold_all
from shared.platform.kafka import events_topic
from shared.platform.metrics import Metrics
from shared.platform.mongo import Database
from shared.platform.settings import Settings
from tests.log_tools import META, NOW, until

Document = dict[str, Any]


@dataclass(frozen=True)
class BoxEvents:
    """The event classes of one throw-away service."""

    Put: type[DomainEvent]
    Shaken: type[DomainEvent]
    Sealed: type[DomainEvent]


@lru_cache
def box_events(service: str) -> BoxEvents:
    """Return (and register, once) the events of a service of this name."""

    class BoxEvent(DomainEvent, service=service):
        pass

    class Put(BoxEvent):
        amount: int
        shelf: str = "a"

    class Shaken(BoxEvent):
        hard: bool = False

    class Sealed(BoxEvent):
        pass

    return BoxEvents(Put, Shaken, Sealed)


class Brittle:
    """A mistake in a fold, until it is mended: a box that was shaken hard cannot be folded."""

    def __init__(self) -> None:
        self.mended = False

    def check(self, event: DomainEvent) -> None:
        if getattr(event, "hard", False) and not self.mended:
            raise ValueError("cannot fold a box that was shaken hard")


def boxes(service: str, *, version: int = 1, brittle: Brittle | None = None) -> Projection:
    """Return a projection with one document a box; it does not read `Sealed`."""
    events = box_events(service)
    mistake = brittle or Brittle()

    def keys(recorded: Recorded) -> Iterable[str]:
        return [recorded.stream.removeprefix("box-")]

    def fold(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
        mistake.check(recorded.event)
        before = document or {"total": 0, "shaken": 0, "seen": []}
        return {
            "fold": version,
            "total": before["total"] + getattr(recorded.event, "amount", 0),
            "shaken": before["shaken"] + isinstance(recorded.event, events.Shaken),
            "seen": [*before["seen"], recorded.version],
        }

    return Projection("boxes", version, (events.Put, events.Shaken), keys, fold, main_category="box")


def shelves(service: str) -> Projection:
    """Return a projection whose documents are each fed by many streams, and so by many partitions."""
    events = box_events(service)

    def keys(recorded: Recorded) -> Iterable[str]:
        return [recorded.event.model_dump()["shelf"]]

    def fold(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
        before = document or {"total": 0, "events": 0}
        amount = recorded.event.model_dump()["amount"]
        return {"total": before["total"] + amount, "events": before["events"] + 1}

    return Projection("shelves", 1, (events.Put,), keys, fold)


class World:
    """One service's store, relay and read models.

    Attributes:
        service, database, settings: of the throw-away service.
    """

    def __init__(self, service: str, database: Database, settings: Settings) -> None:
        self.service = service
        self.database = database
        self.settings = settings
        self.events = box_events(service)
        self._last: dict[str, Commit] = {}
        self._relay = Relay(service, database, settings, lease_seconds=1.0)

    async def prepare(self) -> World:
        await prepare(self.database)
        return self

    async def store(self, stream: str, *events: DomainEvent) -> None:
        """Append a commit without relaying it."""
        await self.store_many([(stream, events)])

    async def store_many(self, appends: Iterable[tuple[str, Iterable[DomainEvent]]]) -> None:
        """Append many commits without relaying them."""
        commits = [self._commit(stream, list(events)) for stream, events in appends]
        if commits:
            await self.database["commits"].insert_many([commit.to_document() for commit in commits])

    def _commit(self, stream: str, events: list[DomainEvent]) -> Commit:
        last = self._last.get(stream)
        version = last.last_version + 1 if last else 1
        commit = new_commit(
            stream,
            version,
            events,
            meta=META,
            command_id=f"{stream}:{version}",
            command_digest="digest",
            now=NOW,
            previous_hash=last.hash if last else GENESIS,
        )
        self._last[stream] = commit
        return commit

    async def relay(self) -> int:
        """Send what is stored to Kafka."""
        return await self._relay.drain()

    async def record(self, stream: str, *events: DomainEvent) -> None:
        """Append a commit and send it."""
        await self.store(stream, *events)
        await self.relay()

    def put(self, amount: int, shelf: str = "a") -> DomainEvent:
        return self.events.Put.model_validate({"amount": amount, "shelf": shelf})

    def shaken(self, *, hard: bool = False) -> DomainEvent:
        return self.events.Shaken.model_validate({"hard": hard})

    async def documents(self, projection: Projection) -> dict[str, Document]:
        """Return what serves now, by id, with the runner's fields."""
        pointer = await Pointers(self.database).find(projection.name)
        if pointer is None:
            return {}
        collection = self.database[collection_name(projection.name, pointer.build)]
        return {document["_id"]: document async for document in collection.find()}

    async def fold_of_the_store(self, projection: Projection) -> dict[str, Mapping[str, Any]]:
        """Return what every document must be, by the record."""
        commits = self.database["commits"].find().sort([("stream", 1), ("version", 1)])
        recorded = [r async for d in commits for r in Commit.from_document(d).recorded()]
        return fold_all(projection, recorded)

    async def equals_the_store(self, projection: Projection) -> bool:
        documents = await self.documents(projection)
        bare = {key: without_runner_fields(document) for key, document in documents.items()}
        return bare == await self.fold_of_the_store(projection)

    async def until_equal(self, projection: Projection, seconds: float = 30) -> None:
        """Wait until the read model is what the record says; fails with how it differs."""
        try:
            await until(lambda: self.equals_the_store(projection), seconds)
        except TimeoutError:
            documents = await self.documents(projection)
            bare = {key: without_runner_fields(document) for key, document in documents.items()}
            assert bare == await self.fold_of_the_store(projection)

    @asynccontextmanager
    async def running(self, *projections: Projection) -> AsyncIterator[ProjectionsRunner]:
        """Run projections in this process."""
        broker = kafka_broker(self.settings)
        await broker.start()
        runner = self.runner(broker, *projections)
        task = asyncio.create_task(runner.run())
        try:
            yield runner
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.wait([task])
            await broker.stop()

    def runner(self, broker: KafkaBroker, *projections: Projection) -> ProjectionsRunner:
        return ProjectionsRunner(
            projections,
            service=self.service,
            database=self.database,
            settings=self.settings,
            broker=broker,
            metrics=Metrics(of_process=False),
        )


class Log:
    """A log without a broker: records as a consumer gets them, in partitions of its own."""

    def __init__(self, service: str, *, generation: int = 1) -> None:
        self._service = service
        self._generation = generation
        self._versions: dict[str, int] = {}
        self._offsets: dict[int, int] = {}

    def record(
        self,
        stream: str,
        event: DomainEvent,
        *,
        partition: int = 0,
        value: bytes | None = None,
        **headers: str,
    ) -> StoredRecord:
        """Return the next record of a partition; `value` and `headers` take the place of what is right."""
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        offset = self._offsets[partition] = self._offsets.get(partition, -1) + 1
        envelope = RecordedHeaders(
            type=event.type,
            stream=stream,
            version=version,
            recorded_at=NOW,
            division=META.division,
            correlation_id="c",
            causation_id="c",
            traceparent=None,
            generation=self._generation,
        )
        named = [
            (name, headers.get(name, "").encode() or right)
            for name, right in headers_of(envelope, self._service)
        ]
        data = event.model_dump_json().encode() if value is None else value
        return StoredRecord(events_topic(self._service), partition, offset, stream.encode(), data, named)


def projector(projection: Projection, database: Database, **options: Any) -> Projector:
    """Return a projector of build 1."""
    patience = Patience(projection.name)
    return Projector(projection, database, build=1, generations={}, patience=patience, **options)
