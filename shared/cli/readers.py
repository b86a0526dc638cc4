"""`hxs readers`: database accounts for dashboards, which may read what is published and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import composition
from shared.cli.access import FromStdin, entered_password
from shared.cli.composition import ServiceName
from shared.cli.failures import CliError
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from shared.platform.mongo import Mongo
    from shared.platform.settings import Settings

app = typer.Typer(help="Database accounts that read what is published for dashboards.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Of the database account.")]
SHORTEST_PASSWORD = 12


def views() -> dict[str, list[str]]:
    """Return the published views, by service."""
    from shared.eventsourcing.published import view_name

    found = {
        str(name): [view_name(p.name) for p in composition.load(name).projections if p.published is not None]
        for name in ServiceName
    }
    return {name: names for name, names in found.items() if names}


@app.command("views")
def show_views(as_json: AsJson = False) -> None:
    """Say what such an account may read; docs/read-models.md says what is in it."""
    prefix = composition.begin().mongo_prefix
    named = {f"{prefix}_{service}": names for service, names in views().items()}
    if as_json:
        print_json(named)
    else:
        typer.echo("\n".join(f"{database}.{name}" for database, names in named.items() for name in names))


@app.command()
def grant(name: Name, stdin: FromStdin = False, as_json: AsJson = False) -> None:
    """Make an account, or give it a new password and the rights of today; run it again after an upgrade.

    The server has to ask for passwords at all (`--auth`), and HXS_MONGO_URL has to name an account that may
    manage others.
    """
    settings, password = composition.begin(), entered_password(stdin)
    if len(password) < SHORTEST_PASSWORD:
        raise CliError(f"the password needs {SHORTEST_PASSWORD} characters at least")
    readable = views()
    _run(settings, lambda mongo: mongo.let_read(name, password, readable))
    if as_json:
        print_json({"account": name, "views": readable})
    else:
        typer.echo(f"{name} may read {sum(map(len, readable.values()))} views, and nothing else")


@app.command()
def revoke(name: Name) -> None:
    """Remove an account."""
    _run(composition.begin(), lambda mongo: mongo.let_read_no_more(name))
    typer.echo(f"{name} is removed")


def _run(settings: Settings, work: Callable[[Mongo], Awaitable[None]]) -> None:
    async def run() -> None:
        async with composition.opened(settings) as mongo:
            await work(mongo)

    asyncio.run(run())
