"""The event store in MongoDB: one document a commit, concurrent commits in one write.

**Group commit.** A durable write waits for the journal and a majority; while it waits, the commits of
other requests gather, and go out together as one unordered `insert_many` when it returns. Each is its own
document and succeeds or fails for itself: a duplicate key is reported to its own caller only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import CommandAlreadyDoneError, VersionConflictError
from shared.eventsourcing.store import Snapshot
from shared.platform.mongo import BulkWriteError, Collection, Database, DuplicateKeyError, IndexModel

COMMITS = "commits"
SNAPSHOTS = "snapshots"
UNRELAYED_INDEX = "unrelayed"

MAX_GROUP = 500
"""Commits in one write: far below the server's 100,000 operations, far above what is in flight."""

ARRIVAL_TURNS = 2
"""Turns of the event loop before a write, in which a request that has arrived is read, then handled: its
commit goes with this write. It costs a lone writer microseconds, and spares a busy process many a write."""

_DUPLICATE_KEY = 11000


async def prepare(database: Database) -> None:
    """Create the indexes that the guarantees rest on; harmless when they exist."""
    await database[COMMITS].create_indexes(
        [
            IndexModel([("stream", 1), ("version", 1)], unique=True, name="stream_version"),
            IndexModel([("command_id", 1)], unique=True, name="command_id"),
            IndexModel([("at", 1)], name=UNRELAYED_INDEX, partialFilterExpression={"relayed": False}),
        ]
    )


class _GroupWriter:
    """Turns concurrent inserts into few writes; see the module's docstring."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def insert(self, document: dict[str, Any]) -> None:
        """Insert a document with the next write.

        Raises:
            DuplicateKeyError: with the server's details of this document only.
            PyMongoError: the outcome is unknown; asking again with the same command id is safe.
        """
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((document, outcome))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await outcome

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                for _ in range(ARRIVAL_TURNS):
                    await asyncio.sleep(0)
                group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                await self._write(group)
        finally:
            self._writing = None

    async def _insert(self, documents: list[dict[str, Any]]) -> None:
        if len(documents) == 1:  # nobody else is writing: the driver has less to do for one
            await self._collection.insert_one(documents[0])
        else:
            await self._collection.insert_many(documents, ordered=False)

    async def _write(self, group: list[tuple[dict[str, Any], asyncio.Future[None]]]) -> None:
        failed: dict[int, Exception] = {}
        try:
            await self._insert([document for document, _ in group])
        except BulkWriteError as error:
            failed = {e["index"]: _error_of(e) for e in error.details["writeErrors"]}
            if error.details.get("writeConcernErrors"):
                failed = {i: failed.get(i, error) for i in range(len(group))}
        except Exception as error:  # every waiting caller must hear of it, whatever it is
            failed = dict.fromkeys(range(len(group)), error)
        for index, (_, outcome) in enumerate(group):
            if outcome.done():  # its caller was cancelled; the commit stands all the same
                continue
            if index in failed:
                outcome.set_exception(failed[index])
                outcome.exception()  # retrieved: a caller that went away leaves no warning behind
            else:
                outcome.set_result(None)


def _of_category(category: str) -> dict[str, Any]:
    return {"stream": {"$gte": f"{category}-", "$lt": f"{category}."}}  # "." follows "-"


def _error_of(write_error: dict[str, Any]) -> Exception:
    if write_error["code"] == _DUPLICATE_KEY:
        return DuplicateKeyError(write_error["errmsg"], _DUPLICATE_KEY, write_error)
    return BulkWriteError({"writeErrors": [write_error]})


class MongoEventStore:
    """An `EventStore` in a service's database.

    Args:
        database: the service's own; `prepare` has been called on it.
        on_commit: called after each durable commit, to wake a relay in the same process.
    """

    def __init__(self, database: Database, on_commit: Callable[[], None] = lambda: None) -> None:
        self._commits = database[COMMITS]
        self._snapshots = database[SNAPSHOTS]
        self._writer = _GroupWriter(self._commits)
        self._on_commit = on_commit

    async def append(self, commit: Commit) -> None:
        """See `EventStore.append`."""
        try:
            await self._writer.insert(commit.to_document())
        except DuplicateKeyError:
            # Which index objected first says nothing about the other one, so the command id is looked up.
            if first := await self.find_command(commit.command_id):
                raise CommandAlreadyDoneError(first) from None
            raise VersionConflictError(commit.stream, commit.version) from None
        self._on_commit()

    async def read_stream(self, stream: str, after: int = 0) -> list[Commit]:
        """See `EventStore.read_stream`."""
        query = {"stream": stream, "version": {"$gt": after}}
        found = self._commits.find(query).sort("version", 1)
        return [Commit.from_document(d) async for d in found]

    async def read_category(self, category: str) -> AsyncIterator[Commit]:
        """See `EventStore.read_category`."""
        found = self._commits.find(_of_category(category)).sort([("stream", 1), ("version", 1)])
        async for document in found.batch_size(1_000):
            yield Commit.from_document(document)

    async def count(self, category: str) -> int:
        """See `EventStore.count`; counts keys of an index, not documents."""
        return int(await self._commits.count_documents(_of_category(category)))

    async def find_command(self, command_id: str) -> Commit | None:
        """See `EventStore.find_command`."""
        found = await self._commits.find_one({"command_id": command_id})
        return Commit.from_document(found) if found else None

    async def load_snapshot(self, stream: str) -> Snapshot | None:
        """See `EventStore.load_snapshot`."""
        found = await self._snapshots.find_one({"_id": stream})
        if found is None:
            return None
        del found["_id"]
        return Snapshot(stream, **found)

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """See `EventStore.save_snapshot`."""
        older = {
            "_id": snapshot.stream,
            "$or": [
                {"state_version": {"$lt": snapshot.state_version}},
                {"state_version": snapshot.state_version, "version": {"$lt": snapshot.version}},
            ],
        }
        document = {
            "_id": snapshot.stream,
            "version": snapshot.version,
            "hash": snapshot.hash,
            "state": snapshot.state,
            "state_version": snapshot.state_version,
        }
        try:
            await self._snapshots.replace_one(older, document, upsert=True)
        except DuplicateKeyError:
            return  # one as new is there: that is what was wanted
