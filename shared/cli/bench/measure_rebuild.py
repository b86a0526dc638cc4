"""Rebuilding a projection from a whole log against the bare loop, each time in a fresh process.

Fresh, because the memory that a process has used once it does not give back: only so can be seen whether a
rebuild of a longer log needs more of it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from dataclasses import dataclass
from itertools import count

import orjson

from shared.cli.bench import bare
from shared.cli.bench.processes import resident_mib, variables
from shared.cli.bench.rows import Goal, Row, alone, alternate, compared
from shared.cli.bench.running import FLOOR, LOG, Bench
from shared.cli.bench.sample import LEDGERS, SERVICE
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.rebuild import rebuild
from shared.platform import logs
from shared.platform.kafka import events_topic
from shared.platform.mongo import Mongo, connect
from shared.platform.settings import Settings, load_settings

MEMORY_GOAL = Goal(at_most=1.1)
_SETTLED = 0.4
"""Of the log: by then caches and buffers are as full as they come to be."""


@dataclass(slots=True)
class _Memory:
    """Resident memory while a log is read."""

    settled: float = 0.0
    peak: float = 0.0

    def note(self, done: int, total: int) -> None:
        now = resident_mib()
        if done <= total * _SETTLED:
            self.settled = max(self.settled, now)
        self.peak = max(self.peak, now)


async def _own(mongo: Mongo, settings: Settings, memory: _Memory) -> float:
    started = time.perf_counter()
    await rebuild(
        LEDGERS, service=SERVICE, database=mongo.database(LOG), settings=settings, progress=memory.note
    )
    return time.perf_counter() - started


async def _floor(mongo: Mongo, settings: Settings, events: int, memory: _Memory, name: str) -> float:
    documents = mongo.database(FLOOR)[name]
    return await bare.project(
        settings,
        events_topic(SERVICE),
        None,
        documents,
        events,
        progress=lambda done: memory.note(done, events),
    )


async def _in_this_process(side: str, events: int, name: str) -> dict[str, float]:
    settings, memory = load_settings(), _Memory()
    logs.configure("bench", settings)
    mongo = connect(settings, "bench")
    await mongo.ping()
    if side == "own":
        seconds = await _own(mongo, settings, memory)
    else:
        seconds = await _floor(mongo, settings, events, memory, name)
    mongo.close()
    return {"seconds": seconds, "settled": memory.settled, "peak": memory.peak}


async def measure(bench: Bench) -> list[Row]:
    """Return the rows of a rebuild: events a second, and the growth of memory."""
    events = bench.sizes.rebuilt_events
    await bench.have_log(events)
    await Pointers(bench.mongo.database(LOG)).begin(LEDGERS, {SERVICE: 1})
    names = count(1)
    growths: list[float] = []

    async def in_fresh_process(side: str) -> dict[str, float]:
        command = [sys.executable, "-m", __name__, side, str(events), f"rebuilt{next(names)}"]
        child = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **variables(bench.settings)}, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await child.communicate()
        found: dict[str, float] = orjson.loads(printed)
        return found

    async def floor() -> float:
        return events / (await in_fresh_process("floor"))["seconds"]

    async def own() -> float:
        found = await in_fresh_process("own")
        growths.append(found["peak"] / found["settled"])
        return events / found["seconds"]

    figures = await alternate(bench.sizes.repetitions, floor, own)
    title = f"rebuild of {events:,} events"
    return [
        compared(title, figures, "events/s", Goal(at_least=1.5)),
        alone(
            f"{title}: peak memory ÷ memory after {_SETTLED:.0%}", statistics.median(growths), "", MEMORY_GOAL
        ),
    ]


if __name__ == "__main__":
    _side, _events, _name = sys.argv[1:]
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_in_this_process(_side, int(_events), _name))))
