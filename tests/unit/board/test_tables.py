"""The page's tables of figures: in the official order, without persons, nothing where there is nothing."""

from __future__ import annotations

from typing import Any

import pytest

from services.board.page import render
from services.board.queue import TownQueue, counts_of
from services.board.records import DepartmentRecord
from services.board.source import Around
from services.board.statistics import By, statistics_of
from services.board.tables import Table, tables_of
from shared.contracts.types import Rating, ReplyResult
from shared.platform.divisions import load_divisions
from shared.platform.lights import Colour
from shared.platform.working_days import WorkCalendar
from tests.unit.board.streams import day
from tests.unit.board.test_page import page_of, parsed, text_of
from tests.unit.board.test_summary import example_activities, example_board


def record(lead: str = "县水利局", **more: int) -> DepartmentRecord:
    """Return the record of a department that has answered nothing, unless said."""
    none = dict.fromkeys(("answered", "on_time", "with_due_date", "returned", "reopened", "solved"), 0)
    figures = {"assigned": 2, "open": 2, "overdue": 1, **none, **more}
    return DepartmentRecord(
        year=2024,
        lead=lead,
        **figures,
        results=dict.fromkeys(ReplyResult, 0),
        ratings=dict.fromkeys(Rating, 0),
        median_days=None,
    )


def tables(*, records: tuple[DepartmentRecord, ...] = ()) -> dict[str, Table]:
    """Return the example year's tables, by name."""
    months = statistics_of(example_activities(), By.MONTH)
    around = Around(queues=[TownQueue("371621101", 3, 1, 0)], records=records, months=months)
    return {table.name: table for table in tables_of(around, load_divisions(), "zh")}


def test_what_waits_is_told_by_town() -> None:
    assert tables()["queues"].rows == [("石庙镇", (3, 1, 0))]


def test_months_end_with_their_sum() -> None:
    name, figures = tables()["months"].rows[-1]

    assert (name, figures[0], figures[-1]) == ("合计", 36, 9)


def test_a_table_without_rows_is_left_out() -> None:
    assert "departments" not in tables()
    assert tables_of(Around(), load_divisions(), "zh") == []


@pytest.mark.parametrize(("on_time", "answered", "percent"), [(0, 0, None), (0, 3, 0), (2, 3, 67)])
def test_on_time_is_a_share_of_the_replies_and_nothing_without_any(
    on_time: int, answered: int, percent: int | None
) -> None:
    found = record(on_time=on_time, answered=answered, with_due_date=answered)

    assert found.on_time_percent == percent


def test_the_page_shows_tables_and_a_dash_where_there_is_nothing() -> None:
    shown = list(tables(records=(record("<县水利局>"),)).values())
    html = render(page_of(example_board(), tables=shown), "zh")

    assert "&lt;县水利局&gt;" in html
    assert "–" in text_of(html)
    regions = [said for tag, said in parsed(html).tags if said.get("role") == "region"]
    assert [region["aria-labelledby"] for region in regions] == ["queues", "departments", "months"]
    assert all(region["tabindex"] == "0" for region in regions)


def test_duties_are_counted_by_kind_and_by_light() -> None:
    groups: list[dict[str, Any]] = [
        {"kind": "reply", "due_on": "2024-08-20", "n": 2},
        {"kind": "reply", "due_on": "2024-09-11", "n": 1},
        {"kind": "triage", "due_on": None, "n": 4},
    ]
    counts = counts_of(groups, day("09-05"), WorkCalendar())

    assert counts.total == 7
    assert counts.by_kind == {"reply": 3, "triage": 4}
    assert counts.by_light == {Colour.RED: 2, Colour.YELLOW: 1, Colour.GREEN: 0, Colour.NONE: 4}
