"""`hxs projections`: which builds serve, how far they are, made anew, compared with the record."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import composition
from shared.cli.composition import PUBLISHERS, OfService, Owned, ServiceName
from shared.cli.output import AsJson, Progress, print_json, progress, show_table

if TYPE_CHECKING:
    from shared.eventsourcing.parking import ParkedKey
    from shared.eventsourcing.pointer import Pointer
    from shared.eventsourcing.rebuild import Rebuilt
    from shared.eventsourcing.verify import Verified
    from shared.platform.mongo import Mongo
    from shared.platform.settings import Settings

SHOWN = 20
"""Differing documents of a projection that people are shown."""

app = typer.Typer(help="Read models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of the projection, see `hxs projections list`.")]


@dataclass(frozen=True, slots=True)
class Situation:
    """How a projection, or the reactions of a service, are doing.

    Attributes:
        state: `live`; `stopped` where no process writes down its progress; `not built` before the first
            start; `rebuilding`, `outdated` while a build of another fold, or none of this one, serves.
        build: that serves; None for reactions, and before the first start.
        version: of the fold that made it, `code_version` that of this installation.
        as_of: everything recorded before is in it, UTC.
        parked_keys: that wait for an operator.
    """

    service: str
    name: str
    state: str
    build: int | None
    version: int | None
    code_version: int | None
    behind_events: int
    behind_seconds: float
    as_of: datetime | None
    parked_keys: int


async def situations(mongo: Mongo, now: datetime) -> list[Situation]:
    """Return how every consumer of every service is doing."""
    from shared.eventsourcing.parking import REACTIONS
    from shared.eventsourcing.pointer import Pointers
    from shared.eventsourcing.repair import parked_keys

    found = []
    for name in ServiceName:
        database, service = mongo.database(name), composition.load(name)
        parked = await parked_keys(database)
        pointers = Pointers(database)
        found += [
            _of_projection(Owned(name, projection), await pointers.find(projection.name), parked, now)
            for projection in service.projections
        ]
        if service.reactions:
            document = await database["projections"].find_one({"_id": REACTIONS})
            found.append(_of_reactions(name, (document or {}).get("progress", {}), parked, now))
    return found


def _parked(parked: list[ParkedKey], consumer: str) -> int:
    return sum(key.consumer == consumer for key in parked)


def _is_silent(progress: Any, now: datetime) -> bool:  # noqa: ANN401 - progress documents
    from shared.eventsourcing.progress import SILENT_AFTER

    return bool(progress) and min(place["at"] for place in progress.values()) < now - SILENT_AFTER


def _of_projection(
    owned: Owned, pointer: Pointer | None, parked: list[ParkedKey], now: datetime
) -> Situation:
    from shared.eventsourcing.progress import freshness_of

    name, code_version = owned.projection.name, owned.projection.version
    if pointer is None:
        return Situation(owned.service, name, "not built", None, None, code_version, 0, 0.0, None, 0)
    fresh = freshness_of(pointer.progress, now)
    state = "live"
    if pointer.building is not None:
        state = "rebuilding"
    elif pointer.version != code_version:
        state = "outdated"
    elif _is_silent(pointer.progress, now):
        state = "stopped"
    return Situation(
        service=owned.service,
        name=name,
        state=state,
        build=pointer.build,
        version=pointer.version,
        code_version=code_version,
        behind_events=fresh.behind_events,
        behind_seconds=round(fresh.behind_seconds, 1),
        as_of=fresh.as_of,
        parked_keys=_parked(parked, f"{name}.v{pointer.build}"),
    )


def _of_reactions(service: str, progress: Any, parked: list[ParkedKey], now: datetime) -> Situation:  # noqa: ANN401 - progress documents
    from shared.eventsourcing.parking import REACTIONS
    from shared.eventsourcing.progress import freshness_of

    fresh = freshness_of(progress, now)
    return Situation(
        service=service,
        name=REACTIONS,
        state="stopped" if _is_silent(progress, now) else "live" if progress else "not built",
        build=None,
        version=None,
        code_version=None,
        behind_events=fresh.behind_events,
        behind_seconds=round(fresh.behind_seconds, 1),
        as_of=fresh.as_of,
        parked_keys=_parked(parked, REACTIONS),
    )


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the projections and reactions of all services, and how far they are."""

    async def run(settings: Settings) -> list[Situation]:
        async with composition.opened(settings) as mongo:
            return await situations(mongo, datetime.now(UTC))

    found = asyncio.run(run(composition.begin()))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    show_table(
        ("service", "projection", "state", "build", "fold", "behind", "as of (UTC)", "parked"),
        (
            (
                each.service,
                each.name,
                each.state,
                each.build,
                each.version,
                f"{each.behind_events} events, {each.behind_seconds:.0f} s" if each.behind_events else "0",
                each.as_of and f"{each.as_of:%Y-%m-%d %H:%M:%S}",
                each.parked_keys or "",
            )
            for each in found
        ),
    )


