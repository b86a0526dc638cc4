"""A workbook that is written is read again as it was, and its rows are known again (C20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cli.ledger.commands import Activity
from shared.cli.ledger.entering import Entered, Importer
from shared.contracts.types import LoopItem, Origin, Rating, ReplyResult
from shared.ledger import ActivityRow, LedgerReading, read_ledger, rows
from shared.ledger.book import Book, save
from shared.ledger.cells import Context, Exemption, Remark
from shared.ledger.columns import ACTIVITIES, PLAN, VENUES
from shared.ledger.marks import MARKS_SHEET, Mark
from shared.ledger.rows import row_key
from shared.ledger.workbook import RawRow, Table
from shared.ledger.writing import EPOCH, Cells, Writer, activity_cells, headings
from tests.unit.ledger.workbooks import CLOSED, DIVISIONS, EXAMPLE, activity, codes, read_rows

WRITER = Writer(DIVISIONS)
SPECS = (PLAN, ACTIVITIES, VENUES)


def example() -> LedgerReading:
    return read_ledger(EXAMPLE, DIVISIONS)


def book_of(reading: LedgerReading, recorded_at: str = "2024-01-01T00:00:00.000000Z") -> bytes:
    """Return what the system that recorded these rows would write."""
    marks: list[Mark] = []

    def marked(row: Any, written: tuple[Cells, str]) -> Cells:
        marks.append(Mark(*row_key(row), f"thing-{len(marks)}", recorded_at, written[1]))
        return written[0]

    book = Book(
        county="惠民县",
        year=2024,
        plan=[marked(row, WRITER.plan_item(row)) for row in reading.plan_items],
        activities=[marked(row, WRITER.activity(row)) for row in reading.activities],
        venues=[marked(row, WRITER.venue(row)) for row in reading.venues],
        marks=marks,
    )
    file = BytesIO()
    save(book, file)
    return file.getvalue()


def cells_of(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(BytesIO(content))
    return {s.title: list(s.iter_rows(values_only=True)) for s in book.worksheets if s.title != MARKS_SHEET}


def written(folder: Path, content: bytes) -> Path:
    path = folder / "written.xlsx"
    path.write_bytes(content)
    return path


# the same cells


@pytest.mark.rule("C20")
def test_the_office_s_workbook_is_written_as_it_was_read_cell_by_cell() -> None:
    reading = example()
    (difference,) = reading.differences
    sheets, office = cells_of(book_of(reading)), cells_of(EXAMPLE.read_bytes())

    # The status of one row is not what the rules make of it; it is written as the office wrote it.
    assert difference.ledger_status == "已答复"
    assert sheets == office


@pytest.mark.rule("C20")
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.label)
def test_headings_are_those_of_the_office_s_workbook(spec: Any) -> None:
    office = openpyxl.load_workbook(EXAMPLE)[spec.label]

    assert [cell.value for cell in office[2]] == headings(spec)


ROW = ActivityRow(
    sheet=ACTIVITIES.label,
    row=0,
    year=2024,
    number=1,
    town=DIVISIONS.towns[0],
    title="村道积水",
    origin=Origin.RESIDENTS,
    proposed_on=date(2024, 2, 1),
)
_texts = st.text(
    alphabet=st.sampled_from("村道积水 ;；、,/\n=+-@#（(:：批准续第3号并入无1.\u200b\x07"),
    min_size=1,
    max_size=12,
)
_days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
_rows = st.builds(
    replace,
    st.just(ROW),
    title=_texts,
    lead=st.none() | _texts,
    opinions=st.lists(_texts, max_size=3).map(tuple),
    problem=st.none() | _texts,
    lead_handler=st.none() | _texts,
    co_handlers=st.lists(_texts, max_size=3).map(tuple),
    assigned_on=st.none() | _days,
    result=st.none() | st.sampled_from(ReplyResult),
    rating=st.none() | st.sampled_from(Rating),
    case_title=st.none() | _texts,
    exemptions=st.lists(st.builds(Exemption, st.sampled_from(LoopItem), _texts, _texts), max_size=2).map(
        tuple
    ),
    remark=st.builds(Remark, st.none() | _days, st.none() | _days, st.none(), st.none() | _texts),
)


@pytest.mark.rule("C20")
@settings(max_examples=100, deadline=None)
@given(_rows)
def test_whatever_people_write_what_is_read_again_is_written_the_same(row: ActivityRow) -> None:
    cells, digest = WRITER.activity(row)
    content = BytesIO()
    save(Book("惠民县", 2024, [], [cells], [], []), content)

    sheet = openpyxl.load_workbook(content)[ACTIVITIES.label]
    in_file = dict(zip(headings(ACTIVITIES), (cell.value for cell in sheet[3]), strict=True))

    shown = {ACTIVITIES.by_field[field].label: cell for field, cell in cells.items()}
    assert {heading: _day(cell) for heading, cell in in_file.items()} == shown
    assert WRITER.activity(_read_back(cells)) == (cells, digest)


def _day(cell: Any) -> Any:
    return cell.date() if hasattr(cell, "date") else cell


def _read_back(cells: Cells) -> ActivityRow:
    headers = {field: ACTIVITIES.by_field[field].label for field in cells}
    table = Table(ACTIVITIES, ACTIVITIES.label, 2, headers, None, (), ())
    raw = RawRow(0, {field: cell for field, cell in cells.items() if cell is not None})
    return rows.activity(table, rows.parse(table, raw, Context(DIVISIONS, EPOCH), year=2024))


@pytest.mark.rule("C20")
def test_no_text_becomes_a_formula() -> None:
    cells, _ = WRITER.activity(replace(ROW, title="=1+1", lead="@乡", convener="+86"))
    content = BytesIO()
    save(Book("惠民县", 2024, [], [cells], [], []), content)

    sheet = openpyxl.load_workbook(content)[ACTIVITIES.label]

    texts = [cell for cell in sheet[3] if cell.value in ("=1+1", "@乡", "+86")]
    assert {(cell.data_type, cell.number_format) for cell in texts} == {("s", "@")}
    assert len(texts) == 3


def test_a_day_that_no_reader_takes_is_shown_all_the_same() -> None:
    cells, _ = WRITER.activity(replace(ROW, proposed_on=date(1999, 12, 31)))

    assert cells == activity_cells(replace(ROW, proposed_on=date(1999, 12, 31)))


# rows that go on with others


def _further(number: int, remark: str, **changes: Any) -> Mapping[str, object]:
    return activity(number, 议题名称="议题1", 备注=remark, **changes)


@pytest.mark.rule("C20")
def test_a_row_that_goes_on_with_another_has_its_topic_and_of_the_same_day_its_meeting(
    tmp_path: Path,
) -> None:
    reading = read_rows(
        tmp_path,
        activity(1),
        _further(2, "续第1号", 问题事项="路面破损"),
        _further(3, "续第1号", 协商日期=date(2024, 3, 5)),
    )

    assert not reading.errors
    first, problem, meeting = (Activity(reading, row) for row in reading.activities)
    (proposal,) = first.proposal()
    topic = proposal.body["topic_id"]
    assert [*problem.proposal(), *meeting.proposal()] == []
    held = {
        call.body["meeting_id"]: call
        for a in (first, meeting)
        for call in a.rest()
        if call.path == "/meetings"
    }
    assert len(held) == 2
    assert {call.body["topic_id"] for call in held.values()} == {topic}
    assert "/meetings" not in [call.path for call in problem.rest()]
    entries = [
        c.body["entry_id"] for a in (first, problem, meeting) for c in a.rest() if c.path == "/problems"
    ]
    assert entries[0] == entries[1] != entries[2]


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ([_further(2, "续第9号")], [3]),
        ([activity(1), _further(2, "续第1号"), _further(3, "续第2号")], [5]),
        ([activity(1), _further(2, "续第1号", 协商日期=None)], [4]),
        ([activity(1, 镇街="天宫镇"), _further(2, "续第1号")], [3, 4]),
    ],
    ids=["with nothing", "with one that goes on itself", "without a day", "with one that is refused"],
)
def test_a_row_goes_on_with_one_that_is_there(
    tmp_path: Path, lines: list[Mapping[str, object]], refused: list[int]
) -> None:
    reading = read_rows(tmp_path, *lines, activity(7))

    assert sorted({error.row for error in reading.errors if error.row}) == refused


def test_words_that_end_like_the_remark_s_are_no_remark(tmp_path: Path) -> None:
    (row,) = read_rows(tmp_path, activity(1, 备注="补办手续第3号")).activities

    assert row.remark == Remark(note="补办手续第3号")


@pytest.mark.rule("C09")
def test_a_reply_that_was_confirmed_unrated_is_entered_as_that(tmp_path: Path) -> None:
    (row,) = (reading := read_rows(tmp_path, activity(1, 满意度=None, 备注="未评价确认:外出务工"))).activities

    *_, confirmation = [call for call in Activity(reading, row).rest() if call.path.startswith("/problems")]

    assert confirmation.path.endswith("/confirmation")
    assert confirmation.body["reason"] == "外出务工"
    assert confirmation.body["confirmed_on"] == "2024-04-07"
    assert reading.differences == ()


def test_the_county_stands_in_a_town_s_place_for_what_is_its_own(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1, 镇街="惠民县"), activity(2, 备注="并入:惠民县 议题1"))

    assert [row.town.code for row in reading.activities] == ["371621", "371621101"]
    assert reading.activities[1].merged_into == 1


# whose rows they are


async def enter(reading: LedgerReading, recorded_at: Mapping[str, str]) -> tuple[Entered, list[str]]:
    """Import a workbook where this was recorded; return also what was sent."""
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/ledger/recorded":
            return httpx.Response(200, json={"recorded_at": dict(recorded_at)})
        if request.method == "POST":
            sent.append(request.url.path)
        return httpx.Response(200, json={"id": "x", "version": 1, "repeated": False})

    transport = httpx.MockTransport(answer)
    clients = {
        name: httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        for name in ("topics", "meetings", "cases")
    }
    return await Importer(clients).enter(reading), sent


@pytest.mark.rule("C20")
async def test_a_system_s_own_rows_are_left_alone(tmp_path: Path) -> None:
    reading = read_ledger(written(tmp_path, book_of(example())), DIVISIONS)

    entered, sent = await enter(reading, {m.thing: m.recorded_at for m in reading.marks.values()})

    assert (sent, entered.commands, entered.edited) == ([], 0, [])
    assert entered.own == len(reading.marks) == 36 + 16 + 31


@pytest.mark.rule("C20")
async def test_the_same_things_recorded_at_another_moment_are_another_system_s(tmp_path: Path) -> None:
    reading = read_ledger(written(tmp_path, book_of(example())), DIVISIONS)

    entered, sent = await enter(
        reading, {m.thing: "2025-05-05T00:00:00.000000Z" for m in reading.marks.values()}
    )

    assert (entered.own, entered.commands) == (0, len(sent))
    assert len(sent) > 200


async def test_a_row_that_was_edited_since_is_named_and_not_entered(tmp_path: Path) -> None:
    path = written(tmp_path, book_of(example()))
    book = openpyxl.load_workbook(path)
    book[ACTIVITIES.label]["M3"] = "另一单位"
    book.save(path)
    reading = read_ledger(path, DIVISIONS)

    entered, sent = await enter(reading, {m.thing: m.recorded_at for m in reading.marks.values()})

    assert (sent, entered.edited) == ([], ["written.xlsx#协商活动台账!3"])


async def test_rows_added_to_a_system_s_own_workbook_are_entered(tmp_path: Path) -> None:
    path = written(tmp_path, book_of(example()))
    book = openpyxl.load_workbook(path)
    added = {**CLOSED, "序号": 40, "议题名称": "新议题", "计划编号": None}
    book[ACTIVITIES.label].append([added.get(heading) for heading in headings(ACTIVITIES)])
    book.save(path)
    reading = read_ledger(path, DIVISIONS)

    entered, sent = await enter(reading, {m.thing: m.recorded_at for m in reading.marks.values()})

    assert sent.count("/topics") == 1
    assert entered.own == 83


def test_a_workbook_without_marks_has_none(tmp_path: Path) -> None:
    assert example().marks == {}
    assert codes(read_rows(tmp_path, activity(1))) == []
