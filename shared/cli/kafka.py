"""`hxs kafka`: the topics, made as they have to be and never by accident."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from shared.cli import composition
from shared.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.platform.kafka import Difference

app = typer.Typer(help="Kafka topics.", no_args_is_help=True)


@app.command()
def apply(as_json: AsJson = False) -> None:
    """Create the topics that are missing and configure those that differ."""
    from shared.platform.kafka import apply

    _tell(asyncio.run(apply(composition.begin())), as_json)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say where topics are not what they have to be; changes nothing."""
    from shared.platform.kafka import check

    _tell(asyncio.run(check(composition.begin())), as_json)


def _tell(differences: Sequence[Difference], as_json: bool) -> None:
    if as_json:
        print_json({"ok": not differences, "differences": [asdict(difference) for difference in differences]})
    elif differences:
        typer.echo("\n".join(str(difference) for difference in differences))
        typer.echo("`hxs kafka apply` makes topics; their number of partitions is never changed.", err=True)
    else:
        typer.echo("all topics are as they have to be")
    if differences:
        raise typer.Exit(1)
