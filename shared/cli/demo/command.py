"""`hxs demo`: the whole system on this machine, with an example county's year."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.cli import composition, importing
from shared.cli.failures import INTERRUPTED, CliError
from shared.cli.output import AsJson, language, print_json, progress
from shared.platform.language import Text

if TYPE_CHECKING:
    from shared.cli.demo.running import Demo
    from shared.cli.ledger.commands import Call
    from shared.cli.ledger.entering import Entered
    from shared.ledger.reading import LedgerReading

EXAMPLE = Path(__file__).parents[3] / "examples" / "huimin-2024-ledger.xlsx"
EXAMPLE_DAY = date(2024, 9, 5)
"""What the example shows is of this day; on any later one, all that was open then is overdue."""

SEED = 371621
"""Of a year that is made up: the same year at every start."""


class Scale(StrEnum):
    """How much is entered."""

    EXAMPLE = "example"
    COUNTY_YEAR = "county-year"


DATA = {Scale.EXAMPLE: Path(".hxs/demo"), Scale.COUNTY_YEAR: Path(".hxs/county-year")}
"""Where each is kept for the next start: not with one another."""

ENTERED = "entered"
"""File beside a made-up year that is entered: to ask whether all of it is there takes minutes, too."""


def _say(zh: str, en: str) -> None:
    typer.secho(zh if language() == "zh" else en, err=True, dim=True)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


def _note_swallowed(swallowed: sys.UnraisableHookArgs) -> None:
    from shared.cli.demo.running import ASKED_TO_END

    if issubclass(swallowed.exc_type, KeyboardInterrupt):
        ASKED_TO_END.set()
    else:
        sys.__unraisablehook__(swallowed)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Take a request to end, and a closed terminal, as Ctrl-C; also where a shell had that ignored."""
    handlers = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: _interrupt,
        signal.SIGHUP: _interrupt,
    }
    before = {which: signal.signal(which, handler) for which, handler in handlers.items()}
    hook, sys.unraisablehook = sys.unraisablehook, _note_swallowed
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for which, handler in before.items():
            signal.signal(which, handler)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="On a throw-away folder: enter the ledger, print figures, end.")
    ] = False,
    as_of: importing.AsOf = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that keeps the data for the next start.",
            show_default=" or ".join(map(str, DATA.values())),
        ),
    ] = None,
    ledger: Annotated[Path, typer.Option(help="The workbook to enter.")] = EXAMPLE,
    scale: Annotated[
        Scale,
        typer.Option(help="`county-year`: instead of the workbook a made-up year of a whole county's size."),
    ] = Scale.EXAMPLE,
    tour: Annotated[
        bool, typer.Option("--tour", help="Then play what the system can do through HTTP, step by step.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run everything on this machine, with an example county's year, until Ctrl-C.

    A MongoDB or Kafka that HXS_MONGO_URL or HXS_KAFKA_BOOTSTRAP names is used instead of embedded ones.
    """
    started = time.monotonic()
    if scale is Scale.COUNTY_YEAR:
        as_of, reading = as_of or EXAMPLE_DAY, _made_up(as_of or EXAMPLE_DAY)
    else:
        reading = _read(ledger, as_of or importing.today())
    with _interruptible():
        try:
            if once:
                print_json(_once(reading, as_of or importing.today(), started, tour=tour))
            else:
                _run(reading, as_of, data or DATA[scale], tour=tour, as_json=as_json)
        except KeyboardInterrupt:
            _say("已停止", "Stopped")
            if once:
                raise typer.Exit(INTERRUPTED) from None


def _read(ledger: Path, as_of: date) -> LedgerReading:
    if not ledger.exists():
        raise CliError(
            Text(
                f"找不到 {ledger}：请在代码仓库的检出目录中运行演示，或用 --ledger 指定台账",
                f"{ledger} is missing: run the demo in a checkout of the repository, or give --ledger",
            )
        )
    return importing.read(ledger, composition.begin(), as_of)


def _made_up(as_of: date) -> LedgerReading:
    from shared.cli.demo import county_year
    from shared.ledger import Divisions
    from shared.platform.divisions import TABLE

    divisions = Divisions.load(TABLE, composition.begin().county)
    return county_year.reading(divisions, as_of, county_year.Sizes(), seed=SEED)


def _is_made_up(reading: LedgerReading) -> bool:
    from shared.cli.demo import county_year

    return reading.path == county_year.SOURCE


def _members_of(reading: LedgerReading) -> list[list[Call]]:
    from shared.cli.demo import county_year

    if not _is_made_up(reading):
        return []
    year = reading.activities[0].year
    return [[call] for call in county_year.members(reading.county, county_year.Sizes(), year=year, seed=SEED)]


def _enter_once(running: Demo, reading: LedgerReading) -> None:
    """Enter a made-up year, unless it is in this folder's own database already: it takes its time."""
    noted, digest = running.folder / ENTERED, sha256(repr(reading).encode()).hexdigest()
    is_own_database = "HXS_MONGO_URL" in running.environment
    if is_own_database and noted.exists() and noted.read_text() == digest:
        return
    _say(
        f"虚构的全县一年：{len(reading.activities):,} 项活动，逐条命令录入；双核机器上约 10 分钟，"
        "Ctrl-C 可停，再次启动接着录 …",
        f"A made-up year of {len(reading.activities):,} activities, entered command by command: about "
        "10 minutes on two cores; after Ctrl-C the next start goes on …",
    )
    _enter(running, reading)
    noted.write_text(digest)


def _enter(running: Demo, reading: LedgerReading) -> None:
    from shared.cli.demo.following import wait_until_listening

    settings = running.settings
    token = importing.office_token(settings)

    async def enter() -> Entered:
        async with composition.opened(settings) as mongo:
            await wait_until_listening(settings, mongo)
        with progress(reading.path.name) as told:
            return await importing.enter(reading, settings, token, told, further=_members_of(reading))

    try:
        entered = asyncio.run(enter())
    except Exception:
        running.check()  # a service that ended is the reason, not that it does not answer
        raise
    if entered.refusals:
        first = entered.refusals[0]
        raise CliError(
            Text(
                f"{len(entered.refusals)} 行被拒收，第一行是 {first.row}：{first.detail}",
                f"{len(entered.refusals)} rows refused, the first: {first.row}: {first.detail}",
            )
        )


def _fill(running: Demo, reading: LedgerReading) -> None:
    if _is_made_up(reading):
        _enter_once(running, reading)
    else:
        _say("录入台账 …", "Entering the ledger …")
        _enter(running, reading)


def _play(running: Demo, *, as_json: bool) -> dict[str, Any]:
    """Play the tour, and return it; where JSON is printed in the end, its lines go to standard error."""
    from shared.cli.demo.tour.chapters import play

    def tell(line: str) -> None:
        typer.echo(line, err=as_json)

    try:
        played = play(running, language(), tell)
    except CliError:
        running.check()  # a service that ended is the reason, not what the others answered then
        raise
    return {"tour": [step.as_json() for step in played.steps], "notices": played.notices}


def _once(reading: LedgerReading, as_of: date, started: float, *, tour: bool) -> dict[str, Any]:
    from shared.cli.demo.figures import figures
    from shared.cli.demo.following import wait_until_caught_up
    from shared.cli.demo.running import running
    from shared.platform.local.process import throwaway_directory

    async def look(demo: Demo) -> dict[str, Any]:
        async with composition.opened(demo.settings) as mongo:
            await wait_until_caught_up(demo.settings, mongo)
            return await figures(demo.settings, mongo, as_of)

    with throwaway_directory("demo") as folder, running(folder, _say, throwaway=True) as demo:
        _fill(demo, reading)
        demo.check()
        found = asyncio.run(look(demo))
        found["differences"] = len(reading.differences)
        if tour:  # after the figures: it brings things of its own
            found |= _play(demo, as_json=True)
        found["seconds"] = round(time.monotonic() - started, 1)
    return found


def _program() -> str:
    """Return how this command was called, so that what is said can be typed."""
    return sys.argv[0] if Path(sys.argv[0]).name == "hxs" else "hxs"


def _where(demo: Demo, page: str, data: Path) -> Iterator[Text]:
    """Yield what there is to look at, line by line."""
    notify = f"{demo.settings.service_urls['notify']}/docs"
    yield Text(f"看板：{page}", f"The board: {page}")
    mails = demo.told.mails.url
    yield Text(f"邮件：{mails}（只在本机显示，不外发）", f"Mails: {mails} (shown here, sent to nobody)")
    yield Text(
        f"推送：在 {notify} 登记本机地址，见 docs/webhooks.md",
        f"Webhooks: register an address of this machine at {notify}, see docs/webhooks.md",
    )
    inside = f"set -a; . {data}/env; set +a; {_program()} doctor"
    yield Text(
        f"数据保存在 {data}，再次启动接着用；按 Ctrl-C 停止。另开终端查看：{inside}",
        f"Data are kept in {data} for the next start; Ctrl-C stops everything. To look inside from another "
        f"terminal: {inside}",
    )


def _run(reading: LedgerReading, as_of: date | None, data: Path, *, tour: bool, as_json: bool) -> None:
    from shared.cli.demo.following import wait_until_caught_up
    from shared.cli.demo.running import running

    async def catch_up(demo: Demo) -> None:
        async with composition.opened(demo.settings) as mongo:
            await wait_until_caught_up(demo.settings, mongo)

    with running(data, _say, throwaway=False) as demo:
        _fill(demo, reading)
        asyncio.run(catch_up(demo))  # whoever opens the page at once sees the whole year
        played = _play(demo, as_json=as_json) if tour else {}
        day = as_of or (EXAMPLE_DAY if reading.path == EXAMPLE else None)
        page = f"{demo.page}?as_of={day.isoformat()}" if day else demo.page
        if as_json:
            said = {"page": page, "mails": demo.told.mails.url, "services": demo.settings.service_urls}
            print_json({**said, "data": str(data), **played})
        else:
            for number, line in enumerate(_where(demo, page, data)):
                typer.secho(line.in_(language()), bold=number == 0)
        demo.wait()
