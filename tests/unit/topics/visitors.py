"""People without an account: a clock that can be moved, and what a browser or a program would send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
from fastapi import FastAPI

from services.topics.app import SERVICE
from shared.platform.clock import current_time
from tests.http import Log, application

MORNING = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)

_INPUT = re.compile(r'<input[^>]*name="(?P<name>\w+)"[^>]*value="(?P<value>[^"]*)"')


@dataclass
class Clock:
    """The present moment of a service."""

    now: datetime = MORNING

    def pass_by(self, **how_long: float) -> None:
        """Let time pass."""
        self.now += timedelta(**how_long)


def service(log: Log, clock: Clock) -> FastAPI:
    """Return topics on a log, with this clock."""
    return application(SERVICE, log, instead={current_time: lambda: clock.now})


def hidden(page: str, name: str) -> str:
    """Return the value that a page keeps in a field for the next request."""
    found = {match["name"]: match["value"] for match in _INPUT.finditer(page)}
    return unescape(found[name])


class Visitor:
    """Somebody with a telephone, or a program of theirs."""

    def __init__(self, app: FastAPI, address: str = "192.0.2.7") -> None:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://service")

    async def submit(self, body: Mapping[str, Any], *, key: str | None = None) -> httpx.Response:
        """Submit a topic as a program does."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._client.post("/submissions", json=body, headers=headers)

    async def follow(self, receipt: str, code: str, **headers: str) -> httpx.Response:
        """Ask what became of a topic."""
        return await self._client.get(f"/submissions/{receipt}", headers={"HXS-Query-Code": code, **headers})

    async def tell(
        self, receipt: str, code: str, what: str, body: Mapping[str, Any], *, key: str | None = None
    ) -> httpx.Response:
        """Add to a topic, or take it back."""
        headers = {"HXS-Query-Code": code, **({"Idempotency-Key": key} if key else {})}
        return await self._client.post(f"/submissions/{receipt}/{what}", json=body, headers=headers)

    async def page(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return await self._client.get(path, headers=headers)

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        """Send a form."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.post(path, data=dict(fields), headers=sent)
