"""From batches of records to documents, each event counted once.

A batch is read, its steps gathered by document, the documents taken from the cache or found in one query,
folded, and written in one unordered bulk of replacements that each name the `_rev` they started from. One
that another instance was faster with matches nothing, and its upsert meets the `_id` that is there: it is
read again and folded again, where its positions tell what the other has counted.

**Overlap.** A batch is folded while the one before it is being written, on the documents as that write
will leave them. Where the write turns out to have lost a race, the affected documents of the following
batch are folded again before they are written. So each change holds the document that it starts from, and a
write tells which documents came out otherwise than was foreseen; the cache decides nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.eventsourcing.build import Build, Change
from shared.eventsourcing.document_cache import DocumentCache
from shared.eventsourcing.folding import Held, Step, UnreadableError, fold_steps, marked_stale
from shared.eventsourcing.incoming import LogRecord, event_id_of, stream_of
from shared.eventsourcing.parking import Scope, ToPark, stream_key
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.retrying import retry
from shared.platform import tracing
from shared.platform.mongo import Database

_AT_A_STRETCH = 500
"""Records read or documents folded before requests in the same process get their turn: some 5 ms."""


class Projector:
    """Keeps one build of a projection up to date.

    Args:
        build: its number; `generations` the logs that it is made from.
        patience: waits out what is wrong with the database while a write is under way.
        cache: of the process; one of its own if None.
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
        cache: DocumentCache | None = None,
        on_written: Callable[[Iterable[str]], None] = lambda keys: None,
    ) -> None:
        self.projection = projection
        self._on_written = on_written
        self._build = Build(projection, database, build, generations)
        self._parking = self._build.parking
        self._patience = patience
        self._cache = cache if cache is not None else DocumentCache()
        self._foreseen: dict[str, Document] = {}
        self._writing: asyncio.Task[dict[str, Document]] | None = None
        self._puts_when_none_parked: int | None = None
        self._held: dict[str, dict[str, int]] = {}
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
            otherwise = await self._written()
            if before == self._parked_late:
                break
            # The batch before has parked something only now, which may hold back some of this one.
        for key in otherwise.keys() & changes.keys():
            if changes[key].base is not otherwise[key]:
                await self._refold(changes[key], otherwise[key])
        await self._begin_writing([c for c in changes.values() if c.after is not None or c.park])

    async def _prepare(self, records: Sequence[LogRecord]) -> dict[str, Change]:
        changes, unreadable = await self._read(records)
        await self._load(changes)
        self._held = {}
        if unreadable or await self._any_parked():
            await self._hold_back(changes, await self._behind_unreadable(changes, unreadable))
            await self._hold_back(changes, await self._behind_parked_documents(changes))
        for number, change in enumerate(changes.values(), start=1):
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            await self._fold(change)
        return changes

    async def _written(self) -> dict[str, Document]:
        """Wait until what was accepted is written; return the documents that came out unforeseen."""
        if self._writing is None:
            return {}
        otherwise = await asyncio.shield(self._writing)
        self._writing = None
        return otherwise

    async def settle(self) -> None:
        """Wait until what was accepted is written.

        Raises:
            CalledOffError: it could not be written, and never will be from here.
        """
        await self._written()

    @property
    def idle(self) -> bool:
        """Whether all that was accepted is written."""
        return self._writing is None or (self._writing.done() and self._writing.exception() is None)

    def reset(self) -> None:
        """Forget all documents: other instances may change them from now on."""
        self._cache.forget(self._build.name)
        self._foreseen = {}
        self._writing = None
        self._puts_when_none_parked = None

    async def _any_parked(self) -> bool:
        if self._puts_when_none_parked is None:
            puts = self._parking.puts
            if await self._parking.any():
                return True
            self._puts_when_none_parked = puts
        return self._puts_when_none_parked != self._parking.puts

    async def parked_keys(self) -> int:
        """Return how many keys are parked; queries only when there may be any."""
        puts = self._parking.puts
        if puts == self._puts_when_none_parked:
            return 0
        count = await self._parking.count_keys()
        if not count:
            self._puts_when_none_parked = puts
        return count

    # -- reading ---------------------------------------------------------------------------------------

    async def _read(self, records: Iterable[LogRecord]) -> tuple[dict[str, Change], list[UnreadableError]]:
        changes: dict[str, Change] = {}
        unreadable: list[UnreadableError] = []
        read = self._build.reader.read
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

    async def _load(self, changes: Mapping[str, Change]) -> None:
        """Give each change the document that it starts from."""
        missing = []
        for key, change in changes.items():
            change.base = self._foreseen.get(key) or self._cache.get(self._build.name, key)
            if change.base is None:
                missing.append(key)
        if missing:
            for key, document in (await self._build.find(missing)).items():
                changes[key].base = document

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
        position = self._build.reader.place(record)
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
            waiting = _unseen(change.steps, change.base)
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
        await self._parking.put(items)
        healed = set()
        for key in await self._parking.without_fault({item.key for item in items}):
            await self.settle()
            try:
                if await retry(self._build, key):
                    healed.add(key)
            finally:
                self._cache.forget(self._build.name)  # also of other keys, where a stream was retried
        for change in changes.values():
            change.stale -= healed
        for streams in self._held.values():
            for stream in [stream for stream in streams if stream_key(stream) in healed]:
                del streams[stream]
        await self._load(changes)

    # -- folding and writing ---------------------------------------------------------------------------

    async def _fold(self, change: Change) -> None:
        base = change.base
        change.after, change.park = None, []
        folded = fold_steps(self.projection, change.key, base, change.steps, held=self._held)
        if folded.poison is None and not change.stale:
            change.after = folded.document if folded.changed else None
            return
        if folded.poison is not None:
            folded = await self._build.fold_past_skipped(change, held=self._held)
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
        change.base = base
        await self._fold(change)

    async def _begin_writing(self, changes: list[Change]) -> None:
        if not changes:
            return
        self._foreseen = {c.key: c.after for c in changes if c.after is not None}
        self._writing = asyncio.create_task(self._write_and_tell(changes, time.time_ns()))
        if any(change.park for change in changes):
            await self.settle()  # the next batch has to find it parked

    async def _write_and_tell(self, changes: Sequence[Change], began_ns: int) -> dict[str, Document]:
        await self._patience.run(lambda: self._write(changes))
        otherwise = self._keep(changes)
        self._on_written(change.key for change in changes)
        if tracing.enabled():
            name = f"projection {self.projection.name}"
            for step in (step for change in changes for step in change.steps):
                if step.recorded is not None:
                    tracing.happened(name, step.recorded.traceparent, began_ns, event=step.recorded.id)
        return otherwise

    def _keep(self, changes: Sequence[Change]) -> dict[str, Document]:
        """Have what was written at hand; return what came out otherwise than was foreseen."""
        otherwise = {}
        for change in changes:
            document = change.base if change.after is None else change.after
            if document is not None:
                self._cache.put(self._build.name, change.key, document)
                if document is not self._foreseen.get(change.key):
                    otherwise[change.key] = document
        self._foreseen = {}
        return otherwise

    async def _write(self, changes: Sequence[Change]) -> None:
        """Write until nothing is left to write; called again from the beginning after a fault."""
        remaining = list(changes)
        while remaining:
            await self._parking.put([item for change in remaining for item in change.park])
            lost = await self._build.write([change for change in remaining if change.after is not None])
            remaining = [change for change in remaining if change.key in lost]
            if remaining:
                current = await self._build.find(sorted(lost))
                for change in remaining:
                    await self._fold_again(change, current.get(change.key), lost[change.key])
                remaining = [c for c in remaining if c.after is not None or c.park]

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
