"""What commands print: JSON for programs, tables for people, bars for whoever waits at a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shared.platform.language import Language

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Progress = Callable[[int, int], None]
"""Told what is done, and of how many."""


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a value: on one line, or indented for the eyes of somebody at a terminal."""
    import orjson

    option = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0)
    typer.echo(orjson.dumps(value, default=str, option=option).decode())


def show(renderable: RenderableType) -> None:
    """Print what Rich can draw, as wide as it needs to be where nobody's terminal limits it."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(renderable)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; None is shown as –."""
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # As text, since what people wrote may look like Rich's markup.
        table.add_row(*(Text("–" if cell is None else str(cell)) for cell in row))
    show(table)


@contextmanager
def progress(title: str, *, hidden: bool = False) -> Iterator[Progress]:
    """Yield what draws a bar on standard error; nothing is drawn where that is no terminal.

    Args:
        title: shown before the bar.
        hidden: draw nothing.
    """
    if hidden or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def language() -> Language:
    """Return the language of what clerks read: English where the system's is, else Chinese."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "en" if named.lower().startswith("en") else "zh"