@app.command()
def rebuild(name: Name, service: OfService = None, as_json: AsJson = False) -> None:
    """Make a projection anew from the log while it serves, and switch to the new build."""
    settings = composition.begin()
    owned = composition.the_projection(name, service)

    async def run(told: Progress) -> Rebuilt:
        from shared.eventsourcing.rebuild import rebuild

        async with composition.opened(settings) as mongo:
            database = mongo.database(owned.service)
            return await rebuild(
                owned.projection, service=owned.service, database=database, settings=settings, progress=told
            )

    with progress(f"rebuilding {owned.label}", hidden=as_json) as told:
        done = asyncio.run(run(told))
    facts = {"projection": owned.label, "build": done.pointer.build, "records": done.records}
    if as_json:
        print_json(facts | {"seconds": round(done.seconds, 3)})
    else:
        typer.echo(f"{owned.label}: build {done.pointer.build} serves; {done.records} records read")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One projection; all, where it is left out.")] = None,
    service: OfService = None,
    as_json: AsJson = False,
) -> None:
    """Compare read models with what the record makes of them."""
    settings = composition.begin()
    chosen = composition.projections(name, service)

    async def run(told: Progress) -> list[tuple[Owned, Verified]]:
        from shared.eventsourcing.verify import verify

        async with composition.opened(settings) as mongo:
            stores = {s.value: mongo.database(s) for s in PUBLISHERS}
            found = []
            for done, owned in enumerate(chosen):
                told(done, len(chosen))
                verified = await verify(
                    owned.projection, database=mongo.database(owned.service), stores=stores
                )
                found.append((owned, verified))
            return found

    with progress("verifying", hidden=as_json) as told:
        found = asyncio.run(run(told))
    if as_json:
        facts = [{"service": owned.service, **asdict(v), "ok": v.ok} for owned, v in found]
        print_json({"ok": all(v.ok for _, v in found), "projections": facts})
    else:
        _show_verified(found)
    if not all(verified.ok for _, verified in found):
        raise typer.Exit(1)


def _show_verified(found: list[tuple[Owned, Verified]]) -> None:
    for owned, verified in found:
        judged = f"{verified.documents} documents of {verified.events} events"
        unsettled = f", {verified.unsettled} changing just now" if verified.unsettled else ""
        typer.echo(
            f"{'ok' if verified.ok else '!!'} {owned.label} build {verified.build}: {judged}{unsettled}"
        )
        for each in verified.differing[:SHOWN]:
            fields = f" in {', '.join(each.fields)}" if each.fields else ""
            why = " (its key is parked: `hxs parked list`)" if each.stale else ""
            typer.echo(f"   {each.key}: {each.problem}{fields}{why}")
        if len(verified.differing) > SHOWN:
            typer.echo(f"   and {len(verified.differing) - SHOWN} more; --json has them all")
    wrong = [owned for owned, verified in found if not verified.ok]
    if wrong:
        remedy = "; ".join(
            f"hxs projections rebuild {o.projection.name} --service {o.service}" for o in wrong
        )
        typer.echo(f"what is not parked is mended by: {remedy}", err=True)
