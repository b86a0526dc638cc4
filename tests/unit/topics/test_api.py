"""Topics over HTTP: who may do what, what is looked up before a decision, what is answered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI

from services.topics.app import SERVICE
from shared.contracts.cases import LoopClosed, LoopReopened, ProblemSolved
from shared.contracts.meetings import Attendance, MeetingHeld
from shared.contracts.types import LoopItem, MeetingForm
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role
from tests.http import EVERYBODY, Caller, Log, application, done, problem, react, who_may

COUNTY, TOWN, NEXT_TOWN, OTHER_COUNTY = "371621", "371621001", "371621002", "371622"
LAMPS, ROADS, PLAN = "street-lamps", "village-roads", "plan-of-2024"
LAMPS_PATH, PLAN_PATH = f"/topics/{LAMPS}", f"/plans/{PLAN}"
MEETING = "meeting-on-lamps"
OF_LAMPS = {"topic_id": LAMPS, "division": TOWN}

PROPOSAL: dict[str, Any] = {
    **OF_LAMPS,
    "title": "路灯补亮",
    "origin": "residents",
    "channel": "qr",
    "proposed_on": "2024-03-01",
}
ADOPTION: dict[str, Any] = {"procedure": "luxian-4", "adopted_on": "2024-03-04"}
SURVEYED: dict[str, Any] = {
    "completed_on": "2024-03-20",
    "papers": [{"kind": "调研报告", "title": "调研报告.pdf"}],
}
WAIVER: dict[str, Any] = {"reason": "县里已调研", "approver": "主席会议", "waived_on": "2024-03-20"}
MERGER: dict[str, Any] = {"into": ROADS, "merged_on": "2024-03-20"}
WITHDRAWAL: dict[str, Any] = {"reason": "已由村里解决", "withdrawn_on": "2024-03-20"}
CONCLUSION: dict[str, Any] = {"concluded_on": "2024-07-01"}

DRAFT: dict[str, Any] = {"plan_id": PLAN, "division": COUNTY, "year": 2024, "title": "2024 年度协商工作计划"}
ITEM: dict[str, Any] = {"number": 1, "title": "农村路灯"}
REVIEW: dict[str, Any] = {"reviewed_on": "2024-01-10"}
APPROVAL: dict[str, Any] = {"body": "县委常委会", "meeting": "第 12 次会议", "approved_on": "2024-01-20"}
ISSUE: dict[str, Any] = {
    "document_number": "惠办发〔2024〕3号",
    "issuing_bodies": ["县委办公室", "县政府办公室", "县政协办公室"],
    "issued_on": "2024-02-01",
}

COMMANDS: dict[str, dict[str, Any]] = {
    "/topics": PROPOSAL,
    f"{LAMPS_PATH}/adoption": ADOPTION,
    f"{LAMPS_PATH}/steps/survey/completion": SURVEYED,
    f"{LAMPS_PATH}/steps/survey/waiver": WAIVER,
    f"{LAMPS_PATH}/triage": {"topic_class": "construction"},
    f"{LAMPS_PATH}/rejection": {"reason": "不属协商范围"},
    f"{LAMPS_PATH}/surveys": {"surveyed_on": "2024-03-20", "place": "三组", "findings": "三盏灯不亮"},
    f"{LAMPS_PATH}/support": {},
    f"{LAMPS_PATH}/supplements": {"text": "四组也不亮"},
    f"{LAMPS_PATH}/claim": {"group_id": "farmers", "group": "农业界别组"},
    f"{LAMPS_PATH}/claim/release": {"group_id": "farmers", "reason": "力量不足"},
    f"{LAMPS_PATH}/split": {"parts": [{"title": "四组路灯"}], "reason": "两处情况不同"},
    f"{LAMPS_PATH}/merger": MERGER,
    f"{LAMPS_PATH}/withdrawal": WITHDRAWAL,
    f"{LAMPS_PATH}/conclusion": CONCLUSION,
    "/plans": DRAFT,
    f"{PLAN_PATH}/items": ITEM,
    f"{PLAN_PATH}/review": REVIEW,
    f"{PLAN_PATH}/approval": APPROVAL,
    f"{PLAN_PATH}/issue": ISSUE,
}
NEEDED: dict[str, tuple[str, ...]] = {
    "/topics": ("division", "title", "origin"),
    f"{LAMPS_PATH}/adoption": ("adopted_on",),
    f"{LAMPS_PATH}/steps/survey/waiver": ("reason", "approver", "waived_on"),
    f"{LAMPS_PATH}/triage": ("topic_class",),
    f"{LAMPS_PATH}/rejection": ("reason",),
    f"{LAMPS_PATH}/surveys": ("surveyed_on", "place", "findings"),
    f"{LAMPS_PATH}/supplements": ("text",),
    f"{LAMPS_PATH}/claim": ("group_id", "group"),
    f"{LAMPS_PATH}/claim/release": ("group_id", "reason"),
    f"{LAMPS_PATH}/split": ("parts", "reason"),
    f"{LAMPS_PATH}/merger": ("into",),
    f"{LAMPS_PATH}/conclusion": ("concluded_on",),
    "/plans": ("division", "year", "title"),
    f"{PLAN_PATH}/items": ("number", "title"),
    f"{PLAN_PATH}/review": ("reviewed_on",),
    f"{PLAN_PATH}/approval": ("body", "meeting", "approved_on"),
}


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    """The service on that log."""
    return application(SERVICE, log)


@pytest.fixture
def town(app: FastAPI) -> Caller:
    """The town's liaison office."""
    return Caller(app, Role.LIAISON, TOWN)


