"""The report, for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from shared.cli.ledger.report import as_json, as_table
from shared.ledger import LedgerReading, read_ledger
from shared.platform.language import Language
from tests.unit.ledger.workbooks import DIVISIONS, EXAMPLE, activity, read_rows


def _shown(reading: LedgerReading, language: Language) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(as_table(reading, language))
    return out.getvalue()


def test_the_json_report_holds_every_figure_and_finding() -> None:
    report = json.loads(json.dumps(as_json(read_ledger(EXAMPLE, DIVISIONS))))

    assert tuple(report[k] for k in ("rows_read", "accepted", "refused", "repeated")) == (83, 83, 0, 0)
    assert [sheet["kind"] for sheet in report["sheets"]] == ["plan", "activities", "venues"]
    assert {
        "sheet",
        "row",
        "column",
        "code",
        "severity",
        "message_zh",
        "message_en",
    } == set(report["findings"][0])
    assert [difference["title"] for difference in report["differences"]] == ["姜楼镇 村级养老互助点"]
    assert "已解决" in report["differences"][0]["reason_zh"]


@pytest.mark.parametrize(("language", "word"), [("zh", "存疑"), ("en", "flag")])
def test_the_table_speaks_the_readers_language(language: Language, word: str) -> None:
    shown = _shown(read_ledger(EXAMPLE, DIVISIONS), language)

    assert word in shown
    assert "姜楼镇 村级养老互助点" in shown


def test_a_cell_cannot_style_the_terminal(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1), activity(2, 办理结果="[red]E[/red]"))

    assert "[red]E[/red]" in _shown(reading, "zh")
