"""`hxs audit`, `hxs republish`, `hxs events`: the record itself, and its way to Kafka."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import composition
from shared.cli.composition import ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, Progress, print_json, progress

if TYPE_CHECKING:
    from shared.eventsourcing.audit import AuditReport
    from shared.eventsourcing.log_writer import Written
    from shared.eventsourcing.republish import Republished

Services = Annotated[list[ServiceName] | None, typer.Argument(help="Which services; all, if none is named.")]


def audit(
    services: Services = None,
    stream: Annotated[str | None, typer.Option(help="Only this stream, e.g. topic-….")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify that the record is as it was written: the chain of hashes of every stream, or of one."""
    settings = composition.begin()
    if stream is not None:
        chosen: tuple[ServiceName, ...] = (composition.service_of_stream(stream),)
        if services and services != list(chosen):
            raise CliError(f"{stream} belongs to {chosen[0]}", USAGE)
    else:
        chosen = composition.publishers_among(services or ())

    async def run(told: Progress) -> dict[ServiceName, AuditReport]:
        from shared.eventsourcing.audit import audit

        async with composition.opened(settings) as mongo:
            return {name: await audit(mongo.database(name), stream, progress=told) for name in chosen}

    with progress("auditing", hidden=as_json) as told:
        reports = asyncio.run(run(told))
    if stream is not None and not reports[chosen[0]].commits:
        raise CliError(f"{stream}: there is no such stream in {chosen[0]}")
    intact = all(report.intact for report in reports.values())
    if as_json:
        facts = [{"service": n, "intact": r.intact, **asdict(r)} for n, r in reports.items()]
        print_json({"intact": intact, "services": facts})
    else:
        _show_audit(reports)
    if not intact:
        raise typer.Exit(1)


def _show_audit(reports: dict[ServiceName, AuditReport]) -> None:
    for name, report in reports.items():
        mark = "ok" if report.intact else "!!"
        typer.echo(f"{mark} {name}: {report.streams} streams, {report.commits} commits")
        for fault in report.faults:
            typer.echo(f"   {fault.commit_id}: {fault.reason}")
    if not all(report.intact for report in reports.values()):
        typer.echo(
            "Restore what was altered from a backup (`hxs restore`), and ask who could write.", err=True
        )


def republish(
    services: Services = None,
    all_: Annotated[bool, typer.Option("--all", help="All services.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the log on Kafka again from the record: same events, same ids, same order.

    For a broker that lost it, or another one. Read models are made anew from it by themselves.
    """
    if bool(services) == all_:
        raise CliError("name the services, or --all", USAGE)
    settings = composition.begin()
    chosen = composition.publishers_among(services or ())

    async def run(told: Progress) -> dict[ServiceName, Republished]:
        from shared.eventsourcing import mongo_store
        from shared.eventsourcing.republish import republish

        def tell(written: Written, total: int) -> None:
            told(written.commits, total)

        found = {}
        async with composition.opened(settings) as mongo:
            for name in chosen:
                await mongo_store.prepare(mongo.database(name))
                found[name] = await republish(name, mongo.database(name), settings, progress=tell)
        return found

    with progress("republishing", hidden=as_json) as told:
        done = asyncio.run(run(told))
    if as_json:
        print_json([{"service": n, "generation": r.generation, **asdict(r.written)} for n, r in done.items()])
        return
    for name, each in done.items():
        typer.echo(f"{name}: {each.written.events} events written as generation {each.generation} of its log")


events = typer.Typer(help="Events as they were recorded.", no_args_is_help=True)


@events.command("show")
def show_stream(
    stream: Annotated[str, typer.Argument(help="E.g. topic-….")], as_json: AsJson = False
) -> None:
    """Show everything that happened in a stream, and who recorded it."""
    settings = composition.begin()
    service = composition.service_of_stream(stream)

    async def run() -> list[dict[str, Any]]:
        from shared.eventsourcing.mongo_store import MongoEventStore

        async with composition.opened(settings) as mongo:
            commits = await MongoEventStore(mongo.database(service)).read_stream(stream)
        return [
            {
                "id": f"{stream}:{commit.version + offset}",
                "type": event.type,
                "recorded_at": commit.recorded_at,
                "data": event.data,
                "commit": commit.id,
                **asdict(commit.meta),
            }
            for commit in commits
            for offset, event in enumerate(commit.events)
        ]

    found = asyncio.run(run())
    if not found:
        raise CliError(f"{stream}: there is no such stream in {service}")
    if as_json:
        print_json(found)
        return
    for event in found:
        _show_event(event)


def _show_event(event: dict[str, Any]) -> None:
    import orjson

    type_ = event["type"].removeprefix("hxs.")
    at = event["recorded_at"]
    typer.secho(f"{at:%Y-%m-%d %H:%M:%S} {event['id']}" if at else event["id"], fg="cyan", nl=False)
    typer.secho(f" {type_}", bold=True, nl=False)
    typer.echo(f" {orjson.dumps(event['data']).decode()}")
    if event.get("actor"):
        copied = f", copied from {event['source']}" if event["source"] else ""
        typer.secho(f"    by {event['actor']}, because of {event['causation_id']}{copied}", dim=True)


@events.command("tail")
def tail(
    service: Annotated[ServiceName, typer.Argument(help="Whose log.")],
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Begin with so many earlier events.")] = 10,
    follow: Annotated[bool, typer.Option(help="Go on with what comes; Ctrl-C ends it.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show a service's log on Kafka as it grows; with --json one object a line."""
    from shared.cli.tailing import tail as events_of

    settings = composition.begin()
    composition.publishers_among([service])

    async def run() -> None:
        async for event in events_of(settings, service, last=last, follow=follow):
            if as_json:
                print_json(event)
            else:
                _show_event(event)

    asyncio.run(run())
