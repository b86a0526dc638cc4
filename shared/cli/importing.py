"""`hxs import-ledger`: a county's Excel ledger, entered through the services' HTTP commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import composition
from shared.cli.failures import CliError
from shared.cli.output import AsJson, Progress, language, print_json, progress, show
from shared.platform.divisions import TABLE

if TYPE_CHECKING:
    import httpx

    from shared.cli.ledger.commands import Call
    from shared.cli.ledger.entering import Entered
    from shared.ledger.reading import LedgerReading
    from shared.platform.settings import Settings

REQUEST_SECONDS = 30.0
IMPORTER = "hxs-import"
"""Subject of the development token that an import makes for itself."""


def day(written: str) -> date:
    """Return the date that an option says.

    Raises:
        BadParameter: it is none.
    """
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise typer.BadParameter(f"{written!r} is no date; write it as 2024-09-05") from error


AsOf = Annotated[
    date | None,
    typer.Option(metavar="DATE", parser=day, help="What counts as today, e.g. 2024-09-05; else it is today."),
]


def today() -> date:
    """Return today's date in Asia/Shanghai."""
    from shared.platform.working_days import today

    return today(datetime.now(UTC))


def read(file: Path, settings: Settings, as_of: date, divisions: Path | None = None) -> LedgerReading:
    """Read the ledger of the installation's county.

    Args:
        file: an .xlsx workbook.
        settings: say which county.
        as_of: facts later than that have not happened.
        divisions: a CSV of division codes, in place of the one that comes with the system.

    Raises:
        LedgerFileError, DivisionsFileError: it cannot be read.
    """
    from shared.ledger import Divisions, read_ledger

    codes = divisions or TABLE
    return read_ledger(file, Divisions.load(codes, settings.county), today=as_of)


def office_token(settings: Settings) -> str:
    """Return a development token of the county's office.

    Raises:
        CliError: other processes would not accept it.
        DevTokenRefusedError: not in `HXS_ENV=dev`.
    """
    from shared.platform.auth import Role, issue_dev_token

    if settings.env == "dev" and not settings.token_secret_given:
        remedy = "give --token or HXS_TOKEN, or set HXS_DEV_TOKEN_SECRET to that of the services"
        raise CliError(f"no token to sign in with: {remedy}")
    return issue_dev_token(settings, [Role.OFFICE], settings.county, IMPORTER)


@asynccontextmanager
async def clients(settings: Settings, token: str) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Yield a client for each service."""
    import httpx

    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language()}
    async with AsyncExitStack() as stack:
        yield {
            # Services are reached directly, whatever proxy the environment has for the rest of the world.
            name: await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, headers=headers, timeout=REQUEST_SECONDS, trust_env=False)
            )
            for name, url in settings.service_urls.items()
        }


async def enter(
    reading: LedgerReading,
    settings: Settings,
    token: str,
    told: Progress,
    *,
    further: Sequence[Sequence[Call]] = (),
) -> Entered:
    """Enter a ledger.

    Args:
        reading: what to enter.
        settings: say where the services are.
        token: of somebody from the county's office.
        told: of each row that is done.
        further: rows of other calls, sent first.

    Raises:
        ServicesUnreachableError: a service does not answer.
    """
    from shared.cli.ledger.entering import Importer

    plans = {item.year for item in reading.plan_items}
    total, done = len(further) + len(plans) + len(reading.venues) + len(reading.activities), 0

    def tell() -> None:
        nonlocal done
        done += 1
        told(done, total)

    async with clients(settings, token) as by_service:
        importer = Importer(by_service, tell)
        await importer.send(further)
        return await importer.enter(reading)


def as_facts(reading: LedgerReading, as_of: date, entered: Entered | None) -> dict[str, Any]:
    """Return the report of an import; `entered` is None where nothing was to be entered."""
    from shared.cli.ledger.report import as_json

    changes = entered and {
        "commands": entered.commands,
        "changed": entered.changed,
        "repeated": entered.repeated,
        "own": entered.own,
        "edited": entered.edited,
        "refusals": [asdict(refusal) for refusal in entered.refusals],
    }
    return {**as_json(reading), "as_of": as_of.isoformat(), "entered": changes}


def import_ledger(
    file: Annotated[Path, typer.Argument(help="The workbook, .xlsx.", show_default=False)],
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report only; enter nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Enter nothing where a row has an error.")] = False,
    divisions: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Division codes, where the county's are not known.")
    ] = None,
    token: Annotated[str | None, typer.Option(envvar="HXS_TOKEN", help="Of the county's office.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter a county's ledger of a year; entering it again changes nothing.

    Exits with 1 where a row was refused, by the rules of the ledger or by a service.
    """
    settings = composition.begin()
    as_of = as_of or today()
    reading = read(file, settings, as_of, divisions)
    entered = None
    if not dry_run and not (strict and reading.errors):
        sign_in = token or office_token(settings)
        with progress(file.name, hidden=as_json) as told:
            entered = asyncio.run(enter(reading, settings, sign_in, told))
    if as_json:
        print_json(as_facts(reading, as_of, entered))
    else:
        _show(reading, entered, dry_run=dry_run)
    if reading.errors or (entered and entered.refusals):
        raise typer.Exit(1)


def _show(reading: LedgerReading, entered: Entered | None, *, dry_run: bool) -> None:
    from shared.cli.ledger.report import as_table
    from shared.platform.language import Text

    show(as_table(reading, language()))
    if entered is None:
        why = Text("只读取,未录入", "Read only, nothing entered")
        if not dry_run:
            why = Text(
                "有行被拒收,按 --strict 未录入任何内容", "Rows have errors: by --strict nothing was entered"
            )
        typer.echo(why.in_(language()))
        return
    for refusal in entered.refusals:
        rules = "; ".join(f"{each.get('field')}: {each.get('message')}" for each in refusal.errors)
        typer.secho(f"{refusal.row}: {refusal.detail} {rules}".rstrip(), fg="red")
    for row in entered.edited:
        edited = Text(
            "由本系统导出,导出后被改动,未录入;请在系统中修改",
            "written by this system and edited since; not entered, change it in the system",
        )
        typer.secho(f"{row}: {edited.in_(language())}", fg="yellow")
    done = Text(
        f"已录入 {entered.changed} 条,此前已有 {entered.repeated} 条,被服务拒绝 {len(entered.refusals)} 行,"
        f"本系统导出、无需录入 {entered.own} 行",
        f"{entered.changed} commands entered, {entered.repeated} had been before, "
        f"{len(entered.refusals)} rows refused by a service, {entered.own} were this system's own",
    )
    typer.echo(done.in_(language()))
