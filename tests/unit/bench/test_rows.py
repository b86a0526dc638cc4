"""A row says what was measured against what, and whether that is good enough."""

from __future__ import annotations

import pytest

from shared.cli.bench.rows import Figures, Goal, alone, alternate, compared, percentile


def test_a_ratio_is_of_our_figure_to_the_floor_and_judged_as_it_is_shown() -> None:
    row = compared("append", Figures(floor=1000.0, own=896.0), "commits/s", Goal(at_least=0.9))

    assert row == {
        "measure": "append",
        "floor": 1000.0,
        "own": 896.0,
        "ratio": 0.9,
        "unit": "commits/s",
        "goal": "≥ 0.9 ×",
        "met": True,
    }


def test_a_ratio_below_its_goal_is_not_met() -> None:
    assert not compared("append", Figures(1000.0, 890.0), "commits/s", Goal(at_least=0.9))["met"]


def test_where_less_is_better_the_goal_is_a_limit() -> None:
    assert compared("command", Figures(2.0, 2.4), "ms", Goal(at_most=1.2))["met"]
    assert not compared("command", Figures(2.0, 2.5), "ms", Goal(at_most=1.2))["met"]


def test_a_figure_that_stands_alone_has_no_ratio() -> None:
    row = alone("start to ready", 2.51234, "s", Goal(at_most=2.5, unit="s"))

    assert (row["floor"], row["own"], row["ratio"], row["goal"]) == (None, 2.512, None, "≤ 2.5 s")
    assert not row["met"]


async def test_floor_and_own_figure_alternate_and_their_medians_count() -> None:
    order: list[str] = []
    floors, owns = iter([1.0, 100.0, 2.0]), iter([30.0, 10.0, 20.0])

    async def floor() -> float:
        order.append("floor")
        return next(floors)

    async def own() -> float:
        order.append("own")
        return next(owns)

    assert await alternate(3, floor, own) == Figures(floor=2.0, own=20.0)
    assert order == ["floor", "own"] * 3


@pytest.mark.parametrize(("percent", "expected"), [(50, 51), (99, 100), (100, 100)])
def test_a_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected
