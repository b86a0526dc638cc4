"""Names and phones planted wherever somebody may type them, and looked for wherever something comes out.

All that topics and meetings keep for ever or show to more than those who look people up: commits, records for
Kafka, lines of the log, every answer of every endpoint to everybody, files of lists. Then one is erased, and
nothing at all is left of them, not where people are looked up either. What Party membership may not do is
proven in tests/unit/meetings/test_member_privacy.py.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from services.meetings.linked import LinkedPeople
from services.topics import submitting
from shared.eventsourcing.http import person_id
from shared.platform import logs
from shared.platform.auth import Role
from shared.platform.people import Eraser, People
from shared.platform.settings import load_settings
from shared.platform.texts import Texts
from tests.authorisation.example import COUNTY, ME, TOWN, Example, Who
from tests.unit.authorisation import examples_meetings, examples_topics
from tests.unit.authorisation.world import World
from tests.unit.meetings.roster_http import ACTIVITY, MEMBER

pytestmark = pytest.mark.slow

ANN, BEN, CAT = "欧阳惊鸿", "慕容听雨", "司徒望月"
ANNS_PHONE, BENS_PHONE, CATS_PHONE = "13977770001", "13977770002", "13977770003"
PLANTED = (ANN, BEN, CAT, ANNS_PHONE, BENS_PHONE, CATS_PHONE)

OFFICE, LIAISON = Who(Role.OFFICE, COUNTY, "an-official"), Who(Role.LIAISON, TOWN, "a-clerk")
READERS = (
    OFFICE,
    Who(Role.AUDITOR, COUNTY),
    LIAISON,
    Who(Role.MEMBER, TOWN, ME),
    Who(Role.RESIDENT, TOWN),
    Who(None, TOWN),
)

LOOK_UPS = {
    "GET /people/{person_id}",
    "POST /people/searches",
    "GET /topics/{topic_id}/proposer",
    "GET /meetings/{meeting_id}/sign-in-sheet",
    "GET /meetings/{meeting_id}/sign-in-sheet.docx",
    "GET /members/names",
    # Minutes say who said what: kept apart from the record, and erased with the person.
    "GET /meetings/{meeting_id}/minutes",
    "GET /meetings/{meeting_id}/minutes.docx",
}
"""Endpoints that are there to tell names, to those who may."""


def text_of(response: httpx.Response) -> str:
    """Return all that was answered, headers too, as text."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    if not response.content.startswith(b"PK"):
        return f"{headers}\n{response.text}"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:  # a workbook or a Word document
        return "\n".join(
            [headers, *(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())]
        )


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Catch every line of the log, the chattiest too."""
    stream = io.StringIO()
    logs.configure("planted", load_settings(log_level="debug", log_format="json"), stream)
    try:
        yield stream
    finally:
        logs.configure("planted", load_settings())


def kept_for_ever(world: World) -> str:
    """Return all commits as they are stored, and each event as it is published."""
    commits = [commit for stream in vars(world.kept.log)["_streams"].values() for commit in stream]
    published = [recorded.event.model_dump_json() for commit in commits for recorded in commit.recorded()]
    return "\n".join([*(str(commit.to_document()) for commit in commits), *published])


@dataclass
class Planted:
    """A service in which names were planted, and what came out of it.

    Attributes:
        answers: by whom and what was asked.
        things: ids by the name of a path's parameter, to be asked about besides the examples' own.
    """

    world: World
    examples: tuple[Example, ...]
    answers: dict[str, str] = field(default_factory=dict)
    things: dict[str, list[str]] = field(default_factory=dict)

    async def tell(
        self, path: str, body: Mapping[str, Any], by: Who, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send something that names people; what is answered must not repeat it."""
        response = await self.world.send(by, Example(f"POST {path}", path, body, headers=headers or {}))
        self.answers[f"POST {path} {len(self.answers)}"] = text_of(response)
        assert response.status_code < 300, response.text
        return response.json()

    async def ask_everything(self, readers: Sequence[Who] = READERS) -> None:
        """Let people ask all that can be asked, about the examples' things and those that name people."""
        for example in self._questions():
            for who in readers:
                response = await self.world.send(who, replace(example, subject=who.subject))
                assert response.status_code < 500, response.text
                self.answers[f"{who} {example.endpoint} {example.path}"] = text_of(response)

    def _questions(self) -> Iterator[Example]:
        for example in (e for e in self.examples if e.method == "GET"):
            yield example
            yield from self._about_planted(example)
            if example.lists:
                for kind in ("csv", "xlsx"):
                    yield replace(
                        example, path=f"{example.path}{'&' if '?' in example.path else '?'}format={kind}"
                    )

    def _about_planted(self, example: Example) -> Iterator[Example]:
        template = example.endpoint.partition(" ")[2]
        for parameter, ids in self.things.items():
            if template.startswith(f"/{parameter}s/{{{parameter}_id}}"):
                rest = example.path.split("/", 3)[3:]
                for id_ in ids:
                    yield replace(example, path="/".join([f"/{parameter}s/{id_}", *rest]))

    def shown(self) -> dict[str, str]:
        """Return the answers of those endpoints that are not there to tell names."""
        return {asked: said for asked, said in self.answers.items() if not self._is_look_up(asked)}

    @staticmethod
    def _is_look_up(asked: str) -> bool:
        return any(f" {endpoint} " in asked for endpoint in LOOK_UPS)


