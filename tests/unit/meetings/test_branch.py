"""Sector branches: what is decided, and what each owes (M20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import strategies as st

from services.meetings.deciders import BRANCH
from services.meetings.domain.branch import (
    BranchCommand,
    ChangeBranch,
    DissolveBranch,
    Duty,
    FoundBranch,
    RecordBranchActivity,
    Standing,
    duties,
)
from shared.contracts.types import BranchActivityKind
from shared.eventsourcing.testing import given
from tests.lives import for_any, read_back
from tests.unit.meetings.examples import COUNTY, MAY_6, MAY_10, TOWN
from tests.unit.meetings.roster import (
    DISSOLVED,
    FOUNDED,
    HEALTH,
    JANUARY_10,
    JULY_1,
    MARCH_1,
    QUARTER_HELD,
    REBASED,
    YEAR_HELD,
)

QUARTERLY, YEARLY = BranchActivityKind.QUARTERLY, BranchActivityKind.YEARLY_MEETING
FOUND = FoundBranch(
    HEALTH,
    COUNTY,
    "医卫界功能型党支部",
    "县委员活动中心",
    sectors=("医药卫生界", "教育界"),
    founded_on=JANUARY_10,
)
CHANGE = ChangeBranch("医卫界功能型党支部", "县人民医院", ("医药卫生界",), MAY_6)
HOLD = RecordBranchActivity(QUARTERLY, MAY_10, "送医下乡", today=MAY_10)
DISSOLVE = DissolveBranch("界别调整", JULY_1)


@pytest.mark.rule("M20")
def test_a_branch_is_founded_on_sectors_with_its_base() -> None:
    given(BRANCH).when(FOUND).then(FOUNDED)


def test_an_id_is_founded_once() -> None:
    given(BRANCH, FOUNDED).when(FOUND).then_refused("branch-exists")


@pytest.mark.rule("M20")
def test_a_branch_is_a_county_s() -> None:
    refusal = given(BRANCH).when(replace(FOUND, division=TOWN)).then_refused("branch-of-county", rule="M20")

    assert refusal.field == "division"


@pytest.mark.rule("M20")
def test_a_branch_gets_another_base_or_other_sectors() -> None:
    changed = given(BRANCH, FOUNDED).when(CHANGE).then(REBASED)

    changed.when(replace(CHANGE, changed_on=JULY_1)).then_nothing()


@pytest.mark.rule("M20")
def test_a_branch_s_activities_are_recorded_each_once() -> None:
    held = given(BRANCH, FOUNDED).when(HOLD).then(QUARTER_HELD)

    held.when(replace(HOLD, today=JULY_1)).then_nothing()
    held.when(RecordBranchActivity(YEARLY, MARCH_1, "年度组织生活会", today=MAY_10)).then(YEAR_HELD)


@pytest.mark.rule("M20")
@pytest.mark.parametrize(
    ("done_on", "code"),
    [
        (MAY_10 + timedelta(days=1), "activity-in-future"),
        (JANUARY_10 - timedelta(days=1), "activity-outside-life"),
    ],
)
def test_a_branch_acts_after_it_was_founded_and_not_in_days_to_come(done_on: date, code: str) -> None:
    refusal = given(BRANCH, FOUNDED).when(replace(HOLD, done_on=done_on)).then_refused(code, rule="M20")

    assert refusal.field == "done_on"


@pytest.mark.rule("M20")
def test_a_dissolved_branch_keeps_its_past_and_does_nothing_more() -> None:
    gone = given(BRANCH, FOUNDED).when(DISSOLVE).then(DISSOLVED)

    gone.when(replace(HOLD, today=date(2024, 8, 1))).then(QUARTER_HELD)
    late = replace(HOLD, done_on=JULY_1, today=date(2024, 8, 1))
    gone.when(late).then_refused("activity-outside-life", rule="M20")
    gone.when(CHANGE).then_refused("branch-dissolved", rule="M20")
    gone.when(replace(DISSOLVE, reason="再次撤销")).then_nothing()


@pytest.mark.rule("M20")
def test_a_branch_is_not_dissolved_before_it_was_founded() -> None:
    early = replace(DISSOLVE, dissolved_on=JANUARY_10 - timedelta(days=1))

    refusal = given(BRANCH, FOUNDED).when(early).then_refused("dissolved-before-founded", rule="M20")

    assert refusal.field == "dissolved_on"


@pytest.mark.parametrize("command", [CHANGE, HOLD, DISSOLVE], ids=lambda c: type(c).__name__)
def test_a_branch_that_was_never_founded_takes_no_command(command: BranchCommand) -> None:
    given(BRANCH).when(command).then_refused("branch-unknown")


def test_a_snapshot_and_the_stream_bring_a_branch_back() -> None:
    events = [FOUNDED, QUARTER_HELD, YEAR_HELD, REBASED, DISSOLVED]
    state = BRANCH.fold(events)

    assert state.division == COUNTY
    assert BRANCH.load(BRANCH.dump(state)) == state
    assert BRANCH.fold(read_back(events)) == state


# what it owes

OLD = date(2020, 1, 1)


def owed(
    today: date,
    *held: tuple[BranchActivityKind, date],
    founded_on: date = OLD,
    dissolved_on: date | None = None,
) -> dict[str, str]:
    """Return how it stands with each period."""
    found = duties(held, founded_on=founded_on, dissolved_on=dissolved_on, today=today)
    return {duty.period: duty.standing.value for duty in found}


KEPT_2023 = ((YEARLY, date(2023, 12, 31)), *((QUARTERLY, date(2023, m, 1)) for m in (1, 4, 7, 10)))


@pytest.mark.rule("M20")
def test_this_quarter_s_activity_and_this_year_s_meeting_are_due_until_done() -> None:
    for day in (MARCH_1, date(2024, 3, 31)):
        assert owed(day, *KEPT_2023) == {"2024-Q1": "due", "2024": "due"}
    done = owed(MARCH_1, *KEPT_2023, (QUARTERLY, date(2024, 1, 1)), (YEARLY, MARCH_1))
    assert done == {"2024-Q1": "done", "2024": "done"}


@pytest.mark.rule("M20")
def test_a_duty_is_due_on_the_last_day_of_its_period_and_says_when_it_was_done_first() -> None:
    held = [(QUARTERLY, date(2024, 5, 20)), (QUARTERLY, MAY_10), *KEPT_2023]

    found = duties(held, founded_on=OLD, dissolved_on=None, today=date(2024, 6, 30))

    assert found == (
        Duty(QUARTERLY, "2024-Q1", date(2024, 3, 31), None, Standing.OVERDUE),
        Duty(QUARTERLY, "2024-Q2", date(2024, 6, 30), MAY_10, Standing.DONE),
        Duty(YEARLY, "2024", date(2024, 12, 31), None, Standing.DUE),
    )


@pytest.mark.rule("M20")
def test_what_was_missed_last_year_stays_to_be_seen_and_what_was_done_does_not() -> None:
    assert owed(date(2024, 1, 1), *KEPT_2023[1:4]) == {
        "2023-Q4": "overdue",
        "2023": "overdue",
        "2024-Q1": "due",
        "2024": "due",
    }


@pytest.mark.rule("M20")
def test_a_branch_owes_only_periods_through_which_it_stood() -> None:
    assert owed(MAY_10, founded_on=JANUARY_10) == {"2024-Q2": "due"}
    done = owed(MAY_10, (QUARTERLY, MARCH_1), founded_on=JANUARY_10)
    assert done == {"2024-Q1": "done", "2024-Q2": "due"}
    ended = owed(JULY_1, *KEPT_2023, dissolved_on=MAY_10)
    assert ended == {"2024-Q1": "overdue"}


@pytest.mark.rule("M20")
@for_any(
    st.lists(st.tuples(st.sampled_from(BranchActivityKind), st.dates(OLD, date(2025, 12, 31))), max_size=12),
    st.dates(date(2021, 1, 1), date(2025, 12, 31)),
)
def test_done_due_and_overdue_follow_from_the_days_alone(
    held: list[tuple[BranchActivityKind, date]], today: date
) -> None:
    found = duties(held, founded_on=OLD, dissolved_on=None, today=today)

    for duty in found:
        assert (duty.standing is Standing.DONE) == (duty.done_on is not None)
        if duty.standing is Standing.DUE:
            assert duty.due_on >= today
        if duty.standing is Standing.OVERDUE:
            assert duty.due_on < today
    quarter = f"{today.year}-Q{(today.month + 2) // 3}"
    assert {duty.period for duty in found} >= {quarter, str(today.year)}
    assert found == duties(reversed(held), founded_on=OLD, dissolved_on=None, today=today)
