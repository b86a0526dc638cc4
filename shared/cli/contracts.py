"""`hxs contracts`: the published events as files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.output import AsJson, print_json

app = typer.Typer(help="Published events: JSON Schemas and the AsyncAPI document.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", file_okay=False, help="Where the committed files are.")]
_FOLDER = Path("docs/contracts")


@app.command()
def export(folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Write the files; refuses what readers of published events could not bear."""
    from shared.contracts.export import export

    changed = export(folder)
    if as_json:
        print_json({"changed": [str(path) for path in changed]})
    else:
        typer.echo("\n".join(str(path) for path in changed) or "everything is current")


@app.command()
def check(folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Say what is stale or incompatible; changes nothing."""
    from shared.contracts.export import check

    faults = check(folder)
    if as_json:
        print_json({"ok": not faults, "faults": [asdict(fault) for fault in faults]})
    else:
        typer.echo("\n".join(str(fault) for fault in faults) or "current and compatible")
    if faults:
        raise typer.Exit(1)
