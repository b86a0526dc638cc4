"""The example ledger's year on the board, as of 5 September 2024."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

import pytest

from services.board.progress import with_progress
from services.board.projections import ACTIVITIES, PLANS, TIMELINE, VENUES
from services.board.summary import Board, board_of
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.divisions import Divisions, load_divisions, town_of
from shared.platform.working_days import WorkCalendar
from tests.unit.board.streams import day, example_year, proposed

CALENDAR = WorkCalendar()


@cache
def example_activities() -> list[Mapping[str, Any]]:
    """Return the year's activities."""
    return list(fold_all(ACTIVITIES, example_year()).values())


@cache
def example_board() -> Board:
    """Return the year's board."""
    plans = fold_all(PLANS, example_year()).values()
    return board_of(
        example_activities(),
        as_of=day("09-05"),
        calendar=CALENDAR,
        divisions=load_divisions(),
        plan_items=sum(len(plan["items"]) for plan in plans),
        venues=len(fold_all(VENUES, example_year())),
    )


def test_the_example_year_counts_as_its_readme_says() -> None:
    board = example_board()

    assert (board.counts.activities, board.plan_items, board.venues) == (36, 16, 31)
    assert (board.counts.loops_closed, board.counts.loops_exempted) == (9, 1)
    assert board.counts.problems_solved == 19


def test_the_example_year_by_status_calls_solved_what_the_rules_call_solved() -> None:
    assert example_board().counts.by_status == {
        "proposed": 1,
        "adopted": 1,
        "consulted": 2,
        "assigned": 4,
        "replied": 6,  # the ledger says 7 and 9: 村级养老互助点 has A and 满意
        "reopened": 1,
        "solved": 10,
        "closed": 9,
        "merged": 1,
        "withdrawn": 1,
    }


def test_the_example_year_has_two_red_lights_and_one_yellow() -> None:
    board = example_board()

    assert [(line.activity["title"], line.light.working_days) for line in board.red] == [
        ("农田机井维修", 41),
        ("重大项目与高端人才引进", 25),
    ]
    assert [(line.activity["title"], line.light.working_days) for line in board.yellow] == [
        ("农村生活污水治理", 4)
    ]


def test_towns_come_in_the_official_order_whatever_they_count() -> None:
    towns = [town.name for town in example_board().towns]

    assert towns[:4] == ["孙武街道", "何坊街道", "武定府街道", "石庙镇"]
    assert (len(towns), towns[-1]) == (15, "皂户李镇")


def test_towns_add_up_to_the_county() -> None:
    board = example_board()

    for figure in ("activities", "loops_closed", "loops_exempted", "problems_solved", "red", "yellow"):
        assert sum(getattr(town.counts, figure) for town in board.towns) == getattr(board.counts, figure)


def test_the_order_in_which_the_year_arrives_does_not_matter() -> None:
    by_stream: dict[str, list[Any]] = {}
    for event in example_year():
        by_stream.setdefault(event.stream, []).append(event)
    mixed, random = [], Random(7)
    streams = list(by_stream.values())
    while streams:
        stream = random.choice(streams)
        mixed.append(stream.pop(0))
        streams = [s for s in streams if s]

    for projection in (ACTIVITIES, TIMELINE, PLANS, VENUES):
        assert fold_all(projection, mixed) == fold_all(projection, example_year())


def test_the_example_plan_shows_how_far_it_has_come() -> None:
    plan = fold_all(PLANS, example_year())["plan-2024"]
    activities = [{"_id": a["topic_id"], **a} for a in example_activities()]
    progress = {item["number"]: item["progress"] for item in with_progress(plan, activities)["items"]}

    assert progress[2] == "done"  # one activity closed, one withdrawn
    assert progress[5] == "in-progress"
    assert [number for number, found in progress.items() if found == "planned"] == [8, 12, 13, 14]


def test_a_partial_activity_is_not_counted() -> None:
    [activity, *_] = example_activities()
    board = board_of(
        [{**activity, "status": None, "title": None}],
        as_of=day("09-05"),
        calendar=CALENDAR,
        divisions=load_divisions(),
    )

    assert (board.counts.activities, board.towns) == (0, [])


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("371621", "惠民县"),
        ("371621101", "石庙镇"),
        ("371621101201", "石庙镇"),
        ("371621999", "惠民县"),
        ("510521", "510521"),
    ],
)
def test_a_division_is_called_by_its_name_where_it_is_known(code: str, name: str) -> None:
    assert load_divisions().name(code) == name


def test_what_belongs_to_the_county_itself_comes_before_its_towns() -> None:
    county = fold_all(ACTIVITIES, stream_of("topic-t-1", proposed(division="371621")))["t-1"]
    board = board_of(
        [*example_activities(), county],
        as_of=day("09-05"),
        calendar=CALENDAR,
        divisions=Divisions({"371621": "惠民县"}),
    )

    assert (board.towns[0].code, board.towns[0].name) == ("371621", "惠民县")
    assert town_of("371621101201") == "371621101"
