"""Appending through the store against plain inserts, by 1, 16 and 64 writers at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from shared.cli.bench.rows import Goal, Row, alternate, compared
from shared.cli.bench.running import FLOOR, LOG, Bench
from shared.cli.bench.sample import first_commits
from shared.eventsourcing.mongo_store import MongoEventStore

_WRITERS = (1, 16, 64)
_GOALS = (Goal(at_least=0.9), Goal(at_least=2), Goal(at_least=4))


async def _per_second(writers: int, items: Sequence[Any], write: Callable[[Any], Awaitable[object]]) -> float:
    """Return how many items are written a second, by writers that each wait for theirs."""
    left: Iterator[Any] = iter(items)

    async def work() -> None:
        for item in left:
            await write(item)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(writers)))
    return len(items) / (time.perf_counter() - started)


async def measure(bench: Bench) -> list[Row]:
    """Return the rows of appending: the same documents, into a collection without further indexes."""
    plain = bench.mongo.database(FLOOR)["plain"]
    store = MongoEventStore(await bench.database(LOG))
    rows = []
    for writers, goal, count in zip(_WRITERS, _GOALS, bench.sizes.appends, strict=True):

        async def floor(writers: int = writers, count: int = count) -> float:
            documents = [commit.to_document() for commit in first_commits(count)]
            return await _per_second(writers, documents, plain.insert_one)

        async def own(writers: int = writers, count: int = count) -> float:
            return await _per_second(writers, first_commits(count), store.append)

        figures = await alternate(bench.sizes.repetitions, floor, own)
        rows.append(compared(f"append, {writers} at once", figures, "commits/s", goal))
    return rows
