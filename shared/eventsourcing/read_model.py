"""Reading what projections made: always the build that serves now, and saying how fresh it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.folding import RUNNER_FIELDS
from shared.eventsourcing.pointer import Pointer, Pointers, collection_name
from shared.eventsourcing.progress import Freshness, freshness_of
from shared.eventsourcing.projection import Document
from shared.eventsourcing.wakeups import Wakeups
from shared.platform.mongo import Collection, Database

WAIT_SECONDS = 2.0
_FIRST_POLL_SECONDS = 0.005
_LONGEST_POLL_SECONDS = 0.05


class ReadModel:
    """The documents of one projection.

    Its collection is looked up in the pointer for each query, so that after a switch nothing is read from
    the build that no longer serves.

    Args:
        name: of the projection.
        database: of the service that owns it.
        wakeups: of the projections that run in this process, if they do.
    """

    def __init__(self, name: str, database: Database, wakeups: Wakeups | None = None) -> None:
        self.name = name
        self._database = database
        self._wakeups = wakeups or Wakeups()
        # Where the projection runs in this process, a wake-up comes sooner than any look.
        self._first_pause = _LONGEST_POLL_SECONDS if wakeups else _FIRST_POLL_SECONDS
        self._pointers = Pointers(database)
        self._last_look: Pointer | None = None

    async def collection(self) -> Collection:
        """Return the collection that serves now; to be used for one query, not kept.

        Raises:
            NotBuiltError: the projection never started.
        """
        pointer = self._last_look = await self._pointers.get(self.name)
        return self._database[collection_name(self.name, pointer.build)]

    async def get(self, key: str) -> Document | None:
        """Return a document, with the runner's fields; None where there is none."""
        found: Document | None = await (await self.collection()).find_one({"_id": key})
        return found

    async def find(
        self,
        query: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        """Return the documents that match a MongoDB query, in order; `limit` 0 for all."""
        cursor = (await self.collection()).find(query or {}).sort(list(sort)).skip(skip).limit(limit)
        return [document async for document in cursor]

    async def count(self, query: Mapping[str, Any] | None = None, *, limit: int = 0) -> int:
        """Return how many documents match; with a `limit` counting ends there."""
        bounded: dict[str, Any] = {"limit": limit} if limit else {}
        return int(await (await self.collection()).count_documents(query or {}, **bounded))

    async def freshness(self) -> Freshness:
        """Return as of when the read model is complete, and what it lacks."""
        pointer = await self._pointers.get(self.name)
        return freshness_of(pointer.progress, datetime.now(UTC))

    async def freshness_of_last_look(self) -> Freshness:
        """Return what `freshness` does, as of when a query last began: true of an answer just read."""
        pointer = self._last_look or await self._pointers.get(self.name)
        return freshness_of(pointer.progress, datetime.now(UTC))

    async def wait_for_version(
        self, key: str, min_version: int, *, within_seconds: float = WAIT_SECONDS
    ) -> Document:
        """Return a document once it shows at least this version of its main stream.

        Args:
            key: the document's id, which is that of its main stream less the category.
            min_version: as a write returned it in `ETag`.
            within_seconds: how long to wait.

        Raises:
            NotCaughtUpError: it does not show it in time.
        """
        deadline = time.monotonic() + within_seconds
        pause = self._first_pause
        while True:
            with self._wakeups.waiting(self.name, key) as written:
                document = await self.get(key)
                seen = document.get("_version", 0) if document else 0
                if document is not None and seen >= min_version:
                    return document
                if time.monotonic() >= deadline:
                    raise NotCaughtUpError(key, wanted=min_version, seen=seen)
                await _at_most(written.wait(), pause)
            pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)


async def _at_most(waiting: Coroutine[Any, Any, Any], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        return  # not heard of: time to look


def without_runner_fields(document: Mapping[str, Any]) -> Document:
    """Return what the fold said alone."""
    return {name: value for name, value in document.items() if name not in RUNNER_FIELDS}
