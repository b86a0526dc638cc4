"""From batches of records to documents, each event counted once.

A batch is read, its steps gathered by document, the documents taken from the cache or found in one query,
folded, and written in one unordered bulk of replacements that each name the `_rev` they started from. One
that another instance was faster with matches nothing, and its upsert meets the `_id` that is there: it is
read again and folded again, where its positions tell what the other has counted.

**Overlap.** A batch is folded while the one before it is being written, on the documents as that write
will leave them. Where the write turns out to have lost a race, the affected documents of the following
batch are folded again before they are written.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import bson
from bson.errors import BSONError

from shared.eventsourcing.errors import EventSourcingError
from shared.eventsourcing.folding import (
    Folded,
    Held,
    Poison,
    Step,
    StepReader,
    UnreadableError,
    fold_steps,
    marked_stale,
)
from shared.eventsourcing.incoming import LogRecord, event_id_of, stream_of
from shared.eventsourcing.parking import NotParkedError, ParkedEntry, Parking, Scope, ToPark, stream_key
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.pointer import collection_name
from shared.eventsourcing.projection import Document, Projection
from shared.platform import tracing
from shared.platform.logs import logger
from shared.platform.mongo import BulkWriteError, Collection, Database, InsertOne, ReplaceOne

CACHED_DOCUMENTS = 20_000
LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024
_DUPLICATE_KEY = 11000
_AT_A_STRETCH = 500
"""Records read or documents folded before requests in the same process get their turn: some 5 ms."""

_log = logger(__name__)


class DocumentRefusedError(EventSourcingError):
    """MongoDB does not take a document: too large, or against a unique index."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the document cannot be stored: {reason}; change the projection, then retry")


@dataclass(slots=True)
class Change:
    """What a batch does to one document.

    Attributes:
        base: the document it starts from, None where there is none.
        after: what is to be written; None where nothing changes.
        park: what cannot be folded now.
    """

    key: str
    steps: list[Step] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    base: Document | None = None
    after: Document | None = None
    park: list[ToPark] = field(default_factory=list)

    def operation(self) -> InsertOne[Document] | ReplaceOne[Document]:
        """Return the write: it takes effect only where the document is still `base`."""
        if self.after is None:
            raise ValueError(f"{self.key}: nothing to write")
        if self.base is None:
            return InsertOne(self.after)
        return ReplaceOne({"_id": self.key, "_rev": self.base["_rev"]}, self.after, upsert=True)