@pytest.fixture
def office(app: FastAPI) -> Caller:
    """The county's office."""
    return Caller(app, Role.OFFICE, COUNTY)


async def adopted(town: Caller) -> None:
    """Bring a topic to its adoption."""
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{LAMPS_PATH}/adoption", ADOPTION))


async def issued(office: Caller) -> None:
    """Bring a plan of one item to its issue."""
    done(await office.post("/plans", DRAFT))
    done(await office.post(f"{PLAN_PATH}/items", ITEM))
    done(await office.post(f"{PLAN_PATH}/review", REVIEW))
    done(await office.post(f"{PLAN_PATH}/approval", APPROVAL))
    done(await office.post(f"{PLAN_PATH}/issue", ISSUE))


# from proposal to conclusion


def held() -> MeetingHeld:
    return MeetingHeld(
        **OF_LAMPS,
        meeting_id=MEETING,
        form=MeetingForm.MICRO,
        held_on=date(2024, 5, 10),
        attendance=Attendance(present=6),
    )


@pytest.mark.rule("T15")
@pytest.mark.rule("T16")
@pytest.mark.rule("T19")
async def test_a_topic_from_proposal_to_conclusion_and_back(log: Log, town: Caller) -> None:
    await adopted(town)
    done(await town.post(f"{LAMPS_PATH}/steps/survey/completion", SURVEYED))
    log.hear(f"meeting-{MEETING}", held())
    of_entry = {**OF_LAMPS, "entry_id": MEETING}
    solved = ProblemSolved(**of_entry, problem_id="dark-corner", solved_on=date(2024, 6, 7))
    log.hear("problem-dark-corner", solved)
    closed = LoopClosed(**of_entry, closed_on=date(2024, 7, 1))
    log.hear(f"entry-{MEETING}", closed)
    await react(SERVICE, log)

    shown = await town.get(LAMPS_PATH)
    assert (shown["situation"], shown["concluded_on"]) == ("concluded", "2024-07-01")
    assert [(step["code"], step["on"]) for step in shown["steps"]] == [
        ("raise", "2024-03-01"),
        ("survey", "2024-03-20"),
        ("consult", "2024-05-10"),
        ("convert", "2024-06-07"),
    ]
    assert shown["steps"][2]["meeting_id"] == MEETING

    reopened = LoopReopened(**of_entry, item=LoopItem.PROBLEM, reason="又不亮了")
    log.events += stream_of(f"entry-{MEETING}", closed, reopened)[1:]
    await react(SERVICE, log)

    shown = await town.get(LAMPS_PATH)
    assert (shown["situation"], shown["concluded_on"]) == ("adopted", None)


