"""`hxs backup` and `hxs restore`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli import composition
from shared.cli.composition import PUBLISHERS
from shared.cli.output import AsJson, print_json, progress

if TYPE_CHECKING:
    from shared.cli.archive import Manifest, Restored

DATABASES = (*PUBLISHERS, "platform")
"""The board owns nothing that cannot be made anew; `platform` holds the accounts."""

_NEXT = "Next: `hxs republish --all`, then start the services; their read models are made anew."

Folder = Annotated[Path, typer.Argument(help="The backup.", file_okay=False)]


def backup(folder: Folder, as_json: AsJson = False) -> None:
    """Write a backup of all that cannot be made anew into a new folder; services may be running."""
    settings = composition.begin()

    async def run() -> Manifest:
        from shared.cli.archive import back_up

        async with composition.opened(settings) as mongo:
            return await back_up(
                mongo,
                DATABASES,
                folder,
                county=settings.county,
                told=lambda _, done, total: told(done, total),
            )

    with progress("backing up", hidden=as_json) as told:
        manifest = asyncio.run(run())
    if as_json:
        print_json({"folder": str(folder), **asdict(manifest)})
        return
    for service, collections in manifest.databases.items():
        counts = ", ".join(f"{name} {kept.documents}" for name, kept in collections.items() if kept.documents)
        typer.echo(f"{service}: {counts or 'nothing'}")


def restore(
    folder: Folder,
    force: Annotated[bool, typer.Option("--force", help="Delete what the databases hold.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back into empty databases, and verify the record. Stop the services first."""
    settings = composition.begin()

    async def run() -> Restored:
        from shared.cli.archive import restore

        async with composition.opened(settings) as mongo:
            return await restore(mongo, folder, force=force, told=lambda _, done, total: told(done, total))

    with progress("restoring", hidden=as_json) as told:
        restored = asyncio.run(run())
    if as_json:
        audits = {service: asdict(report) for service, report in restored.audits.items()}
        print_json({"intact": restored.intact, "documents": restored.documents, "audits": audits})
    else:
        _show(restored)
    if not restored.intact:
        raise typer.Exit(1)


def _show(restored: Restored) -> None:
    for service, documents in restored.documents.items():
        counts = ", ".join(f"{name} {count}" for name, count in documents.items() if count)
        report = restored.audits.get(service)
        mark = "ok" if report is None or report.intact else "!!"
        typer.echo(f"{mark} {service}: {counts or 'nothing'}")
        for fault in report.faults if report else ():
            typer.echo(f"   {fault.commit_id}: {fault.reason}")
    typer.echo(_NEXT)
