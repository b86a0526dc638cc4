"""Whole read models as they stood on a day, made from the record when somebody asks, and kept for a while.

All streams of the category are folded (`past.py`) into a collection of its own, with the projection's
indexes; the live read model's conditions, orders, pages and exports then work on it unchanged. It is made
once for each (read model, day, number of commits in the store): a back-entry that comes later may change what
was so on that day, and then it is made anew. A service without a store has other sources (`PastCollections`).

Collections are listed in `_past`, by which all processes find them. One that nobody has read for a quarter of
an hour is dropped when the next is made, as is one whose making was killed; whoever is in the middle of its
pages has it made anew, and goes on behind the same item. Two processes may make the same one at once: both
are right, and one is dropped unread.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from shared.eventsourcing.commit import Commit
from shared.eventsourcing.past import document_of, events_of, up_to_day
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.store import EventStore
from shared.eventsourcing.strict_fold import create_indexes
from shared.platform.mongo import Collection, Database, WriteConcern

INDEX = "_past"
KEPT = timedelta(minutes=15)
AT_MOST = 20
"""Collections of a service at a time: beyond them, the one goes that was read longest ago."""
WRITE_DOCUMENTS = 1_000


class Readable(Protocol):
    """What a list is read from: the live read model, or one as it stood."""

    async def find(
        self, query: Mapping[str, Any], *, sort: Sequence[tuple[str, int]] = ..., limit: int = 0
    ) -> list[Document]:
        """Return the documents that match a MongoDB query, in order; `limit` 0 for all."""
        ...

    async def count(self, query: Mapping[str, Any], *, limit: int = 0) -> int:
        """Return how many documents match; with a `limit` counting ends there."""
        ...


class Past(Protocol):
    """Read models as they stood."""

    async def as_of(self, projection: Projection, day: date) -> Readable:
        """Return a read model as it stood at the end of a day; to be used for one query, not kept."""
        ...


@dataclass(frozen=True, slots=True)
class PastModel:
    """A read model as it stood, in a collection that is there."""

    kept: Collection

    async def collection(self) -> Collection:
        """Return the collection; to be used for one query, not kept."""
        return self.kept

    async def find(
        self,
        query: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
    ) -> list[Document]:
        """See `Readable.find`."""
        cursor = self.kept.find(query).sort(list(sort)).limit(limit)
        return [document async for document in cursor]

    async def count(self, query: Mapping[str, Any], *, limit: int = 0) -> int:
        """See `Readable.count`."""
        bounded: dict[str, Any] = {"limit": limit} if limit else {}
        return int(await self.kept.count_documents(query, **bounded))


class PastCollections(ABC):
    """See the module's docstring; where the documents come from is said by who derives from this.

    Args:
        database: of the service; the collections lie beside the read models.
        clock: aware.
        at_most: collections at a time: beyond them, the one goes that was read longest ago.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], *, at_most: int = AT_MOST) -> None:
        self._database = database
        self._clock = clock
        self._at_most = at_most
        self._making = asyncio.Lock()  # one at a time: each takes a processor for a while

    @property
    def _index(self) -> Collection:
        return self._database[INDEX]

    @abstractmethod
    async def version(self, projection: Projection, day: date) -> str:
        """Return what stays the same as long as nothing new is known of the day."""

    @abstractmethod
    async def _fill(self, collection: Collection, projection: Projection, day: date) -> None:
        """Write the documents as they stood into a collection, with the projection's indexes."""

    async def as_of(self, projection: Projection, day: date) -> PastModel:
        """See `Past.as_of`."""
        version = await self.version(projection, day)
        key = f"{projection.name}.v{projection.version}.{day.isoformat()}.{version}"
        name = await self._find(key)
        if name is None:
            async with self._making:  # for which others may have waited meanwhile
                name = await self._find(key) or await self._make(key, projection, day)
        return PastModel(self._database[name])

    async def _find(self, key: str) -> str | None:
        used = {"$set": {"used_at": self._clock()}}
        found = await self._index.find_one_and_update({"key": key}, used)
        return str(found["_id"]) if found else None

    async def _make(self, key: str, projection: Projection, day: date) -> str:
        await self._drop_unused()
        name = f"{projection.name}__past_{secrets.token_hex(8)}"
        # Listed before it is there, so that it is dropped also where this process dies.
        await self._index.insert_one({"_id": name, "used_at": self._clock()})
        # Lost with the server's journal it would only be made again.
        collection = self._database[name].with_options(write_concern=WriteConcern(w=1))
        await self._fill(collection, projection, day)
        await self._index.update_one({"_id": name}, {"$set": {"key": key, "used_at": self._clock()}})
        return name

    async def _drop_unused(self) -> None:
        unused_since = self._clock() - KEPT
        listed = [d async for d in self._index.find().sort("used_at", -1)]
        for place, kept in enumerate(listed):
            if place >= self._at_most - 1 or kept["used_at"] < unused_since:
                await self._database[kept["_id"]].drop()
                await self._index.delete_one({"_id": kept["_id"]})


class PastLists(PastCollections):
    """Read models of a service's own streams as they stood.

    Args:
        store: the service's own.
        database: likewise.
        clock: aware.
    """

    def __init__(self, store: EventStore, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(database, clock)
        self._store = store

    async def version(self, projection: Projection, day: date) -> str:
        """Return how many commits the category has: any of them may be about the day."""
        return str(await self._store.count(_category(projection)))

    async def _fill(self, collection: Collection, projection: Projection, day: date) -> None:
        await create_indexes(collection, projection)
        written: list[Document] = []
        async for document in documents_as_of(self._store, projection, day):
            written.append(document)
            if len(written) == WRITE_DOCUMENTS:
                await collection.insert_many(written, ordered=False)
                await self._index.update_one({"_id": collection.name}, {"$set": {"used_at": self._clock()}})
                written = []
        if written:
            await collection.insert_many(written, ordered=False)


def _category(projection: Projection) -> str:
    if projection.main_category is None:
        raise ValueError(f"{projection.name} has no main stream, so it cannot be shown as of a day")
    return projection.main_category


async def documents_as_of(store: EventStore, projection: Projection, day: date) -> AsyncIterator[Document]:
    """Yield the documents of a read model as they stood at the end of a day, by stream."""
    async for commits in _streams(store.read_category(_category(projection))):
        document = document_of(projection, up_to_day(events_of(commits), day))
        if document is not None:
            yield document


async def _streams(commits: AsyncIterator[Commit]) -> AsyncIterator[list[Commit]]:
    stream: list[Commit] = []
    async for commit in commits:
        if stream and commit.stream != stream[0].stream:
            yield stream
            stream = []
        stream.append(commit)
    if stream:
        yield stream
