"""Server-sent events: telling browsers that something changed, with one look a second for all of them.

What somebody listens to has a key (a list, an inbox). A look returns the present version of each key that is
listened to; a stream says it now, and whenever it changes. Whoever was away gets the present version when
they come back, so nothing has to be remembered for them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette.responses import StreamingResponse

from shared.platform.language import Text
from shared.platform.logs import logger
from shared.platform.mongo import PyMongoError
from shared.platform.problems import UnavailableError

LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 3000
MOST_LISTENERS = 500
"""Of one process; more are told to come back later."""

_HEARTBEAT = b": still here\n\n"

_log = logger(__name__)

Look = Callable[[frozenset[str]], Awaitable[Mapping[str, str]]]
"""Keys → their present versions: one line each, the same as long as nothing changed."""


class TooManyListenersError(Exception):
    """The process has as many open streams as it takes."""


class Changes:
    """The streams of one process. It looks only while somebody listens.

    Args:
        look: returns the present versions.
        stopping: whether the process is about to end, and streams with it.
        event: what the events are called.
        outages: what a look may raise while something outside is away, besides the database's own errors.
        look_seconds: between two looks.
        heartbeat_seconds: after which a silent stream says that it is there, so that proxies keep it open.
        most_listeners: how many streams there may be at once.
    """

    def __init__(
        self,
        look: Look,
        stopping: Callable[[], bool],
        *,
        event: str = "change",
        outages: tuple[type[Exception], ...] = (),
        look_seconds: float = LOOK_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        most_listeners: int = MOST_LISTENERS,
    ) -> None:
        self._look = look
        self._stopping = stopping
        self._event = event
        self._outages: tuple[type[Exception], ...] = (PyMongoError, *outages)
        self._look_seconds = look_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._most_listeners = most_listeners
        self._listeners: set[asyncio.Event] = set()
        self._keys: Counter[str] = Counter()
        self._versions: dict[str, str] = {}
        self._watch: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def listen(self, key: str = "") -> AsyncIterator[bytes]:
        """Return a stream of server-sent events: a key's version, now and when it changes.

        Raises:
            TooManyListenersError: there are as many as there may be.
        """
        if len(self._listeners) >= self._most_listeners:
            raise TooManyListenersError
        return self._stream(key)

    def response(self, key: str = "") -> StreamingResponse:
        """Return the answer that streams.

        Raises:
            UnavailableError: there are as many listeners as there may be.
        """
        try:
            stream = self.listen(key)
        except TooManyListenersError:
            detail = Text("实时连接已满，请稍后刷新。", "Too many live connections; refresh later.")
            raise UnavailableError(detail, retry_after_seconds=60) from None
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _stream(self, key: str) -> AsyncIterator[bytes]:
        changed = asyncio.Event()
        self._listeners.add(changed)
        self._keys[key] += 1
        if self._watch is None or self._watch.done():
            self._versions.clear()
            self._watch = asyncio.create_task(self._watching())
        watch = self._watch
        told: str | None = None
        try:
            yield f"retry: {RECONNECT_MILLISECONDS}\n\n".encode()
            while not self._stopping() and not watch.done():
                version = self._versions.get(key)
                if version is not None and version != told:
                    told = version
                    yield f"event: {self._event}\ndata: {told}\n\n".encode()
                changed.clear()
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await changed.wait()
                except TimeoutError:
                    yield _HEARTBEAT
        finally:
            self._listeners.discard(changed)
            self._keys[key] -= 1
            if not self._keys[key]:
                del self._keys[key]
                self._versions.pop(key, None)

    async def _watching(self) -> None:
        try:
            await self._look_again_and_again()
        except Exception:
            _log.exception("streams of changes end; whoever listened comes back")
        finally:
            self._wake()  # whoever listens learns that it is over

    async def _look_again_and_again(self) -> None:
        while self._listeners and not self._stopping():
            try:
                versions = await self._look(frozenset(self._keys))
            except self._outages as error:  # it will be back; until then what was told stays
                _log.warning("cannot see whether anything changed", error=type(error).__name__)
            else:
                changed = {key: version for key, version in versions.items() if key in self._keys}
                if changed != self._versions:
                    self._versions = changed
                    self._wake()
            await asyncio.sleep(self._look_seconds)

    def _wake(self) -> None:
        for changed in self._listeners:
            changed.set()
