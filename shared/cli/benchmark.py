"""`hxs bench`: the figures of the design, measured against the bare drivers."""

from __future__ import annotations

from typing import Annotated

import typer

from shared.cli import composition
from shared.cli.output import AsJson, print_json, show_table


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Within 50 s, and write nothing down.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure, and without --quick write docs/performance.md."""
    from shared.cli.bench import run

    composition.begin()
    rows = run(quick)
    if as_json:
        print_json(rows)
        return
    columns = ("measure", "floor", "own", "ratio", "unit", "goal", "met")
    show_table(columns, ([row[column] for column in columns] for row in rows))
