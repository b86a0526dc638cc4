"""What a plan shows after its issue: as it was issued, as it stands, and what comes of its items."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from services.topics.app import SERVICE
from services.topics.deciders import PLAN
from services.topics.projections.plans import PLANS
from shared.contracts.base import DomainEvent
from shared.contracts.plan_items import item_state
from shared.contracts.topics import (
    ItemChange,
    ItemChangeKind,
    ItemText,
    PlanAmended,
    PlanItemRemoved,
    PlanItemRevised,
    PlanReturned,
)
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Role
from tests.http import Caller, Log, application, done, problem
from tests.unit.topics.examples import (
    APPROVED,
    DRAFTED,
    ISSUED,
    ITEM_1,
    JULY_1,
    MARCH_4,
    PLAN_2024,
    REVIEWED,
)

COUNTY, TOWN = "371621", "371621001"
PATH = f"/plans/{PLAN_2024}"
ITEM_2 = ITEM_1.model_copy(update={"number": 2, "title": "城区停车"})
VILLAGE_DOCTORS = ItemText(title="乡村医生", lead="县卫健局", quarter=4)

APPROVAL: dict[str, Any] = {"body": "县委常委会", "document_number": "惠办发〔2024〕9号"}
AMENDMENT: dict[str, Any] = {
    **APPROVAL,
    "reason": "上级已统一实施",
    "amended_on": "2024-07-01",
    "changes": [
        {"kind": "add", "number": 3, "item": {"title": "乡村医生", "quarter": 4}},
        {"kind": "defer", "number": 1, "quarter": 4},
        {"kind": "merge", "number": 2, "into": 1},
    ],
}


def amended(*changes: ItemChange, number: int = 1) -> PlanAmended:
    return PlanAmended(
        plan_id=PLAN_2024,
        number=number,
        reason="上级已统一实施",
        amended_on=JULY_1,
        changes=changes,
        **APPROVAL,
    )


def after(*events: DomainEvent) -> Mapping[str, Any]:
    """Return the document of an issued plan with two items, after more events."""
    past = (DRAFTED, ITEM_1, ITEM_2, REVIEWED, APPROVED, ISSUED)
    return fold_all(PLANS, stream_of(PLAN.stream(PLAN_2024), *past, *events))[PLAN_2024]


def item(document: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    (found,) = (item for item in document["items"] if item["number"] == number)
    return dict(found)


@pytest.mark.rule("T04")
def test_an_amendment_shows_in_the_items_that_it_touches() -> None:
    shown = after(
        amended(
            ItemChange(kind=ItemChangeKind.ADD, number=3, item=VILLAGE_DOCTORS),
            ItemChange(kind=ItemChangeKind.DEFER, number=1, quarter=4),
            ItemChange(kind=ItemChangeKind.MERGE, number=2, into=1),
        )
    )

    assert (item(shown, 3)["title"], item(shown, 3)["amendment"]) == ("乡村医生", 1)
    assert (item(shown, 1)["change"], item(shown, 1)["deferred_to"]) == (
        "deferred",
        {"year": None, "quarter": 4},
    )
    assert (item(shown, 2)["change"], item(shown, 2)["merged_into"]) == ("merged", 1)
    assert [a["document_number"] for a in shown["amendments"]] == ["惠办发〔2024〕9号"]


@pytest.mark.rule("T03")
def test_what_was_issued_is_kept_whatever_comes_later() -> None:
    issued = after()
    changed = after(
        amended(ItemChange(kind=ItemChangeKind.REVISE, number=1, item=VILLAGE_DOCTORS)),
        amended(ItemChange(kind=ItemChangeKind.CANCEL, number=2), number=2),
    )

    assert changed["as_issued"] == issued["items"]
    assert changed["items"] != issued["items"]
    assert item(changed, 1)["title"] == "乡村医生"
    assert item(changed, 2)["change"] == "cancelled"


@pytest.mark.rule("T01")
def test_a_plan_sent_back_shows_why_and_no_longer_that_it_was_reviewed() -> None:
    returned = PlanReturned(plan_id=PLAN_2024, reason="条目需再议", returned_on=MARCH_4)
    past = (DRAFTED, ITEM_1, REVIEWED, APPROVED, returned)

    shown = fold_all(PLANS, stream_of(PLAN.stream(PLAN_2024), *past))[PLAN_2024]

    assert (shown["stage"], shown["reviewed_on"], shown["approved_on"]) == ("draft", None, None)
    assert (shown["return_reason"], shown["returned_on"]) == ("条目需再议", "2024-03-04")


@pytest.mark.rule("T02")
def test_a_draft_shows_its_items_as_they_were_last_written() -> None:
    events = (
        DRAFTED,
        ITEM_1,
        ITEM_2,
        PlanItemRevised(plan_id=PLAN_2024, number=1, item=VILLAGE_DOCTORS),
        PlanItemRemoved(plan_id=PLAN_2024, number=2),
    )

    shown = fold_all(PLANS, stream_of(PLAN.stream(PLAN_2024), *events))[PLAN_2024]["items"]

    assert [(i["number"], i["title"], i["lead"]) for i in shown] == [(1, "乡村医生", "县卫健局")]


@pytest.mark.rule("T05")
@pytest.mark.parametrize(
    ("change", "going_on", "done", "state"),
    [
        (None, False, True, "planned"),
        (None, True, False, "in-progress"),
        (None, True, True, "done"),
        ("deferred", False, True, "deferred"),
        ("deferred", True, False, "in-progress"),
        ("cancelled", True, False, "cancelled"),
        ("merged", True, True, "merged"),
    ],
)
def test_an_item_s_state_follows_from_its_topics_and_amendments(
    change: str | None, going_on: bool, done: bool, state: str
) -> None:
    assert item_state(change, going_on=going_on, done=done) == state


# over HTTP


@pytest.fixture
def app() -> FastAPI:
    """The service with nothing in it."""
    return application(SERVICE, Log())


@pytest.fixture
def office(app: FastAPI) -> Caller:
    """The county's office."""
    return Caller(app, Role.OFFICE, COUNTY)


