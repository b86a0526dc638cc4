"""`hxs parked`: what could not be handled and waits for somebody to decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import composition
from shared.cli.composition import OfService, ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, print_json, show_table

if TYPE_CHECKING:
    from shared.eventsourcing.parking import ParkedKey
    from shared.eventsourcing.reactions import Reactor
    from shared.platform.mongo import Database, Mongo

app = typer.Typer(help="Events that could not be handled.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="As `hxs parked list` shows it.")]
Consumer = Annotated[
    str | None, typer.Option(help="Where a key is parked by several: a projection's name, or reactions.")
]


@dataclass(frozen=True, slots=True)
class Found:
    """A parked key, with the service it is parked in."""

    service: ServiceName
    parked: ParkedKey

    @property
    def consumer(self) -> str:
        """Return the projection's name, without its build; or `reactions`."""
        return self.parked.consumer.rpartition(".v")[0] or self.parked.consumer

    def facts(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {"service": self.service, **asdict(self.parked)}


async def find_parked(mongo: Mongo, service: ServiceName | None = None) -> list[Found]:
    """Return what is parked, service by service, the oldest first."""
    from shared.eventsourcing.repair import parked_keys

    services = [service] if service else list(ServiceName)
    return [Found(s, parked) for s in services for parked in await parked_keys(mongo.database(s))]


@app.command("list")
def list_(service: OfService = None, as_json: AsJson = False) -> None:
    """List the parked keys; exits with 1 if there are any."""
    settings = composition.begin()

    async def run() -> list[Found]:
        async with composition.opened(settings) as mongo:
            return await find_parked(mongo, service)

    found = asyncio.run(run())
    if as_json:
        print_json([each.facts() for each in found])
    elif found:
        _show(found)
    else:
        typer.echo("nothing is parked")
    if found:
        raise typer.Exit(1)


def _show(found: list[Found]) -> None:
    rows = (
        (
            each.service,
            each.parked.consumer,
            each.parked.key,
            each.parked.entries,
            each.parked.event_id,
            " ".join(each.parked.error.get(part, "") for part in ("rule", "code", "type", "message")).strip(),
            f"{each.parked.since:%Y-%m-%d %H:%M:%S}",
        )
        for each in found
    )
    show_table(("service", "consumer", "key", "waiting", "first event", "why", "since (UTC)"), rows)


def _only(found: list[Found], key: str, consumer: str | None) -> Found:
    matching = [each for each in found if each.parked.key == key]
    if consumer is not None:
        matching = [each for each in matching if consumer in (each.consumer, each.parked.consumer)]
    if not matching:
        raise CliError(f"{key} is not parked; `hxs parked list` shows what is")
    if len(matching) > 1:
        where = "; ".join(f"--service {each.service} --consumer {each.consumer}" for each in matching)
        raise CliError(f"{key} is parked in several places, choose one: {where}", USAGE)
    return matching[0]


@asynccontextmanager
async def _reactor(service: ServiceName, database: Database) -> AsyncIterator[Reactor]:
    from shared.eventsourcing.parking import REACTIONS
    from shared.eventsourcing.patience import Patience
    from shared.eventsourcing.reactions import Reactor

    of = composition.load(service)
    handlers = composition.handlers(of, database)
    yield Reactor(of.reactions, handlers, database, Patience(REACTIONS))
    for handler in handlers.values():
        await handler.settle()


async def _retry(found: Found, database: Database) -> None:
    from shared.eventsourcing.parking import REACTIONS
    from shared.eventsourcing.repair import retry_parked

    if found.consumer == REACTIONS:
        async with _reactor(found.service, database) as reactor:
            await reactor.retry(found.parked.key)
    else:
        projection = composition.the_projection(found.consumer, found.service).projection
        await retry_parked(projection, database, found.parked.key)


async def _skip(found: Found, database: Database, reason: str) -> None:
    from shared.eventsourcing.parking import REACTIONS
    from shared.eventsourcing.repair import skip_parked

    if found.consumer == REACTIONS:
        async with _reactor(found.service, database) as reactor:
            await reactor.skip(found.parked.key, reason)
    else:
        projection = composition.the_projection(found.consumer, found.service).projection
        await skip_parked(projection, database, found.parked.key, reason)


def _repair(
    key: str,
    service: ServiceName | None,
    consumer: str | None,
    mend: Callable[[Found, Database], Awaitable[None]],
    as_json: bool,
) -> None:
    """Mend what is parked under a key, and tell whether it still is."""
    settings = composition.begin()

    async def run() -> tuple[Found, Found | None]:
        async with composition.opened(settings) as mongo:
            chosen = _only(await find_parked(mongo, service), key, consumer)
            await mend(chosen, mongo.database(chosen.service))
            still = [
                each
                for each in await find_parked(mongo, chosen.service)
                if (each.parked.key, each.consumer) == (key, chosen.consumer)
            ]
            return chosen, still[0] if still else None

    chosen, still = asyncio.run(run())
    if as_json:
        print_json({"service": chosen.service, "key": key, "still": still and still.facts()})
    elif still is None:
        typer.echo(f"{key} is not parked any more")
    else:
        typer.echo(f"{key} is still parked at {still.parked.event_id}: {still.parked.error.get('message')}")
    if still is not None:
        raise typer.Exit(1)


@app.command()
def retry(key: Key, service: OfService = None, consumer: Consumer = None, as_json: AsJson = False) -> None:
    """Handle a key's events again, after what was wrong has been mended."""
    _repair(key, service, consumer, _retry, as_json)


@app.command()
def skip(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    service: OfService = None,
    consumer: Consumer = None,
    as_json: AsJson = False,
) -> None:
    """Decide that the event at fault is never handled, and handle those that wait behind it."""

    async def mend(found: Found, database: Database) -> None:
        await _skip(found, database, reason)

    _repair(key, service, consumer, mend, as_json)
