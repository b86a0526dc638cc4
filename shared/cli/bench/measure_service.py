"""One service as a process: its start, its memory, and from a command to the read model at a steady pace."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping

import orjson

from shared.cli.bench.http_client import AnswerError, Connection, request_bytes
from shared.cli.bench.processes import DIVISION, Server, bearer, resident_mib, serving
from shared.cli.bench.rows import Goal, Row, alone, percentile
from shared.cli.bench.running import Bench

COMMANDS_PER_SECOND = 50
_CONNECTIONS = 32
_WARMING_UP = 500
"""Ten seconds: the broker is a fresh JVM, which compiles its way to its pace meanwhile."""

PROPOSAL = {
    "division": f"{DIVISION}102",
    "title": "关于加强农村生活污水治理、改善人居环境的建议",
    "description": "部分村庄管网未接通,雨季污水外溢,群众反映集中,建议纳入年度计划统筹推进。",
    "origin": "residents",
    "channel": "clerk",
    "proposed_on": "2024-03-01",
}


class _Reader:
    """Proposes topics and waits until each can be read."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        self._headers = headers
        self._proposal = request_bytes("POST", "/topics", headers, PROPOSAL)
        self._idle: asyncio.Queue[Connection] = asyncio.Queue()
        self.milliseconds: list[float] = []

    async def open(self) -> None:
        for _ in range(_CONNECTIONS):
            self._idle.put_nowait(await Connection.open(self._port))

    async def _ask(self, connection: Connection, request: bytes) -> bytes:
        answer = await connection.ask(request)
        if answer.status not in (200, 201):
            raise AnswerError(f"{answer.status}: {answer.body[:300]!r}")
        return answer.body

    async def propose_and_read(self, due: float) -> None:
        """Do it once; the time counts from when it was due, so that a server that lags does not hide it."""
        connection = await self._idle.get()
        written = orjson.loads(await self._ask(connection, self._proposal))
        minimum = {**self._headers, "HXS-Min-Version": str(written["version"])}
        await self._ask(connection, request_bytes("GET", f"/topics/{written['id']}", minimum))
        self.milliseconds.append((time.perf_counter() - due) * 1000)
        self._idle.put_nowait(connection)


async def _paced(server: Server, headers: Mapping[str, str], seconds: float) -> list[float]:
    reader = _Reader(server.port, headers)
    await reader.open()
    begin = time.perf_counter() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for number in range(_WARMING_UP + int(seconds * COMMANDS_PER_SECOND)):
            due = begin + number / COMMANDS_PER_SECOND
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(reader.propose_and_read(due))
    return reader.milliseconds[_WARMING_UP:]


async def measure(bench: Bench) -> list[Row]:
    """Return the rows of the service `topics` with all its parts in one process."""
    starts = []
    for _ in range(bench.sizes.starts - 1):
        async with serving(bench.settings, "shared.cli.main", "serve", "topics", ready="/readyz") as server:
            starts.append(server.start_seconds)
    async with serving(bench.settings, "shared.cli.main", "serve", "topics", ready="/readyz") as server:
        starts.append(server.start_seconds)
        times = await _paced(server, bearer(bench.settings), bench.sizes.paced_seconds)
        memory = resident_mib(server.pid)
    pace = f"command → read model over HTTP, {COMMANDS_PER_SECOND}/s"
    return [
        alone(f"{pace}, p50", statistics.median(times), "ms", Goal(at_most=20, unit="ms")),
        alone(f"{pace}, p99", percentile(times, 99), "ms", Goal(at_most=80, unit="ms")),
        alone("one service, resident memory after that", memory, "MiB", Goal(at_most=120, unit="MiB")),
        alone("one service, start to ready", statistics.median(starts), "s", Goal(at_most=2.5, unit="s")),
    ]
