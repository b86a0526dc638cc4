"""Rebuilding a projection from a whole log against the bare loop, in a process of their own.

It begins with a rebuild, because the memory that a process has used once it does not give back: only so can
be seen whether a rebuild of a longer log needs more of it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from itertools import count

import orjson

from shared.cli.bench import bare
from shared.cli.bench.processes import resident_mib, variables
from shared.cli.bench.rows import Figures, Goal, Row, alone, alternate, compared
from shared.cli.bench.running import FLOOR, LOG, Bench
from shared.cli.bench.sample import LEDGERS, SERVICE
from shared.eventsourcing.pointer import Pointers
from shared.eventsourcing.rebuild import Progress, rebuild
from shared.platform import logs
from shared.platform.kafka import events_topic
from shared.platform.mongo import connect
from shared.platform.settings import load_settings

_FLAT = Goal(at_most=1.1)
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


async def _measure_here(events: int, repetitions: int) -> dict[str, float]:
    settings, memory = load_settings(), _Memory()
    logs.configure("bench", settings)
    mongo = connect(settings, "bench")
    await mongo.ping()
    bare_documents = mongo.database(FLOOR)
    names = count(1)

    async def floor() -> float:
        documents = bare_documents[f"rebuilt{next(names)}"]
        return events / await bare.project(settings, events_topic(SERVICE), None, documents, events)

    async def own(progress: Progress = lambda done, total: None) -> float:
        started = time.perf_counter()
        await rebuild(
            LEDGERS, service=SERVICE, database=mongo.database(LOG), settings=settings, progress=progress
        )
        return events / (time.perf_counter() - started)

    await own(memory.note)
    figures = await alternate(repetitions, floor, own)
    mongo.close()
    return {"floor": figures.floor, "own": figures.own, "growth": memory.peak / memory.settled}


async def measure(bench: Bench) -> list[Row]:
    """Return the rows of a rebuild: events a second, and the growth of memory."""
    events = bench.sizes.rebuilt_events
    await bench.have_log(events)
    await Pointers(bench.mongo.database(LOG)).begin(LEDGERS, {SERVICE: 1})
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(events), str(bench.sizes.repetitions)),
        env={**os.environ, **variables(bench.settings)},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await child.communicate()
    found: dict[str, float] = orjson.loads(printed)
    title = f"rebuild of {events:,} events"
    growth = f"{title}: peak memory ÷ memory after {_SETTLED:.0%}"
    return [
        compared(title, Figures(found["floor"], found["own"]), "events/s", Goal(at_least=1.5)),
        alone(growth, found["growth"], "×", _FLAT),
    ]


if __name__ == "__main__":
    _events, _repetitions = map(int, sys.argv[1:])
    sys.stdout.buffer.write(orjson.dumps(asyncio.run(_measure_here(_events, _repetitions))))
