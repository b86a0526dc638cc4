"""An example request for every endpoint of topics, and a county in which it is right."""

from __future__ import annotations

from typing import Any

from services.topics.app import SERVICE
from shared.platform.auth import Role
from tests.authorisation.example import COUNTY, ME, STRANGER, TOWN, Example, Further, Reach, Who
from tests.unit.authorisation.world import World

CLERKS = (Role.LIAISON, Role.OFFICE)
_ALL_FILES = (*CLERKS, Role.CONVENER, Role.AUDITOR)
LIAISON = Who(Role.LIAISON, TOWN, "a-clerk")
WHY = "?why=回访"

PROPOSAL: dict[str, Any] = {
    "division": TOWN,
    "title": "路灯补亮",
    "origin": "residents",
    "channel": "web",
}
ITEM: dict[str, Any] = {"title": "农村路灯"}
APPROVAL: dict[str, Any] = {"body": "县委常委会", "meeting": "第 12 次会议", "approved_on": "2024-01-20"}
ISSUE: dict[str, Any] = {
    "document_number": "惠办发〔2024〕3号",
    "issuing_bodies": ["县委办公室", "县政府办公室", "县政协办公室"],
    "issued_on": "2024-02-01",
}
AMENDMENT: dict[str, Any] = {
    "reason": "上级要求",
    "body": "县委常委会",
    "document_number": "惠办发〔2024〕9号",
    "amended_on": "2024-05-06",
    "changes": [{"kind": "add", "number": 2, "item": {"title": "河道清淤"}}],
}
SURVEY: dict[str, Any] = {"surveyed_on": "2024-05-06", "place": "三组", "findings": "三盏灯不亮"}
PROCEDURE: dict[str, Any] = {
    "version": 1,
    "title": "三步",
    "steps": [
        {"code": "raise", "title": "议题产生", "phase": "事前"},
        {"code": "consult", "title": "协商", "phase": "事中"},
        {"code": "convert", "title": "成果转化", "phase": "事后"},
    ],
    "published_on": "2024-05-06",
}
CLAIM: dict[str, Any] = {"group_id": "group-1", "group": "医药卫生界委员小组"}
CODE = {"HXS-Query-Code": "{code}"}

OWN_TOPIC = Further("residents, members and conveners: their own topic only", lambda w: w.role in CLERKS, 409)
OWN_FILES = Further("members: files of the surveys they took part in", lambda w: w.role in _ALL_FILES, 404)


def _plan(action: str) -> str:
    return f"POST /plans/{{plan_id}}/{action}"


def _topic(what: str) -> str:
    return f"POST /topics/{{topic_id}}/{what}"


