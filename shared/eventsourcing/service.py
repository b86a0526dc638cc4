"""A service as a process: what it consists of, and how its parts are started and stopped.

A service is declared in its `app.py`, its composition root, and run by `hxs serve`. Its five parts may run
in one process or in several, each as often as needed:

    api           HTTP: commands in, read models out
    relay         store → Kafka; of several, one works and the others wait
    projections   Kafka → read models; several share the partitions
    reactions     Kafka → commands on the own service; several share the partitions
    workers       by the clock: deliveries, reminders; several may run
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from faststream.kafka import KafkaBroker

from shared.eventsourcing import http, mongo_store
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.collector import spare_the_collector
from shared.eventsourcing.decider import Decider
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.past_lists import PastLists
from shared.eventsourcing.patience import Patience
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.reactions import Reaction, ReactionsRunner
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.relay import Relay
from shared.eventsourcing.runner import ProjectionsRunner
from shared.eventsourcing.subscription import kafka_broker
from shared.eventsourcing.wakeups import Wakeups
from shared.eventsourcing.workers import Workbench, Worker, work
from shared.platform import local_accounts, logs, tracing
from shared.platform.authorisation import rights_of
from shared.platform.file_store import GridFileStore
from shared.platform.files import Files
from shared.platform.files_http import FORM_OVERHEAD_BYTES, UPLOADS, files_router
from shared.platform.health import Health, NotReadyError
from shared.platform.http import create_app
from shared.platform.language import Text
from shared.platform.local_accounts import LocalAccounts, MongoAccountStore
from shared.platform.metrics import Metrics
from shared.platform.mongo import ConnectionFailure, Database, connect
from shared.platform.people import Eraser, People
from shared.platform.people_http import people_router
from shared.platform.people_store import MongoPeopleStore
from shared.platform.problems import UnavailableError, response_to
from shared.platform.rate_limit import Limits, MongoLimitStore
from shared.platform.settings import Settings

STUCK_AFTER_SECONDS = 90.0
"""Without a sign of life for this long a part's loop is stuck; an outage is waited out with signs of life."""

HOUSEKEEPING_SECONDS = 3600.0

KEEP_ALIVE_SECONDS = 130
"""Idle connections are kept for longer than clients and proxies keep them (60 s nginx, 90 s Traefik, 120 s
Caddy): a server that closes first may do so while the next request is on its way, which then fails."""

Loop = Callable[[], Coroutine[Any, Any, None]]
_log = logs.logger(__name__)


class Part(StrEnum):
    """What a process of a service does."""

    API = "api"
    RELAY = "relay"
    PROJECTIONS = "projections"
    REACTIONS = "reactions"
    WORKERS = "workers"


