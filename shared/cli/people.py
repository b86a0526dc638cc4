"""`hxs people`: forgetting somebody in all services, and once more after an older backup was restored."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import composition
from shared.cli.composition import ServiceName
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from shared.platform.mongo import Mongo
    from shared.platform.people import People, Person

app = typer.Typer(help="People whom the services know, by their opaque ids.", no_args_is_help=True)

_ID = re.compile(r"[0-9a-z][0-9a-z-]{2,63}")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure found.

    Attributes:
        person: whose.
        places: service → where something was found this time.
        known: something was found, now or when they were erased before.
    """

    person: str
    places: dict[str, list[str]]
    known: bool


def _keepers(mongo: Mongo) -> dict[str, People]:
    services = [composition.load(name) for name in ServiceName]
    return {s.name: s.people(mongo.database(s.name)) for s in services if s.keeps_people or s.erasers}


async def _what_is_known(keepers: Sequence[People], person_id: str) -> Person | None:
    known: Person | None = None
    for people in keepers:
        found = await people.find_person(person_id)
        known = found if known is None else known.completed(found)
    return known


async def erase_everywhere(mongo: Mongo, person_id: str, *, why: str) -> Forgotten:
    """Erase a person in every service; doing it again finishes what was interrupted.

    Args:
        mongo: where the databases are; services may be running.
        person_id: the opaque id.
        why: kept in the log of accesses; names nobody.
    """
    keepers = _keepers(mongo)
    known = await _what_is_known(list(keepers.values()), person_id)
    places: dict[str, list[str]] = {}
    ever = False
    for service, people in keepers.items():
        done = await people.erase(person_id, by="operator", why=why, known=known)
        ever = ever or done.erased_at is not None
        if done.places:
            places[service] = list(done.places)
    if await _delete_account(mongo, person_id):
        places["platform"], ever = ["accounts"], True
    return Forgotten(person_id, places, ever)


async def _delete_account(mongo: Mongo, person_id: str) -> bool:
    """Delete the account that stands in events as this person: a user name may be a name."""
    from shared.eventsourcing.http import person_id as opaque
    from shared.platform.local_accounts import MongoAccountStore

    store = MongoAccountStore(mongo)
    found = [a.username async for a in store.every() if opaque(a.subject) == person_id]
    for username in found:
        await store.delete(username)
    return bool(found)


def _listed(ids: Sequence[str], source: typer.FileText | None) -> list[str]:
    lines = [line.strip() for line in source] if source else []
    wanted = list(dict.fromkeys([*ids, *(line for line in lines if line)]))
    for each in wanted:
        if not _ID.fullmatch(each):
            raise CliError("a person's id has 3 to 64 lower-case letters, digits and hyphens", USAGE)
    if not wanted and source is None:
        raise CliError("give an id, or a list of them with --from", USAGE)
    return wanted


def _confirm(count: int) -> None:
    if not sys.stdin.isatty():
        raise CliError("what is erased is gone for good: add --yes", USAGE)
    whom = "this person" if count == 1 else f"these {count} people"
    typer.confirm(f"Erase {whom} in all services, for good?", abort=True, err=True)


@app.command("erase")
def erase(
    person_ids: Annotated[list[str] | None, typer.Argument(help="Opaque ids, as in events.")] = None,
    source: Annotated[
        typer.FileText | None,
        typer.Option("--from", help="A list, one id a line, as `hxs people erased` writes it; - reads it."),
    ] = None,
    why: Annotated[str, typer.Option(help="Kept in the log; names nobody.")] = "hxs people erase",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase people in all services: names, phones, restricted facts, texts, an account of this installation.

    Events keep their opaque ids.
    Backups keep what they hold: after restoring an older one, erase again (--from).
    """
    settings = composition.begin()
    wanted = _listed(person_ids or [], source)
    if not yes:
        _confirm(len(wanted))

    async def run() -> list[Forgotten]:
        async with composition.opened(settings) as mongo:
            return [await erase_everywhere(mongo, each, why=why) for each in wanted]

    found = asyncio.run(run())
    if as_json:
        print_json([{"person": f.person, "known": f.known, "places": f.places} for f in found])
    else:
        for each in found:
            typer.echo(_said(each))
    # Of a list, some may be younger than the backup that was restored: then there is nothing to forget.
    if not all(each.known for each in found if each.person in (person_ids or [])):
        raise typer.Exit(1)


def _said(found: Forgotten) -> str:
    if found.places:
        places = "; ".join(f"{service}: {', '.join(places)}" for service, places in found.places.items())
        return f"ok {found.person}: erased in {places}"
    if found.known:
        return f"ok {found.person}: was erased before; nothing more was found"
    return f"!! {found.person}: no service knows anything of this person"


@app.command("erased")
def erased(as_json: AsJson = False) -> None:
    """List the ids of all who were erased, one a line: keep it beside the backups."""
    settings = composition.begin()

    async def run() -> list[str]:
        async with composition.opened(settings) as mongo:
            return sorted({each for people in _keepers(mongo).values() for each in await people.erased()})

    ids = asyncio.run(run())
    if as_json:
        print_json(ids)
    else:
        for each in ids:
            typer.echo(each)
