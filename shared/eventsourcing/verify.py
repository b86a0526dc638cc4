"""Do a read model's documents say what the record says?

The stores are the record. Their commits are folded anew into a collection of its own, and the two are
compared document by document, side by side in the order of their ids, so memory stays flat. What the
runner keeps in a document (`_…`) is not compared.

Meanwhile the read model may be changing. A document that differs is looked at again for a while, in case it
was only behind; one that takes in events newer than the verification's start cannot be judged and is
counted as unsettled.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.contracts.upcasting import upcasters
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.folding import Step
from shared.eventsourcing.incoming import StoredRecord
from shared.eventsourcing.parking import Parking
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import without_runner_fields
from shared.eventsourcing.strict_fold import StrictFold
from shared.platform.mongo import Collection, Database

PATIENCE_SECONDS = 3.0
_POLL_SECONDS = 0.1
_COMMITS_AT_ONCE = 1_000


class StoreNotReachableError(EventSourcingError):
    """A projection reads events of a service whose store is not at hand."""

    def __init__(self, projection: str, service: str) -> None:
        self.projection = projection
        self.service = service
        super().__init__(f"{projection} reads events of {service}, whose store is not at hand")


class UnreadableRecordError(EventSourcingError):
    """An event in the store cannot be read, so there is nothing to compare with."""

    def __init__(self, event_id: str, error: Exception) -> None:
        self.event_id = event_id
        super().__init__(f"{event_id} in the store cannot be read ({type(error).__name__}); see `hxs audit`")


@dataclass(frozen=True, slots=True)
class Differing:
    """A document that does not say what the record says.

    Attributes:
        fields: that differ, sorted; empty where the whole document is missing or too many.
        problem: `differs`, `missing` or `surplus`.
        stale: whether it is marked as waiting for a parked key, which explains it.
    """

    key: str
    problem: str
    fields: tuple[str, ...] = ()
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found.

    Attributes:
        build: that was verified.
        events: of the record that the projection reads.
        documents: that they make.
        unsettled: documents that changed too recently to be judged.
    """

    projection: str
    build: int
    events: int
    documents: int
    differing: tuple[Differing, ...]
    unsettled: int

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.differing


async def verify(
    projection: Projection,
    *,
    database: Database,
    stores: Mapping[str, Database],
    patience_seconds: float = PATIENCE_SECONDS,
    progress: Callable[[int], None] = lambda events: None,
) -> Verified:
    """Compare a read model with a strict fold of the stores.

    Args:
        projection: with its database.
        database: of the service that owns it.
        stores: databases of the services whose events it reads, by service.
        patience_seconds: how long a document that differs may take to catch up.
        progress: told the number of events folded.

    Raises:
        NotBuiltError: the projection never started.
        StoreNotReachableError: one of `stores` is missing.
        StrictFoldError: an event of the record cannot be folded.
    """
    started = datetime.now(UTC)
    pointer = await Pointers(database).get(projection.name)
    served = database[collection_name(projection.name, pointer.build)]
    expected = database[f"{projection.name}__verify_{secrets.token_hex(4)}"]
    parking = Parking(database, f"{projection.name}.v{pointer.build}")
    fold = StrictFold(projection, expected, parking.is_skipped)
    try:
        await fold.create()
        events = await _fold_stores(projection, stores, fold, progress)
        candidates = await _compare(served, expected)
        differing, unsettled = await _look_again(served, expected, candidates, started, patience_seconds)
        documents = await expected.count_documents({})
    finally:
        await expected.drop()
    return Verified(projection.name, pointer.build, events, documents, tuple(differing), unsettled)


async def _fold_stores(
    projection: Projection, stores: Mapping[str, Database], fold: StrictFold, progress: Callable[[int], None]
) -> int:
    reader = _StoreReader(projection)
    for service in projection.services:
        if service not in stores:
            raise StoreNotReachableError(projection.name, service)
        # By stream: folds do not depend on how streams interleave, and this order has an index.
        commits = stores[service]["commits"].find().sort([("stream", 1), ("version", 1)])
        steps: list[tuple[str, Step]] = []
        async for document in commits.batch_size(_COMMITS_AT_ONCE):
            steps += reader.steps(Commit.from_document(document))
            if len(steps) >= _COMMITS_AT_ONCE:
                await fold.add(steps)
                steps = []
                progress(reader.events)
        await fold.add(steps)
    await fold.flush()
    progress(reader.events)
    return reader.events


class _StoreReader:
    """Turns commits into steps, numbered in the order in which they are read."""

    def __init__(self, projection: Projection) -> None:
        self.events = 0
        self._projection = projection
        self._wanted = {event.type for event in projection.events}

    def steps(self, commit: Commit) -> list[tuple[str, Step]]:
        found: list[tuple[str, Step]] = []
        for envelope, stored in commit.envelopes(generation=1):
            if upcasters.newest(stored.type) not in self._wanted:
                continue
            self.events += 1
            try:
                recorded = envelope.with_event(stored.parse())
            except Exception as error:
                raise UnreadableRecordError(f"{envelope.stream}:{envelope.version}", error) from error
            headers = [("ce_id", recorded.id.encode())]
            record = StoredRecord("store", 0, self.events, recorded.stream.encode(), None, headers)
            step = Step(record, "store", self.events, recorded, recorded)
            found += [(key, step) for key in dict.fromkeys(self._projection.keys(recorded))]
        return found


async def _compare(served: Collection, expected: Collection) -> list[str]:
    """Return the ids of the documents that are not the same in both."""
    differing = []
    left, right = _in_order(served), _in_order(expected)
    one, other = await anext(left, None), await anext(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one["_id"] < other["_id"]):
            differing.append(one["_id"] if one else "")
            one = await anext(left, None)
        elif one is None or other["_id"] < one["_id"]:
            differing.append(other["_id"])
            other = await anext(right, None)
        else:
            if without_runner_fields(one) != without_runner_fields(other):
                differing.append(one["_id"])
            one, other = await anext(left, None), await anext(right, None)
    return differing


async def _in_order(collection: Collection) -> AsyncIterator[Document]:
    async for document in collection.find().sort("_id", 1):
        yield document


async def _look_again(
    served: Collection, expected: Collection, keys: list[str], started: datetime, patience_seconds: float
) -> tuple[list[Differing], int]:
    deadline = time.monotonic() + patience_seconds
    unsettled = 0
    while True:
        differing = []
        unsettled = 0
        for key in keys:
            document, wanted = await served.find_one({"_id": key}), await expected.find_one({"_id": key})
            if document is not None and document["_as_of"] >= started:
                unsettled += 1
            elif (found := _difference(key, document, wanted)) is not None:
                differing.append(found)
        if not differing or time.monotonic() >= deadline:
            return differing, unsettled
        await asyncio.sleep(_POLL_SECONDS)


def _difference(key: str, document: Document | None, wanted: Document | None) -> Differing | None:
    if document is None or wanted is None:
        if document is wanted:
            return None
        stale = bool(document and document.get("_stale"))
        return Differing(key, "missing" if document is None else "surplus", stale=stale)
    one, other = without_runner_fields(document), without_runner_fields(wanted)
    fields = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    if not fields and one.keys() == other.keys():
        return None
    return Differing(key, "differs", tuple(fields), stale=bool(document.get("_stale")))
