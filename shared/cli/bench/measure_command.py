"""A command on a long stream against one on a short stream, warm and after a restart."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from shared.cli.bench.rows import Figures, Goal, Row, compared
from shared.cli.bench.running import LOG, Bench
from shared.cli.bench.sample import LEDGER, META, Ledger, NoteEntry, commits
from shared.eventsourcing.application import SNAPSHOT_EVERY, CommandHandler
from shared.eventsourcing.mongo_store import COMMITS, MongoEventStore
from shared.platform.mongo import Database

LONG, SHORT = 10_000, 10

Handler: TypeAlias = CommandHandler[NoteEntry, Ledger]


def _handler(database: Database) -> Handler:
    return CommandHandler(MongoEventStore(database), LEDGER, clock=lambda: datetime.now(UTC))


async def _command(handler: Handler, stream: str) -> float:
    """Return the milliseconds that a command took."""
    started = time.perf_counter()
    await handler.execute(NoteEntry(1), stream=stream, meta=META, command_id=str(uuid.uuid4()))
    return (time.perf_counter() - started) * 1000


async def _stored(database: Database, events: int) -> str:
    """Store a stream of so many events, with the snapshot that it would have come to have."""
    stream = f"ledger-{uuid.uuid4()}"
    # The last snapshot is half its distance old: neither the best case of a restart nor the worst.
    before = max(0, events - SNAPSHOT_EVERY // 2)
    documents = [commit.to_document() for commit in commits(stream, before or events)]
    await database[COMMITS].insert_many(documents)
    handler = _handler(database)
    for _ in range(events - len(documents)):
        await _command(handler, stream)
    await handler.settle()
    return stream


async def _warm(database: Database, streams: Sequence[str], count: int) -> list[list[float]]:
    handler = _handler(database)
    times: list[list[float]] = [[] for _ in streams]
    for _ in range(count):
        for found, stream in zip(times, streams, strict=True):
            found.append(await _command(handler, stream))
    await handler.settle()
    return [found[1:] for found in times]  # the first was cold


async def _cold(database: Database, long: str, count: int) -> tuple[list[float], list[float]]:
    short_times, long_times = [], []
    for _ in range(count):
        short = await _stored(database, SHORT)
        short_times.append(await _command(_handler(database), short))
        long_times.append(await _command(_handler(database), long))
    return short_times, long_times


async def measure(bench: Bench) -> list[Row]:
    """Return the rows of commands: milliseconds each, one after the other."""
    database = await bench.database(LOG)
    short, long = await _stored(database, SHORT), await _stored(database, LONG)
    cold_short, cold_long = await _cold(database, long, bench.sizes.cold_commands)
    warm_short, warm_long = await _warm(database, (short, long), bench.sizes.commands)
    warm = Figures(statistics.median(warm_short), statistics.median(warm_long))
    cold = Figures(statistics.median(cold_short), statistics.median(cold_long))
    title = f"command on a stream of {LONG:,} events (floor: of {SHORT})"
    return [
        compared(f"{title}, warm", warm, "ms", Goal(at_most=1.2)),
        compared(f"{title}, after a restart", cold, "ms", Goal(at_most=2)),
    ]
