"""The service over HTTP without database and broker: its own events are in memory, others' are told to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from types import SimpleNamespace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from services.meetings import api
from services.meetings.app import SERVICE
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.eventsourcing import http
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.memory_store import MemoryEventStore
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Role, issue_dev_token
from shared.platform.health import Health
from shared.platform.http import create_app
from shared.platform.metrics import Metrics
from shared.platform.settings import load_settings
from tests.unit.meetings.examples import TOWN

SETTINGS = load_settings(dev_token_secret="s" * 40, county="371621")
NOW = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
"""A Monday morning."""

_RANGES = {"$gt": gt, "$gte": ge, "$lt": lt, "$lte": le}


class Log(MemoryEventStore):
    """A store whose commits are read at once, together with the events of other services.

    Attributes:
        on_the_way: events of other services that arrive as soon as somebody waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Recorded] = []
        self.on_the_way: list[Recorded] = []

    async def append(self, commit: Commit) -> None:
        await super().append(commit)
        self.events += commit.recorded()

    def hear(self, stream: str, *events: DomainEvent) -> None:
        """Receive a stream of another service."""
        self.events += stream_of(stream, *events)


def _meets(value: Any, condition: Any) -> bool:
    if not isinstance(condition, Mapping):
        return bool(value == condition)
    for operator, wanted in condition.items():
        if operator == "$in":
            if value not in wanted:
                return False
        elif value is None or not _RANGES[operator](value, wanted):
            return False
    return True


def matches(document: Document, query: Mapping[str, Any]) -> bool:
    """Tell whether a document meets a MongoDB query, of the kinds that the service uses."""
    return all(
        all(matches(document, q) for q in condition)
        if field == "$and"
        else _meets(document.get(field), condition)
        for field, condition in query.items()
    )


class Shelf:
    """A `ReadModel` that is folded whenever it is asked."""

    def __init__(self, projection: Projection, log: Log) -> None:
        self._projection = projection
        self._log = log

    def _documents(self) -> dict[str, Document]:
        folded = fold_all(self._projection, self._log.events)
        return {key: {**document, "_id": key, "_version": 1} for key, document in folded.items()}

    async def get(self, key: str) -> Document | None:
        """See `ReadModel.get`."""
        return self._documents().get(key)

    async def find(self, query: Mapping[str, Any], *, limit: int = 0) -> list[Document]:
        """See `ReadModel.find`."""
        found = [d for _, d in sorted(self._documents().items()) if matches(d, query)]
        return found[: limit or None]

    async def wait_for_version(self, key: str, min_version: int) -> Document:
        """See `ReadModel.wait_for_version`."""
        if key not in self._documents():
            self._log.events += self._log.on_the_way
        found = self._documents().get(key)
        if found is None:
            raise NotCaughtUpError(key, wanted=min_version, seen=0)
        return found

    async def freshness(self) -> Freshness:
        """See `ReadModel.freshness`."""
        return Freshness(as_of=NOW, behind_events=0, behind_seconds=0.0)


def application(log: Log, now: datetime = NOW) -> FastAPI:
    """Return the service's application on a log."""
    app = create_app(
        SERVICE.name,
        SERVICE.title,
        SETTINGS,
        routers=SERVICE.routers,
        health=Health(),
        metrics=Metrics(of_process=False),
    )
    app.state.process = SimpleNamespace(prepared=True)
    app.state.handlers = {d.category: CommandHandler(log, d, clock=lambda: now) for d in SERVICE.deciders}
    app.state.read_models = {p.name: Shelf(p, log) for p in SERVICE.projections}

    async def clock() -> datetime:
        return now

    app.dependency_overrides[api.current_time] = clock
    http.install(app)
    return app


class Caller:
    """Somebody with a role in a division; without a role, somebody without an account."""

    def __init__(
        self, log: Log, role: Role | None = Role.LIAISON, division: str = TOWN, now: datetime = NOW
    ) -> None:
        token = issue_dev_token(SETTINGS, [role], division, "p-1") if role else None
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(application(log, now)),
            base_url="http://meetings",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Send a command."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._client.post(path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """Return what is answered, which must be no problem."""
        response = await self._client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def status_of(self, path: str) -> int:
        """Return only how a question is answered."""
        return (await self._client.get(path)).status_code


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, code and the first field of a problem document."""
    document = cast("dict[str, Any]", response.json())
    assert response.headers["content-type"].startswith("application/problem+json"), document
    errors = document.get("errors") or [{}]
    return response.status_code, document["code"], errors[0].get("field")
