"""Where the command line meets the services: by name, since nothing shared may import them."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli.failures import USAGE, CliError

if TYPE_CHECKING:
    from shared.eventsourcing.application import CommandHandler
    from shared.eventsourcing.projection import Projection
    from shared.eventsourcing.service import Service
    from shared.platform.mongo import Database, Mongo
    from shared.platform.settings import Settings


class ServiceName(StrEnum):
    """The services, as one types them."""

    TOPICS = "topics"
    MEETINGS = "meetings"
    CASES = "cases"
    NOTIFY = "notify"
    BOARD = "board"


PUBLISHERS = (ServiceName.TOPICS, ServiceName.MEETINGS, ServiceName.CASES, ServiceName.NOTIFY)
"""Those that have a record, and publish it: all but the board."""

OfService = Annotated[ServiceName | None, typer.Option("--service", help="Where several services have one.")]


def begin() -> Settings:
    """Return the settings, having sent logs to standard error: none unless `HXS_LOG_LEVEL` asks for them.

    Raises:
        SettingsError: the environment cannot be used.
    """
    from shared.platform import logs
    from shared.platform.settings import load_settings

    settings = load_settings()
    logs.configure("hxs", settings, sys.stderr)
    if "log_level" not in settings.model_fields_set:
        # What goes wrong is said in one line at the end; libraries would say it ten times before.
        for handler in logging.getLogger().handlers:
            handler.setLevel(logging.CRITICAL + 1)
    return settings


def load(name: str) -> Service:
    """Return what a service consists of."""
    service: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return service


def publishers_among(names: Iterable[ServiceName]) -> tuple[ServiceName, ...]:
    """Return the services named, or all that publish where none is.

    Raises:
        CliError: one of them publishes nothing.
    """
    chosen = tuple(dict.fromkeys(names)) or PUBLISHERS
    for name in chosen:
        if name not in PUBLISHERS:
            raise CliError(f"{name} publishes no events; choose of {', '.join(PUBLISHERS)}", USAGE)
    return chosen


def service_of_stream(stream: str) -> ServiceName:
    """Return the service that owns a stream, by the category its id begins with.

    Raises:
        CliError: none does.
    """
    category = stream.partition("-")[0]
    known: dict[str, ServiceName] = {}
    for name in PUBLISHERS:
        known |= {decider.category: name for decider in load(name).deciders}
    if category not in known:
        raise CliError(f"no streams are called {category}-…; there are {', '.join(sorted(known))}", USAGE)
    return known[category]


@dataclass(frozen=True, slots=True)
class Owned:
    """A projection with the service that owns it."""

    service: ServiceName
    projection: Projection

    @property
    def label(self) -> str:
        """Return `<service>/<projection>`."""
        return f"{self.service}/{self.projection.name}"


def projections(name: str | None = None, service: ServiceName | None = None) -> list[Owned]:
    """Return the projections of a name, of a service, or all.

    Raises:
        CliError: there is none of that name.
    """
    services = list(ServiceName) if service is None else [service]
    every = [Owned(s, p) for s in services for p in load(s).projections]
    found = [o for o in every if name in (None, o.projection.name)]
    if not found:
        labels = ", ".join(o.label for o in every) or "none"
        raise CliError(f"no projection {name or ''}; there are: {labels}", USAGE)
    return found


def the_projection(name: str, service: ServiceName | None) -> Owned:
    """Return the one projection of a name.

    Raises:
        CliError: there is none, or several services have one and none was named.
    """
    found = projections(name, service)
    if len(found) > 1:
        services = " or ".join(f"--service {o.service}" for o in found)
        raise CliError(f"several services have a projection {name}: add {services}", USAGE)
    return found[0]


def handlers(service: Service, database: Database) -> dict[str, CommandHandler[Any, Any]]:
    """Return the command handlers of a service, for what is done on its behalf outside its processes."""
    from shared.eventsourcing.application import CommandHandler
    from shared.eventsourcing.mongo_store import MongoEventStore

    store = MongoEventStore(database)
    return {d.category: CommandHandler(store, d, clock=lambda: datetime.now(UTC)) for d in service.deciders}


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Mongo]:
    """Yield access to the databases.

    Raises:
        ConnectionFailure: the server does not answer within 5 seconds.
    """
    from shared.platform.mongo import connect

    mongo = connect(settings, "cli")
    try:
        await mongo.ping()
        yield mongo
    finally:
        mongo.close()
