"""A made-up year has the size of a county's, the same each time, and nothing that cannot be true."""

from __future__ import annotations

from datetime import date, timedelta

from shared.cli.demo import county_year
from shared.cli.demo.county_year import Sizes
from shared.contracts.types import ReplyResult
from shared.ledger import Divisions
from shared.platform.divisions import TABLE

COUNTY = "371621"
TODAY = date(2024, 9, 5)
DIVISIONS = Divisions.load(TABLE, COUNTY)
YEAR = county_year.reading(DIVISIONS, TODAY, Sizes(), seed=1)


def test_it_has_the_size_of_a_countys_year() -> None:
    towns = {activity.town.code for activity in YEAR.activities}

    assert len(towns) == 15
    assert len(YEAR.activities) == 15 * 300
    assert all(activity.consulted_on is not None for activity in YEAR.activities)
    assert all(len(activity.opinions) == 10 for activity in YEAR.activities)
    assert len(list(county_year.members(COUNTY, Sizes(), year=2024, seed=1))) == 200


def test_it_is_the_same_each_time() -> None:
    again = county_year.reading(DIVISIONS, TODAY, Sizes(), seed=1)

    assert again == YEAR
    assert county_year.reading(DIVISIONS, TODAY, Sizes(), seed=2) != YEAR


def test_every_row_and_every_member_is_somebody_else() -> None:
    assert len({activity.identity for activity in YEAR.activities}) == len(YEAR.activities)
    keys = [call.key for call in county_year.members(COUNTY, Sizes(), year=2024, seed=1)]
    assert len(set(keys)) == len(keys)


def test_one_thing_comes_after_the_other_and_nothing_later_than_today() -> None:
    for activity in YEAR.activities:
        days = [
            activity.proposed_on,
            activity.adopted_on,
            activity.consulted_on,
            activity.assigned_on,
            activity.replied_on,
            activity.solved_on,
            activity.reported_on,
        ]
        known = [day for day in days if day is not None]
        assert known == sorted(known)
        assert known == days[: len(known)]
        assert known[-1] <= TODAY


def test_some_of_it_is_open_overdue_and_not_solved() -> None:
    def overdue(due_on: date | None) -> bool:
        return due_on is not None and due_on < TODAY - timedelta(days=7)

    assert any(a.replied_on is None and overdue(a.due_on) for a in YEAR.activities)
    assert {a.result for a in YEAR.activities} >= set(ReplyResult)
