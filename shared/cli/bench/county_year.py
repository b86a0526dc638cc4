"""A county's year, entered into the run's databases before anything is measured (`--county-year`)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from shared.cli import importing
from shared.cli.bench.processes import bearer, resident_mib, serving
from shared.cli.bench.report import Machine, table
from shared.cli.bench.rows import Row
from shared.cli.composition import ServiceName, opened
from shared.cli.demo import county_year
from shared.cli.demo.command import EXAMPLE_DAY, SEED
from shared.cli.demo.following import wait_until_caught_up, wait_until_listening
from shared.ledger import Divisions
from shared.platform.divisions import TABLE
from shared.platform.settings import Settings

SECTION = "year"
_LOOKS = 21
_LOOKED_AT = {
    "the page": ("board", "/"),
    "the board's figures": ("board", "/board"),
    "50 activities": ("board", "/activities?limit=50"),
    "50 things to do": ("board", "/todo?limit=50"),
    "50 ledger entries": ("cases", "/entries?limit=50"),
    "the ledger as a workbook": ("cases", "/ledger.xlsx?year=2024"),
}


@dataclass(frozen=True, slots=True)
class Year:
    """What was entered, and what it took.

    Attributes:
        commands: over HTTP.
        seconds: until every read model had it.
        memory: service → MiB, after all that.
        answers: what is looked at → median milliseconds until it is answered.
    """

    activities: int
    members: int
    commands: int
    seconds: float
    memory: dict[str, float]
    answers: dict[str, float]


async def enter(settings: Settings) -> Year:
    """Enter the year through the five services, as processes on the run's engines.

    Raises:
        RuntimeError: a service refused something.
    """
    sizes = county_year.Sizes()
    divisions = Divisions.load(TABLE, settings.county)
    reading = county_year.reading(divisions, EXAMPLE_DAY, sizes, seed=SEED)
    roster = county_year.members(settings.county, sizes, year=EXAMPLE_DAY.year, seed=SEED)
    async with AsyncExitStack() as stack:
        servers = {
            name.value: await stack.enter_async_context(
                serving(settings, "shared.cli.main", "serve", name, ready="/readyz")
            )
            for name in ServiceName
        }
        urls = {name: f"http://127.0.0.1:{server.port}" for name, server in servers.items()}
        told = settings.model_copy(update={"service_urls": urls})
        token = bearer(settings)["Authorization"].removeprefix("Bearer ")
        async with opened(told) as mongo:
            await wait_until_listening(told, mongo)
            begun = time.monotonic()
            further = [[call] for call in roster]
            entered = await importing.enter(reading, told, token, lambda done, total: None, further=further)
            await wait_until_caught_up(told, mongo)
        if entered.refusals:
            raise RuntimeError(f"{len(entered.refusals)} refused, the first: {entered.refusals[0]}")
        return Year(
            activities=len(reading.activities),
            members=sizes.members,
            commands=entered.commands,
            seconds=time.monotonic() - begun,
            answers={
                what: await _answer(urls[name] + path, token) for what, (name, path) in _LOOKED_AT.items()
            },
            memory={name: resident_mib(server.pid) for name, server in servers.items()},
        )


async def _answer(url: str, token: str) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    times = []
    async with httpx.AsyncClient(headers=headers, timeout=120, trust_env=False) as client:
        for _ in range(_LOOKS):
            begun = time.perf_counter()
            (await client.get(url)).raise_for_status()
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def section(year: Year, rows: Sequence[Row], machine: Machine) -> str:
    """Return the page's section: the year, and the same figures as above with it in the databases."""
    towns = f"{year.members} members and {year.activities:,} activities of 15 towns"
    entered = (
        f"{towns}, each with a consultation of ten opinions: {year.commands:,} commands\n"
        f"over HTTP, in {year.seconds:.0f} s in every read model."
    )
    memory = ", ".join(f"{name} {mib:.0f}" for name, mib in year.memory.items())
    looked = [f"| {what} | {ms:,.0f} |" for what, ms in year.answers.items()]
    parts = [
        "## With a county's year in it",
        "Written by `make year`: the same measures, after a made-up year of a whole county was entered into\n"
        "the services' databases (`hxs demo --scale county-year` enters the same).",
        entered,
        table(rows),
        "\n".join(["| answered | median, ms |", "| --- | --- |", *looked]),
        f"Resident memory of the five services after the entering, MiB: {memory}.",
        machine.described().rstrip(),
    ]
    return "\n\n".join(parts) + "\n"