@dataclass(frozen=True)
class Service:
    """What a service consists of.

    Attributes:
        name: e.g. `topics`; names its database, its topic and its groups.
        title: shown on the documentation pages.
        deciders: of its aggregates; none for a pure subscriber, which then has no relay.
        projections: its read models.
        reactions: what it does when something happened.
        workers: what it does by the clock.
        routers: its HTTP interface.
        installs: called with the application before it starts, for what routers alone cannot say.
        keeps_people: it is told names and phones: `app.state.people`, and the routes to look up and erase.
        erasers: of places besides `people` in which it keeps what is personal.
        prepares: called before anything runs, e.g. to make the indexes of collections of its own; may be
            called again.
        keeps_files: it is given files: `app.state.files`, and the route to upload; downloads are its own.
    """

    name: str
    title: str
    deciders: tuple[Decider[Any, Any], ...] = ()
    projections: tuple[Projection, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    workers: tuple[Worker, ...] = ()
    routers: tuple[APIRouter, ...] = ()
    installs: tuple[Callable[[FastAPI], None], ...] = ()
    keeps_people: bool = False
    erasers: tuple[Callable[[Database], Eraser], ...] = ()
    prepares: tuple[Callable[[Database], Awaitable[None]], ...] = ()
    keeps_files: bool = False

    def people(self, database: Database) -> People:
        """Return the people whom the service knows, kept in its database."""
        return People(
            MongoPeopleStore(database),
            identify=http.person_id,
            clock=lambda: datetime.now(UTC),
            erasers=[make(database) for make in self.erasers],
        )

    def files(self, database: Database, settings: Settings) -> Files:
        """Return the files that the service was given, kept in its database."""
        return Files(
            GridFileStore(database),
            most_bytes=settings.max_file_mib * 2**20,
            identify=http.person_id,
            clock=lambda: datetime.now(UTC),
        )

    def all_routers(self) -> tuple[APIRouter, ...]:
        """Return its own routes, and those that come with what it keeps."""
        people = (people_router,) if self.keeps_people else ()
        files = (files_router,) if self.keeps_files else ()
        return (*self.routers, *people, *files)

    def parts(self) -> frozenset[Part]:
        """Return the parts that there is something to do for."""
        wanted = {
            Part.API: True,
            Part.RELAY: bool(self.deciders),
            Part.PROJECTIONS: bool(self.projections),
            Part.REACTIONS: bool(self.reactions),
            Part.WORKERS: bool(self.workers),
        }
        return frozenset(part for part, there in wanted.items() if there)


class _Process:
    """The parts of one process, from its start to its end."""

    def __init__(
        self, service: Service, settings: Settings, parts: frozenset[Part], health: Health, metrics: Metrics
    ) -> None:
        self._service = service
        self._settings = settings
        self._parts = parts & service.parts()
        self._health = health
        self._metrics = metrics
        self.prepared = False
        self._started = False
        self._mongo = connect(settings, service.name)
        self.database: Database = self._mongo.database(service.name)
        self._relay = (
            Relay(
                service.name,
                self.database,
                settings,
                metrics=metrics,
                heartbeat=self._heartbeat(Part.RELAY),
            )
            if Part.RELAY in self._parts
            else None
        )
        self.people = service.people(self.database)
        self.files = service.files(self.database, settings)
        self.limits = Limits(
            MongoLimitStore(self.database),
            secrets=settings.signing_secrets,
            enabled=settings.rate_limits,
            clock=lambda: datetime.now(UTC),
        )
        store = MongoEventStore(self.database, on_commit=self._relay.wake if self._relay else lambda: None)
        self.handlers = {d.category: self._handler(store, d) for d in service.deciders}
        # A pure subscriber has no record of its own, and so no past to show.
        self.store = store if service.deciders else None
        self.past = PastLists(store, self.database, lambda: datetime.now(UTC)) if service.deciders else None
        # Readers in the process that folds hear of a write at once; others look by the clock.
        self._wakeups = Wakeups() if Part.PROJECTIONS in self._parts else None
        self.read_models = {
            p.name: ReadModel(p.name, self.database, self._wakeups) for p in service.projections
        }
        self.bench = Workbench(
            self.database,
            settings,
            self.handlers,
            self.read_models,
            self.people,
            metrics,
            clock=lambda: datetime.now(UTC),
        )

    def routers(self) -> tuple[APIRouter, ...]:
        """Return the service's routes, and the sign-in where a county has no identity provider."""
        if not self._settings.local_accounts:
            return self._service.all_routers()
        accounts = LocalAccounts(MongoAccountStore(self._mongo))
        return (*self._service.all_routers(), local_accounts.router(accounts, self._settings))

    def _handler(self, store: MongoEventStore, decider: Decider[Any, Any]) -> CommandHandler[Any, Any]:
        name, metrics = self._service.name, self._metrics

        def observe(command: str, outcome: str, seconds: float) -> None:
            metrics.commands.labels(name, command, outcome).inc()
            metrics.command_seconds.labels(name, command).observe(seconds)

        return CommandHandler(
            store,
            decider,
            clock=lambda: datetime.now(UTC),
            observe=observe,
            on_conflict=metrics.conflicts.labels(name).inc,
        )

    def _heartbeat(self, part: Part) -> Callable[[], None]:
        return self._health.heartbeat(part, STUCK_AFTER_SECONDS).beat

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the parts while the application does.

        HTTP answers from the first moment on: while the database or the broker is away, `/readyz` says so,
        and commands are answered with 503.
        """
        self._health.check("mongo", self._mongo.ping)
        self._health.check("started", self._check_started)
        parts = asyncio.create_task(_or_stop(self._run_parts, self._health))
        try:
            yield
        finally:
            self._health.drain()
            parts.cancel()
            # Bounded: what cannot be finished now is found and finished by whoever runs next.
            _, unfinished = await asyncio.wait([parts], timeout=self._settings.shutdown_seconds)
            if unfinished:
                _log.warning("stopped without finishing", seconds=self._settings.shutdown_seconds)
            self._mongo.close()

    async def _run_parts(self) -> None:
        patience = Patience("start")
        await patience.run(lambda: mongo_store.prepare(self.database))
        if Part.API in self._parts:
            await patience.run(self.limits.prepare)
        if self._service.keeps_people:
            await patience.run(self.people.prepare)
        if self._service.keeps_files:
            await patience.run(self.files.prepare)
        for prepare in self._service.prepares:
            await patience.run(partial(prepare, self.database))
        self.prepared = True
        broker = kafka_broker(self._settings)
        consumers = self._consumers(broker)
        if consumers:
            await patience.run(broker.start)
        self._started = True
        try:
            async with asyncio.TaskGroup() as tasks:
                for consume in consumers:
                    tasks.create_task(consume())
                if self._relay is not None:
                    tasks.create_task(self._relay.run())
                for worker in self._service.workers if Part.WORKERS in self._parts else ():
                    beat = self._health.heartbeat(worker.name, STUCK_AFTER_SECONDS).beat
                    tasks.create_task(work(worker, self.bench, beat))
                if Part.API in self._parts:
                    tasks.create_task(self._keep_house())
        finally:
            await broker.stop()
            await asyncio.gather(*(handler.settle() for handler in self.handlers.values()))

    async def _keep_house(self) -> None:
        """Once an hour finish what a killed process left half done; of several, each may."""
        patience = Patience("housekeeping")
        while True:
            if self._service.keeps_people and (finished := await patience.run(self.people.finish_erasures)):
                _log.info("finished erasures that were interrupted", people=finished)
            if self._service.keeps_files and (removed := await patience.run(self.files.sweep)):
                _log.info("removed files that nothing names", files=removed)
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def _check_started(self) -> None:
        if not self._started:
            raise NotReadyError("waiting for the broker" if self.prepared else "waiting for the database")

    def _consumers(self, broker: KafkaBroker) -> Sequence[Loop]:
        found: list[Loop] = []
        if Part.PROJECTIONS in self._parts:
            projections = ProjectionsRunner(
                self._service.projections,
                service=self._service.name,
                database=self.database,
                settings=self._settings,
                broker=broker,
                metrics=self._metrics,
                wakeups=self._wakeups,
                beat=self._heartbeat(Part.PROJECTIONS),
            )
            self._health.check("projections", self._no_trouble(projections.troubles))
            found.append(projections.run)
        if Part.REACTIONS in self._parts:
            reactions = ReactionsRunner(
                self._service.reactions,
                self.handlers,
                service=self._service.name,
                database=self.database,
                settings=self._settings,
                broker=broker,
                metrics=self._metrics,
                beat=self._heartbeat(Part.REACTIONS),
            )
            self._health.check("reactions", self._no_trouble(lambda _: [f] if (f := reactions.fault) else []))
            found.append(reactions.run)
        return found

    def _no_trouble(self, troubles: Callable[[float], list[str]]) -> Callable[[], Awaitable[None]]:
        async def check() -> None:
            if found := troubles(self._settings.ready_max_lag_seconds):
                raise NotReadyError("; ".join(found))

        return check


async def _or_stop(run: Loop, health: Health) -> None:
    """Run the parts; an error that none of them waits out ends the process: its supervisor restarts it."""
    try:
        await run()
    except Exception:
        _log.exception("a part failed; the process stops")
        health.drain()
        signal.raise_signal(signal.SIGTERM)


async def _database_away(request: Request, error: Exception) -> Response:
    """Answer what found no database: it may do later, and a command with its key is then settled."""
    _log.warning("the database does not answer", error=type(error).__name__)
    detail = Text(
        "数据库暂时无法访问，请稍后重试。", "The database cannot be reached just now; try again shortly."
    )
    problem = UnavailableError(detail, retry_after_seconds=5)
    return response_to(problem, request.headers.get("accept-language", ""))


def build(service: Service, settings: Settings, parts: frozenset[Part] = frozenset(Part)) -> FastAPI:
    """Return the application of one process of a service; its parts run while it does.

    Health and metrics are served whatever the parts.
    """
    health, metrics = Health(), Metrics()
    process = _Process(service, settings, parts, health, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with process.running():
            yield

    app = create_app(
        service.name,
        service.title,
        settings,
        routers=process.routers() if Part.API in parts else (),
        health=health,
        metrics=metrics,
        lifespan=lifespan,
        larger_bodies={UPLOADS: process.files.most_bytes + FORM_OVERHEAD_BYTES}
        if service.keeps_files
        else {},
    )
    app.state.process = process
    app.state.handlers = process.handlers
    app.state.read_models = process.read_models
    app.state.store = process.store
    app.state.past = process.past
    app.state.people = process.people
    app.state.files = process.files
    app.state.limits = process.limits
    app.state.health = health
    http.install(app)
    app.add_exception_handler(ConnectionFailure, _database_away)
    for install in service.installs:
        install(app)
    return app


class _Server(uvicorn.Server):
    """Says that it is not ready from the moment it is asked to stop."""

    def __init__(self, config: uvicorn.Config, health: Health) -> None:
        super().__init__(config)
        self._health = health

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._health.drain()
        super().handle_exit(sig, frame)


def server_config(app: FastAPI, service: str, settings: Settings) -> uvicorn.Config:
    """Return how a service's process listens."""
    return uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.port(service),
        log_config=None,
        access_log=False,
        proxy_headers=False,  # `rate_limit.client_address` knows whom to believe
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(settings.shutdown_seconds),
    )


def serve(service: Service, settings: Settings, parts: frozenset[Part] = frozenset(Part)) -> None:
    """Run a process of a service until it is asked to stop (SIGTERM, SIGINT)."""
    logs.configure(service.name, settings)
    tracing.configure(service.name, settings)
    app = build(service, settings, parts)
    config = server_config(app, service.name, settings)
    # The framework makes routes when they are first asked for: made now, no request waits for them.
    rights_of(app)
    spare_the_collector()
    _Server(config, app.state.health).run()
    tracing.shutdown()
