"""A service over HTTP without database and broker: events in memory, read models folded when asked.

    log = Log()
    app = application(SERVICE, log)
    town = Caller(app, Role.LIAISON, "371621001")
    response = await town.post("/topics", {"title": "路灯补亮"})
    assert problem(response) == (422, "invalid-fields", "division")

Routes, rights, command handlers and problem documents are the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import bson
import httpx
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta, Recorded
from shared.eventsourcing import http
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.memory_store import MemoryEventStore
from shared.eventsourcing.past_lists import documents_as_of
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.reactions import command_id
from shared.eventsourcing.service import Service
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Role, issue_dev_token
from shared.platform.authorisation import rights_of
from shared.platform.files import Files
from shared.platform.health import Health
from shared.platform.http import create_app
from shared.platform.metrics import Metrics
from shared.platform.people import People
from shared.platform.rate_limit import Limits
from shared.platform.settings import load_settings
from tests.documents import in_order, matches
from tests.stores import MemoryFileStore, MemoryLimitStore, MemoryPeopleStore

SETTINGS = load_settings(dev_token_secret="s" * 40, county="371621")
NOW = datetime(2024, 5, 6, 1, 0, tzinfo=UTC)
"""A Monday morning."""

EVERYBODY: tuple[Role | None, ...] = (None, *Role)
"""Every role, and None for somebody without an account."""


OF_THE_PLATFORM = ("/people/", "/files")
"""Paths that come with what a service keeps; tested in tests/unit/platform."""


class Log(MemoryEventStore):
    """A store whose commits are read at once, together with the events of other services.

    Attributes:
        events: all that is there to be read, in the order in which it came.
        on_the_way: events that arrive as soon as somebody waits for them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Recorded] = []
        self.on_the_way: list[Recorded] = []

    async def append(self, commit: Commit) -> None:
        """See `EventStore.append`."""
        bson.encode(commit.to_document())  # what the database could not hold fails here, too
        await super().append(commit)
        self.events += commit.recorded()

    def hear(self, stream: str, *events: DomainEvent) -> None:
        """Receive a stream of another service."""
        self.events += stream_of(stream, *events)

    def names(self, stream: str) -> list[str]:
        """Return what happened in a stream, by the events' names."""
        return [recorded.event.name for recorded in self.events if recorded.stream == stream]


def check_index(projection: Projection, sort: Sequence[tuple[str, int]]) -> None:
    """Expect that documents lie in an index in the order in which they are asked for."""
    fields = [field for field, _ in sort]
    if fields == ["_id"]:
        return
    declared = [[field for field, _ in index] for index in projection.indexes]
    runs = [index[n : n + len(fields)] for index in declared for n in range(len(index))]
    assert fields in runs, f"{projection.name} is sorted by {fields}, for which it has no index"