async def issued(office: Caller) -> None:
    """Bring a plan of two items to its issue."""
    draft = {"plan_id": PLAN_2024, "division": COUNTY, "year": 2024, "title": "2024 年度协商工作计划"}
    done(await office.post("/plans", draft))
    done(await office.post(f"{PATH}/items", {"number": 1, "title": "农村供水"}))
    done(await office.post(f"{PATH}/items", {"number": 2, "title": "城区停车"}))
    done(await office.post(f"{PATH}/review", {"reviewed_on": "2024-03-01"}))
    approval = {"body": "县委常委会", "meeting": "第 12 次会议", "approved_on": "2024-03-04"}
    done(await office.post(f"{PATH}/approval", approval))
    issue = {
        "document_number": "惠办发〔2024〕3号",
        "issuing_bodies": ["县委办公室"],
        "issued_on": "2024-03-20",
    }
    done(await office.post(f"{PATH}/issue", issue))


@pytest.mark.rule("T03", "T04", "T05")
async def test_an_amended_plan_is_read_as_it_stands_and_as_it_was_issued(
    app: FastAPI, office: Caller
) -> None:
    await issued(office)
    resident = Caller(app, Role.RESIDENT, TOWN)
    before = (await resident.get(f"{PATH}/as-issued"))["items"]

    done(await office.post(f"{PATH}/amendments", AMENDMENT))

    plan = await resident.get(PATH)
    assert {i["number"]: i["state"] for i in plan["items"]} == {1: "deferred", 2: "merged", 3: "planned"}
    assert [a["number"] for a in plan["amendments"]] == [1]
    assert (await resident.get(f"{PATH}/as-issued"))["items"] == before
    assert [i["title"] for i in before] == ["农村供水", "城区停车"]


@pytest.mark.rule("T03")
async def test_a_draft_cannot_be_read_as_issued(office: Caller) -> None:
    draft = {"plan_id": PLAN_2024, "division": COUNTY, "year": 2024, "title": "2024 年度协商工作计划"}
    done(await office.post("/plans", draft))

    assert await office.status_of(f"{PATH}/as-issued") == 404


