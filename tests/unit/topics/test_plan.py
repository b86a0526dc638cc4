"""A plan's commands: what each does, what forbids it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.topics.deciders import PLAN
from services.topics.domain.plan import (
    AddPlanItem,
    ApprovePlan,
    DraftPlan,
    IssuePlan,
    PlanCommand,
    ReviewPlan,
)
from shared.contracts.base import DomainEvent
from shared.contracts.topics import PlanDrafted, PlanItemAdded
from shared.eventsourcing.testing import given
from tests.unit.topics.examples import (
    APPROVED,
    DRAFTED,
    ISSUED,
    ITEM_1,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    PLAN_2024,
    REVIEWED,
)

DRAFT = DraftPlan(PLAN_2024, "371621", 2024, "2024 年度协商工作计划")
ADD = AddPlanItem(1, "农村供水")
REVIEW = ReviewPlan(MARCH_1)
APPROVE = ApprovePlan("县委常委会", "第 12 次会议", MARCH_4)
ISSUE = IssuePlan("惠办发〔2024〕3号", ("县委办公室", "县政府办公室", "县政协办公室"), MARCH_20)

NOT_YET: list[PlanCommand] = [ADD, REVIEW, APPROVE, ISSUE]
TO_ISSUED: list[DomainEvent] = [DRAFTED, ITEM_1, REVIEWED, APPROVED, ISSUED]
STAGES = ["drafted", "reviewed", "approved", "issued"]


def until(stage: str) -> list[DomainEvent]:
    """Return the events of a plan with one item that has just reached a stage."""
    return TO_ISSUED[: STAGES.index(stage) + 2]


def named(commands: list[PlanCommand]) -> list[object]:
    """Return the commands as parameters of a test, each under its name."""
    return [pytest.param(command, id=type(command).__name__) for command in commands]


# draft


@pytest.mark.rule("T01")
def test_a_year_s_plan_begins_as_a_draft() -> None:
    given(PLAN).when(DRAFT).then(DRAFTED)


@pytest.mark.rule("T02")
def test_a_plan_may_say_how_many_items_it_takes() -> None:
    given(PLAN).when(replace(DRAFT, item_limit=16, back_entry=True)).then(
        PlanDrafted(
            plan_id=PLAN_2024,
            division="371621",
            year=2024,
            title="2024 年度协商工作计划",
            item_limit=16,
            back_entry=True,
        )
    )


@pytest.mark.parametrize("stage", STAGES)
def test_an_id_is_drafted_once(stage: str) -> None:
    given(PLAN, *until(stage)).when(DRAFT).then_refused("plan-exists")


@pytest.mark.parametrize("command", named(NOT_YET))
def test_a_plan_that_was_never_drafted_takes_no_command(command: PlanCommand) -> None:
    given(PLAN).when(command).then_refused("plan-unknown")


# add an item


@pytest.mark.rule("T02")
def test_an_item_keeps_all_that_the_plan_says_of_it() -> None:
    command = AddPlanItem(
        number=3,
        title="农村供水",
        form="专题协商",
        lead="县水利局",
        co_organisers=("县发改局", "县财政局"),
        leader="分管副主席",
        departments=("县水利局",),
        quarter=2,
        expected_outcome="形成协商意见",
        back_entry=True,
    )

    given(PLAN, DRAFTED).when(command).then(
        PlanItemAdded(
            plan_id=PLAN_2024,
            number=3,
            title="农村供水",
            form="专题协商",
            lead="县水利局",
            co_organisers=("县发改局", "县财政局"),
            leader="分管副主席",
            departments=("县水利局",),
            quarter=2,
            expected_outcome="形成协商意见",
            back_entry=True,
        )
    )


@pytest.mark.rule("T02")
def test_a_number_is_given_once_in_a_plan() -> None:
    refusal = (
        given(PLAN, DRAFTED, ITEM_1)
        .when(replace(ADD, title="城区停车"))
        .then_refused("item-number-taken", rule="T02")
    )

    assert refusal.field == "number"


@pytest.mark.rule("T02")
def test_a_plan_takes_no_more_items_than_it_says() -> None:
    limited = DRAFTED.model_copy(update={"item_limit": 2})
    item_2 = ITEM_1.model_copy(update={"number": 2})

    (
        given(PLAN, limited, ITEM_1)
        .when(replace(ADD, number=2))
        .then(item_2)
        .when(replace(ADD, number=3))
        .then_refused("plan-full", rule="T02")
    )


@pytest.mark.rule("T04")
@pytest.mark.parametrize("stage", STAGES[1:])
def test_a_plan_past_its_draft_takes_no_items(stage: str) -> None:
    given(PLAN, *until(stage)).when(replace(ADD, number=2)).then_refused("plan-not-a-draft", rule="T04")


# review, approve, issue


@pytest.mark.rule("T01")
def test_a_plan_is_reviewed_approved_and_issued_in_this_order() -> None:
    (
        given(PLAN, DRAFTED, ITEM_1)
        .when(REVIEW)
        .then(REVIEWED)
        .when(APPROVE)
        .then(APPROVED)
        .when(ISSUE)
        .then(ISSUED)
    )


@pytest.mark.rule("T01")
@pytest.mark.parametrize(
    ("stage", "command"),
    [
        ("drafted", APPROVE),
        ("drafted", ISSUE),
        ("reviewed", REVIEW),
        ("reviewed", ISSUE),
        ("approved", REVIEW),
        ("approved", APPROVE),
        ("issued", REVIEW),
        ("issued", APPROVE),
        ("issued", ISSUE),
        ("issued", replace(ISSUE, back_entry=True)),
    ],
)
def test_no_stage_is_skipped_or_gone_through_twice(stage: str, command: PlanCommand) -> None:
    given(PLAN, *until(stage)).when(command).then_refused("plan-stage-skipped", rule="T01")


@pytest.mark.rule("T01")
@pytest.mark.parametrize("left_out", [{"document_number": None}, {"issuing_bodies": ()}, {"issued_on": None}])
def test_a_joint_issue_states_number_bodies_and_date(left_out: dict[str, Any]) -> None:
    refusal = (
        given(PLAN, *until("approved"))
        .when(replace(ISSUE, **left_out))
        .then_refused("issue-incomplete", rule="T01")
    )

    assert [refusal.field] == list(left_out)


@pytest.mark.rule("T02")
@pytest.mark.parametrize("back_entry", [False, True])
def test_a_plan_without_items_is_not_issued(back_entry: bool) -> None:
    given(PLAN, DRAFTED, REVIEWED, APPROVED).when(replace(ISSUE, back_entry=back_entry)).then_refused(
        "plan-empty", rule="T02"
    )


@pytest.mark.rule("T01")
def test_a_back_entry_may_issue_a_plan_whose_source_tells_of_nothing_before() -> None:
    unknown = {"document_number": None, "issuing_bodies": (), "issued_on": None, "back_entry": True}

    given(PLAN, DRAFTED, ITEM_1).when(IssuePlan(None, (), None, back_entry=True)).then(
        ISSUED.model_copy(update=unknown)
    )
