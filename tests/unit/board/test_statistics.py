"""Statistics: whatever the rows are, they add up to the board's figures."""

from __future__ import annotations

import pytest

from services.board.projections import ACTIVITIES
from services.board.records import by_sound
from services.board.statistics import By, Tally, name_of, statistics_of, total_of
from shared.eventsourcing.testing import fold_all
from shared.platform.divisions import load_divisions
from tests.unit.board.live import whole_life
from tests.unit.board.streams import closed_activity
from tests.unit.board.test_summary import example_activities, example_board


@pytest.mark.parametrize("by", list(By))
def test_rows_add_up_to_the_boards_figures(by: By) -> None:
    total = total_of(statistics_of(example_activities(), by))
    counts = example_board().counts

    assert (total.proposed, total.problems_solved, total.loops_closed) == (
        counts.activities,
        counts.problems_solved,
        counts.loops_closed,
    )
    assert total == total_of(statistics_of(example_activities(), By.TOWN))


def test_a_month_has_what_happened_in_it() -> None:
    activity = fold_all(ACTIVITIES, [event for stream in closed_activity() for event in stream])["t-1"]
    rows = {row.key: row.tally for row in statistics_of([activity], By.MONTH)}

    assert rows == {
        "2024-04": Tally(proposed=1, adopted=1),
        "2024-05": Tally(meetings=1, attendance=16, problems_assigned=1),
        "2024-06": Tally(problems_solved=1, loops_closed=1),
    }


def test_towns_come_in_the_official_order_and_classes_in_theirs_whatever_they_count() -> None:
    towns = [row.key for row in statistics_of(example_activities(), By.TOWN)]
    triaged = fold_all(ACTIVITIES, [event for stream in whole_life() for event in stream])["t-1"]
    classes = statistics_of([*example_activities(), triaged], By.CLASS)

    assert towns == sorted(str(town) for town in towns)
    assert [row.key for row in classes] == ["construction", None]


def test_what_the_record_gives_no_day_stands_in_a_row_of_its_own() -> None:
    *_, last = statistics_of(example_activities(), By.MONTH)

    assert last.key is None or last.key.startswith("202")
    assert name_of(None, By.MONTH, load_divisions(), "zh") == "未记载日期"
    assert name_of(None, By.CLASS, load_divisions(), "en") == "Not triaged yet"


def test_rows_are_called_by_their_names() -> None:
    divisions = load_divisions()

    assert name_of("2024-05", By.MONTH, divisions, "zh") == "2024 年 5 月"
    assert name_of("371621101", By.TOWN, divisions, "zh") == "石庙镇"
    assert name_of("health", By.CLASS, divisions, "zh") == "卫生健康"


def test_without_activities_there_are_no_rows() -> None:
    assert list(statistics_of([], By.TOWN)) == []
    assert total_of([]) == Tally()


def test_departments_come_by_the_sound_of_their_names() -> None:
    names = ["县住建局", "县水利局", "县财政局", "县教育局", "石庙镇政府"]

    assert sorted(names, key=by_sound) == ["石庙镇政府", "县财政局", "县教育局", "县水利局", "县住建局"]
