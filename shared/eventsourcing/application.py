"""Commands in, commits out: load the state, decide, append; once for each command id.

The state of recent streams is kept in memory, so that a command on a long stream costs what it costs on a
short one; a stream that nothing is known of is taken for a new one, so that a command which creates
something reads nothing. Either may be wrong, when another process has appended or the stream is an old one:
then the append conflicts, the tail is read and the command decided again. A *refusal*, and the finding that
there is nothing to do, are given on a state read for this very command only.

Commands of one process on one stream take turns: a thousand people who want a seat at the same moment queue,
instead of conflicting until most of them are sent away. Other streams do not wait for them.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Generic
from weakref import WeakValueDictionary

import orjson
import structlog

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.commit import GENESIS, Commit, new_commit
from shared.eventsourcing.decider import C, Decider, S
from shared.eventsourcing.errors import (
    CommandAlreadyDoneError,
    IdempotencyKeyReusedError,
    VersionConflictError,
    VersionMismatchError,
)
from shared.eventsourcing.store import EventStore, Snapshot

log = structlog.get_logger(__name__)

ATTEMPTS = 4
"""How often a command is decided when others keep appending to its stream: once, and three times again."""

SNAPSHOT_EVERY = 100
"""Events between snapshots: about what is read and folded in the time of one round trip."""

CACHED_STREAMS = 500
"""Kept in memory, some 4 KiB each: as many as are being worked on at a time."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did.

    Attributes:
        version: of the stream after it.
        events: what it appended; empty when there was nothing to do.
        repeated: it had been done before, and this is the first answer.
    """

    stream: str
    version: int
    events: tuple[DomainEvent, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream's state as of a version.

    Attributes:
        hash: of the last commit, which the next one is chained to.
        snapshot_version: of the newest snapshot known to exist, 0 for none.
    """

    state: S
    version: int = 0
    hash: str = GENESIS
    snapshot_version: int = 0


class _Cache(Generic[S]):
    """The states of the streams used last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[str, Loaded[S]] = OrderedDict()

    def get(self, stream: str) -> Loaded[S] | None:
        found = self._entries.get(stream)
        if found is not None:
            self._entries.move_to_end(stream)
        return found

    def put(self, stream: str, loaded: Loaded[S]) -> None:
        # Two commands on one stream may finish in either order: the newer state stays.
        present = self._entries.get(stream)
        if present is None or present.version <= loaded.version:
            self._entries[stream] = loaded
        self._entries.move_to_end(stream)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


_SAYS_WHEN = ("at", "today")


def digest_of(command: Any) -> str:  # noqa: ANN401 - any frozen dataclass
    """Return the SHA-256 of a command's name and content.

    What only says when the command arrived (`at`, `today`) is left out: a repeated request comes later. So is
    what has its default: a request that an older version did is the same one when its command has got a new
    optional field since.
    """
    content = {name: value for name, value in _said(command).items() if name not in _SAYS_WHEN}
    canonical = orjson.dumps(
        [type(command).__name__, content],
        option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS,
        default=_json_default,
    )
    return hashlib.sha256(canonical).hexdigest()


_defaults: dict[type, tuple[tuple[str, Any], ...]] = {}


def _defaults_of(kind: type) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass with their defaults, `MISSING` where there is none."""
    if kind not in _defaults:
        _defaults[kind] = tuple(
            (field.name, field.default if field.default_factory is MISSING else field.default_factory())
            for field in fields(kind)
        )
    return _defaults[kind]


def _said(value: object) -> dict[str, Any]:
    return {
        name: said
        for name, default in _defaults_of(type(value))
        if (said := getattr(value, name)) is not default and said != default
    }


def _json_default(value: Any) -> Any:  # noqa: ANN401 - whatever orjson does not know
    if is_dataclass(value):
        return _said(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json", exclude_defaults=True)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in a command")


