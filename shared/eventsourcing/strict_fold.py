"""Folding a whole log into a fresh collection: one writer, flat memory, and every error is the end.

Documents are kept and folded in memory, and written when enough of them changed, while the next are being
folded. A document that was put out of memory is found again when another event comes for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.folding import Step, fold_steps
from shared.eventsourcing.incoming import LogRecord, event_id_of
from shared.eventsourcing.projection import Document, Projection
from shared.platform.mongo import Collection, IndexModel, InsertOne, ReplaceOne, WriteConcern

MEMORY_DOCUMENTS = 10_000
WRITE_DOCUMENTS = 5_000


class StrictFoldError(EventSourcingError):
    """An event could not be folded while everything was folded anew.

    Attributes:
        event_id: `<stream>:<version>`.
        key: of the document it was for, or `stream:<stream>` if it could not even be read.
    """

    def __init__(self, projection: str, event_id: str, key: str, error: Exception) -> None:
        self.projection = projection
        self.event_id = event_id
        self.key = key
        super().__init__(
            f"{projection}: {event_id} cannot be folded into {key}: {error!r}; "
            f"correct the projection, or skip the event (`hxs parked skip`)"
        )


IsSkipped = Callable[[str, str], Awaitable[bool]]
"""(key, event id) → whether an operator decided to skip the event there."""


class StrictFold:
    """Folds steps into a collection that nobody else writes to.

    Args:
        is_skipped: whether an operator decided to skip an event: the only excuse for its error.
        memory_documents: kept in memory at most, after each call of `add`.
    """

    def __init__(
        self,
        projection: Projection,
        collection: Collection,
        is_skipped: IsSkipped,
        *,
        memory_documents: int = MEMORY_DOCUMENTS,
    ) -> None:
        self._projection = projection
        # The switch that ends a rebuild is written to a majority, and with it all that was written before.
        self._collection = collection.with_options(write_concern=WriteConcern(w=1))
        self._is_skipped = is_skipped
        self._memory_documents = memory_documents
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._changed: set[str] = set()
        self._unstored: set[str] = set()
        self._some_forgotten = False
        self._writing: asyncio.Task[None] | None = None

    async def create(self) -> None:
        """Make the collection, empty, with the projection's indexes."""
        await self._collection.drop()
        await create_indexes(self._collection, self._projection)

    async def add(self, steps: Iterable[tuple[str, Step]]) -> None:
        """Fold steps, given with the keys of their documents.

        Raises:
            StrictFoldError: one of them cannot be folded.
        """
        by_key: dict[str, list[Step]] = {}
        for key, step in steps:
            of_key = by_key.get(key)
            if of_key is None:
                by_key[key] = [step]
            else:
                of_key.append(step)
        if self._some_forgotten:
            await self._find_again(by_key)
        for key, of_key in by_key.items():
            await self._fold(key, of_key)
        if len(self._documents) > self._memory_documents:
            await self.flush()
            self._forget_some()
        elif len(self._changed) >= WRITE_DOCUMENTS:
            await self._begin_writing()

    async def _fold(self, key: str, steps: list[Step]) -> None:
        before = self._documents.get(key)
        while True:
            folded = fold_steps(self._projection, key, before, steps)
            if folded.poison is None:
                break
            await self.excuse(folded.poison.record, key, folded.poison.error)
            del steps[folded.poison.index]
        if folded.changed and folded.document is not None:
            self._documents[key] = folded.document
            self._documents.move_to_end(key)
            self._changed.add(key)
            if before is None:
                self._unstored.add(key)

    async def excuse(self, record: LogRecord, key: str, error: Exception) -> None:
        """Return if an operator decided to skip this event; else stop everything.

        Raises:
            StrictFoldError: nobody did.
        """
        event_id = event_id_of(record)
        if not await self._is_skipped(key, event_id):
            raise StrictFoldError(self._projection.name, event_id, key, error) from error

    async def _find_again(self, keys: Iterable[str]) -> None:
        missing = [key for key in keys if key not in self._documents]
        if missing:
            async for document in self._collection.find({"_id": {"$in": missing}}, batch_size=len(missing)):
                self._documents[document["_id"]] = document

    def _forget_some(self) -> None:
        for _ in range(len(self._documents) - self._memory_documents // 2):
            self._documents.popitem(last=False)
        self._some_forgotten = True

    async def _begin_writing(self) -> None:
        await self._finish_writing()
        if self._changed:
            operations = [self._operation(key) for key in self._changed]
            self._writing = asyncio.create_task(self._write(operations))
            self._changed, self._unstored = set(), set()

    def _operation(self, key: str) -> InsertOne[Document] | ReplaceOne[Document]:
        document = self._documents[key]
        return InsertOne(document) if key in self._unstored else ReplaceOne({"_id": key}, document)

    async def _write(self, operations: list[InsertOne[Document] | ReplaceOne[Document]]) -> None:
        await self._collection.bulk_write(operations, ordered=False)

    async def _finish_writing(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    async def flush(self) -> None:
        """Return when everything is written."""
        await self._begin_writing()
        await self._finish_writing()


async def create_indexes(collection: Collection, projection: Projection) -> None:
    """Create a projection's indexes on a build's collection; harmless when they exist."""
    if projection.indexes:
        await collection.create_indexes([IndexModel(list(index)) for index in projection.indexes])
