"""Each service with personal data planted wherever residents and clerks may type some."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services.meetings.linked import LinkedPeople
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.people import Eraser, People
from shared.platform.texts import Texts
from tests.authorisation.example import COUNTY, ME, TOWN, Example, Who
from tests.authorisation.sources import SOURCES
from tests.planting import (
    ANN,
    ANNS_IDENTITY,
    ANNS_MAIL,
    ANNS_PHONE,
    BEN,
    BENS_MAIL,
    BENS_PHONE,
    CAT,
    CATS_PHONE,
    LIAISON,
    OFFICE,
    PASSWORD,
    Planted,
    text_of,
)
from tests.unit.authorisation import examples_topics
from tests.unit.authorisation.examples_cases_casework import ENTRY
from tests.unit.authorisation.examples_cases_problems import ASSIGNMENT, CODE, REPLY
from tests.unit.authorisation.examples_notify_core import OFFICE_S
from tests.unit.authorisation.examples_notify_webhooks import BODY
from tests.unit.authorisation.world import World
from tests.unit.cases.casework import TEXT
from tests.unit.meetings.roster_http import ACTIVITY, MEMBER

CONTACT = f"请打 {ANNS_PHONE},或写 {ANNS_MAIL},身份证 {ANNS_IDENTITY}"


async def _planted(service: str, found: str = ANN) -> Planted:
    return Planted(await SOURCES[service].world(), SOURCES[service].EXAMPLES, found)


async def topics() -> Planted:
    """Return topics with names in all that residents and clerks type."""
    planted = await _planted("topics")
    words = {
        "title": f"{ANN}家门口的路灯",
        "description": f"我是{ANN},电话 {ANNS_PHONE[:3]} {ANNS_PHONE[3:7]} {ANNS_PHONE[7:]},找{ANN}",
    }
    own = await planted.tell(
        "/submissions", {**words, "division": TOWN, "name": ANN, "phone": ANNS_PHONE}, Who(None, TOWN)
    )
    code = {"HXS-Query-Code": own["query_code"]}
    more = {"text": f"{ANN}补充:请打 {ANNS_PHONE}"}
    await planted.tell(f"/submissions/{own['receipt']}/supplements", more, Who(None, TOWN), code)
    entered = {"title": f"{BEN}反映公交改线", "description": f"回电 {BENS_PHONE}", "division": TOWN}
    on_behalf = await planted.tell(
        "/topics/on-behalf", {**entered, "name": BEN, "phone": BENS_PHONE}, LIAISON
    )
    topic = on_behalf["topic_id"]
    await planted.tell(f"/topics/{topic}/supplements", {"text": f"{BENS_PHONE} 又来电"}, LIAISON)
    await planted.tell(
        f"/topics/{topic}/surveys",
        {**examples_topics.SURVEY, "place": f"三组,电话 {BENS_PHONE}", "findings": f"联系 {BENS_PHONE}"},
        LIAISON,
    )
    gone = await planted.tell("/submissions", {**words, "division": TOWN, "name": ANN}, Who(None, TOWN))
    await planted.tell(
        f"/submissions/{gone['receipt']}/withdrawal",
        {"reason": f"请打 {ANNS_PHONE}"},
        Who(None, TOWN),
        {"HXS-Query-Code": gone["query_code"]},
    )
    planted.things = {"topic": [own["topic_id"], topic, gone["topic_id"]]}
    return planted


def _with_erasers(world: World, *erasers: Eraser) -> None:
    """Let the service erase where it keeps names besides `people`, as it is wired."""
    world.app.state.people = People(
        world.kept.people.people, identify=person_id, clock=lambda: world.now, erasers=erasers
    )


async def meetings() -> Planted:
    """Return meetings with names of invited, registered and checked in people, members, and in minutes."""
    planted = await _planted("meetings")
    world = planted.world
    texts = Texts(world.kept.texts, clock=lambda: world.now)
    _with_erasers(world, texts, LinkedPeople(world.kept.people.people, lambda: world.now))
    whom = {"people": [{"name": ANN, "phone": ANNS_PHONE, "kind": "resident"}]}
    invited = await planted.tell("/meetings/mine/invitations", whom, LIAISON)
    world.known["ann"] = invited["people"][0]
    await planted.tell("/meetings/mine/registrations", {"name": BEN, "phone": BENS_PHONE}, LIAISON)
    by_hand = {"name": BEN, "phone": BENS_PHONE, "kind": "resident", "helper": "联络室工作人员"}
    await planted.tell("/meetings/open/check-ins", by_hand, LIAISON)
    member = {
        **MEMBER,
        "member_id": "member-cat",
        "name": CAT,
        "phone": CATS_PHONE,
        "account": "cat",
    }
    await planted.tell("/members", member, OFFICE)
    activity = {
        **ACTIVITY,
        "activity_id": "by-cat",
        "members": ["member-cat"],
        "place": f"请打 {CATS_PHONE}",
        "issues": [f"来电 {CATS_PHONE}"],
    }
    await planted.tell("/activities", activity, LIAISON)
    text = f"{ANN}(电话 {ANNS_PHONE})、{BEN}、{CAT}同意补装路灯。"
    await planted.tell("/meetings/drafted/minutes", {"text": text}, LIAISON)
    planted.things = {"meeting": ["mine", "open", "drafted"], "member": ["member-cat"]}
    return planted


async def cases() -> Planted:
    """Return cases with names and numbers in drafts, and in what clerks and residents say of problems."""
    planted = await _planted("cases")
    world = planted.world
    _with_erasers(world, Texts(world.kept.texts, clock=lambda: world.now))
    draft = {**vars(TEXT), "process": f"{ANN}({CONTACT})、{BEN}同意。", "names": [ANN, BEN]}
    case = (await planted.tell(f"{ENTRY}/cases", draft, LIAISON))["id"]
    await planted.tell(f"/cases/{case}/publication", {"number": 1}, LIAISON, answers=422)
    clean = {**vars(TEXT), "names": [ANN, BEN]}
    await planted.tell(f"/cases/{case}/text", clean, LIAISON, method="PUT")
    await planted.tell(f"/cases/{case}/publication", {"number": 2}, LIAISON)
    correction = {**clean, "results": f"{ANN}说好。", "reason": f"{ANN}来电:{CONTACT}"}
    await planted.tell(f"/cases/{case}/text", correction, LIAISON, method="PUT")
    assigned = {**ASSIGNMENT, "problem_id": "named", "text": f"村口无灯,{CONTACT}"}
    await planted.tell("/problems", assigned, LIAISON)
    await planted.tell("/problems/named/replies", {**REPLY, "text": f"已回复,{CONTACT}"}, LIAISON)
    rating = {"rating": "dissatisfied", "reason": f"还是太暗,{CONTACT}"}
    path = "/receipts/{problem_receipt}/problems/named/rating"
    await planted.tell(path, rating, Who(None, TOWN), CODE)
    planted.things = {"case": [case], "problem": ["named"]}
    return planted


async def notify() -> Planted:
    """Return notices for people whose addresses are known, and what clerks and systems are told."""
    planted = await _planted("notify", ANNS_MAIL)
    ann = Who(Role.RESIDENT, TOWN, ME)
    await planted.tell("/recipients/me", {"email": ANNS_MAIL}, ann, method="PUT")
    code = {"HXS-Query-Code": "{code}"}
    await planted.tell(
        "/receipts/{receipt}/address", {"email": BENS_MAIL}, Who(None, TOWN), code, method="PUT"
    )
    office = {"email": "lianluoshi@example.gov.cn"}
    await planted.tell(OFFICE_S, office, LIAISON, method="PUT")
    letter = {"division": COUNTY, "title": f"九月 {ANNS_PHONE}", "body": f"报名{CONTACT}"}
    written = await planted.tell("/newsletters", letter, OFFICE)
    hook = {**BODY, "url": f"{BODY['url']}?key={PASSWORD}", "description": f"街道平台 {ANNS_PHONE}"}
    webhook = (await planted.tell("/webhooks", hook, LIAISON))["id"]
    await planted.tell(f"/webhooks/{webhook}/test", {}, LIAISON)
    planted.things = {"newsletter": [written["id"]], "webhook": [webhook]}
    return planted


async def board() -> Planted:
    """Return a board into whose form somebody typed what is no receipt number."""
    planted = await _planted("board", ANNS_PHONE)
    asked = Example("POST /public/receipt", "/public/receipt", form={"receipt": ANNS_PHONE, "code": ANN})
    answered = await planted.world.send(Who(None, TOWN), asked)
    planted.answers["nobody POST /public/receipt "] = text_of(answered)
    return planted


SCENES: Final[Mapping[str, Callable[[], Awaitable[Planted]]]] = {
    "topics": topics,
    "meetings": meetings,
    "cases": cases,
    "notify": notify,
    "board": board,
}
