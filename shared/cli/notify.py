"""`hxs notify`: what notify does by the clock, done once and at any moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import composition
from shared.cli.composition import ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from shared.eventsourcing.service import Service
    from shared.eventsourcing.workers import Workbench
    from shared.platform.mongo import Database
    from shared.platform.settings import Settings

app = typer.Typer(help="Notices: reminders and digests.", no_args_is_help=True)

WORKERS = ("reminders", "digests")
"""Those of notify's workers that go by the time of day."""

POSTING = "PostNotice"
LATE_SECONDS = 60.0
"""A worker that goes by older read models tells nobody anything: it may be over."""


@app.callback()
def _commands() -> None:
    """Notices: reminders and digests."""  # which makes `tick` a command of its own


@dataclass
class _Counting:
    """Counts the notices that were posted."""

    posted: int = 0

    def observe(self, command: str, outcome: str, seconds: float) -> None:
        """Take note of a command; see `CommandHandler`."""
        self.posted += command == POSTING and outcome == "done"


def moment_of(at: str | None, settings: Settings) -> datetime:
    """Return the moment that was asked for; now, where none was.

    Raises:
        CliError: it is none, or it is not now outside of development.
    """
    now = datetime.now(UTC)
    if at is None:
        return now
    if settings.env != "dev":
        raise CliError("--at is for trying things out, in HXS_ENV=dev only: people would be told", USAGE)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise CliError(f"{at!r} is no moment; write it as 2024-09-05T09:00+08:00", USAGE) from None
    if moment.tzinfo is None:
        raise CliError(f"{at!r} lacks a time zone; write it as 2024-09-05T09:00+08:00", USAGE)
    return moment


def _bench(
    service: Service, database: Database, settings: Settings, moment: datetime, counting: _Counting
) -> Workbench:
    from shared.eventsourcing.application import CommandHandler
    from shared.eventsourcing.mongo_store import MongoEventStore
    from shared.eventsourcing.read_model import ReadModel
    from shared.eventsourcing.workers import Workbench
    from shared.platform.metrics import Metrics

    store = MongoEventStore(database)
    return Workbench(
        database=database,
        settings=settings,
        handlers={
            decider.category: CommandHandler(
                store, decider, clock=lambda: datetime.now(UTC), observe=counting.observe
            )
            for decider in service.deciders
        },
        read_models={p.name: ReadModel(p.name, database) for p in service.projections},
        people=service.people(database),
        metrics=Metrics(of_process=False),
        clock=lambda: moment,
    )


async def _check_fresh(bench: Workbench) -> None:
    for name, model in bench.read_models.items():
        fresh = await model.freshness()
        if fresh.as_of is None or fresh.behind_seconds > LATE_SECONDS:
            raise CliError(f"notify/{name} lags behind the log; is notify running? `hxs projections list`")


async def once(settings: Settings, moment: datetime) -> dict[str, int]:
    """Do what is due at a moment, and return how many notices were posted, by worker.

    Raises:
        CliError: a read model lags behind, so that it is not known what is due.
    """
    service = composition.load(ServiceName.NOTIFY)
    posted = {}
    async with composition.opened(settings) as mongo:
        counting = _Counting()
        bench = _bench(service, mongo.database(service.name), settings, moment, counting)
        await _check_fresh(bench)
        for worker in service.workers:
            if worker.name in WORKERS:
                before = counting.posted
                await worker.step(bench)
                posted[worker.name] = counting.posted - before
    return posted


@app.command()
def tick(
    at: Annotated[
        str | None, typer.Option("--at", help="As of this moment, e.g. 2024-09-05T09:00+08:00; dev only.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remind of what is due, and send the digests that are; what was told is not told again.

    Reminders go out on working days between 8 and 20 o'clock in Shanghai.
    """
    settings = composition.begin()
    moment = moment_of(at, settings)
    posted = asyncio.run(once(settings, moment))
    if as_json:
        print_json({"at": moment.isoformat(), "posted": posted})
    else:
        typer.echo(", ".join(f"{name}: {count} told" for name, count in posted.items()))