def leaks(places: Mapping[str, str], planted: tuple[str, ...] = PLANTED) -> list[str]:
    """Return where which planted value stands."""
    return [f"{value} in {place}" for place, text in places.items() for value in planted if value in text]


async def topics() -> Planted:
    """Return topics with names in all that residents and clerks type."""
    planted = Planted(await examples_topics.world(), examples_topics.EXAMPLES)
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


def _with_erasers(world: World) -> None:
    """Let the service erase where it keeps names besides `people`, as it is wired."""
    texts: Eraser = Texts(world.kept.texts, clock=lambda: world.now)
    linked = LinkedPeople(world.kept.people.people, lambda: world.now)
    world.app.state.people = People(
        world.kept.people.people, identify=person_id, clock=lambda: world.now, erasers=(texts, linked)
    )


async def meetings() -> Planted:
    """Return meetings with names of invited, registered and checked in people, members, and in minutes."""
    planted = Planted(await examples_meetings.world(), examples_meetings.EXAMPLES)
    _with_erasers(planted.world)
    whom = {"people": [{"name": ANN, "phone": ANNS_PHONE, "kind": "resident"}]}
    invited = await planted.tell("/meetings/mine/invitations", whom, LIAISON)
    planted.world.known["ann"] = invited["people"][0]
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


SERVICES = {"topics": topics, "meetings": meetings}


@pytest.mark.rule("M18", "T08")
@pytest.mark.parametrize("service", SERVICES)
async def test_no_planted_name_or_phone_is_kept_for_ever_logged_or_shown(service: str) -> None:
    with logged() as lines:
        planted = await SERVICES[service]()
        await planted.ask_everything()

    assert leaks({"the record": kept_for_ever(planted.world)}) == []
    assert leaks({"the log": lines.getvalue()}) == []
    assert leaks({"the API's description": json.dumps(planted.world.app.openapi(), ensure_ascii=False)}) == []
    assert leaks(planted.shown()) == []
    assert ANN in "".join(planted.answers.values()), "who may look people up does find them"


WORDS = ("reason", "text", "explanation", "question", "description", "findings", "place")
"""Fields in which people write in their own words."""


def with_phone(value: Any, name: str = "") -> Any:
    """Return a body in whose free texts a telephone number stands."""
    if isinstance(value, dict):
        return {key: with_phone(held, key) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [with_phone(held, name) for held in value]
    return f"{value},请打 {ANNS_PHONE}" if isinstance(value, str) and name in WORDS else value


@pytest.mark.parametrize(
    ("service", "source"), [("topics", examples_topics), ("meetings", examples_meetings)]
)
async def test_whatever_clerks_write_in_their_own_words_no_number_becomes_part_of_the_record(
    service: str, source: Any
) -> None:
    world, written = await source.world(), 0
    for example in source.EXAMPLES:
        body = with_phone(example.body)
        if body == example.body or example.further or example.endpoint.endswith("/minutes"):
            continue
        world.begin()
        response = await world.send(replace(OFFICE, subject=example.subject), replace(example, body=body))
        assert response.status_code == example.answers, (example.endpoint, response.text)
        assert leaks({example.endpoint: kept_for_ever(world)}) == []
        written += 1
    assert written > 5, service


async def test_a_leak_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "masked", lambda text, names=(): text)

    planted = await topics()
    asked = Example("GET /topics/{topic_id}", f"/topics/{planted.things['topic'][0]}")
    answered = await planted.world.send(Who(Role.RESIDENT, TOWN), asked)

    assert leaks({"the record": kept_for_ever(planted.world)}, (ANN,)) == [f"{ANN} in the record"]
    assert leaks({"an answer": text_of(answered)}, (ANN,)) == [f"{ANN} in an answer"]


async def ann_of(planted: Planted) -> list[str]:
    """Return the ids under which Ann is known."""
    people = planted.world.kept.people.people.people
    return [person for person, document in people.items() if document.get("name") == ANN]


@pytest.mark.parametrize("service", SERVICES)
async def test_of_an_erased_person_nothing_at_all_is_left(service: str) -> None:
    with logged() as lines:
        planted = await SERVICES[service]()
        for person in await ann_of(planted):
            await planted.tell(f"/people/{person}/erasure", {"why": "本人要求"}, OFFICE)
        planted.answers.clear()
        await planted.ask_everything((OFFICE, LIAISON))
    kept = planted.world.kept

    everywhere = {
        **planted.answers,
        "the log": lines.getvalue(),
        "the record": kept_for_ever(planted.world),
        "people": repr(kept.people.people.people) + repr(kept.people.people.log),
        "texts": repr(kept.texts.documents),
        "files": repr(kept.people.files.documents),
        "counts": repr(kept.people.limits.counts),
    }
    assert leaks(everywhere, (ANN, ANNS_PHONE)) == []
    assert BEN in everywhere["people"], "others are not erased with them"
