"""An example request for every endpoint of problems, and what has to be there for them to be right."""

from __future__ import annotations

from typing import Any

from services.cases.app import SERVICE
from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.receipts import receipt_number, receipt_of
from tests.authorisation.example import COUNTY, ME, STRANGER, TOWN, Example, Further, Reach, Who
from tests.http import NOW, SETTINGS
from tests.unit.authorisation.world import World

TODAY = f"{NOW:%Y-%m-%d}"
CLERKS = (Role.LIAISON, Role.OFFICE)
LIAISON, OFFICE = Who(Role.LIAISON, TOWN, "a-clerk"), Who(Role.OFFICE, COUNTY, "a-clerk")
MINE, NOBODYS = "topic-of-mine", "topic-of-nobody"
HELD = "meeting-held"

ASSIGNMENT: dict[str, Any] = {
    "entry_id": HELD,
    "text": "村口没有路灯",
    "lead": "县住建局",
    "assigned_on": TODAY,
}
REPLY: dict[str, Any] = {
    "result": "A",
    "replied_on": TODAY,
    "text": "已装好",
    "no_contact_reason": "联系不上",
}
RATING: dict[str, Any] = {"rating": "satisfied", "rated_on": TODAY, "reason": "亮了"}
BAD: dict[str, Any] = {**RATING, "rating": "dissatisfied", "reason": "还是太暗"}
CODE = {"HXS-Query-Code": "{problem_code}"}

_OFFICES = (*CLERKS, Role.CONVENER, Role.AUDITOR)
OWN_MEETINGS = Further("of a meeting in the caller's division", lambda w: TOWN.startswith(w.division), 422)
OWN_ASSIGNMENTS = Further("departments: their own assignments only", lambda w: w.role in CLERKS, 404)
OWN_EVIDENCE = Further("departments: of their own assignments only", lambda w: w.role in _OFFICES, 404)
OWN_PROBLEMS = Further(
    "the proposer, wherever it lies; clerks in their division",
    lambda w: w.role not in CLERKS or TOWN.startswith(w.division),
    404,
)
OF_UNKNOWN_PROPOSERS = Further(
    "residents and members: their own topic only",
    lambda w: w.role in (*CLERKS, Role.CONVENER),
    404,
)


def _post(what: str, problem: str, body: dict[str, Any], further: Further | None = None) -> Example:
    return Example(
        f"POST /problems/{{problem_id}}/{what}", f"/problems/{problem}/{what}", body, further=further
    )


EXAMPLES = (
    Example("GET /problems", "/problems", lists=True),
    Example("POST /problems", "/problems", ASSIGNMENT, 201, reach=Reach.EVERYWHERE, further=OWN_MEETINGS),
    Example("GET /problems/{problem_id}", "/problems/assigned"),
    Example("GET /problems/{problem_id}/history", "/problems/assigned/history"),
    _post("return", "assigned", {"reason": "不归我局"}, OWN_ASSIGNMENTS),
    _post("reassignment", "returned", {"lead": "县交通运输局"}),
    _post("contacts", "assigned", {"means": "phone", "outcome": "同意"}, OWN_ASSIGNMENTS),
    _post(
        "progress", "assigned", {"percent": 40, "note": "灯杆已到货", "reason": "重新测算"}, OWN_ASSIGNMENTS
    ),
    _post(
        "extension",
        "assigned",
        {"reason": "到货推迟", "approver": "县政协主席会议", "due_on": "2024-10-08"},
    ),
    _post("replies", "assigned", REPLY, OWN_ASSIGNMENTS),
    Example(
        "GET /problems/{problem_id}/files/{file_id}",
        "/problems/worked-on/files/{evidence}",
        further=OWN_EVIDENCE,
    ),
    Example(
        "POST /problems/{problem_id}/rating",
        "/problems/answered/rating",
        RATING,
        reach=Reach.OWN,
        further=OWN_PROBLEMS,
    ),
    Example(
        "POST /problems/{problem_id}/rating",
        "/problems/answered-to-nobody/rating",
        RATING,
        subject=STRANGER,
        further=OF_UNKNOWN_PROPOSERS,
    ),
    _post("confirmation", "unrated", {"reason": "电话核实", "confirmed_on": TODAY}),
    _post("reopening", "solved", {"reason": "又不亮了", "due_on": "2024-09-02"}),
    Example(
        "POST /problems/{problem_id}/decision",
        "/problems/referred/decision",
        {"decision": "close", "reason": "受规划所限"},
    ),
    Example(
        "GET /receipts/{receipt}/problems",
        "/receipts/{problem_receipt}/problems",
        headers=CODE,
        reach=Reach.OWN,
    ),
    Example(
        "POST /receipts/{receipt}/problems/{problem_id}/rating",
        "/receipts/{problem_receipt}/problems/answered/rating",
        {"rating": "satisfied", "reason": "亮了"},
        headers=CODE,
        reach=Reach.OWN,
    ),
)


async def fill(world: World) -> None:
    """Bring problems to wherever an example finds them."""
    log = world.kept.log
    said: dict[str, Any] = {
        "division": TOWN,
        "title": "路灯补亮",
        "origin": Origin.RESIDENTS,
        "channel": Channel.WEB,
        "proposed_on": NOW.date(),
    }
    number = receipt_number(MINE, "HM")
    mine = TopicProposed(**said, topic_id=MINE, proposer=person_id(ME), receipt=number)
    log.hear(f"topic-{MINE}", mine)
    log.hear(f"topic-{NOBODYS}", TopicProposed(**said, topic_id=NOBODYS))
    held = receipt_of(MINE, number, SETTINGS.signing_secrets)
    world.known |= {"problem_receipt": held.number, "problem_code": held.query_code}
    for entry, topic in ((HELD, MINE), ("meeting-of-nobody", NOBODYS)):
        body = {"entry_id": entry, "topic_id": topic, "division": TOWN, "held_on": "2024-04-10"}
        await world.done("/entries", body, by=LIAISON)
    await _problems(world)


async def _problems(world: World) -> None:
    problems = ("assigned", "returned", "worked-on", "answered", "answered-to-nobody", "solved", "referred")
    for problem in problems:
        entry = "meeting-of-nobody" if problem.endswith("nobody") else HELD
        await world.done("/problems", {**ASSIGNMENT, "problem_id": problem, "entry_id": entry}, by=LIAISON)
    early = {**ASSIGNMENT, "problem_id": "unrated", "assigned_on": "2024-04-01"}
    await world.done("/problems", early, by=LIAISON)
    await world.done("/problems/returned/return", {"reason": "不归我局"}, by=LIAISON)
    file = await world.done("/files", file=True, by=LIAISON)
    world.known["evidence"] = file["file_id"]
    report = {"percent": 40, "note": "灯杆已到货", "files": [file["file_id"]]}
    await world.done("/problems/worked-on/progress", report, by=LIAISON)
    for problem in ("answered", "answered-to-nobody", "solved", "referred"):
        await world.done(f"/problems/{problem}/replies", REPLY, by=LIAISON)
    await world.done("/problems/unrated/replies", {**REPLY, "replied_on": "2024-04-01"}, by=LIAISON)
    await world.done("/problems/solved/rating", RATING, by=LIAISON)
    for step, body in (("rating", BAD), ("replies", REPLY), ("rating", BAD)):
        await world.done(f"/problems/referred/{step}", body, by=LIAISON)


async def world() -> World:
    """Return problems of a county."""
    made = World(SERVICE)
    await fill(made)
    made.remember()
    return made
