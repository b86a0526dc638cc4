"""A command over HTTP against a bare endpoint with one `insert_one`, by 64 clients in their own process."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

import orjson

from shared.cli.bench.http_client import Load, request_bytes
from shared.cli.bench.measure_service import PROPOSAL
from shared.cli.bench.processes import bearer, serving
from shared.cli.bench.rows import Goal, Row, alternate, compared
from shared.cli.bench.running import Bench

CLIENTS = 64
_SERVE_API = ("shared.cli.main", "serve", "topics", "--only", "api")


async def _requests_per_second(load: Load) -> float:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "shared.cli.bench.http_client"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await client.communicate(load.to_json())
    return float(orjson.loads(printed))


async def measure(bench: Bench) -> list[Row]:
    """Return the row of commands over HTTP: validated, authorised, committed."""
    request = request_bytes("POST", "/topics", bearer(bench.settings), PROPOSAL).decode("latin-1")
    requests = bench.sizes.requests
    async with AsyncExitStack() as stack:
        bare, service = await asyncio.gather(
            stack.enter_async_context(
                serving(bench.settings, "shared.cli.bench.bare_app", ready="/openapi.json")
            ),
            stack.enter_async_context(
                serving(bench.settings, *_SERVE_API, ready="/readyz"),
            ),
        )

        async def floor() -> float:
            return await _requests_per_second(Load(bare.port, request, 201, CLIENTS, requests))

        async def own() -> float:
            return await _requests_per_second(Load(service.port, request, 201, CLIENTS, requests))

        figures = await alternate(bench.sizes.repetitions, floor, own)
    return [compared(f"HTTP command, {CLIENTS} clients", figures, "commands/s", Goal(at_least=1))]
