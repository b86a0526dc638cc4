"""A consultation from the proposal to the closed loop, by the people who do it, through five processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.platform.auth import Role
from tests.e2e.system import Person, System, eventually

TOWN = "371621001"
DEPARTMENT = "县医保局"

pytestmark = pytest.mark.slow


@pytest.fixture
def liaison(system: System) -> Person:
    return system.person(Role.LIAISON, TOWN)


@pytest.fixture
def department(system: System) -> Person:
    return system.person(Role.DEPARTMENT, "371621", DEPARTMENT)


def hold_a_meeting(liaison: Person, title: str) -> tuple[str, str]:
    """Propose, adopt, survey, prepare, consult; return the topic's and the meeting's id."""
    topic = liaison.does(
        "topics", "/topics", division=TOWN, title=title, origin="residents", proposed_on="2026-09-01"
    )["id"]
    liaison.does("topics", f"/topics/{topic}/adoption", adopted_on="2026-09-03")
    found = {"surveyed_on": "2026-09-08", "place": "三组", "findings": "三盏灯不亮", "by": ["联络室"]}
    liaison.does("topics", f"/topics/{topic}/surveys", **found)
    for step, day, kinds in (
        ("survey", "2026-09-10", ("调研报告",)),
        ("prepare", "2026-09-20", ("协商方案", "会议通知", "背景材料")),
    ):
        papers = [{"kind": kind, "title": kind} for kind in kinds]
        liaison.does("topics", f"/topics/{topic}/steps/{step}/completion", completed_on=day, papers=papers)
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    meeting = liaison.does_once_heard(
        "meetings",
        "/meetings",
        topic_id=topic,
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(hours=2)).isoformat(),
        link="https://meeting.example/1",
        form="online",
        convener="党员委员召集人",
        host="联络室主任",
        recorder="联络室记录员",
    )["id"]
    liaison.does("meetings", f"/meetings/{meeting}/opening")
    for kind in ("member", "department", "stakeholder", "resident", "resident", "resident"):
        liaison.does("meetings", f"/meetings/{meeting}/check-ins", kind=kind, helper="联络室工作人员")
    liaison.does("meetings", f"/meetings/{meeting}/opinions", text="设登记点", agreed_by=["与会各方"])
    liaison.does("meetings", f"/meetings/{meeting}/holding")
    return topic, meeting


def assign(liaison: Person, meeting: str) -> str:
    """Assign what the meeting agreed on, once the ledger has its entry."""
    liaison.sees("cases", f"/entries/{meeting}", version=1)
    problem: str = liaison.does(
        "cases",
        "/problems",
        entry_id=meeting,
        text="外购药品报销手续多",
        lead=DEPARTMENT,
        assigned_on="2026-09-25",
    )["id"]
    return problem


def activity_of(person: Person, topic: str) -> dict[str, Any]:
    return person.sees("board", f"/activities/{topic}")


def test_a_topic_goes_all_the_way_to_a_closed_loop(
    system: System, liaison: Person, department: Person
) -> None:
    topic, meeting = hold_a_meeting(liaison, "慢性病患者购药")
    problem = assign(liaison, meeting)
    department.does(
        "cases",
        f"/problems/{problem}/replies",
        result="A",
        text="已设登记点",
        replied_on="2026-10-12",
        contacted_on="2026-10-10",
    )
    rated = liaison.does("cases", f"/problems/{problem}/rating", rating="satisfied", rated_on="2026-10-14")
    shown = liaison.sees("cases", f"/problems/{problem}", version=rated["version"])
    assert shown["status"] == "solved"
    case = liaison.does("cases", f"/entries/{meeting}/cases", background="外购药报销要跑多处。")["id"]
    liaison.does("cases", f"/cases/{case}/publication", number=1)
    liaison.does(
        "cases",
        f"/entries/{meeting}/reports",
        outlet="人民政协报",
        level="nation",
        title="小切口解决大民生",
        page="3 版",
        reported_on="2026-10-25",
    )

    eventually(
        "the topic is concluded",
        lambda: liaison.sees("topics", f"/topics/{topic}")["situation"] == "concluded",
    )
    closed = eventually(
        "the board shows the closed loop",
        lambda: (found := activity_of(liaison, topic))["status"] == "closed" and found,
    )
    assert closed["title"] == "慢性病患者购药"
    steps = {s["code"]: s["status"] for s in liaison.sees("topics", f"/topics/{topic}")["steps"]}
    assert steps["consult"] == steps["convert"] == "done"
    entry = liaison.sees("cases", f"/entries/{meeting}")
    assert {item["status"] for item in entry["items"].values()} == {"done"}
    assert all(item["evidence"] for item in entry["items"].values())


def test_the_department_is_told_of_its_assignment_once(
    system: System, liaison: Person, department: Person
) -> None:
    _, meeting = hold_a_meeting(liaison, "小区停车难")
    problem = assign(liaison, meeting)

    def mine() -> list[dict[str, Any]]:
        notices = department.ask("GET", "notify", "/inbox").json()["items"]
        return [n for n in notices if n["problem_id"] == problem]

    assert len(eventually("the notice is in the inbox", mine)) == 1


def test_a_dissatisfied_rating_reopens_the_problem(
    system: System, liaison: Person, department: Person
) -> None:
    topic, meeting = hold_a_meeting(liaison, "古城景区摊位管理")
    problem = assign(liaison, meeting)
    reply = {"result": "A", "text": "已整治", "replied_on": "2026-10-12", "no_contact_reason": "联系不上"}
    department.does("cases", f"/problems/{problem}/replies", **reply)
    liaison.does(
        "cases",
        f"/problems/{problem}/rating",
        rating="dissatisfied",
        reason="没有变化",
        rated_on="2026-10-14",
        due_on="2026-11-30",
    )

    eventually("the board says so", lambda: activity_of(liaison, topic)["status"] == "reopened")


def test_a_department_answers_only_what_was_assigned_to_it(system: System, liaison: Person) -> None:
    _, meeting = hold_a_meeting(liaison, "路灯补亮")
    problem = assign(liaison, meeting)
    other = system.person(Role.DEPARTMENT, "371621", "县水利局")

    answered = other.ask(
        "POST",
        "cases",
        f"/problems/{problem}/replies",
        result="A",
        text="已办",
        replied_on="2026-10-12",
        contacted_on="2026-10-10",
    )

    assert answered.status_code == 404


def test_another_countys_clerk_finds_nothing(system: System, liaison: Person) -> None:
    topic, _ = hold_a_meeting(liaison, "夜间购电")
    elsewhere = system.person(Role.LIAISON, "370102001")

    assert elsewhere.ask("GET", "topics", f"/topics/{topic}").status_code == 404
    refused = elsewhere.ask("POST", "topics", f"/topics/{topic}/withdrawal", reason="不归我管")
    assert refused.status_code == 404
    assert liaison.sees("topics", f"/topics/{topic}")["situation"] == "adopted"


def test_nothing_acknowledged_is_lost_when_services_are_killed(system: System, liaison: Person) -> None:
    proposed: list[str] = []
    for n in range(30):
        if n in (10, 20):
            system.kill("topics")
            system.kill("board")
            system.start("topics")
            system.start("board")
            system.wait_until_ready("topics")
        body = {"division": TOWN, "title": f"议题 {n}", "origin": "residents", "proposed_on": "2026-11-01"}
        proposed.append(liaison.does("topics", "/topics", **body)["id"])
    system.wait_until_ready("board")

    for topic in proposed:
        assert liaison.sees("topics", f"/topics/{topic}", version=1)["topic_id"] == topic
        assert activity_of(liaison, topic)["status"] == "proposed"
