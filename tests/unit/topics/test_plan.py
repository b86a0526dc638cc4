"""A plan's commands: what each does, what forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.topics.deciders import PLAN
from services.topics.domain.plan import (
    AddPlanItem,
    AmendPlan,
    ApprovePlan,
    DraftPlan,
    IssuePlan,
    PlanCommand,
    RemoveItem,
    ReturnPlan,
    ReviewPlan,
    ReviseItem,
    takes_topics,
)
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import (
    ItemChange,
    ItemChangeKind,
    ItemText,
    PlanAmended,
    PlanDrafted,
    PlanItemAdded,
    PlanItemRemoved,
    PlanItemRevised,
    PlanReturned,
)
from shared.eventsourcing.testing import given
from tests.unit.topics.examples import (
    APPROVED,
    DRAFTED,
    ISSUED,
    ITEM_1,
    JULY_1,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    PLAN_2024,
    REVIEWED,
)

DRAFT = DraftPlan(PLAN_2024, "371621", 2024, "2024 年度协商工作计划")
ADD = AddPlanItem(1, "农村供水")
REVIEW = ReviewPlan(MARCH_1, today=JULY_1)
APPROVE = ApprovePlan("县委常委会", "第 12 次会议", MARCH_4, today=JULY_1)
ISSUE = IssuePlan("惠办发〔2024〕3号", ("县委办公室", "县政府办公室", "县政协办公室"), MARCH_20, today=JULY_1)

RETURN = ReturnPlan("条目需再议", MARCH_4, today=JULY_1)
REVISE = ReviseItem(1, ItemText(title="农村供水管网"))
REMOVE = RemoveItem(1)
CANCEL_1 = AmendPlan(
    reason="上级已统一实施",
    body="县委常委会",
    document_number="惠办发〔2024〕9号",
    amended_on=MARCH_20,
    changes=(ItemChange(kind=ItemChangeKind.CANCEL, number=1),),
    today=JULY_1,
)

NOT_YET: list[PlanCommand] = [ADD, REVISE, REMOVE, REVIEW, APPROVE, RETURN, ISSUE, CANCEL_1]
TO_ISSUED: list[DomainEvent] = [DRAFTED, ITEM_1, REVIEWED, APPROVED, ISSUED]
FEBRUARY_1 = date(2024, 2, 1)
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


@pytest.mark.rule("T02")
def test_an_item_of_a_draft_is_written_anew_and_taken_out() -> None:
    (
        given(PLAN, DRAFTED, ITEM_1)
        .when(REVISE)
        .then(PlanItemRevised(plan_id=PLAN_2024, number=1, item=ItemText(title="农村供水管网")))
        .when(REMOVE)
        .then(PlanItemRemoved(plan_id=PLAN_2024, number=1))
        .when(ADD)
        .then(ITEM_1)
    )


@pytest.mark.rule("T02")
@pytest.mark.parametrize("command", named([REVISE, REMOVE]))
def test_an_item_that_is_not_in_the_draft_is_not_changed(command: PlanCommand) -> None:
    given(PLAN, DRAFTED).when(command).then_refused("item-unknown")


@pytest.mark.rule("T04")
@pytest.mark.parametrize("stage", STAGES[1:])
@pytest.mark.parametrize("command", named([REVISE, REMOVE]))
def test_an_item_of_a_plan_past_its_draft_changes_by_amendment_only(stage: str, command: PlanCommand) -> None:
    given(PLAN, *until(stage)).when(command).then_refused("plan-not-a-draft", rule="T04")


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


@pytest.mark.rule("T01")
@pytest.mark.parametrize("stage", ["reviewed", "approved"])
def test_a_plan_that_is_not_issued_goes_back_to_its_draft_and_is_reviewed_anew(stage: str) -> None:
    (
        given(PLAN, *until(stage))
        .when(RETURN)
        .then(PlanReturned(plan_id=PLAN_2024, reason="条目需再议", returned_on=MARCH_4))
        .when(replace(ADD, number=2))
        .then(ITEM_1.model_copy(update={"number": 2}))
        .when(replace(APPROVE, approved_on=MARCH_20))
        .then_refused("plan-stage-skipped", rule="T01")
    )


@pytest.mark.rule("T01")
@pytest.mark.parametrize("stage", ["drafted", "issued"])
def test_a_draft_or_an_issued_plan_does_not_go_back(stage: str) -> None:
    given(PLAN, *until(stage)).when(RETURN).then_refused("plan-stage-skipped", rule="T01")


@pytest.mark.rule("T01")
@pytest.mark.parametrize(
    ("stage", "command", "field"),
    [
        ("drafted", replace(REVIEW, reviewed_on=MARCH_4, today=MARCH_1), "reviewed_on"),
        ("reviewed", replace(APPROVE, approved_on=MARCH_20, today=MARCH_4), "approved_on"),
        ("approved", replace(ISSUE, issued_on=JULY_1, today=MARCH_20), "issued_on"),
        ("approved", replace(RETURN, returned_on=JULY_1, today=MARCH_20), "returned_on"),
    ],
)
def test_no_stage_is_reached_on_a_day_to_come(stage: str, command: PlanCommand, field: str) -> None:
    refusal = given(PLAN, *until(stage)).when(command).then_refused("day-in-the-future", rule="T01")

    assert refusal.field == field


@pytest.mark.rule("T01")
@pytest.mark.parametrize(
    ("stage", "command", "field"),
    [
        ("reviewed", replace(APPROVE, approved_on=FEBRUARY_1), "approved_on"),
        ("approved", replace(ISSUE, issued_on=MARCH_1), "issued_on"),
        ("issued", replace(CANCEL_1, amended_on=MARCH_4), "amended_on"),
    ],
)
def test_no_stage_is_reached_before_the_one_ahead_of_it(stage: str, command: PlanCommand, field: str) -> None:
    rule = "T04" if isinstance(command, AmendPlan) else "T01"

    refusal = given(PLAN, *until(stage)).when(command).then_refused("day-out-of-order", rule=rule)

    assert refusal.field == field


@pytest.mark.rule("T02")
@pytest.mark.parametrize("back_entry", [False, True])
def test_a_plan_without_items_is_not_issued(back_entry: bool) -> None:
    given(PLAN, DRAFTED, REVIEWED, APPROVED).when(replace(ISSUE, back_entry=back_entry)).then_refused(
        "plan-empty", rule="T02"
    )


@pytest.mark.rule("T01")
def test_a_back_entry_may_issue_a_plan_whose_source_tells_of_nothing_before() -> None:
    unknown = {"document_number": None, "issuing_bodies": (), "issued_on": None, "back_entry": True}

    given(PLAN, DRAFTED, ITEM_1).when(IssuePlan(None, (), None, JULY_1, back_entry=True)).then(
        ISSUED.model_copy(update=unknown)
    )


# amend

ITEM_2 = ITEM_1.model_copy(update={"number": 2, "title": "城区停车"})
TWO_ITEMS: list[DomainEvent] = [DRAFTED, ITEM_1, ITEM_2, REVIEWED, APPROVED, ISSUED]
NEW = ItemText(title="乡村医生", lead="县卫健局", quarter=4)


def change(kind: ItemChangeKind, number: int, **said: Any) -> ItemChange:
    return ItemChange(kind=kind, number=number, **said)


def amending(*changes: ItemChange) -> AmendPlan:
    return replace(CANCEL_1, changes=changes)


def amended(*changes: ItemChange) -> list[DomainEvent]:
    """Return the events of the issued plan and of one amendment."""
    return [*TWO_ITEMS, *PLAN.decide(amending(*changes), PLAN.fold(TWO_ITEMS))]


@pytest.mark.rule("T04")
def test_an_amendment_changes_the_issued_plan_with_reason_body_and_document() -> None:
    changes = (
        change(ItemChangeKind.ADD, 3, item=NEW),
        change(ItemChangeKind.DEFER, 1, quarter=4),
        change(ItemChangeKind.MERGE, 2, into=1),
    )

    given(PLAN, *TWO_ITEMS).when(amending(*changes)).then(
        PlanAmended(
            plan_id=PLAN_2024,
            number=1,
            reason="上级已统一实施",
            body="县委常委会",
            document_number="惠办发〔2024〕9号",
            amended_on=MARCH_20,
            changes=changes,
        )
    )


@pytest.mark.rule("T04")
def test_amendments_are_numbered_in_a_plan() -> None:
    before = amended(change(ItemChangeKind.CANCEL, 1))
    again = replace(
        amending(change(ItemChangeKind.REVISE, 2, item=NEW)), document_number="惠办发〔2024〕11号"
    )

    (first, second) = [*before[-1:], *PLAN.decide(again, PLAN.fold(before))]

    assert isinstance(first, PlanAmended)
    assert isinstance(second, PlanAmended)
    assert (first.number, second.number) == (1, 2)


@pytest.mark.rule("T04")
def test_a_document_amends_a_plan_once() -> None:
    deferred = change(ItemChangeKind.DEFER, 1, quarter=4)

    refusal = (
        given(PLAN, *amended(deferred)).when(amending(deferred)).then_refused("amendment-exists", rule="T04")
    )

    assert refusal.field == "document_number"


@pytest.mark.rule("T02")
def test_an_item_that_says_so_already_is_not_written_again() -> None:
    as_it_is = ReviseItem(1, ItemText(title=ITEM_1.title))

    given(PLAN, DRAFTED, ITEM_1).when(as_it_is).then_nothing()


@pytest.mark.rule("T04")
@pytest.mark.parametrize("stage", STAGES[:-1])
def test_what_is_not_issued_is_not_amended(stage: str) -> None:
    given(PLAN, *until(stage)).when(CANCEL_1).then_refused("plan-not-issued", rule="T04")


@pytest.mark.rule("T04")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([change(ItemChangeKind.CANCEL, 7)], id="an item that there is not"),
        pytest.param([change(ItemChangeKind.MERGE, 1, into=7)], id="into an item that there is not"),
        pytest.param([change(ItemChangeKind.MERGE, 1, into=1)], id="into itself"),
        pytest.param(
            [change(ItemChangeKind.MERGE, 1, into=2), change(ItemChangeKind.MERGE, 2, into=1)],
            id="in a circle",
        ),
        pytest.param(
            [change(ItemChangeKind.MERGE, 1, into=2), change(ItemChangeKind.CANCEL, 2)],
            id="into what is cancelled",
        ),
        pytest.param(
            [change(ItemChangeKind.DEFER, 1, quarter=4), change(ItemChangeKind.CANCEL, 1)], id="twice"
        ),
        pytest.param([change(ItemChangeKind.DEFER, 1)], id="deferred to nowhere"),
        pytest.param([change(ItemChangeKind.DEFER, 1, year=2023)], id="deferred to the past"),
        pytest.param([change(ItemChangeKind.ADD, 3)], id="nothing added"),
        pytest.param([change(ItemChangeKind.CANCEL, 1, item=NEW)], id="cancelled with a text"),
    ],
)
def test_an_impossible_amendment_is_refused_whole(changes: list[ItemChange]) -> None:
    refusal = (
        given(PLAN, *TWO_ITEMS).when(amending(*changes)).then_refused("amendment-impossible", rule="T04")
    )

    assert refusal.field == "changes"


@pytest.mark.rule("T04")
@pytest.mark.parametrize("kind", [ItemChangeKind.CANCEL, ItemChangeKind.REVISE])
def test_an_item_that_is_gone_is_not_amended_again(kind: ItemChangeKind) -> None:
    again = change(kind, 1, item=NEW if kind is ItemChangeKind.REVISE else None)

    later = replace(amending(again), document_number="惠办发〔2024〕11号")
    given(PLAN, *amended(change(ItemChangeKind.MERGE, 1, into=2))).when(later).then_refused(
        "amendment-impossible", rule="T04"
    )


@pytest.mark.rule("T02")
def test_an_amendment_gives_no_number_twice_even_that_of_a_cancelled_item() -> None:
    again = replace(amending(change(ItemChangeKind.ADD, 1, item=NEW)), document_number="惠办发〔2024〕11号")

    given(PLAN, *amended(change(ItemChangeKind.CANCEL, 1))).when(again).then_refused(
        "item-number-taken", rule="T02"
    )


@pytest.mark.rule("T02")
def test_a_full_plan_takes_an_item_in_the_place_of_a_cancelled_one_only() -> None:
    full = PLAN.fold([DRAFTED.model_copy(update={"item_limit": 2}), *TWO_ITEMS[1:]])
    added = change(ItemChangeKind.ADD, 3, item=NEW)

    with pytest.raises(RefusedError, match="takes 2 items"):
        PLAN.decide(amending(added), full)
    assert PLAN.decide(amending(added, change(ItemChangeKind.CANCEL, 1)), full)


@pytest.mark.rule("T10")
def test_topics_are_adopted_for_items_that_are_going_on_only() -> None:
    plan = PLAN.fold(
        amended(
            change(ItemChangeKind.CANCEL, 1),
            change(ItemChangeKind.DEFER, 2, quarter=4),
            change(ItemChangeKind.ADD, 3, item=NEW),
        )
    )

    assert {number: takes_topics(plan, number) for number in (1, 2, 3, 4, None)} == {
        1: False,
        2: True,
        3: True,
        4: False,
        None: False,
    }
    assert not takes_topics(PLAN.fold(TWO_ITEMS[:-1]), 1)
