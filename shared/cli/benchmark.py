"""`hxs bench`: the figures of the design, measured against the bare drivers."""

from __future__ import annotations

from typing import Annotated

import typer

from shared.cli import composition
from shared.cli.failures import USAGE, CliError
from shared.cli.output import AsJson, print_json, show_table


def _figure(value: float | None) -> str | None:
    return None if value is None else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Within 50 s, and write nothing down.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="One measure; may be given several times.")] = None,
    county_year: Annotated[
        bool, typer.Option("--county-year", help="Enter a made-up year of a whole county first (minutes).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the core against the bare drivers; a whole run without --quick writes docs/performance.md."""
    from shared.cli.bench import MEASURES, run

    if unknown := set(only or ()) - set(MEASURES):
        raise CliError(f"no measure {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}", USAGE)
    composition.begin()
    rows = run(quick, only or None, with_year=county_year)
    if as_json:
        print_json(rows)
        return
    show_table(
        ("measure", "floor", "own", "ratio", "unit", "goal", "met"),
        (
            (
                row["measure"],
                _figure(row["floor"]),
                _figure(row["own"]),
                _figure(row["ratio"]),
                row["unit"],
                row["goal"],
                "yes" if row["met"] else "no",
            )
            for row in rows
        ),
    )