@pytest.mark.rule("T16")
async def test_a_meeting_on_a_topic_that_nobody_adopted_is_recorded(log: Log, town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    log.hear(f"meeting-{MEETING}", held())
    await react(SERVICE, log)

    (step,) = (await town.get(LAMPS_PATH))["steps"]

    assert (step["code"], step["status"], step["deviation"]["rule"]) == ("consult", "done", "T16")


# proposals


@pytest.mark.rule("T08")
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.MEMBER, Role.CONVENER, Role.DEPARTMENT, Role.OFFICE])
async def test_anyone_with_an_account_may_propose(log: Log, app: FastAPI, role: Role) -> None:
    proposed = await Caller(app, role, TOWN).post("/topics", PROPOSAL)

    assert (proposed.status_code, proposed.headers["location"]) == (201, LAMPS_PATH)
    assert log.names(f"topic-{LAMPS}") == ["TopicProposed"]


async def test_what_one_clerk_entered_is_known_when_another_comes_with_it(log: Log, app: FastAPI) -> None:
    one, other = (Caller(app, Role.LIAISON, TOWN, subject=subject) for subject in ("p-1", "p-2"))
    old = {**PROPOSAL, "back_entry": True}
    first = await one.post("/topics", old, key="ledger.xlsx!12")

    again = await other.post("/topics", old, key="ledger.xlsx!12")

    assert again.json() == {**first.json(), "repeated": True}
    assert len(log.events) == 1


async def test_another_county_may_use_the_same_key(log: Log, app: FastAPI, town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL, key="ledger.xlsx!12"))
    elsewhere = Caller(app, Role.LIAISON, f"{OTHER_COUNTY}001")
    theirs = {**PROPOSAL, "topic_id": "their-lamps", "division": f"{OTHER_COUNTY}001"}

    done(await elsewhere.post("/topics", theirs, key="ledger.xlsx!12"))

    assert len(log.events) == 2


@pytest.mark.rule("T08")
async def test_a_proposer_is_known_by_an_opaque_id_that_is_not_shown(
    log: Log, app: FastAPI, town: Caller
) -> None:
    zhang = Caller(app, Role.RESIDENT, TOWN, subject="zhang.san@example.cn")
    for topic_id in (LAMPS, ROADS):
        done(await zhang.post("/topics", {**PROPOSAL, "topic_id": topic_id}))
    proposers = [recorded.event.model_dump()["proposer"] for recorded in log.events]

    assert proposers[0] == proposers[1] is not None
    assert "zhang" not in f"{log.events}"
    assert "proposer" not in await town.get(LAMPS_PATH)


async def test_who_enters_an_old_record_is_not_its_author(log: Log, office: Caller) -> None:
    said = {
        "back_entry": True,
        "source": "ledger.xlsx#协商活动台账！3",
        "ledger_year": 2023,
        "ledger_number": 7,
    }

    done(await office.post("/topics", {**PROPOSAL, **said}))

    (recorded,) = log.events
    assert recorded.event.model_dump()["proposer"] is None
    shown = await office.get(LAMPS_PATH)
    assert (shown["back_entry"], shown["ledger_year"], shown["ledger_number"]) == (True, 2023, 7)
    assert "ledger.xlsx" not in f"{recorded}{shown}"


async def test_an_id_is_one_topic_s(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))

    assert problem(await town.post("/topics", PROPOSAL)) == (422, "topic-exists", "topic_id")


# adoption


