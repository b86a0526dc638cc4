"""Server-sent events: each listener hears of what it listens to, and one look serves all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.platform.sse import Changes, TooManyListenersError


class Look:
    """Versions to be looked at, and whether the process stops."""

    def __init__(self) -> None:
        self.versions = {"a": "a1", "b": "b1"}
        self.stopping = False
        self.looks: list[frozenset[str]] = []
        self.fault: Exception | None = None
        self._looked = asyncio.Event()

    async def __call__(self, keys: frozenset[str]) -> dict[str, str]:
        self.looks.append(keys)
        self._looked.set()
        if self.fault is not None:
            raise self.fault
        return {key: self.versions[key] for key in keys}

    async def until(self, looks: int) -> None:
        """Wait until there were so many looks."""
        async with asyncio.timeout(5):
            while len(self.looks) < looks:
                self._looked.clear()
                await self._looked.wait()

    def changes(self, **more: Any) -> Changes:
        """Return streams that look every millisecond."""
        return Changes(self, lambda: self.stopping, **{"look_seconds": 0.001, **more})


async def next_of(stream: AsyncIterator[bytes]) -> bytes:
    """Return what a stream sends next."""
    async with asyncio.timeout(5):
        return await anext(stream)


async def opened(changes: Changes, key: str) -> tuple[AsyncIterator[bytes], bytes]:
    """Open a stream; return it with the first version that it tells."""
    stream = changes.listen(key)
    assert await next_of(stream) == b"retry: 3000\n\n"
    return stream, await next_of(stream)


async def test_each_hears_of_its_own_key_now_and_when_it_changes() -> None:
    look = Look()
    changes = look.changes(event="inbox")
    (a, first_of_a), (b, first_of_b) = await opened(changes, "a"), await opened(changes, "b")
    look.versions["b"] = "b2"

    assert (first_of_a, first_of_b) == (b"event: inbox\ndata: a1\n\n", b"event: inbox\ndata: b1\n\n")
    assert await next_of(b) == b"event: inbox\ndata: b2\n\n"
    look.versions["a"] = "a2"
    assert await next_of(a) == b"event: inbox\ndata: a2\n\n"


async def test_one_look_serves_all_listeners_of_a_key() -> None:
    look = Look()
    changes = look.changes(look_seconds=3600)
    streams = [changes.listen("a") for _ in range(10)]
    told = [(await next_of(stream), await next_of(stream))[1] for stream in streams]

    assert told == [b"event: change\ndata: a1\n\n"] * 10
    assert look.looks == [frozenset({"a"})]


async def test_an_outage_is_waited_out_and_what_was_told_stays() -> None:
    look = Look()
    stream, _ = await opened(look.changes(outages=(LookupError,)), "a")
    look.fault, seen = LookupError("away"), len(look.looks)
    await look.until(seen + 3)
    look.fault, look.versions["a"] = None, "a2"

    assert await next_of(stream) == b"event: change\ndata: a2\n\n"


async def test_a_fault_that_is_no_outage_ends_the_streams_so_that_listeners_come_back() -> None:
    look = Look()
    changes = look.changes()
    stream, _ = await opened(changes, "a")
    look.fault = KeyError("unforeseen")

    with pytest.raises(StopAsyncIteration):
        await next_of(stream)
    look.fault = None
    assert (await opened(changes, "a"))[1] == b"event: change\ndata: a1\n\n"


async def test_a_silent_stream_says_that_it_is_there() -> None:
    stream, _ = await opened(Look().changes(heartbeat_seconds=0.01), "a")

    assert await next_of(stream) == b": still here\n\n"


async def test_streams_end_when_the_process_stops() -> None:
    look = Look()
    stream, _ = await opened(look.changes(), "a")
    look.stopping = True

    with pytest.raises(StopAsyncIteration):
        await next_of(stream)


async def test_streams_are_bounded_and_a_closed_one_makes_room() -> None:
    look = Look()
    changes = look.changes(most_listeners=1)
    first, _ = await opened(changes, "a")
    with pytest.raises(TooManyListenersError):
        changes.listen("b")
    await first.aclose()  # type: ignore[attr-defined]  # an async generator, as the server closes it

    assert changes.listeners == 0
    await opened(changes, "b")
    assert look.looks[-1] == frozenset({"b"})
