"""Relaying a backlog against a bare loop that finds, sends and marks."""

from __future__ import annotations

import time

from shared.cli.bench import bare
from shared.cli.bench.rows import Goal, Row, alternate, compared
from shared.cli.bench.running import FLOOR, RELAY, Bench, BenchError
from shared.cli.bench.sample import first_commits
from shared.eventsourcing.log_writer import open_log
from shared.eventsourcing.mongo_store import COMMITS
from shared.platform.kafka import events_topic
from shared.platform.mongo import Collection

_STORED_AT_ONCE = 1000


async def _store(commits: Collection, count: int) -> None:
    for start in range(0, count, _STORED_AT_ONCE):
        group = first_commits(min(_STORED_AT_ONCE, count - start))
        await commits.insert_many([commit.to_document() for commit in group])


def _per_second(done: int, wanted: int, started: float) -> float:
    seconds = time.perf_counter() - started
    if done != wanted:
        raise BenchError(f"{done} commits were relayed, {wanted} were to be: the figure would mean nothing")
    return done / seconds


async def measure(bench: Bench) -> list[Row]:
    """Return the row of the relay: a relay at work, from the first look at the store until all is marked."""
    database = await bench.database(RELAY)
    commits, count = database[COMMITS], bench.sizes.backlog

    async def floor() -> float:
        await _store(commits, count)
        producer = bare.producer(bench.settings, FLOOR)
        async with producer:
            started = time.perf_counter()
            done = await bare.relay(producer, commits, FLOOR, events_topic(FLOOR))
            return _per_second(done, count, started)

    async def own() -> float:
        await _store(commits, count)
        async with open_log(RELAY, database, bench.settings) as writer:
            started, done = time.perf_counter(), 0
            while written := (await writer.relay_pending()).commits:
                done += written
            return _per_second(done, count, started)

    figures = await alternate(bench.sizes.repetitions, floor, own)
    return [compared(f"relay, backlog of {count:,} commits", figures, "commits/s", Goal(at_least=0.9))]