@pytest.mark.rule("T10")
async def test_an_adoption_pins_the_newest_version_of_its_procedure(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{LAMPS_PATH}/adoption", {"adopted_on": "2024-03-04"}))

    shown = await town.get(LAMPS_PATH)

    assert shown["procedure"] == {"code": "three-discussions-seven-steps", "version": 1}
    assert [step["status"] for step in shown["steps"]] == ["done", "done", *["open"] * 5]


@pytest.mark.rule("T21")
async def test_a_small_topic_has_thirty_days_in_all(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{LAMPS_PATH}/adoption", {**ADOPTION, "procedure": "micro"}))

    assert (await town.get(LAMPS_PATH))["due_on"] == "2024-03-31"


@pytest.mark.rule("T10")
@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"procedure": "no-such-procedure"}, "procedure-unknown", "procedure"),
        ({"adopted_on": "2024-02-29"}, "day-out-of-order", "adopted_on"),
        ({"plan_id": PLAN, "plan_item": 2}, "plan-item-unknown", "plan_item"),
        ({"plan_id": "no-such-plan", "plan_item": 1}, "plan-item-unknown", "plan_item"),
        ({"plan_item": 1}, "plan-item-incomplete", "plan_id"),
        ({"plan_id": PLAN}, "plan-item-incomplete", "plan_item"),
    ],
)
async def test_an_adoption_that_does_not_fit_names_what_is_wrong(
    town: Caller, office: Caller, change: dict[str, Any], code: str, field: str
) -> None:
    await issued(office)
    done(await town.post("/topics", PROPOSAL))

    assert problem(await town.post(f"{LAMPS_PATH}/adoption", {**ADOPTION, **change})) == (422, code, field)


@pytest.mark.rule("T10")
async def test_an_item_of_a_plan_that_is_not_issued_is_not_carried_out_yet(
    town: Caller, office: Caller
) -> None:
    done(await office.post("/plans", DRAFT))
    done(await office.post(f"{PLAN_PATH}/items", ITEM))
    done(await town.post("/topics", PROPOSAL))

    refused = await town.post(f"{LAMPS_PATH}/adoption", {**ADOPTION, "plan_id": PLAN, "plan_item": 1})

    assert problem(refused) == (422, "plan-item-unknown", "plan_item")


@pytest.mark.rule("T10")
async def test_another_countys_plan_is_not_carried_out_here(
    app: FastAPI, town: Caller, office: Caller
) -> None:
    await issued(office)
    elsewhere = Caller(app, Role.LIAISON, f"{OTHER_COUNTY}001")
    done(await elsewhere.post("/topics", {**PROPOSAL, "division": f"{OTHER_COUNTY}001"}))

    refused = await elsewhere.post(f"{LAMPS_PATH}/adoption", {**ADOPTION, "plan_id": PLAN, "plan_item": 1})

    assert problem(refused) == (422, "plan-item-unknown", "plan_item")


# steps


@pytest.mark.rule("T15")
@pytest.mark.parametrize(
    ("step", "body", "code", "field"),
    [
        ("convert", {}, "step-out-of-order", "step"),
        ("survey", {"completed_on": "2024-03-20"}, "papers-missing", "papers"),
        ("survey", {**SURVEYED, "completed_on": None}, "day-missing", "completed_on"),
        ("survey", {**SURVEYED, "completed_on": "2024-02-29"}, "day-out-of-order", "completed_on"),
        ("survey", {**SURVEYED, "completed_on": "2099-01-01"}, "day-in-the-future", "completed_on"),
        ("consult", {}, "step-needs-a-meeting", "step"),
        ("dinner", {}, "step-unknown", "step"),
    ],
)
async def test_a_step_that_cannot_be_taken_names_what_is_wrong(
    town: Caller, step: str, body: dict[str, Any], code: str, field: str
) -> None:
    await adopted(town)

    refused = await town.post(f"{LAMPS_PATH}/steps/{step}/completion", body)

    assert problem(refused) == (422, code, field)
    assert refused.json()["errors"][0]["rule"] == "T15"