class _Turns:
    """Whose turn it is on each stream; first come, first served."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def on(self, stream: str) -> asyncio.Lock:
        """Return the stream's lock, which lives as long as somebody holds it or waits for it."""
        lock = self._locks.get(stream)
        if lock is None:
            lock = self._locks[stream] = asyncio.Lock()
        return lock


@dataclass(frozen=True, slots=True)
class _Request(Generic[C, S]):
    """What `execute` was asked."""

    command: C
    stream: str
    meta: Meta
    command_id: str
    digest: str
    expected_version: int | None
    guard: Callable[[S], None] | None

    @property
    def name(self) -> str:
        return type(self.command).__name__

    def check(self, state: S) -> None:
        """Let pass who may see and change this state; raises as the guard does."""
        if self.guard is not None:
            self.guard(state)


class CommandHandler(Generic[C, S]):
    """Handles the commands of one decider.

    Args:
        store: of the service.
        decider: what decides.
        clock: returns the current time, aware; when things were recorded.
        observe: called with each command's name, outcome (`done`, `repeated`, `nothing`, `refused`, `failed`)
            and seconds, for metrics.
        on_conflict: called for each version conflict, also those that deciding again resolves.
    """

    def __init__(
        self,
        store: EventStore,
        decider: Decider[C, S],
        *,
        clock: Callable[[], datetime],
        observe: Callable[[str, str, float], None] = lambda command, outcome, seconds: None,
        on_conflict: Callable[[], None] = lambda: None,
        snapshot_every: int = SNAPSHOT_EVERY,
        cached_streams: int = CACHED_STREAMS,
    ) -> None:
        self._store = store
        self.decider = decider
        self._clock = clock
        self._observe = observe
        self._on_conflict = on_conflict
        self._snapshot_every = snapshot_every
        self._cache: _Cache[S] = _Cache(cached_streams)
        self._turns = _Turns()
        self._background: set[asyncio.Task[None]] = set()

    async def execute(
        self,
        command: C,
        *,
        stream: str,
        meta: Meta,
        command_id: str,
        expected_version: int | None = None,
        guard: Callable[[S], None] | None = None,
    ) -> Done:
        """Do a command once.

        Args:
            command: goes to the decider as it is.
            stream: the stream it is about.
            meta: kept with its events.
            command_id: done once for each id, however often it comes.
            expected_version: the version that the caller has seen, if it insists on it.
            guard: looks at the state before the decision; raises to refuse (rights, division).

        Raises:
            RefusedError: a rule forbids it.
            VersionMismatchError: `expected_version` is not the stream's.
            VersionConflictError: others appended faster, four times in a row.
            IdempotencyKeyReusedError: the id was used for another command.
        """
        request = _Request(command, stream, meta, command_id, digest_of(command), expected_version, guard)
        began = time.perf_counter()
        outcome = "failed"
        try:
            async with self._turns.on(stream):
                done = await self._on_supposed_state(request) or await self._on_fresh_state(request)
            outcome = "repeated" if done.repeated else "done" if done.events else "nothing"
        except (RefusedError, VersionMismatchError):
            outcome = "refused"
            raise
        finally:
            self._observe(request.name, outcome, time.perf_counter() - began)
        return done

    async def _on_supposed_state(self, request: _Request[C, S]) -> Done | None:
        """Try the command on the copy, or on a new stream; None where only a state read now can tell."""
        copy = self._cache.get(request.stream)
        loaded = copy or Loaded(self.decider.initial)
        try:
            events = self._decide(request, loaded)
            return await self._append(request, loaded, events) if events else None
        except (RefusedError, VersionMismatchError):
            return None
        except VersionConflictError:
            if copy is not None:
                self._on_conflict()
            return None

    async def _on_fresh_state(self, request: _Request[C, S]) -> Done:
        for _ in range(ATTEMPTS - 1):
            loaded = await self.load(request.stream)
            request.check(loaded.state)  # who may not see it is not told either that it was done
            try:
                events = self._decide(request, loaded)
            except (RefusedError, VersionMismatchError):
                # The state may refuse it because it was done: then the first answer is the answer.
                if first := await self._first_answer(request):
                    return first
                raise
            if not events:
                return await self._first_answer(request) or Done(request.stream, loaded.version)
            try:
                return await self._append(request, loaded, events)
            except VersionConflictError as error:
                self._on_conflict()
                conflict = error
        raise conflict

    def _decide(self, request: _Request[C, S], loaded: Loaded[S]) -> Sequence[DomainEvent]:
        request.check(loaded.state)
        if request.expected_version is not None and loaded.version != request.expected_version:
            raise VersionMismatchError(
                request.stream, expected=request.expected_version, actual=loaded.version
            )
        return self.decider.decide(request.command, loaded.state)

    async def load(self, stream: str) -> Loaded[S]:
        """Return a stream's state as the store has it now; reads only what the cache has not seen."""
        known = self._cache.get(stream)
        if known is None:
            known = await self._from_snapshot(stream)
        loaded = known
        for commit in await self._store.read_stream(stream, after=known.version):
            state = self.decider.fold((e.parse() for e in commit.events), loaded.state)
            loaded = replace(loaded, state=state, version=commit.last_version, hash=commit.hash)
        if loaded.version:
            self._cache.put(stream, loaded)
        return loaded

    async def _from_snapshot(self, stream: str) -> Loaded[S]:
        found = await self._store.load_snapshot(stream)
        if found is None or found.state_version != self.decider.state_version:
            return Loaded(self.decider.initial)
        return Loaded(self.decider.load(found.state), found.version, found.hash, found.version)

    async def _append(
        self, request: _Request[C, S], loaded: Loaded[S], events: Sequence[DomainEvent]
    ) -> Done:
        state = self.decider.fold(events, loaded.state)
        division_of = self.decider.division_of
        meta = replace(request.meta, division=division_of(state)) if division_of else request.meta
        commit = new_commit(
            request.stream,
            loaded.version + 1,
            events,
            meta=meta,
            command_id=request.command_id,
            command_digest=request.digest,
            now=self._clock(),
            previous_hash=loaded.hash,
        )
        try:
            await self._store.append(commit)
        except CommandAlreadyDoneError as error:
            return _answer_of(error.commit, request)
        after = replace(loaded, state=state, version=commit.last_version, hash=commit.hash)
        if after.version - after.snapshot_version >= self._snapshot_every:
            after = replace(after, snapshot_version=after.version)
            self._save_snapshot_later(request.stream, after)
        self._cache.put(request.stream, after)
        return Done(request.stream, after.version, tuple(events))

    def _save_snapshot_later(self, stream: str, loaded: Loaded[S]) -> None:
        snapshot = Snapshot(
            stream,
            loaded.version,
            loaded.hash,
            state=self.decider.dump(loaded.state),
            state_version=self.decider.state_version,
        )
        task = asyncio.create_task(self._save_snapshot(snapshot))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _save_snapshot(self, snapshot: Snapshot) -> None:
        try:
            await self._store.save_snapshot(snapshot)
        except Exception as error:
            # The record does not depend on it: the next load reads a longer tail.
            log.warning("snapshot_not_saved", stream=snapshot.stream, error=str(error))

    async def settle(self) -> None:
        """Wait until the snapshots under way are saved (on shutdown, and in tests)."""
        await asyncio.gather(*self._background)

    async def _first_answer(self, request: _Request[C, S]) -> Done | None:
        first = await self._store.find_command(request.command_id)
        return _answer_of(first, request) if first else None


def _answer_of(first: Commit, request: _Request[C, S]) -> Done:
    # The same words to another aggregate are another command.
    if (first.stream, first.command_digest) != (request.stream, request.digest):
        raise IdempotencyKeyReusedError(first.command_id)
    return Done(first.stream, first.last_version, tuple(e.parse() for e in first.events), repeated=True)