EXAMPLES = (
    # plans are the county's: a town reads those of its county
    Example("GET /plans", "/plans", reach=Reach.COUNTY, lives_in=COUNTY, lists=True),
    Example(
        "POST /plans",
        "/plans",
        {"division": COUNTY, "year": 2025, "title": "2025 年计划"},
        201,
        lives_in=COUNTY,
    ),
    Example("GET /plans/{plan_id}", "/plans/issued", reach=Reach.COUNTY, lives_in=COUNTY),
    Example("GET /plans/{plan_id}/as-issued", "/plans/issued/as-issued", reach=Reach.COUNTY, lives_in=COUNTY),
    Example("GET /plans/{plan_id}/history", "/plans/issued/history", reach=Reach.COUNTY, lives_in=COUNTY),
    Example(_plan("items"), "/plans/draft/items", {**ITEM, "number": 7}, lives_in=COUNTY),
    Example(
        "PUT /plans/{plan_id}/items/{number}", "/plans/draft/items/1", {"title": "城区路灯"}, lives_in=COUNTY
    ),
    Example("DELETE /plans/{plan_id}/items/{number}", "/plans/draft/items/1", lives_in=COUNTY),
    Example(_plan("review"), "/plans/draft/review", {"reviewed_on": "2024-01-10"}, lives_in=COUNTY),
    Example(
        _plan("return"),
        "/plans/reviewed/return",
        {"reason": "补充", "returned_on": "2024-01-12"},
        lives_in=COUNTY,
    ),
    Example(_plan("approval"), "/plans/reviewed/approval", APPROVAL, lives_in=COUNTY),
    Example(_plan("issue"), "/plans/approved/issue", ISSUE, lives_in=COUNTY),
    Example(_plan("amendments"), "/plans/issued/amendments", AMENDMENT, lives_in=COUNTY),
    # procedures
    Example("GET /procedures", "/procedures", reach=Reach.EVERYWHERE),
    Example(
        "GET /procedures/{code}/versions/{version}", "/procedures/micro/versions/1", reach=Reach.EVERYWHERE
    ),
    Example(
        "POST /procedures/{code}/versions",
        "/procedures/three-steps/versions",
        PROCEDURE,
        201,
        lives_in=COUNTY,
    ),
    # without an account
    Example(
        "POST /submissions", "/submissions", {"title": "路灯", "division": TOWN}, 201, reach=Reach.EVERYWHERE
    ),
    Example("GET /submissions/{receipt}", "/submissions/{receipt}", headers=CODE, reach=Reach.OWN),
    Example(
        "POST /submissions/{receipt}/supplements",
        "/submissions/{receipt}/supplements",
        {"text": "又坏了一盏"},
        201,
        headers=CODE,
        reach=Reach.OWN,
    ),
    Example(
        "POST /submissions/{receipt}/withdrawal",
        "/submissions/{receipt}/withdrawal",
        {"reason": "已修好"},
        headers=CODE,
        reach=Reach.OWN,
    ),
    Example("GET /submit", "/submit", reach=Reach.EVERYWHERE),
    Example(
        "POST /submit",
        "/submit",
        form={"title": "路灯", "division": TOWN},
        answers=201,
        reach=Reach.EVERYWHERE,
    ),
    Example("GET /submit/follow", "/submit/follow", reach=Reach.EVERYWHERE),
    Example(
        "POST /submit/follow",
        "/submit/follow",
        form={"receipt": "{receipt}", "code": "{code}"},
        reach=Reach.OWN,
    ),
    Example(
        "POST /submit/follow/supplement",
        "/submit/follow/supplement",
        form={"receipt": "{receipt}", "code": "{code}", "text": "又坏了一盏"},
        reach=Reach.OWN,
    ),
    Example(
        "POST /submit/follow/withdrawal",
        "/submit/follow/withdrawal",
        form={"receipt": "{receipt}", "code": "{code}", "reason": "已修好"},
        reach=Reach.OWN,
    ),
    # topics
    Example("GET /topics", "/topics", lists=True),
    Example("POST /topics", "/topics", PROPOSAL, 201),
    Example(
        "POST /topics/on-behalf",
        "/topics/on-behalf",
        {"title": "路灯", "division": TOWN, "name": "王大山"},
        201,
    ),
    Example("GET /topics/{topic_id}", "/topics/mine"),
    Example("GET /topics/{topic_id}/history", "/topics/mine/history"),
    Example("GET /topics/{topic_id}/likely-duplicates", "/topics/mine/likely-duplicates"),
    Example("GET /topics/{topic_id}/proposer", f"/topics/{{entered}}/proposer{WHY}"),
    Example("GET /triage", "/triage", lists=True),
    Example(_topic("triage"), "/topics/mine/triage", {"topic_class": "construction"}),
    Example(_topic("rejection"), "/topics/mine/rejection", {"reason": "不属协商范围"}),
    Example(
        _topic("adoption"), "/topics/mine/adoption", {"procedure": "luxian-4", "adopted_on": "2024-05-06"}
    ),
    Example(_topic("merger"), "/topics/mine/merger", {"into": "adopted", "reason": "同一件事"}),
    Example(_topic("split"), "/topics/mine/split", {"parts": [{"title": "主路路灯"}], "reason": "两件事"}),
    Example(_topic("supplements"), "/topics/mine/supplements", {"text": "又坏了一盏"}, 201),
    Example(
        _topic("supplements"),
        "/topics/mine/supplements",
        {"text": "又坏了一盏"},
        201,
        subject=STRANGER,
        further=OWN_TOPIC,
    ),
    Example(_topic("withdrawal"), "/topics/mine/withdrawal", {"reason": "已修好"}),
    Example(
        _topic("withdrawal"),
        "/topics/mine/withdrawal",
        {"reason": "已修好"},
        subject=STRANGER,
        further=OWN_TOPIC,
    ),
    Example(_topic("support"), "/topics/adopted/support"),
    Example(_topic("claim"), "/topics/adopted/claim", CLAIM),
    Example(
        _topic("claim/release"), "/topics/claimed/claim/release", {"group_id": "group-1", "reason": "换届"}
    ),
    Example(_topic("surveys"), "/topics/adopted/surveys", SURVEY, 201),
    Example(
        _topic("steps/{step}/completion"),
        "/topics/adopted/steps/survey/completion",
        {"completed_on": "2024-05-06", "papers": [{"kind": "调研报告", "title": "报告"}]},
    ),
    Example(
        _topic("steps/{step}/waiver"),
        "/topics/adopted/steps/survey/waiver",
        {"reason": "已有", "approver": "县政协主席会议", "waived_on": "2024-05-06"},
    ),
    Example(_topic("conclusion"), "/topics/adopted/conclusion", {"concluded_on": "2024-05-06"}),
    Example("GET /topics/{topic_id}/files/{file_id}", "/topics/adopted/files/{file}"),
    Example(
        "GET /topics/{topic_id}/files/{file_id}",
        "/topics/adopted/files/{file}",
        subject=STRANGER,
        further=OWN_FILES,
    ),
    # files and people
    Example("POST /files", "/files", file=True, answers=201, reach=Reach.OWN),
    Example("GET /people/accesses", "/people/accesses", lives_in=COUNTY, lists=True),
    Example("POST /people/searches", "/people/searches", {"name": "王大山", "why": "回访"}, lists=True),
    Example("GET /people/{person_id}", f"/people/{{person}}{WHY}"),
    Example("POST /people/{person_id}/erasure", "/people/{person}/erasure", {"why": "本人要求"}),
)