@pytest.mark.rule("T15")
async def test_a_waived_step_shows_reason_and_approver(town: Caller) -> None:
    await adopted(town)

    done(await town.post(f"{LAMPS_PATH}/steps/survey/waiver", WAIVER))

    step = (await town.get(LAMPS_PATH))["steps"][1]
    assert (step["status"], step["reason"], step["approver"]) == ("waived", "县里已调研", "主席会议")


# merger and withdrawal


@pytest.mark.rule("T12")
async def test_a_merger_leaves_its_trace_on_both_topics(log: Log, town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    done(await town.post("/topics", {**PROPOSAL, "topic_id": ROADS}))
    done(await town.post(f"{LAMPS_PATH}/merger", MERGER))
    await react(SERVICE, log)

    merged, survivor = await town.get(LAMPS_PATH), await town.get(f"/topics/{ROADS}")

    assert (merged["situation"], merged["merged_into"]) == ("merged", ROADS)
    assert (survivor["situation"], survivor["absorbed"]) == ("proposed", [LAMPS])


@pytest.mark.rule("T12")
async def test_a_topic_is_not_merged_into_itself(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))

    refused = await town.post(f"{LAMPS_PATH}/merger", {**MERGER, "into": LAMPS})

    assert problem(refused) == (422, "merged-into-itself", "into")


@pytest.mark.rule("T12")
async def test_the_survivor_of_a_merger_is_a_topic_that_the_caller_knows_of(
    app: FastAPI, town: Caller
) -> None:
    done(await town.post("/topics", PROPOSAL))
    unknown = await town.post(f"{LAMPS_PATH}/merger", MERGER)
    neighbour = Caller(app, Role.LIAISON, NEXT_TOWN)
    done(await neighbour.post("/topics", {**PROPOSAL, "topic_id": ROADS, "division": NEXT_TOWN}))
    hidden = await town.post(f"{LAMPS_PATH}/merger", MERGER)

    assert problem(unknown) == problem(hidden) == (422, "survivor-unknown", "into")