@pytest.mark.rule("T02", "T01")
async def test_a_draft_is_worked_on_until_it_is_reviewed(office: Caller) -> None:
    draft = {"plan_id": PLAN_2024, "division": COUNTY, "year": 2024, "title": "2024 年度协商工作计划"}
    done(await office.post("/plans", draft))
    done(await office.post(f"{PATH}/items", {"number": 1, "title": "农村供水"}))
    done(await office.post(f"{PATH}/items", {"number": 2, "title": "城区停车"}))
    done(await office.put(f"{PATH}/items/1", {"title": "农村供水管网", "quarter": 2}))
    done(await office.delete(f"{PATH}/items/2"))
    done(await office.post(f"{PATH}/review", {"reviewed_on": "2024-03-01"}))
    done(await office.post(f"{PATH}/return", {"reason": "需再议", "returned_on": "2024-03-04"}))

    plan = await office.get(PATH)

    assert [(i["number"], i["title"], i["quarter"]) for i in plan["items"]] == [(1, "农村供水管网", 2)]
    assert (plan["stage"], plan["return_reason"], plan["reviewed_on"]) == ("draft", "需再议", None)


@pytest.mark.rule("T04")
async def test_an_impossible_amendment_names_the_field_and_changes_nothing(office: Caller) -> None:
    await issued(office)
    impossible = {**AMENDMENT, "changes": [{"kind": "cancel", "number": 9}]}

    refused = await office.post(f"{PATH}/amendments", impossible)

    assert problem(refused) == (422, "amendment-impossible", "changes")
    assert (await office.get(PATH))["amendments"] == []


@pytest.mark.rule("T04")
@pytest.mark.parametrize("left_out", ["reason", "body", "document_number", "amended_on", "changes"])
async def test_an_amendment_says_why_who_and_in_which_document(office: Caller, left_out: str) -> None:
    await issued(office)
    incomplete = {name: value for name, value in AMENDMENT.items() if name != left_out}

    assert problem(await office.post(f"{PATH}/amendments", incomplete)) == (422, "invalid-fields", left_out)


@pytest.mark.rule("T04")
async def test_the_plan_as_of_a_day_is_the_one_that_held_then(app: FastAPI, office: Caller) -> None:
    await issued(office)
    done(await office.post(f"{PATH}/amendments", AMENDMENT))
    resident = Caller(app, Role.RESIDENT, TOWN)

    before = await resident.get(f"{PATH}?as_of=2024-06-30")
    on_the_day = await resident.get(f"{PATH}?as_of=2024-07-01")
    (listed,) = (await resident.get("/plans?as_of=2024-06-30"))["items"]

    assert [i["number"] for i in before["items"]] == [1, 2]
    assert {i["state"] for i in before["items"]} == {"planned"}
    assert [i["number"] for i in on_the_day["items"]] == [1, 2, 3]
    assert listed["items"] == before["items"]
    assert await resident.status_of(f"{PATH}?as_of=2023-12-31") == 404


@pytest.mark.rule("T04")
async def test_a_plan_s_history_says_who_did_what_and_when(office: Caller) -> None:
    await issued(office)
    done(await office.post(f"{PATH}/amendments", AMENDMENT))

    history = (await office.get(f"{PATH}/history"))["items"]

    assert [entry["event"] for entry in history][-2:] == ["PlanIssued", "PlanAmended"]
    assert history[-1]["happened_on"] == "2024-07-01"
    assert history[-1]["actor"]


@pytest.mark.rule("T02")
async def test_a_plan_as_a_file_has_a_row_for_each_item(office: Caller) -> None:
    await issued(office)
    done(await office.post(f"{PATH}/amendments", AMENDMENT))

    answer = await office.ask("/plans?format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["序号"], row["协商议题"], row["办理状态"]) for row in rows] == [
        ("1", "农村供水", "已延期"),
        ("2", "城区停车", "已合并"),
        ("3", "乡村医生", "未启动"),
    ]


@pytest.mark.rule("T05")
async def test_nobody_types_in_the_state_of_an_item(office: Caller) -> None:
    draft = {"plan_id": PLAN_2024, "division": COUNTY, "year": 2024, "title": "2024 年度协商工作计划"}
    done(await office.post("/plans", draft))
    done(await office.post(f"{PATH}/items", {"number": 1, "title": "农村供水", "state": "done"}))
    done(await office.put(f"{PATH}/items/1", {"title": "农村供水管网", "state": "done"}))

    (item,) = (await office.get(PATH))["items"]

    assert (item["title"], item["state"]) == ("农村供水管网", "planned")
