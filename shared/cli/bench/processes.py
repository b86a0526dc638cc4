"""Processes that are measured: what they are told, how much memory they take, when they are ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.cli.bench.http_client import Connection, request_bytes
from shared.platform.auth import Role, issue_dev_token
from shared.platform.local.process import Child, free_port
from shared.platform.settings import PREFIX, Settings

DIVISION = "371621"
START_SECONDS = 60.0
_POLL_SECONDS = 0.01
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def variables(settings: Settings, **more: str) -> dict[str, str]:
    """Return what a process is told of these settings; `more` by field name."""
    said = {
        "mongo_url": settings.mongo_url,
        "mongo_prefix": settings.mongo_prefix,
        "kafka_bootstrap": settings.kafka_bootstrap,
        "dev_token_secret": settings.dev_token_secret.get_secret_value(),
        "signing_secrets": ",".join(secret.get_secret_value() for secret in settings.signing_secrets),
        "env": "dev",
        "log_level": "warning",
        **more,
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in said.items()}


def resident_mib(pid: int | None = None) -> float:
    """Return the resident memory of a process (this one, unless named), in MiB; on Linux."""
    pages = int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1])
    return pages * _PAGE_BYTES / 2**20


def bearer(settings: Settings) -> dict[str, str]:
    """Return the headers of somebody who may propose topics and read them."""
    token = issue_dev_token(settings, [Role.OFFICE], DIVISION, "bench")
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running process that answers on a port.

    Attributes:
        start_seconds: from its being started until it was ready.
    """

    pid: int
    port: int
    start_seconds: float


async def _answers(port: int, request: bytes) -> bool:
    with contextlib.suppress(OSError):
        connection = await Connection.open(port)
        try:
            return (await connection.ask(request)).status < 400
        finally:
            connection.close()
    return False


@asynccontextmanager
async def serving(
    settings: Settings, module: str, *arguments: str, ready: str, told: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Run a Python module as a server, from when it answers `GET <ready>` well until it is no longer needed.

    Args:
        settings: of the engines.
        module: what is run.
        *arguments: it gets.
        ready: path.
        told: further settings, by field name.

    Raises:
        EngineExitedError: it ended by itself, or was not ready within a minute.
    """
    port = free_port()
    more = {**(told or {}), "http_port": str(port)}
    environment = [f"{name}={value}" for name, value in variables(settings, **more).items()]
    request = request_bytes("GET", ready, {})
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        # `env` becomes the process it starts, so that its id is the server's.
        command = ["env", *environment, sys.executable, "-m", module, *arguments]
        child = Child(module, command, Path(folder) / "log")
        try:
            while not await _answers(port, request):
                if not child.running or time.monotonic() - started > START_SECONDS:
                    child.wait_until(lambda: False, 0)  # raises, and says why
                await asyncio.sleep(_POLL_SECONDS)
            yield Server(child.pid, port, time.monotonic() - started)
        except Exception:
            child.wait_until(lambda: child.running, 0)  # where it ended, that is the reason: says why
            raise
        finally:
            await asyncio.to_thread(child.stop)
