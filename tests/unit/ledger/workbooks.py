"""Ledger workbooks as tests need them: a good one, bent in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from shared.ledger import Divisions, LedgerReading, read_ledger

EXAMPLES = Path(__file__).parents[3] / "examples"
EXAMPLE = EXAMPLES / "huimin-2024-ledger.xlsx"
DIVISIONS = Divisions.load(EXAMPLES / "divisions-371621.csv")
LEDGER = "协商活动台账"
Row = Mapping[str, Any]

CLOSED: Row = {
    "序号": 1,
    "年度": 2024,
    "计划编号": None,
    "镇街": "石庙镇",
    "级别": "社区",
    "协商阵地": "石庙镇协商议事站",
    "协商形式": "微协商",
    "议题名称": "村道积水",
    "议题来源": "群众反映",
    "选题依据": "群众所盼",
    "提出日期": date(2024, 2, 1),
    "确定日期": date(2024, 2, 11),
    "牵头单位": "石庙镇委员联络室",
    "召集人": "石庙镇召集人",
    "调研次数": 2,
    "协商日期": date(2024, 3, 2),
    "主持人": "石庙镇主任",
    "记录人": "石庙镇记录员",
    "应到": 11,
    "实到": 10,
    "委员": 3,
    "部门": 2,
    "利益相关方": 2,
    "群众": 3,
    "协商意见": "清淤排水沟;划定责任段",
    "问题事项": "雨后积水",
    "承办单位": "石庙镇政府",
    "协办单位": "县水利局、县住建局",
    "交办日期": date(2024, 3, 9),
    "办理时限": date(2024, 6, 7),
    "答复日期": date(2024, 4, 4),
    "办理结果": "A",
    "满意度": "满意",
    "解决日期": date(2024, 4, 7),
    "典型案例": "村道积水:小切口",
    "协商背景": "背景",
    "协商主体": "主体",
    "协商过程": "过程",
    "协商成效": "成效",
    "宣传媒体": "惠民县融媒体中心",
    "媒体级别": "县",
    "报道日期": date(2024, 4, 12),
    "不适用项": None,
    "状态": "已闭环",
    "资料来源": "示例",
    "备注": None,
}
"""A row that breaks no rule, with its loop closed."""

HEADERS = tuple(CLOSED)
_AFTER_ADOPTION = HEADERS[HEADERS.index("调研次数") :]
ADOPTED: Row = {**CLOSED, **dict.fromkeys(_AFTER_ADOPTION), "状态": "已立项"}
"""A row that got as far as being adopted."""


def moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a date and time as Excel holds it: without a zone."""
    return datetime.combine(date(year, month, day), time(hour, minute))


def activity(number: float = 1, base: Row = CLOSED, **changes: object) -> dict[str, Any]:
    """Return a row with its own title, changed by header."""
    return {**base, "序号": number, "议题名称": f"议题{number}", **changes}


def sheet_of(
    book: Workbook,
    rows: Iterable[Row],
    *,
    name: str = LEDGER,
    title: str | None = "惠民县 协商活动台账(2024年)",
    headers: Sequence[str] = HEADERS,
) -> Worksheet:
    """Add a sheet: title, header, rows."""
    sheet: Worksheet = book.create_sheet(name)
    if title:
        sheet.append([title])
        sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(headers))
    sheet.append(list(headers))
    for row in rows:
        sheet.append([row.get(header) for header in headers])
    return sheet


def plan_sheet(book: Workbook, *rows: Row, title: str = "年度协商工作计划(2024年)") -> Worksheet:
    """Add a plan's sheet."""
    headers = ("计划编号", "议题", "协商形式", "牵头单位", "承办部门", "季度", "资料来源")
    return sheet_of(book, rows, name="年度协商工作计划", title=title, headers=headers)


def venue_sheet(book: Workbook, *rows: Row) -> Worksheet:
    """Add a sheet of venues."""
    headers = ("镇街", "类型", "名称", "依托平台", "有阵地", "有标识", "有制度", "有流程", "有活动", "有实效")
    return sheet_of(book, rows, name="协商阵地", title="协商阵地", headers=headers)


def empty_book() -> Workbook:
    """Return a workbook without sheets."""
    book = Workbook()
    del book["Sheet"]
    return book


def saved(book: Workbook, folder: Path, name: str = "台账.xlsx") -> Path:
    """Save a workbook and return its path."""
    path = folder / name
    book.save(path)
    return path


def read(book: Workbook, folder: Path, today: date | None = None) -> LedgerReading:
    """Save a workbook and read it."""
    return read_ledger(saved(book, folder), DIVISIONS, today=today)


def read_rows(folder: Path, *rows: Row, today: date | None = None) -> LedgerReading:
    """Read a workbook that has a ledger with these rows and nothing else."""
    book = empty_book()
    sheet_of(book, rows)
    return read(book, folder, today)


def codes(reading: LedgerReading) -> list[tuple[str, int | None, str | None]]:
    """Return what was found: code, row, column."""
    return [(f.code, f.row, f.column) for f in reading.findings]


def errors(reading: LedgerReading) -> list[tuple[str, int | None, str | None]]:
    """Return the errors alone: code, row, column."""
    return [(f.code, f.row, f.column) for f in reading.errors]
