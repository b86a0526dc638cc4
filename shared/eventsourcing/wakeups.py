"""Wakes readers who wait for a document, where it is written in their own process.

Looking again and again costs two queries each time, and a reader that sleeps in between learns of the write
too late. A write in another process is not heard here: waiting readers also look by the clock, though seldom.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Wakeups:
    """Who waits for which document of which read model."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}

    @contextmanager
    def waiting(self, name: str, key: str) -> Iterator[asyncio.Event]:
        """Yield what is set when the document is written; to be begun before looking: no write is missed."""
        event = asyncio.Event()
        events = self._waiting.setdefault((name, key), set())
        events.add(event)
        try:
            yield event
        finally:
            events.discard(event)
            if not events:
                self._waiting.pop((name, key), None)

    def written(self, name: str, keys: Iterable[str]) -> None:
        """Say that documents of a read model were written."""
        if not self._waiting:
            return
        for key in keys:
            for event in self._waiting.get((name, key), ()):
                event.set()
