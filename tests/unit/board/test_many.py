"""The page where activities are many: what is late first, towns to open, a town's activities by pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import cycle, islice

import pytest

from services.board.page import LATE_AT_ONCE, LINES_AT_ONCE, PageQuery, extract_of, render
from services.board.summary import Board, board_of
from shared.eventsourcing.projection import Document
from shared.eventsourcing.testing import stream_of
from shared.platform.divisions import load_divisions
from shared.platform.working_days import WorkCalendar
from tests.unit.board.memory import application_of, caller_of
from tests.unit.board.streams import TOWN, day, proposed
from tests.unit.board.test_page import page_of, text_of
from tests.unit.board.test_summary import example_activities


@cache
def documents(number: int) -> Sequence[Document]:
    """Return so many activities of the example's towns, numbered in the order of their proposal."""
    known = islice(cycle(example_activities()), number)
    return [{**activity, "topic_id": f"t-{place:05}"} for place, activity in enumerate(known)]


def board(activities: Sequence[Document]) -> Board:
    """Return their board as of 5 September."""
    return board_of(activities, as_of=day("09-05"), calendar=WorkCalendar(), divisions=load_divisions())


@cache
def town_of_many(number: int) -> Board:
    """Return the board of one town with so many activities."""
    return board([{**each, "division": TOWN, "proposed_on": "2024-01-01"} for each in documents(number)])


def rows(html: str) -> int:
    """Return how many activities stand in the table."""
    return len(re.findall(r'<tr role="row" class="activity', html))


def test_a_board_of_many_activities_shows_its_towns_and_leads_to_each() -> None:
    html = render(page_of(board(documents(LINES_AT_ONCE + 1))), "zh")

    assert rows(html) == 0
    assert len(re.findall(r'id="town-\d+" href="\?town=\d+"', html)) == 15
    assert "点开镇街查看其各项活动" in html
    assert "<thead" not in html


def test_a_board_of_as_many_as_a_page_takes_shows_them_all() -> None:
    html = render(page_of(board(documents(LINES_AT_ONCE))), "zh")

    assert rows(html) == LINES_AT_ONCE
    assert 'class="pages"' not in html


def test_a_towns_pages_together_have_every_activity_once_in_order() -> None:
    many = town_of_many(2 * LINES_AT_ONCE + 50)
    pages = [extract_of(many, number) for number in (1, 2, 3)]
    shown = [line.activity["topic_id"] for page in pages for _, lines in page.towns for line in lines]

    assert shown == [line.activity["topic_id"] for line in many.towns[0].lines]
    assert [page.pages for page in pages] == [3, 3, 3]


def test_a_page_leads_to_the_ones_beside_it_and_past_the_last_is_the_last() -> None:
    many = town_of_many(2 * LINES_AT_ONCE + 50)
    html = {
        number: render(page_of(many, query=PageQuery(town=TOWN, page=number)), "zh")
        for number in (None, 2, 9)
    }

    assert "第 1 页，共 3 页" in html[None]
    assert f'href="?town={TOWN}&amp;page=2#towns" rel="next"' in html[None]
    assert 'rel="prev"' not in html[None]
    assert f'href="?town={TOWN}&amp;page=1#towns" rel="prev"' in html[2]
    assert f'href="?town={TOWN}&amp;page=3#towns" rel="next"' in html[2]
    assert rows(html[9]) == 50
    assert 'rel="next"' not in html[9]


def test_of_what_is_late_the_longest_overdue_and_the_soonest_due_are_named_and_the_rest_is_counted() -> None:
    many = board(documents(36 * 30))
    html = render(page_of(many), "zh")
    named = re.findall(r'<li class="(\w+)"', html)

    assert named == ["red"] * LATE_AT_ONCE + ["yellow"] * LATE_AT_ONCE
    assert "另有逾期 50 项、临期 20 项，见各镇街。" in text_of(html)
    assert "1080 项活动，闭环 270 项，60 项逾期" in html


async def test_what_is_computed_of_figures_is_computed_once_until_they_change() -> None:
    app = application_of(stream_of("topic-t-1", proposed()))
    source = app.state.board
    figures = await source.figures()
    first, again, other = (
        source.board(figures, as_of=on, town=None, year=None)
        for on in (day("09-05"), day("09-05"), day("09-06"))
    )

    assert first is again
    assert first is not other
    assert figures.once("a", lambda: 1) == figures.once("a", lambda: 2) == 1


@pytest.mark.parametrize("number", ["0", "10001", "x"])
async def test_a_page_that_cannot_be_is_refused(number: str) -> None:
    assert await caller_of(stream_of("topic-t-1", proposed())).status_of(f"/?page={number}") == 422
