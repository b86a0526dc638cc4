"""Workbooks as offices keep them, and files that are none."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from shared.contracts.types import MediaLevel
from shared.ledger import LedgerFileError, read_ledger
from shared.ledger.findings import Severity
from tests.unit.ledger.workbooks import (
    ADOPTED,
    DIVISIONS,
    EXAMPLE,
    HEADERS,
    LEDGER,
    activity,
    codes,
    empty_book,
    errors,
    moment,
    plan_sheet,
    read,
    read_rows,
    saved,
    sheet_of,
    venue_sheet,
)

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def _refusal(path: Path) -> LedgerFileError:
    with pytest.raises(LedgerFileError) as refusal:
        read_ledger(path, DIVISIONS)
    return refusal.value


def _written(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _zip_of(*names: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "<x/>")

    return write


def _with_damaged_sheet(path: Path) -> None:
    with zipfile.ZipFile(EXAMPLE) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<damaged" if "sheet1" in name else source.read(name))


def _with_password_on_entries(path: Path) -> None:
    content = bytearray(EXAMPLE.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the flag of an encrypted entry, in the directory
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("code", "write"),
    [
        ("empty-file", _written(b"")),
        ("not-a-workbook", _written("序号,年度\n1,2024\n".encode())),
        ("not-a-workbook", _written(b"<html><table></table></html>")),
        ("not-a-workbook", _written(OLE + b"\0" * 600)),
        ("not-a-workbook", _zip_of("[Content_Types].xml", "word/document.xml")),
        ("not-a-workbook", _zip_of("readme.txt")),
        ("old-format", _written(OLE + b"\0" * 64 + "Workbook".encode("utf-16-le"))),
        ("old-format", _zip_of("[Content_Types].xml", "xl/workbook.bin")),
        ("encrypted", _written(OLE + b"\0" * 64 + "EncryptedPackage".encode("utf-16-le"))),
        ("encrypted", _with_password_on_entries),
        ("corrupt", _written(EXAMPLE.read_bytes()[:5000])),
        ("corrupt", _zip_of("[Content_Types].xml", "xl/workbook.xml")),
        ("corrupt", _with_damaged_sheet),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, code: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / "台账.xlsx"
    write(path)
    refusal = _refusal(path)

    assert code == refusal.code
    assert "台账.xlsx" in refusal.message("zh")
    assert "台账.xlsx" in refusal.message("en")


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "无.xlsx").code == "not-found"
    assert _refusal(tmp_path).code == "unreadable"


def test_a_workbook_without_a_ledger_names_its_sheets(tmp_path: Path) -> None:
    book = empty_book()
    plan_sheet(book, {"计划编号": 1, "议题": "托育服务"})
    book.create_sheet("通讯录").append(["姓名", "电话"])
    refusal = _refusal(saved(book, tmp_path))

    assert refusal.code == "no-ledger-sheet"
    assert refusal.facts["sheets"] == "年度协商工作计划、通讯录"


@pytest.mark.parametrize("header", ["序号", "镇街", "议题名称", "议题来源", "提出日期", "协商日期"])
def test_a_ledger_without_a_needed_column_names_it(tmp_path: Path, header: str) -> None:
    book = empty_book()
    sheet_of(book, [activity()], headers=[h for h in HEADERS if h != header])
    refusal = _refusal(saved(book, tmp_path))

    assert ("column-missing", header) == (refusal.code, refusal.facts["columns"])


def test_a_ledger_under_another_name_without_a_needed_column_names_it_too(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()], name="Sheet1", headers=[h for h in HEADERS if h != "镇街"])

    assert _refusal(saved(book, tmp_path)).facts["columns"] == "镇街"


def test_the_year_comes_from_the_title_where_no_column_has_it(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()], headers=[h for h in HEADERS if h != "年度"])

    assert read(book, tmp_path).activities[0].year == 2024


def test_a_ledger_with_the_year_nowhere_names_its_column(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()], title=None, headers=[h for h in HEADERS if h != "年度"])

    assert _refusal(saved(book, tmp_path)).facts["columns"] == "年度"


def test_an_empty_ledger_sheet_says_so(tmp_path: Path) -> None:
    book = empty_book()
    book.create_sheet(LEDGER)
    assert _refusal(saved(book, tmp_path)).code == "empty-sheet"

    book = empty_book()
    sheet_of(book, [])
    assert _refusal(saved(book, tmp_path)).code == "no-rows"

    assert _refusal(saved(Workbook(), tmp_path)).code == "no-ledger-sheet"


def test_a_named_ledger_sheet_without_any_header_names_what_it_needs(tmp_path: Path) -> None:
    book = empty_book()
    book.create_sheet(LEDGER).append(["填写说明", "见附件"])
    refusal = _refusal(saved(book, tmp_path))

    assert refusal.code == "column-missing"
    assert "议题名称" in refusal.facts["columns"]


def test_a_ledger_is_known_by_its_header_whatever_its_sheet_is_called(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()], name="Sheet1")

    assert read(book, tmp_path).accepted == 1


def test_the_header_is_found_below_any_number_of_rows(tmp_path: Path) -> None:
    book = empty_book()
    sheet = sheet_of(book, [activity()])
    sheet.insert_rows(1, 12)
    sheet["A3"] = "填报单位:县政协办公室"
    sheet["F5"] = "2024年9月"
    (summary,) = read(book, tmp_path).sheets

    assert (summary.header_row, summary.rows_read, summary.accepted) == (14, 1, 1)


def test_headers_may_have_blanks_line_breaks_units_notes_and_other_names(tmp_path: Path) -> None:
    other = {
        "镇街": "镇\n(街道)",
        "议题名称": " 协商 议题 ",
        "提出日期": "提出时间\n(年月日)",
        "实到": "实到人数\uff08人\uff09",
        "调研次数": "调研次数(次)",
        "承办单位": "责任单位*",
        "状态": "*状 态\uff1a",
        "答复日期": "答复时间",
    }
    book = empty_book()
    sheet = sheet_of(book, [activity()])
    for cell in sheet[2]:
        cell.value = other.get(str(cell.value), cell.value)
    reading = read(book, tmp_path)

    assert codes(reading) == []
    assert reading.activities[0].present == 10


def test_two_header_rows_with_merged_groups_are_read_as_one(tmp_path: Path) -> None:
    """媒体报道 + 级别 is the level of the outlet, not of the activity."""
    groups = {
        "实到": ("参加人员", "实到"),
        "委员": ("参加人员", "委员"),
        "部门": ("参加人员", "部门"),
        "宣传媒体": ("媒体报道", "名称"),
        "媒体级别": ("媒体报道", "级别"),
        "报道日期": ("媒体报道", "日期"),
    }
    book = empty_book()
    sheet = book.create_sheet(LEDGER)
    sheet.append(["协商活动台账(2024年)"])
    sheet.append([groups.get(h, (h, h))[0] for h in HEADERS])
    sheet.append([groups.get(h, (h, h))[1] for h in HEADERS])
    sheet.append([activity(实到=10)[h] for h in HEADERS])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(HEADERS))
    for name, first, last in (("参加人员", "实到", "部门"), ("媒体报道", "宣传媒体", "报道日期")):
        left, right = HEADERS.index(first) + 1, HEADERS.index(last) + 1
        assert name == sheet.cell(2, left).value
        sheet.merge_cells(start_row=2, end_row=2, start_column=left, end_column=right)
    for column, header in enumerate(HEADERS, 1):
        if header not in groups:
            sheet.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)
    reading = read(book, tmp_path)
    (row,) = reading.activities

    assert codes(reading) == []
    assert reading.sheets[0].header_row == 3
    assert (row.level, row.media_level, row.members) == ("community", MediaLevel.COUNTY, 3)
    assert ("惠民县融媒体中心", date(2024, 4, 12)) == (row.outlet, row.reported_on)


def test_a_merged_cells_value_holds_for_every_row_it_covers(tmp_path: Path) -> None:
    book = empty_book()
    sheet = sheet_of(book, [activity(1), activity(2, 镇街=None), activity(3, 镇街=None)])
    town = HEADERS.index("镇街") + 1
    sheet.merge_cells(start_row=3, end_row=5, start_column=town, end_column=town)
    reading = read(book, tmp_path)

    assert [row.town.name for row in reading.activities] == ["石庙镇"] * 3


def test_an_activity_merged_over_two_rows_is_one(tmp_path: Path) -> None:
    book = empty_book()
    sheet = sheet_of(book, [activity(1), {}, activity(2)])
    for column in range(1, len(HEADERS) + 1):
        sheet.merge_cells(start_row=3, end_row=4, start_column=column, end_column=column)
    reading = read(book, tmp_path)

    assert [row.number for row in reading.activities] == [1, 2]
    assert codes(reading) == []


@pytest.mark.parametrize(
    "row",
    [
        {"序号": "合计", "实到": 20},
        {"序号": "合  计", "实到": 20, "委员": 6},
        {"镇街": "石庙镇小计", "应到": 11, "实到": 20},
        {"序号": "总计:2项", "实到": 20},
        {"序号": "本页小计", "年度": 2024, "实到": 20},
        dict(zip(HEADERS, HEADERS, strict=True)),
        dict(zip(HEADERS, range(1, len(HEADERS) + 1), strict=True)),
        {"序号": "惠民县 协商活动台账(2024年)续表"},
        {"序号": "填表人:张三", "镇街": "审核人:李四", "议题名称": "填表日期:2024年9月5日"},
        {"序号": "注:实到不含工作人员", "议题名称": "见附件"},
        {"序号": 2},
        {"序号": 2, "年度": 2024},
    ],
)
def test_a_row_that_is_no_data_is_skipped_and_named(tmp_path: Path, row: dict[str, object]) -> None:
    reading = read_rows(tmp_path, activity(1), row, activity(3))

    assert [each.number for each in reading.activities] == [1, 3]
    assert codes(reading) == [("row-skipped", 4, None)]
    assert reading.rows_read == 2


def test_a_banner_merged_across_the_table_is_skipped(tmp_path: Path) -> None:
    book = empty_book()
    sheet = sheet_of(book, [activity(1), {"序号": "二、石庙镇"}, activity(2)])
    sheet.merge_cells(start_row=4, end_row=4, start_column=1, end_column=len(HEADERS))

    assert codes(read(book, tmp_path)) == [("row-skipped", 4, None)]


def test_blank_rows_say_nothing(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1), {}, {"镇街": "  "}, activity(2), {})

    assert reading.rows_read == 2
    assert codes(reading) == []


def test_a_title_that_ends_like_a_subtotal_is_data(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1, 议题名称="物业费合计"))

    assert reading.activities[0].title == "物业费合计"


def test_a_row_read_twice_is_counted_once_and_reported(tmp_path: Path) -> None:
    """The copy writes a date as text; the content is the same."""
    reading = read_rows(tmp_path, activity(1), activity(1, 提出日期="2024年2月1日", 实到="10人"))

    assert (reading.rows_read, reading.accepted, reading.refused, reading.repeated) == (2, 1, 0, 1)
    assert codes(reading) == [("row-repeated", 4, None)]


def test_a_number_used_for_another_activity_refuses_the_later_one(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1), activity(1, 议题名称="快递进村"), activity(2))

    assert codes(reading) == [("identity-twice", 4, "序号")]
    assert "3" in reading.findings[0].message_zh
    assert (reading.rows_read, reading.accepted, reading.refused, reading.repeated) == (3, 2, 1, 0)


def test_the_same_number_in_another_year_is_another_activity(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1), activity(1, ADOPTED, 年度=2025))

    assert reading.accepted == 2


def test_two_ledger_sheets_are_read_as_one_ledger(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity(1)], name="上半年台账")
    sheet_of(book, [activity(2), activity(1)], name="下半年台账")
    reading = read(book, tmp_path)

    assert [(sheet.accepted, sheet.repeated) for sheet in reading.sheets] == [(1, 0), (1, 1)]
    assert "上半年台账!3" in reading.findings[0].message_zh


def test_a_workbook_counted_from_1904_is_read_in_its_own_days(tmp_path: Path) -> None:
    book = empty_book()
    book.epoch = CALENDAR_MAC_1904
    serial = (moment(2024, 2, 1) - CALENDAR_MAC_1904).days
    sheet_of(book, [activity(1, 提出日期=serial), activity(2, 提出日期=str(serial)), activity(3)])
    reading = read(book, tmp_path)

    assert [date(2024, 2, 1)] * 3 == [row.proposed_on for row in reading.activities]


def test_dates_and_numbers_are_read_as_offices_write_them(tmp_path: Path) -> None:
    (row,) = read_rows(
        tmp_path,
        activity(
            1.0,
            年度="2024年",
            提出日期="2月1日",
            确定日期=45333,
            协商日期="二〇二四年三月二日",
            交办日期="2024.3.9(周六)",
            实到="10人",
            应到="1,100人",
            调研次数="两次",
        ),
    ).activities

    assert (row.number, row.year, row.present, row.expected, row.surveys) == (1, 2024, 10, 1100, 2)
    assert (date(2024, 2, 1), date(2024, 2, 11)) == (row.proposed_on, row.adopted_on)
    assert (date(2024, 3, 2), date(2024, 3, 9)) == (row.consulted_on, row.assigned_on)


def test_plan_and_venues_may_be_missing(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(计划编号=7))

    assert (reading.plan_items, reading.venues) == ((), ())
    assert codes(reading) == []


def test_a_plan_takes_its_year_from_its_title(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()])
    plan_sheet(book, {"计划编号": "1", "议题": "托育服务", "季度": "四季度"}, title="计划(2023年)")
    (item,) = read(book, tmp_path).plan_items

    assert (item.year, item.number, item.quarter) == (2023, 1, 4)


def test_a_plan_without_a_year_takes_the_ledgers_only_one(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity(1)])
    plan_sheet(book, {"计划编号": 1, "议题": "托育服务"}, title="工作计划")

    assert read(book, tmp_path).plan_items[0].year == 2024


def test_a_plan_of_no_known_year_is_refused_row_by_row(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity(1), activity(2, ADOPTED, 年度=2025)])
    plan_sheet(book, {"计划编号": 1, "议题": "托育服务"}, title="工作计划")
    reading = read(book, tmp_path)

    assert errors(reading) == [("value-missing", 3, "年度")]
    assert reading.plan_items == ()


def test_a_plan_sheet_that_lacks_a_column_is_reported_and_the_ledger_goes_in(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity()])
    book.create_sheet("年度协商工作计划").append(["计划编号", "协商形式", "牵头单位", "季度"])
    reading = read(book, tmp_path)

    assert errors(reading) == [("sheet-unreadable", None, None)]
    assert "议题" in reading.errors[0].message_zh
    assert reading.accepted == 1


def test_a_venue_is_identified_by_town_and_name(tmp_path: Path) -> None:
    venue = {"镇街": "石庙镇", "类型": "协商议事站", "名称": "石庙镇协商议事站", "依托平台": "党群服务中心"}
    marks = dict.fromkeys(("有阵地", "有标识", "有制度", "有流程", "有活动"), "√")
    book = empty_book()
    sheet_of(book, [activity()])
    venue_sheet(
        book, {**venue, **marks}, {**venue, **marks}, {**venue, "类型": "厅"}, {**venue, "镇街": "天宫镇"}
    )
    reading = read(book, tmp_path)

    assert codes(reading) == [
        ("not-stated", 3, "有实效"),
        ("row-repeated", 4, None),
        ("identity-twice", 5, "名称"),
        ("town-unknown", 6, "镇街"),
    ]
    assert (reading.venues[0].standard, reading.venues[0].marks[5][1]) == ("longkou", None)


def test_columns_that_are_missing_unknown_or_there_twice_are_named(tmp_path: Path) -> None:
    headers = ["满意度测评" if h == "满意度" else h for h in HEADERS if h != "办理时限"]
    row = {**activity(满意度测评="满意"), "联系电话": "见附件", "议题": "另一个"}
    book = empty_book()
    sheet_of(book, [row], headers=[*headers, "联系电话", "议题"])
    reading = read(book, tmp_path)

    assert codes(reading)[:3] == [
        ("column-unknown", 2, "联系电话"),
        ("column-twice", 2, "议题"),
        ("column-missing", 2, "办理时限"),
    ]
    assert reading.activities[0].title == "议题1"


def test_other_sheets_are_left_alone_with_a_notice(tmp_path: Path) -> None:
    book = empty_book()
    book.create_sheet("填报说明").append(["请于月底前报送"])
    sheet_of(book, [activity()])
    chart = BarChart()
    chart.add_data(Reference(book[LEDGER], min_col=1, min_row=3))
    book.create_chartsheet("图表").add_chart(chart)
    reading = read(book, tmp_path)

    assert [(f.code, f.severity) for f in reading.findings] == [("sheet-ignored", Severity.NOTICE)]
    assert reading.findings[0].sheet == "填报说明"


def test_a_sheet_of_figures_with_ledger_in_its_name_does_not_stand_in_the_way(tmp_path: Path) -> None:
    book = empty_book()
    book.create_sheet("台账汇总").append(["镇街", "活动数", "闭环数"])
    sheet_of(book, [activity()])

    assert len(read(book, tmp_path).activities) == 1


def test_a_title_is_not_the_header_of_a_column_that_has_none(tmp_path: Path) -> None:
    """The title is merged over every column, the last of which has no header."""
    book = empty_book()
    sheet_of(book, [activity()], headers=[*HEADERS, ""])

    assert codes(read(book, tmp_path)) == []
