"""Telling browsers that the board changed: one look a second for all of them, a server-sent event each.

A look compares how far each read model has come (the pointers' positions, a handful of small documents),
which says whether any document may have changed, without looking at one. The day is part of it: lights
change at midnight by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from hashlib import blake2s
from typing import cast

from shared.eventsourcing.pointer import NotBuiltError, Pointers
from shared.eventsourcing.read_model import ReadModel
from shared.platform.logs import logger
from shared.platform.mongo import Database, PyMongoError
from shared.platform.working_days import today

LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 3000
MOST_LISTENERS = 500
"""Of one process; more are told to come back later, and their page keeps its link 刷新."""

_HEARTBEAT = b": still here\n\n"

_log = logger(__name__)


async def version_of(model: ReadModel, now: datetime) -> str:
    """Return a short text that stays the same as long as nothing on the board can have changed.

    Args:
        model: any of the board's read models; all of them are looked at.
        now: decides the day in Asia/Shanghai.

    Raises:
        NotBuiltError: the board's projections never started.
    """
    # The driver's stubs take `.database` for a collection of that name.
    database = cast(Database, (await model.collection()).database)
    pointers = await Pointers(database).all()
    places = [
        (p.name, p.build, sorted((at, place["position"]) for at, place in p.progress.items()))
        for p in pointers
    ]
    return blake2s(repr((today(now), places)).encode(), digest_size=8).hexdigest()


class TooManyListenersError(Exception):
    """The process has as many open streams as it takes."""


class Changes:
    """The streams of one process. It looks only while somebody listens.

    Args:
        look: returns the board's present version.
        stopping: whether the process is about to end, and streams with it.
        look_seconds: between two looks.
        heartbeat_seconds: after which a silent stream says that it is there, so that proxies keep it open.
        most_listeners: how many streams there may be at once.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[str]],
        stopping: Callable[[], bool],
        *,
        look_seconds: float = LOOK_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        most_listeners: int = MOST_LISTENERS,
    ) -> None:
        self._look = look
        self._stopping = stopping
        self._look_seconds = look_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._most_listeners = most_listeners
        self._listeners: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None
        self._version: str | None = None

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def listen(self) -> AsyncIterator[bytes]:
        """Return a stream of server-sent events: `change` with the board's version, now and when it changes.

        Raises:
            TooManyListenersError: there are as many as there may be.
        """
        if len(self._listeners) >= self._most_listeners:
            raise TooManyListenersError
        return self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        changed = asyncio.Event()
        self._listeners.add(changed)
        if self._watch is None or self._watch.done():
            self._version = None
            self._watch = asyncio.create_task(self._watching())
        told: str | None = None
        try:
            yield f"retry: {RECONNECT_MILLISECONDS}\n\n".encode()
            while not self._stopping():
                if self._version is not None and self._version != told:
                    told = self._version
                    yield f"event: change\ndata: {told}\n\n".encode()
                changed.clear()
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await changed.wait()
                except TimeoutError:
                    yield _HEARTBEAT
        finally:
            self._listeners.discard(changed)

    async def _watching(self) -> None:
        while self._listeners and not self._stopping():
            try:
                version = await self._look()
            except (PyMongoError, NotBuiltError) as error:  # the page says how old it is; it will be back
                _log.warning("cannot see whether the board changed", error=type(error).__name__)
            else:
                if version != self._version:
                    self._version = version
                    self._wake()
            await asyncio.sleep(self._look_seconds)
        self._wake()  # whoever listens learns that the process stops

    def _wake(self) -> None:
        for changed in self._listeners:
            changed.set()