@pytest.mark.rule("T20")
async def test_nothing_is_merged_into_what_was_withdrawn(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    done(await town.post("/topics", {**PROPOSAL, "topic_id": ROADS}))
    done(await town.post(f"/topics/{ROADS}/withdrawal", WITHDRAWAL))

    assert problem(await town.post(f"{LAMPS_PATH}/merger", MERGER)) == (422, "survivor-ended", "into")


@pytest.mark.rule("T08")
@pytest.mark.rule("T20")
async def test_a_withdrawn_topic_shows_the_reason_and_takes_nothing_more(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{LAMPS_PATH}/withdrawal", WITHDRAWAL))

    refused = await town.post(f"{LAMPS_PATH}/adoption", ADOPTION)

    assert problem(refused) == (409, "topic-ended", None)
    assert refused.json()["rule"] == "T20"
    assert (await town.get(LAMPS_PATH))["withdrawal_reason"] == "已由村里解决"


async def test_a_refusal_is_told_in_english_to_who_prefers_it(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL))

    refused = await town.post(f"{LAMPS_PATH}/steps/survey/completion", SURVEYED, language="en")

    assert refused.json()["detail"] == "The topic is not adopted yet; it has no steps."


# plans


@pytest.mark.rule("T01")
@pytest.mark.rule("T05")
async def test_a_plan_from_its_draft_to_what_comes_of_its_item(town: Caller, office: Caller) -> None:
    await issued(office)
    planned = await town.get(PLAN_PATH)
    done(await town.post("/topics", PROPOSAL))
    done(await town.post(f"{LAMPS_PATH}/adoption", {**ADOPTION, "plan_id": PLAN, "plan_item": 1}))
    going_on = await town.get(PLAN_PATH)
    done(await office.post(f"{LAMPS_PATH}/conclusion", CONCLUSION))
    (carried_out,) = (await town.get("/plans?year=2024"))["items"]

    shown = [plan["items"][0] for plan in (planned, going_on, carried_out)]
    assert [(item["state"], item["topics"]) for item in shown] == [
        ("planned", []),
        ("in-progress", [LAMPS]),
        ("done", [LAMPS]),
    ]
    assert (carried_out["stage"], carried_out["document_number"]) == ("issued", "惠办发〔2024〕3号")
    assert (await town.get("/plans?year=2025"))["items"] == []


@pytest.mark.rule("T01")
@pytest.mark.parametrize("field", ["document_number", "issuing_bodies", "issued_on"])
async def test_a_joint_issue_names_what_it_lacks(office: Caller, field: str) -> None:
    done(await office.post("/plans", DRAFT))
    done(await office.post(f"{PLAN_PATH}/items", ITEM))
    done(await office.post(f"{PLAN_PATH}/review", REVIEW))
    done(await office.post(f"{PLAN_PATH}/approval", APPROVAL))
    body = {name: value for name, value in ISSUE.items() if name != field}

    assert problem(await office.post(f"{PLAN_PATH}/issue", body)) == (422, "issue-incomplete", field)


@pytest.mark.rule("T01")
@pytest.mark.rule("T02")
async def test_a_plan_refuses_a_number_twice_and_a_stage_out_of_turn(office: Caller) -> None:
    done(await office.post("/plans", DRAFT))
    done(await office.post(f"{PLAN_PATH}/items", ITEM))

    assert problem(await office.post("/plans", DRAFT)) == (422, "plan-exists", "plan_id")
    assert problem(await office.post(f"{PLAN_PATH}/items", ITEM)) == (422, "item-number-taken", "number")
    assert problem(await office.post(f"{PLAN_PATH}/approval", APPROVAL)) == (409, "plan-stage-skipped", None)


@pytest.mark.rule("T06")
async def test_procedures_are_read_without_an_account(app: FastAPI) -> None:
    procedures = await Caller(app, None, TOWN).get("/procedures")

    assert {p["code"] for p in procedures} >= {"three-discussions-seven-steps", "luxian-4", "micro"}
    assert not any(p["official"] for p in procedures)


# versions and repetitions


async def test_the_same_key_is_the_same_command(log: Log, town: Caller) -> None:
    asked = {name: value for name, value in PROPOSAL.items() if name != "topic_id"}

    first = done(await town.post("/topics", asked, key="once"))
    again = done(await town.post("/topics", asked, key="once"))
    another = done(await town.post("/topics", asked, key="twice"))

    assert again == {**first, "repeated": True}
    assert another["id"] != first["id"]
    assert len(log.events) == 2


async def test_a_key_stands_for_one_command(town: Caller) -> None:
    done(await town.post("/topics", PROPOSAL, key="once"))

    other = await town.post("/topics", {**PROPOSAL, "title": "停车难"}, key="once")

    assert problem(other)[:2] == (422, "idempotency-key-reused")


async def test_a_change_of_what_has_changed_since_is_refused(log: Log, town: Caller) -> None:
    await adopted(town)

    refused = await town.post(f"{LAMPS_PATH}/withdrawal", WITHDRAWAL, if_match='"1"')

    assert problem(refused)[:2] == (412, "version-conflict")
    assert log.names(f"topic-{LAMPS}") == ["TopicProposed", "TopicAdopted"]
    assert done(await town.post(f"{LAMPS_PATH}/withdrawal", WITHDRAWAL, if_match='"2"'))["version"] == 3


async def test_a_read_waits_for_the_version_it_asks_for(town: Caller) -> None:
    await adopted(town)

    there = await town.ask(LAMPS_PATH, hxs_min_version="2")
    not_yet = await town.ask(LAMPS_PATH, hxs_min_version="3")

    assert (there.status_code, there.headers["etag"]) == (200, '"2"')
    assert problem(not_yet)[:2] == (503, "not-caught-up")


# input


@pytest.mark.parametrize(
    ("path", "field"), [(path, field) for path, fields in NEEDED.items() for field in fields]
)
async def test_what_a_command_needs_is_named_where_it_is_missing(
    log: Log, office: Caller, path: str, field: str
) -> None:
    body = {name: value for name, value in COMMANDS[path].items() if name != field}

    assert problem(await office.post(path, body)) == (422, "invalid-fields", field)
    assert not log.events


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/topics", "topic_id", "NOT AN ID"),
        ("/topics", "division", "3716210"),
        ("/topics", "origin", "rumour"),
        ("/topics", "title", "  "),
        ("/topics", "proposed_on", "9999-12-31"),
        ("/topics", "ledger_number", 0),
        (f"{LAMPS_PATH}/adoption", "adopted_on", "2024-02-30"),
        (f"{LAMPS_PATH}/adoption", "plan_item", 0),
        (f"{LAMPS_PATH}/steps/survey/completion", "surveys", -1),
        (f"{LAMPS_PATH}/triage", "topic_class", "gossip"),
        (f"{LAMPS_PATH}/split", "parts", []),
        (f"{LAMPS_PATH}/surveys", "place", " "),
        (f"{LAMPS_PATH}/merger", "into", "x"),
        (f"{LAMPS_PATH}/conclusion", "concluded_on", None),
        ("/plans", "year", 1948),
        ("/plans", "item_limit", 0),
        (f"{PLAN_PATH}/items", "quarter", 5),
        (f"{PLAN_PATH}/issue", "issued_on", "soon"),
    ],
)
async def test_bad_input_is_named_and_nothing_is_written(
    log: Log, office: Caller, path: str, field: str, value: object
) -> None:
    refused = await office.post(path, {**COMMANDS[path], field: value})

    assert problem(refused) == (422, "invalid-fields", field)
    assert not log.events