class _Cache:
    """The documents used last, as they were last written or read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._documents: OrderedDict[str, Document] = OrderedDict()

    def get(self, key: str) -> Document | None:
        found = self._documents.get(key)
        if found is not None:
            self._documents.move_to_end(key)
        return found

    def put(self, key: str, document: Document) -> None:
        self._documents[key] = document
        self._documents.move_to_end(key)
        if len(self._documents) > self._size:
            self._documents.popitem(last=False)

    def drop(self, key: str) -> None:
        self._documents.pop(key, None)

    def clear(self) -> None:
        self._documents.clear()


class Projector:
    """Keeps one build of a projection up to date.

    Args:
        build: its number; `generations` the logs that it is made from.
        patience: waits out what is wrong with the database while a write is under way.
        on_written: told the keys of the documents that were written.
    """

    def __init__(
        self,
        projection: Projection,
        database: Database,
        *,
        build: int,
        generations: Mapping[str, int],
        patience: Patience,
        cached_documents: int = CACHED_DOCUMENTS,
        on_written: Callable[[Iterable[str]], None] = lambda keys: None,
    ) -> None:
        self.projection = projection
        self._on_written = on_written
        self._documents: Collection = database[collection_name(projection.name, build)]
        self._parking = Parking(database, f"{projection.name}.v{build}")
        self._reader = StepReader(projection, generations)
        self._patience = patience
        self._cache = _Cache(cached_documents)
        self._pending: dict[str, Document] = {}
        self._writing: asyncio.Task[None] | None = None
        self._any_parked: bool | None = None
        self._held: dict[str, dict[str, int]] = {}
        self._parkings = 0
        self._parked_late = 0

    async def accept(self, records: Sequence[LogRecord]) -> None:
        """Fold a batch and begin to write it; returns when the batch before it is written.

        Safe to call again with the same batch after an error.

        Raises:
            NewerLogError: the build is of an older log than a record; nothing of the batch was done.
            PyMongoError: the database cannot be read.
        """
        while True:
            before = self._parked_late
            changes = await self._prepare(records)
            await self.settle()
            if before == self._parked_late:
                break
            # The batch before has parked something only now, which may hold back some of this one.
        for change in changes.values():
            current = self._cache.get(change.key)
            if current is not None and current is not change.base:
                await self._refold(change, current)
        await self._begin_writing([c for c in changes.values() if c.after is not None or c.park])

    async def _prepare(self, records: Sequence[LogRecord]) -> dict[str, Change]:
        changes, unreadable = await self._read(records)
        if self._any_parked is None:
            self._any_parked = await self._parking.any()
        await self._load(changes)
        self._held = {}
        if unreadable or self._any_parked:
            await self._hold_back(changes, await self._behind_unreadable(changes, unreadable))
            await self._hold_back(changes, await self._behind_parked_documents(changes))
        for number, change in enumerate(changes.values(), start=1):
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            await self._fold(change, self._base(change.key))
        return changes

    async def settle(self) -> None:
        """Wait until what was accepted is written.

        Raises:
            CalledOffError: it could not be written, and never will be from here.
        """
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None

    @property
    def idle(self) -> bool:
        """Whether all that was accepted is written."""
        return self._writing is None or (self._writing.done() and self._writing.exception() is None)

    def reset(self) -> None:
        """Forget all documents: other instances may change them from now on."""
        self._cache.clear()
        self._pending.clear()
        self._writing = None
        self._any_parked = None

    async def parked_keys(self) -> int:
        """Return how many keys are parked; queries only when there may be any."""
        if self._any_parked is False:
            return 0
        before = self._parkings
        count = await self._parking.count_keys()
        if not count and before == self._parkings:
            self._any_parked = False
        return count

    # -- reading ---------------------------------------------------------------------------------------

    async def _read(self, records: Iterable[LogRecord]) -> tuple[dict[str, Change], list[UnreadableError]]:
        changes: dict[str, Change] = {}
        unreadable: list[UnreadableError] = []
        read = self._reader.read
        for number, record in enumerate(records, start=1):
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            try:
                steps = read(record)
            except UnreadableError as error:
                unreadable.append(error)
                continue
            for key, step in steps:
                change = changes.get(key)
                if change is None:
                    change = changes[key] = Change(key)
                change.steps.append(step)
        return changes, unreadable

    def _base(self, key: str) -> Document | None:
        return self._pending.get(key) or self._cache.get(key)

    async def _load(self, changes: Mapping[str, Change]) -> None:
        missing = [key for key in changes if self._base(key) is None]
        if missing:
            async for document in self._documents.find({"_id": {"$in": missing}}, batch_size=len(missing)):
                self._cache.put(document["_id"], document)

    # -- what is parked --------------------------------------------------------------------------------

    async def _behind_unreadable(
        self, changes: dict[str, Change], unreadable: Sequence[UnreadableError]
    ) -> list[ToPark]:
        """Take out of `changes` what comes behind an unreadable record of its stream; return all that."""
        for stream, record in await self._parking.held_streams():
            self._hold(stream, record)
        items = []
        for error in unreadable:
            stream = stream_of(error.record)
            if await self._parking.is_skipped(stream_key(stream), event_id_of(error.record)):
                continue
            items.append(ToPark(stream_key(stream), Scope.STREAM, error.record, error.cause))
            self._hold(stream, error.record)
            if (main := self._main_document(stream)) is not None:
                changes.setdefault(main, Change(main)).stale.add(stream_key(stream))
        return items + _taken_behind(changes, self._held)

    def _hold(self, stream: str, record: LogRecord) -> None:
        position = self._reader.place(record)
        streams = self._held.setdefault(position, {})
        streams[stream] = min(record.offset, streams.get(stream, record.offset))

    def _main_document(self, stream: str) -> str | None:
        prefix = f"{self.projection.main_category}-"
        return stream.removeprefix(prefix) if stream.startswith(prefix) else None

    async def _behind_parked_documents(self, changes: Mapping[str, Change]) -> list[ToPark]:
        """Take out of `changes` what is for documents that have something parked already; return it."""
        items = []
        for key in await self._parking.parked_among(changes):
            change = changes[key]
            waiting = _unseen(change.steps, self._base(key))
            items += [ToPark(key, Scope.DOCUMENT, step.record) for step in waiting]
            change.steps = []
            change.stale.add(key)
        return items

    async def _hold_back(self, changes: Mapping[str, Change], items: Sequence[ToPark]) -> None:
        """Put aside, and heal at once what turns out to wait behind nothing.

        An operator's retry may end between our look at what is parked and our adding to it. It looks again
        after it has taken out the event at fault; we look whether that is still there after we have added.
        So one of the two sees the other.
        """
        if not items:
            return
        await self._put_aside(items)
        healed = set()
        for key in await self._parking.without_fault({item.key for item in items}):
            await self.settle()
            if await self.retry(key):
                healed.add(key)
        for change in changes.values():
            change.stale -= healed
        for streams in self._held.values():
            for stream in [stream for stream in streams if stream_key(stream) in healed]:
                del streams[stream]
        await self._load(changes)

    async def _put_aside(self, items: Sequence[ToPark]) -> None:
        self._any_parked = True
        self._parkings += 1
        await self._parking.put(items)
        for item in items:
            if item.error is not None:
                _log.error(
                    "parked",
                    consumer=self._parking.consumer,
                    key=item.key,
                    event_id=event_id_of(item.record),
                    error=repr(item.error)[:500],
                )

    # -- folding and writing ---------------------------------------------------------------------------

    async def _fold(self, change: Change, base: Document | None) -> None:
        change.base, change.after, change.park = base, None, []
        folded = fold_steps(self.projection, change.key, base, change.steps, held=self._held)
        if folded.poison is None and not change.stale:
            change.after = folded.document if folded.changed else None
            return
        if folded.poison is not None:
            folded = await self._fold_past_skipped(change, base)
        stale = set(change.stale)
        if folded.poison is not None:
            fault, *behind = _unseen(change.steps[folded.poison.index :], base)
            change.park = [ToPark(change.key, Scope.DOCUMENT, fault.record, folded.poison.error)]
            change.park += [ToPark(change.key, Scope.DOCUMENT, step.record) for step in behind]
            stale.add(change.key)
        after = folded.document
        if after is not None and not stale <= set(after.get("_stale", ())):
            revision = 1 if base is None else base["_rev"] + 1
            after = {**marked_stale(after, stale), "_rev": revision}
        change.after = None if after is base else after

    async def _refold(self, change: Change, base: Document | None) -> None:
        if change.stale:  # what it waited for may have been healed by whoever changed the document
            change.stale = await self._parking.parked_among(change.stale)
        await self._fold(change, base)

    async def _fold_past_skipped(
        self, change: Change, base: Document | None, *, retried: bool = False
    ) -> Folded:
        """Fold, passing over events that an operator decided to skip."""
        while True:
            folded = fold_steps(
                self.projection, change.key, base, change.steps, held=self._held, retried=retried
            )
            if folded.poison is None:
                return folded
            if not await self._parking.is_skipped(change.key, event_id_of(folded.poison.record)):
                return folded
            index = folded.poison.index
            change.steps[index] = replace(change.steps[index], recorded=None)

    async def _begin_writing(self, changes: list[Change]) -> None:
        if not changes:
            return
        self._pending = {c.key: c.after for c in changes if c.after is not None}
        self._writing = asyncio.create_task(self._write_and_tell(changes, time.time_ns()))
        if any(change.park for change in changes):
            await self.settle()  # the next batch has to find it parked

    async def _write_and_tell(self, changes: Sequence[Change], began_ns: int) -> None:
        await self._patience.run(lambda: self._write(changes))
        self._on_written(change.key for change in changes)
        if not tracing.enabled():
            return
        name = f"projection {self.projection.name}"
        for step in (step for change in changes for step in change.steps):
            if step.recorded is not None:
                tracing.happened(name, step.recorded.traceparent, began_ns, event=step.recorded.id)

    async def _write(self, changes: Sequence[Change]) -> None:
        """Write until nothing is left to write; called again from the beginning after a fault."""
        remaining = list(changes)
        while remaining:
            if park := [item for change in remaining for item in change.park]:
                await self._put_aside(park)
            lost = await self._replace([change for change in remaining if change.after is not None])
            for change in remaining:
                if change.key not in lost and change.after is not None:
                    # Also what is new: the batch that is folded meanwhile has to find it here.
                    self._cache.put(change.key, change.after)
            remaining = [change for change in remaining if change.key in lost]
            for change in remaining:
                self._cache.drop(change.key)
            if remaining:
                current = {d["_id"]: d async for d in self._documents.find({"_id": {"$in": sorted(lost)}})}
                for change in remaining:
                    await self._fold_again(change, current.get(change.key), lost[change.key])
                    if change.after is None and change.base is not None:
                        self._cache.put(change.key, change.base)
                remaining = [c for c in remaining if c.after is not None or c.park]
        self._pending = {}

    async def _fold_again(self, change: Change, base: Document | None, fault: Exception | None) -> None:
        if fault is None:
            await self._refold(change, base)
            self._parked_late += bool(change.park)
            return
        self._parked_late += 1
        # MongoDB does not take the document: none of the batch's steps can be counted.
        waiting = _unseen(change.steps, base)
        errors = [fault, *[None] * (len(waiting) - 1)]
        change.base, change.after = base, None
        change.park = [
            ToPark(change.key, Scope.DOCUMENT, step.record, error)
            for step, error in zip(waiting, errors, strict=True)
        ]
        change.steps = []
        if base is not None:
            change.after = {**marked_stale(base, [change.key]), "_rev": base["_rev"] + 1}

    async def _replace(self, changes: Sequence[Change]) -> dict[str, Exception | None]:
        """Write documents; return those not written: with None for a lost race, else with what is wrong."""
        if not changes:
            return {}
        try:
            await self._documents.bulk_write([c.operation() for c in changes], ordered=False)
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                raise
            return {changes[e["index"]].key: _fault_of(e) for e in error.details["writeErrors"]}
        except (BSONError, OverflowError, TypeError):
            # Raised before everything was sent, for a value or size that BSON does not have.
            faults = {change.key: _unstorable(change.after) for change in changes}
            if not any(faults.values()):
                raise
            return faults  # the others are tried again: some may have been written already
        return {}

    # -- retrying --------------------------------------------------------------------------------------

    async def retry(self, key: str) -> bool:
        """Handle what is parked under a key, in order; tell whether all of it could be.

        Stops at the first event that still fails, which stays parked with what waits behind it.
        """
        try:
            while entries := await self._parking.entries(key):
                if entries[0].scope is Scope.STREAM:
                    done = await self._retry_stream(entries)
                else:
                    done = await self._retry_document(key, entries)
                if not done:
                    return False
            await self._clear_stale(key)
        finally:
            self._cache.clear()  # also documents of other keys, where a stream was retried
        return True

    async def skip(self, key: str, reason: str) -> bool:
        """Decide not to handle the event at fault, then retry what waits behind it.

        Raises:
            NotParkedError: nothing is parked under the key.
        """
        at_fault = [e for e in await self._parking.entries(key) if e.error is not None]
        if not at_fault:
            raise NotParkedError(self._parking.consumer, key)
        await self._parking.skip(at_fault[0], reason)
        return await self.retry(key)

    async def _retry_document(self, key: str, entries: Sequence[ParkedEntry]) -> bool:
        steps: list[Step] = []
        unreadable: Exception | None = None
        for entry in entries:
            try:
                steps.append(dict(self._reader.read(entry.record))[key])
            except (UnreadableError, KeyError) as error:  # the projection may see other keys by now
                unreadable = error
                break
        poison = await self._apply(key, steps)
        handled = poison.index if poison else len(steps)
        await self._parking.remove(entries[:handled])
        wrong = poison.error if poison else unreadable
        if wrong is not None:
            await self._parking.fail(entries[handled], wrong)
        return wrong is None

    async def _retry_stream(self, entries: Sequence[ParkedEntry]) -> bool:
        for entry in entries:
            try:
                steps = self._reader.read(entry.record)
            except UnreadableError as error:
                await self._parking.fail(entry, error.cause)
                return False
            for key, step in steps:
                await self._apply_or_park(key, step)
            await self._parking.remove([entry])
        return True

    async def _apply_or_park(self, key: str, step: Step) -> None:
        if await self._parking.parked_among([key]):
            await self._put_aside([ToPark(key, Scope.DOCUMENT, step.record)])
            if await self._parking.without_fault([key]):
                await self.retry(key)
        elif poison := await self._apply(key, [step]):
            await self._put_aside([ToPark(key, Scope.DOCUMENT, step.record, poison.error)])

    async def _apply(self, key: str, steps: list[Step]) -> Poison | None:
        """Fold steps into one document and write it, however often others are faster."""
        change = Change(key, steps)
        while True:
            base = await self._documents.find_one({"_id": key})
            folded = await self._fold_past_skipped(change, base, retried=True)
            if not folded.changed:
                return folded.poison
            change.base, change.after = base, folded.document
            lost = await self._replace([change])
            if not lost:
                return folded.poison
            if (fault := lost[key]) is not None:
                return Poison(0, steps[0].record, fault)

    async def _clear_stale(self, key: str) -> None:
        left = {"$setDifference": ["$_stale", [key]]}
        await self._documents.update_many(
            {"_stale": key},
            [
                {"$set": {"_stale": left, "_rev": {"$add": ["$_rev", 1]}}},
                {"$set": {"_stale": {"$cond": [{"$eq": ["$_stale", []]}, "$$REMOVE", "$_stale"]}}},
            ],
        )


def _unseen(steps: Sequence[Step], document: Document | None) -> list[Step]:
    positions = document["_pos"] if document else {}
    return [step for step in steps if step.offset > positions.get(step.position, -1)]


def _taken_behind(changes: Mapping[str, Change], held: Held) -> list[ToPark]:
    """Take out of `changes` the steps of streams that are held back; return them to be parked."""
    taken: dict[str, ToPark] = {}
    for change in changes.values():
        kept = []
        for step in change.steps:
            first = held.get(step.position, {}).get(step.stream)
            if first is None or step.offset < first:
                kept.append(step)
            else:
                key = stream_key(step.stream)
                taken[event_id_of(step.record)] = ToPark(key, Scope.STREAM, step.record)
                change.stale.add(key)
        change.steps = kept
    return list(taken.values())


def _fault_of(write_error: Mapping[str, Any]) -> Exception | None:
    """Return None where somebody else was faster, else why MongoDB refused the document for good."""
    if write_error["code"] == _DUPLICATE_KEY and write_error.get("keyPattern", {"_id": 1}) == {"_id": 1}:
        return None
    return DocumentRefusedError(write_error["errmsg"])


def _unstorable(document: Document | None) -> Exception | None:
    try:
        size = len(bson.encode(document or {}))
    except (BSONError, OverflowError, TypeError) as error:
        return error
    return DocumentRefusedError(f"{size} bytes") if size > LARGEST_DOCUMENT_BYTES else None