class Shelf:
    """A `ReadModel` that is folded whenever it is asked."""

    def __init__(self, projection: Projection, log: Log) -> None:
        self._projection = projection
        self._log = log

    def _documents(self) -> dict[str, Document]:
        folded = fold_all(self._projection, self._log.events)
        versions = {recorded.stream: recorded.version for recorded in self._log.events}
        category = self._projection.main_category
        return {
            key: {**document, "_id": key, "_version": versions.get(f"{category}-{key}", 0)}
            for key, document in folded.items()
        }

    async def get(self, key: str) -> Document | None:
        """See `ReadModel.get`."""
        return self._documents().get(key)

    async def find(
        self,
        query: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        """See `ReadModel.find`."""
        check_index(self._projection, sort)
        bson.encode(query or {})
        found = in_order((d for d in self._documents().values() if matches(d, query or {})), sort)
        return found[skip : skip + limit if limit else None]

    async def count(self, query: Mapping[str, Any] | None = None, *, limit: int = 0) -> int:
        """See `ReadModel.count`."""
        return len(await self.find(query, limit=limit))

    async def wait_for_version(self, key: str, min_version: int) -> Document:
        """See `ReadModel.wait_for_version`; what is on the way arrives, and nothing after it."""
        found = self._documents().get(key)
        if found is None or found["_version"] < min_version:
            self._log.events += self._log.on_the_way
            self._log.on_the_way = []
            found = self._documents().get(key)
        if found is None or found["_version"] < min_version:
            raise NotCaughtUpError(key, wanted=min_version, seen=found["_version"] if found else 0)
        return found

    async def freshness(self) -> Freshness:
        """See `ReadModel.freshness`."""
        return Freshness(as_of=NOW, behind_events=0, behind_seconds=0.0)

    async def freshness_of_last_look(self) -> Freshness:
        """See `ReadModel.freshness_of_last_look`."""
        return await self.freshness()


class PastShelf(Shelf):
    """A read model as it stood on a day."""

    def __init__(self, projection: Projection, log: Log, day: date) -> None:
        super().__init__(projection, log)
        self._day = day

    async def find(
        self,
        query: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (("_id", 1),),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        """See `ReadModel.find`."""
        documents = [d async for d in documents_as_of(self._log, self._projection, self._day)]
        found = in_order((d for d in documents if matches(d, query or {})), sort)
        return found[skip : skip + limit if limit else None]


class PastShelves:
    """`PastLists` in memory."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def as_of(self, projection: Projection, day: date) -> PastShelf:
        """See `Past.as_of`."""
        return PastShelf(projection, self._log, day)


def _handlers(service: Service, log: Log, now: datetime) -> dict[str, CommandHandler[Any, Any]]:
    return {d.category: CommandHandler(log, d, clock=lambda: now) for d in service.deciders}


@dataclass
class Stores:
    """What a service keeps beside its log."""

    people: MemoryPeopleStore = field(default_factory=MemoryPeopleStore)
    files: MemoryFileStore = field(default_factory=MemoryFileStore)
    limits: MemoryLimitStore = field(default_factory=MemoryLimitStore)


def equip(
    app: FastAPI, service: Service, log: Log, now: datetime = NOW, stores: Stores | None = None
) -> None:
    """Give an application everything that it works on, in place of what it had."""
    kept = stores or Stores()
    app.state.process = SimpleNamespace(prepared=True, database=None)
    app.state.handlers = _handlers(service, log, now)
    app.state.read_models = {p.name: Shelf(p, log) for p in service.projections}
    app.state.store = log
    app.state.past = PastShelves(log)
    app.state.people = People(kept.people, identify=http.person_id, clock=lambda: now)
    app.state.files = Files(kept.files, most_bytes=2**20, identify=http.person_id, clock=lambda: now)
    app.state.limits = Limits(kept.limits, secrets=SETTINGS.signing_secrets, enabled=True, clock=lambda: now)


StandIns = Mapping[Callable[..., Any], Callable[..., Any]]
"""Dependencies of endpoints, and what is called instead."""


class _Overrides(dict[Callable[..., Any], Callable[..., Any]]):
    """What stands in for dependencies, of the application that is asked right now."""

    now: ContextVar[StandIns] = ContextVar("overrides", default=MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.now.get())

    def get(self, call: Any, default: Any = None) -> Any:
        """Return what stands in for a dependency."""
        return self.now.get().get(call, default)


_made: dict[tuple[int, ...], tuple[Sequence[APIRouter], Sequence[BaseRoute]]] = {}


def _routes(routers: Sequence[APIRouter]) -> Sequence[BaseRoute]:
    """Return the routes of a service's routers, made once: making them takes longer than most tests."""
    key = tuple(map(id, routers))
    if key not in _made:
        app = FastAPI(openapi_url=None)
        app.dependency_overrides = _Overrides()
        for router in routers:
            app.include_router(router)
        _made[key] = routers, app.router.routes  # with the routers: what is kept keeps its id
    return _made[key][1]


class _StandIns:
    """Lets an application's own stand-ins count while it answers."""

    def __init__(self, app: ASGIApp, instead: StandIns) -> None:
        self._app = app
        self._instead = instead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = _Overrides.now.set(self._instead)
        try:
            await self._app(scope, receive, send)
        finally:
            _Overrides.now.reset(before)


def application(
    service: Service,
    log: Log,
    *,
    now: datetime = NOW,
    instead: StandIns | None = None,
) -> FastAPI:
    """Return a service's application on a log.

    Args:
        service: which one.
        log: what it has written and heard.
        now: when commands are recorded.
        instead: what stands in for dependencies of its routes, e.g. a clock.
    """
    app = create_app(
        service.name, service.title, SETTINGS, health=Health(), metrics=Metrics(of_process=False)
    )
    app.router.routes[:0] = _routes(service.all_routers())
    app.dependency_overrides.update(instead or {})
    app.add_middleware(_StandIns, instead=app.dependency_overrides)
    equip(app, service, log, now)
    http.install(app)
    for install in service.installs:
        install(app)
    return app


async def react(service: Service, log: Log) -> None:
    """Let a service react to all that there is to read, and to what comes of that.

    To be called as often as one likes: as over the broker, what was done is not done again.

    Raises:
        RefusedError: a rule refuses what a reaction wants, which then would be parked.
    """
    handlers = _handlers(service, log, NOW)
    for recorded in log.events:  # which grows meanwhile
        for reaction in service.reactions:
            if not isinstance(recorded.event, reaction.events):
                continue
            meta = Meta(recorded.division, f"reaction:{reaction.name}", recorded.correlation_id, recorded.id)
            for n, send in enumerate(reaction.to_commands(recorded)):
                await handlers[send.stream.partition("-")[0]].execute(
                    send.command,
                    stream=send.stream,
                    meta=meta,
                    command_id=command_id(recorded.id, reaction.name, n),
                )


class Caller:
    """Somebody with a role in a division; without a role, somebody without an account.

    Args:
        app: what is called.
        role: the only one that they have.
        division: where they have it.
        organisation: whom they act for.
        subject: who they are.
    """

    def __init__(
        self,
        app: FastAPI,
        role: Role | None,
        division: str,
        *,
        organisation: str | None = None,
        subject: str = "p-1",
    ) -> None:
        headers = {}
        if role is not None:
            token = issue_dev_token(SETTINGS, [role], division, subject, organisation=organisation)
            headers["Authorization"] = f"Bearer {token}"
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://service", headers=headers
        )

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        if_match: str | None = None,
        language: str | None = None,
    ) -> httpx.Response:
        """Send a command."""
        sent = {"Idempotency-Key": key, "If-Match": if_match, "Accept-Language": language}
        headers = {name: value for name, value in sent.items() if value is not None}
        return await self._client.post(path, json=body, headers=headers)

    async def put(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Write something anew."""
        return await self._client.put(path, json=body)

    async def delete(self, path: str) -> httpx.Response:
        """Take something away."""
        return await self._client.delete(path)

    async def ask(self, path: str, **headers: str) -> httpx.Response:
        """Return what is answered to a question; `hxs_min_version="2"` sends `HXS-Min-Version`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._client.get(path, headers=sent)

    async def get(self, path: str) -> Any:
        """Return what is answered, which must be no problem."""
        response = await self.ask(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def is_let_in(self, method: str, path: str) -> bool:
        """Tell whether a request is looked at, whatever becomes of it."""
        status = (await self._client.request(method, path)).status_code
        assert status < 500, f"{method} {path}: {status}"
        return status not in (401, 403)

    async def status_of(self, path: str) -> int:
        """Return only how a question is answered."""
        return (await self.ask(path)).status_code


def done(response: httpx.Response) -> Any:
    """Return what a command answered, which must have been done."""
    assert response.status_code in (200, 201), response.text
    return response.json()


def problem(response: httpx.Response) -> tuple[int, str, str | None]:
    """Return status, code and the first field of a problem document."""
    document = cast("dict[str, Any]", response.json())
    assert response.headers["content-type"].startswith("application/problem+json"), document
    assert document["status"] == response.status_code, document
    errors = document.get("errors") or [{}]
    return response.status_code, document["code"], errors[0].get("field")


async def who_may(
    app: FastAPI, division: str, *, without: tuple[str, ...] = OF_THE_PLATFORM
) -> dict[str, set[Role | None]]:
    """Return who of a division is let in at each endpoint, `<method> <path>`: every role tries.

    Left out are paths that begin with one of `without`: unless told otherwise what services have in common.
    """
    let_in: dict[str, set[Role | None]] = {}
    for right in rights_of(app):
        if right.path.startswith(without):
            continue
        path = re.sub(r"{\w+}", "no-such-thing", right.path)
        callers = {role: Caller(app, role, division) for role in EVERYBODY}
        let_in[f"{right.method} {right.path}"] = {
            role for role, caller in callers.items() if await caller.is_let_in(right.method, path)
        }
    return let_in