# rights

OFFICE = {Role.OFFICE}
LIAISONS = {Role.LIAISON, *OFFICE}
CONVENERS = {Role.CONVENER, *LIAISONS}
MEMBERS = {Role.MEMBER, *CONVENERS}
RESIDENTS = {Role.RESIDENT, *MEMBERS}
PROPOSERS = {Role.DEPARTMENT, *RESIDENTS}
READERS = {Role.RESIDENT, Role.MEMBER, Role.DEPARTMENT, Role.AUDITOR, *CONVENERS}


RIGHTS = {
    "GET /topics": READERS,
    "POST /topics": PROPOSERS,
    "GET /topics/{topic_id}": READERS,
    "GET /topics/{topic_id}/history": {Role.AUDITOR, *CONVENERS},
    "POST /topics/{topic_id}/triage": LIAISONS,
    "POST /topics/{topic_id}/adoption": LIAISONS,
    "POST /topics/{topic_id}/rejection": LIAISONS,
    "POST /topics/{topic_id}/steps/{step}/completion": CONVENERS,
    "POST /topics/{topic_id}/steps/{step}/waiver": LIAISONS,
    "POST /topics/{topic_id}/surveys": MEMBERS,
    "GET /topics/{topic_id}/files/{file_id}": {*MEMBERS, Role.AUDITOR},
    "POST /topics/{topic_id}/support": RESIDENTS,
    "POST /topics/{topic_id}/supplements": RESIDENTS,
    "POST /topics/{topic_id}/claim": MEMBERS,
    "POST /topics/{topic_id}/claim/release": MEMBERS,
    "POST /topics/{topic_id}/merger": LIAISONS,
    "POST /topics/{topic_id}/split": LIAISONS,
    "POST /topics/{topic_id}/withdrawal": RESIDENTS,
    "POST /topics/{topic_id}/conclusion": OFFICE,
    "GET /plans": READERS,
    "POST /plans": OFFICE,
    "GET /plans/{plan_id}": READERS,
    "GET /procedures": set(EVERYBODY),
}


