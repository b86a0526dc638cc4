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
from shared.cli.failures import INTERRUPTED, USAGE, CliError
from shared.cli.output import AsJson, Progress, language, print_json, progress, show
from shared.platform.divisions import TABLE, load_divisions
from shared.platform.language import Text

if TYPE_CHECKING:
    import httpx

    from shared.cli.ledger.commands import Call
    from shared.cli.ledger.entering import Entered, Refusal
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
        CliError: the system knows no such county.
    """
    from shared.ledger import Divisions, read_ledger

    county = settings.county
    if divisions is None and not load_divisions().towns(county):
        raise CliError(
            Text(
                f"自带的区划表中没有 HXS_COUNTY={county} 这个县；请改正，或用 --divisions 指定区划表",
                f"HXS_COUNTY={county} is no county that this system knows; mend it, or give --divisions",
            ),
            USAGE,
        )
    return read_ledger(file, Divisions.load(divisions or TABLE, county), today=as_of)


def office_token(settings: Settings) -> str:
    """Return a development token of the county's office.

    Raises:
        CliError: other processes would not accept it.
        DevTokenRefusedError: not in `HXS_ENV=dev`.
    """
    from shared.platform.auth import Role, issue_dev_token

    if settings.env == "dev" and not settings.token_secret_given:
        raise CliError(
            Text(
                "没有登录令牌：请给出 --token 或 HXS_TOKEN；试用环境可将 HXS_DEV_TOKEN_SECRET 设为与服务相同",
                "no token to sign in with: give --token or HXS_TOKEN, or set HXS_DEV_TOKEN_SECRET to that of "
                "the services",
            )
        )
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
        NotSignedInError: a service does not accept the token.
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
    kept_out = _kept_out(reading, dry_run=dry_run, strict=strict)
    entered = None
    if kept_out is None:
        entered = _enter(reading, settings, token or office_token(settings), quietly=as_json)
    if as_json:
        print_json(as_facts(reading, as_of, entered))
    else:
        _show(reading, entered, kept_out)
    if reading.errors or (entered and entered.refusals):
        raise typer.Exit(1)


def _kept_out(reading: LedgerReading, *, dry_run: bool, strict: bool) -> Text | None:
    """Return why nothing is to be entered; None where something is."""
    if dry_run:
        return Text("只读取，未录入", "Read only, nothing entered")
    if strict and reading.errors:
        return Text(
            "有行被拒收，按 --strict 未录入任何内容", "Rows have errors: by --strict nothing was entered"
        )
    if not reading.activities:  # the plan of another county, say, is not entered either
        return Text(
            f"没有一项活动可以录入，未录入任何内容；文件和县（HXS_COUNTY={reading.county}）是否对应？",
            "No activity can be entered, so nothing was; is it the ledger of this county "
            f"(HXS_COUNTY={reading.county})?",
        )
    return None


def _enter(reading: LedgerReading, settings: Settings, token: str, *, quietly: bool) -> Entered:
    try:
        with progress(reading.path.name, hidden=quietly) as told:
            return asyncio.run(enter(reading, settings, token, told))
    except KeyboardInterrupt:
        stopped = Text(
            "已停止；已录入的保留，重新导入会接着录，不会重复",
            "Stopped; what was entered stays. Import again to go on: nothing is entered twice",
        )
        typer.echo(stopped.in_(language()), err=True)
        raise typer.Exit(INTERRUPTED) from None


def _why_refused(refusal: Refusal) -> str:
    if refusal.code == "idempotency-key-reused":
        changed = Text(
            "此行以前录入过，表中内容后来有改动，未录入；请在系统中修改",
            "was entered before and says something else now; not entered, change it in the system",
        )
        return changed.in_(language())
    rules = "; ".join(f"{each.get('field')}: {each.get('message')}" for each in refusal.errors)
    return f"{refusal.detail} {rules}".rstrip()


def _show(reading: LedgerReading, entered: Entered | None, kept_out: Text | None) -> None:
    from shared.cli.ledger.report import as_table

    show(as_table(reading, language()))
    if kept_out is not None:
        typer.echo(kept_out.in_(language()))
    if entered is None:
        return
    for refusal in entered.refusals:
        typer.secho(f"{refusal.row}: {_why_refused(refusal)}", fg="red")
    for row in entered.edited:
        edited = Text(
            "由本系统导出，导出后被改动，未录入；请在系统中修改",
            "written by this system and edited since; not entered, change it in the system",
        )
        typer.secho(f"{row}: {edited.in_(language())}", fg="yellow")
    done = Text(
        f"已录入 {entered.changed} 条，此前已有 {entered.repeated} 条，"
        f"被服务拒绝 {len(entered.refusals)} 行，本系统导出、无需录入 {entered.own} 行",
        f"{entered.changed} commands entered, {entered.repeated} had been before, "
        f"{len(entered.refusals)} rows refused by a service, {entered.own} were this system's own",
    )
    typer.echo(done.in_(language()))
