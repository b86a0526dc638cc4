"""The year's ledger as the office's own workbook, out and in again (C20)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from shared.cli import importing
from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import MissingError, Tour
from shared.platform.language import Text


def export_the_ledger(tour: Tour, cast: Cast, topic_id: str, folder: Path) -> None:
    """Play that the office exports this year's ledger, and imports it again."""
    tour.chapter(Text("台账：导出，再导入不变", "The ledger: exported, and imported again"))
    cast.office.reads(
        "cases",
        f"/ledger/recorded?year={tour.today.year}",
        until=lambda told: topic_id in told["recorded_at"],
    )
    file = folder / "ledger.xlsx"
    file.write_bytes(cast.office.fetches("cases", f"/ledger.xlsx?year={tour.today.year}"))
    reading = importing.read(file, tour.settings, tour.today)
    rows = len(reading.activities) + len(reading.plan_items) + len(reading.venues)
    entered = asyncio.run(
        importing.enter(reading, tour.settings, cast.office.token or "", lambda _done, _total: None)
    )
    if reading.errors or entered.refusals or entered.commands:
        said = [str(error) for error in reading.errors] or entered.refusals or f"{entered.commands} commands"
        raise MissingError(f"the exported ledger, imported again, is not the same: {said}")
    tour.step(
        "ledger-exported",
        cast.office.title,
        Text("导出本年度台账，原样导入", "exports this year's ledger, and imports it as it is"),
        Text(
            f"{file}，{rows} 行，改动 {entered.changed} 条",
            f"{file}, {rows} rows, {entered.changed} changes",
        ),
        rows=rows,
        own=entered.own,
        changed=entered.changed,
        bytes=file.stat().st_size,
    )