async def test_who_may_do_what(app: FastAPI) -> None:
    """The rest of the service's endpoints is in docs/authorisation.md, and tested whole beside it."""
    found = await who_may(app, COUNTY)

    assert {right: found[right] for right in RIGHTS} == RIGHTS


async def test_what_the_office_alone_does_is_not_done_by_a_town_s(app: FastAPI) -> None:
    of_county, of_town = await who_may(app, COUNTY), await who_may(app, TOWN)

    assert {right for right in of_county if of_county[right] == OFFICE} == {
        right for right in of_town if not of_town[right]
    }


@pytest.mark.parametrize("path", ["/topics", f"{LAMPS_PATH}/steps/survey/completion"])
@pytest.mark.parametrize("role", [None, Role.RESIDENT, Role.CONVENER])
async def test_only_liaison_and_office_enter_what_happened_before(
    log: Log, app: FastAPI, path: str, role: Role | None
) -> None:
    refused = await Caller(app, role, TOWN).post(path, {**COMMANDS[path], "back_entry": True})

    assert refused.status_code == (401 if role is None else 403)
    assert not log.events


@pytest.mark.parametrize("division", [NEXT_TOWN, OTHER_COUNTY, f"{TOWN}201"])
async def test_what_lies_elsewhere_is_not_there(log: Log, app: FastAPI, town: Caller, division: str) -> None:
    await adopted(town)
    before = len(log.events)
    stranger = Caller(app, Role.LIAISON, division)

    done(await stranger.post("/topics", {**PROPOSAL, "topic_id": ROADS, "division": division}))
    for path, body in COMMANDS.items():
        if path == "/topics" or (path.startswith(LAMPS_PATH) and not path.endswith("conclusion")):
            assert problem(await stranger.post(path, body))[:2] == (404, "not-found"), path
    assert await stranger.status_of(LAMPS_PATH) == 404
    assert [topic["topic_id"] for topic in (await stranger.get("/topics"))["items"]] == [ROADS]
    assert len(log.events) == before + 1


@pytest.mark.parametrize("division", [TOWN, NEXT_TOWN, f"{TOWN}201"])
async def test_the_county_s_plan_is_read_in_all_its_towns(
    app: FastAPI, office: Caller, division: str
) -> None:
    await issued(office)

    assert (await Caller(app, Role.RESIDENT, division).get(PLAN_PATH))["stage"] == "issued"


async def test_another_county_s_plan_is_not_there(app: FastAPI, office: Caller) -> None:
    await issued(office)
    stranger = Caller(app, Role.AUDITOR, OTHER_COUNTY)

    assert await stranger.status_of(PLAN_PATH) == 404
    assert (await stranger.get("/plans"))["items"] == []


# lists


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("?sort=proposed_on", [LAMPS, ROADS]),
        ("?situation=proposed", [ROADS]),
        ("?situation=adopted", [LAMPS]),
        (f"?division={TOWN}", [LAMPS]),
        (f"?division={NEXT_TOWN}&situation=adopted", []),
    ],
)
async def test_topics_are_found_by_division_and_situation(
    town: Caller, office: Caller, question: str, found: list[str]
) -> None:
    await adopted(town)
    done(await office.post("/topics", {**PROPOSAL, "topic_id": ROADS, "division": NEXT_TOWN}))

    answer = await office.get(f"/topics{question}")

    assert [topic["topic_id"] for topic in answer["items"]] == found


async def test_a_list_is_read_page_by_page(town: Caller) -> None:
    for name in ("first", "second", "third"):
        done(await town.post("/topics", {**PROPOSAL, "topic_id": name}))

    first = await town.get("/topics?limit=2&sort=id")
    last = await town.get(f"/topics?limit=2&sort=id&cursor={first['next']}")

    assert [topic["topic_id"] for topic in first["items"]] == ["first", "second"]
    assert ([topic["topic_id"] for topic in last["items"]], last["next"]) == (["third"], None)
