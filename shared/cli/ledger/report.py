"""A reading as people and programs want it: a table on the terminal, or one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text as Styled

from shared.ledger.columns import SPECS
from shared.ledger.findings import Severity
from shared.ledger.reading import LedgerReading
from shared.platform.language import Language, Text

_STYLES = {Severity.ERROR: "red", Severity.FLAG: "yellow", Severity.NOTICE: "dim"}
_SEVERITIES = {
    Severity.ERROR: Text("拒收", "refused"),
    Severity.FLAG: Text("存疑", "flag"),
    Severity.NOTICE: Text("说明", "notice"),
}
_LABELS = {spec.kind: spec.label for spec in SPECS}


def as_json(reading: LedgerReading) -> dict[str, Any]:
    """Return a reading as JSON-ready facts; both languages are in it."""
    return {
        "file": str(reading.path),
        "sheets": [asdict(sheet) for sheet in reading.sheets],
        "rows_read": reading.rows_read,
        "accepted": reading.accepted,
        "refused": reading.refused,
        "repeated": reading.repeated,
        "findings": [asdict(finding) for finding in reading.findings],
        "differences": [
            {
                **{name: value for name, value in asdict(difference).items() if name != "reason"},
                "reason_zh": difference.reason.zh,
                "reason_en": difference.reason.en,
            }
            for difference in reading.differences
        ],
    }


def _table(title: Text, headers: tuple[Text, ...], language: Language) -> Table:
    table = Table(title=title.in_(language), title_justify="left", show_lines=False)
    for header in headers:
        table.add_column(header.in_(language), overflow="fold")
    return table


def _sheets(reading: LedgerReading, language: Language) -> Table:
    table = _table(
        Text(f"台账 {reading.path.name}", f"Ledger {reading.path.name}"),
        (
            Text("工作表", "sheet"),
            Text("内容", "holds"),
            Text("读取行数", "rows"),
            Text("接受", "accepted"),
            Text("拒收", "refused"),
            Text("重复", "repeated"),
        ),
        language,
    )
    for sheet in reading.sheets:
        figures = (sheet.rows_read, sheet.accepted, sheet.refused, sheet.repeated)
        table.add_row(Styled(sheet.sheet), _LABELS[sheet.kind], *map(str, figures))
    return table


def _findings(reading: LedgerReading, language: Language) -> Table:
    table = _table(
        Text("读取情况", "Findings"),
        (
            Text("程度", ""),
            Text("工作表", "sheet"),
            Text("行", "row"),
            Text("列", "column"),
            Text("说明", "what"),
        ),
        language,
    )
    for finding in reading.findings:
        message = finding.message_zh if language == "zh" else finding.message_en
        table.add_row(
            Styled(_SEVERITIES[finding.severity].in_(language), style=_STYLES[finding.severity]),
            # Styled, since a name from the file may contain what Rich takes for markup.
            Styled(finding.sheet),
            str(finding.row or ""),
            Styled(finding.column or ""),
            Styled(message),
        )
    return table


def _differences(reading: LedgerReading, language: Language) -> Table:
    table = _table(
        Text("状态与规则不一致", "Status and rules disagree"),
        (
            Text("工作表", "sheet"),
            Text("行", "row"),
            Text("议题", "topic"),
            Text("台账状态", "ledger"),
            Text("按规则", "by the rules"),
            Text("理由", "reason"),
        ),
        language,
    )
    for each in reading.differences:
        table.add_row(
            Styled(each.sheet),
            str(each.row),
            Styled(each.title),
            each.ledger_status,
            each.derived_status,
            Styled(each.reason.in_(language)),
        )
    return table


def as_table(reading: LedgerReading, language: Language = "zh") -> RenderableType:
    """Return a reading as Rich shows it: the sheets, then what was found, then the differences."""
    parts = [_sheets(reading, language)]
    if reading.findings:
        parts.append(_findings(reading, language))
    if reading.differences:
        parts.append(_differences(reading, language))
    return Group(*parts)
