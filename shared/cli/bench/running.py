"""One run: engines, a database and topics of its own, the measures one after the other, and no trace left."""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient

from shared.cli.bench import Progress, county_year, report
from shared.cli.bench.log import write_log
from shared.cli.bench.rows import Row
from shared.cli.composition import PUBLISHERS, ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.output import progress as bar
from shared.eventsourcing import mongo_store
from shared.platform import kafka
from shared.platform.local.kafka import Kafka
from shared.platform.local.mongod import Mongod
from shared.platform.mongo import Database, Mongo, connect
from shared.platform.settings import Settings, load_settings

RELAY, FLOOR, LOG = "benchrelay", "benchfloor", "bench"
"""Services to measure with: whose log our relay writes, whose the bare loop, and whose is read."""


class BenchError(CliError):
    """What was asked cannot be measured."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of each is measured.

    Attributes:
        repetitions: of each floor and each figure of ours.
        starts: of a service.
        appends: commits appended by 1, by 16 and by 64 writers.
        commands: on each stream, warm; cold_commands: each after a restart.
        backlog: commits to relay.
        live_events, rebuilt_events: to fold.
        paced_seconds: of commands at 50 a second.
        requests: over HTTP by 64 clients.
    """

    repetitions: int
    starts: int
    appends: tuple[int, int, int]
    commands: int
    cold_commands: int
    backlog: int
    live_events: int
    rebuilt_events: int
    paced_seconds: float
    requests: int


FULL = Sizes(
    repetitions=5,
    starts=5,
    appends=(600, 6_000, 16_000),
    commands=400,
    cold_commands=40,
    backlog=20_000,
    live_events=100_000,
    rebuilt_events=200_000,
    paced_seconds=10.0,
    requests=6_000,
)
QUICK = Sizes(
    repetitions=3,
    starts=1,
    appends=(150, 500, 1_200),
    commands=80,
    cold_commands=10,
    backlog=2_000,
    live_events=16_000,
    rebuilt_events=16_000,
    paced_seconds=2.0,
    requests=640,
)


@dataclass(slots=True)
class Bench:
    """What a measure works with.

    Attributes:
        settings: of the engines, with databases of this run.
        mongo: access to them.
        logged: events in the log so far.
    """

    settings: Settings
    mongo: Mongo
    sizes: Sizes
    logged: int = 0

    async def have_log(self, events: int) -> None:
        """Have at least so many events in the log."""
        if events > self.logged:
            await write_log(self.settings, self.logged, events)
            self.logged = events

    async def database(self, name: str) -> Database:
        """Return a database of this run, prepared for commits."""
        database = self.mongo.database(name)
        await mongo_store.prepare(database)
        return database


@asynccontextmanager
async def _engines() -> AsyncIterator[Settings]:
    """Yield settings for the engines that the environment names, else for those that are started."""
    given = load_settings()
    said = {"mongo_prefix": f"hxsbench{secrets.token_hex(4)}", "dev_token_secret": secrets.token_urlsafe(48)}
    mongod = None if "mongo_url" in given.model_fields_set else Mongod()
    broker = None if "kafka_bootstrap" in given.model_fields_set else Kafka()
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(e) for e in (mongod, broker) if e is not None))
        if mongod is not None:
            said["mongo_url"] = mongod.url
        if broker is not None:
            said["kafka_bootstrap"] = broker.bootstrap
        yield load_settings(env="dev", **said)


@asynccontextmanager
async def _topics(settings: Settings) -> AsyncIterator[None]:
    services = (RELAY, FLOOR, LOG, *PUBLISHERS)
    names = [topic.name for topic in kafka.topics(settings, services)]
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        if taken := sorted(set(names) & set(await admin.list_topics())):
            raise BenchError(
                f"the broker at {settings.kafka_bootstrap} holds {taken[0]}: a service measured there would "
                "take the place of a real one; name a broker without topics of ours, or none",
                USAGE,
            )
        await kafka.apply(settings, services)
        yield
        await admin.delete_topics(names)
    finally:
        await admin.close()


@asynccontextmanager
async def opened(sizes: Sizes) -> AsyncIterator[Bench]:
    """Yield what measures work with; nothing of it is left in the end."""
    async with _engines() as settings, _topics(settings):
        mongo = connect(settings, "bench")
        try:
            await mongo.ping()
            yield Bench(settings, mongo, sizes)
        finally:
            for name in (LOG, RELAY, FLOOR, *ServiceName):
                await mongo.drop(name)
            mongo.close()


async def _measure(
    names: Sequence[str], sizes: Sizes, progress: Progress, *, with_year: bool
) -> tuple[list[Row], county_year.Year | None]:
    rows: list[Row] = []
    async with opened(sizes) as bench:
        year = await county_year.enter(bench.settings) if with_year else None
        for done, name in enumerate(names):
            progress(done, len(names))
            module = importlib.import_module(f"shared.cli.bench.measure_{name}")
            rows += await module.measure(bench)
    progress(len(names), len(names))
    return rows, year


def run_all(
    known: Sequence[str],
    *,
    quick: bool,
    only: Sequence[str] | None,
    progress: Progress | None,
    with_year: bool,
) -> list[Row]:
    """See `shared.cli.bench.run`."""
    chosen = [name for name in known if only is None or name in only]
    if only is not None and (unknown := sorted(set(only) - set(known))):
        raise BenchError(f"no measure {', '.join(unknown)}; there are: {', '.join(known)}", USAGE)
    sizes = QUICK if quick else FULL
    load = os.getloadavg()[0]
    with bar("measuring", hidden=progress is not None) as shown:
        work = _measure(chosen, sizes, progress or shown, with_year=with_year)
        rows, year = asyncio.run(work)
    if not quick and only is None:
        if year is None:
            report.write(rows, load)
        else:
            machine = report.Machine.this(load)
            report.write_section(county_year.SECTION, county_year.section(year, rows, machine))
    return rows