async def world() -> World:
    """Return topics of a county."""
    world = World(SERVICE)
    await _plans(world)
    await _topics(world)
    await _submitted(world)
    world.remember()
    return world


async def _plans(world: World) -> None:
    steps = {
        "review": {"reviewed_on": "2024-01-10"},
        "approval": APPROVAL,
        "issue": ISSUE,
    }
    for year, (plan, done) in enumerate(
        (("draft", 0), ("reviewed", 1), ("approved", 2), ("issued", 3)), start=2021
    ):
        await world.done(
            "/plans", {"plan_id": plan, "division": COUNTY, "year": year, "title": f"{year} 年计划"}
        )
        await world.done(f"/plans/{plan}/items", {**ITEM, "number": 1})
        for action, body in list(steps.items())[:done]:
            await world.done(f"/plans/{plan}/{action}", body)


async def _topics(world: World) -> None:
    await world.done("/topics", {**PROPOSAL, "topic_id": "mine"}, by=Who(Role.RESIDENT, TOWN, ME))
    for topic in ("adopted", "claimed"):
        await world.done("/topics", {**PROPOSAL, "topic_id": topic}, by=LIAISON)
        await world.done(
            f"/topics/{topic}/adoption", {"procedure": "luxian-4", "adopted_on": "2024-05-06"}, by=LIAISON
        )
    await world.done("/topics/claimed/claim", CLAIM, by=LIAISON)
    me = Who(Role.MEMBER, TOWN, ME)
    file = await world.done("/files", file=True, by=me)
    world.known["file"] = file["file_id"]
    await world.done("/topics/adopted/surveys", {**SURVEY, "files": [file["file_id"]]}, by=me)


async def _submitted(world: World) -> None:
    receipt = await world.done(
        "/submissions",
        {"title": "井盖松动", "division": TOWN, "name": "李四", "phone": "13800001111"},
        by=Who(None, TOWN),
    )
    world.known |= {"receipt": receipt["receipt"], "code": receipt["query_code"]}
    entered = await world.done(
        "/topics/on-behalf", {"title": "公交改线", "division": TOWN, "name": "王大山"}, by=LIAISON
    )
    world.known["entered"] = entered["topic_id"]
    person = await world.done(f"/topics/{entered['topic_id']}/proposer{WHY}", by=LIAISON, method="GET")
    world.known["person"] = person["id"]
