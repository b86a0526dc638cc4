"""What is known of people lies outside of the record, is seen by few, and can be forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from shared.eventsourcing.http import person_id
from shared.eventsourcing.service import Service
from shared.platform.auth import Principal, Role
from shared.platform.http import encode_cursor
from shared.platform.people import MOST_AT_ONCE, Details, People, Person
from shared.platform.working_days import SHANGHAI
from tests.http import Caller, Log, application, done, problem, who_may
from tests.stores import MemoryPeopleStore

NOW = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)
COUNTY, TOWN, OTHER_TOWN, ELSEWHERE = "371621", "371621001", "371621002", "371622"
WANG = Details(name="王秀英", phone="138 1234-5678", texts={"topic-1": "我家门口的路灯不亮"})
CLERK = Principal("clerk", frozenset({Role.LIAISON}), TOWN)
OFFICE = Principal("office", frozenset({Role.OFFICE}), COUNTY)


class Minutes:
    """A place besides `people` in which names may stand."""

    place = "minutes"

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.fails = False

    async def erase(self, person: Person) -> int:
        if self.fails:
            raise ConnectionError
        before = self.text
        for value in person.identifying():
            self.text = self.text.replace(value, "〔已删除〕")
        return int(self.text != before)


@pytest.fixture
def store() -> MemoryPeopleStore:
    return MemoryPeopleStore()


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


@pytest.fixture
def people(store: MemoryPeopleStore, minutes: Minutes) -> People:
    return People(store, identify=person_id, clock=lambda: NOW, erasers=[minutes])


async def test_what_was_put_is_found_and_the_same_again_changes_nothing(
    people: People, store: MemoryPeopleStore
) -> None:
    assert await people.put("p-1", division=TOWN, details=WANG)
    before = dict(store.people["p-1"])
    assert await people.put("p-1", division=TOWN, details=WANG)
    assert store.people["p-1"] == before

    found = await people.look_up(["p-1", "p-2"], reader=CLERK, why="回访")
    assert set(found) == {"p-1"}
    assert (found["p-1"].name, found["p-1"].phone) == ("王秀英", "13812345678")
    assert found["p-1"].texts == {"topic-1": "我家门口的路灯不亮"}


async def test_what_is_not_said_leaves_what_is_there(people: People) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.put("p-1", division=TOWN, details=Details(email="w@example.cn", texts={"topic-2": "补充"}))
    found = (await people.look_up(["p-1"], reader=CLERK, why="回访"))["p-1"]
    assert (found.name, found.email) == ("王秀英", "w@example.cn")
    assert set(found.texts) == {"topic-1", "topic-2"}


async def test_whoever_looks_stands_in_the_log_with_person_and_reason(
    people: People, store: MemoryPeopleStore
) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.look_up(["p-1", "p-2"], reader=CLERK, why="回访")
    lines = await people.accesses(reader=OFFICE, person=None, before=None, limit=10)
    assert [(line.reader, line.roles, line.person, line.action, line.why, line.at) for line in lines] == [
        (person_id("clerk"), ["liaison"], "p-1", "look-up", "回访", NOW)
    ]
    assert "王秀英" not in str(store.log)


async def test_nobody_sees_people_of_another_division(people: People, store: MemoryPeopleStore) -> None:
    await people.put("p-1", division=OTHER_TOWN, details=WANG)
    assert await people.look_up(["p-1"], reader=CLERK, why="回访") == {}
    assert await people.search(name="王秀英", reader=CLERK, why="回访") == []
    assert store.log == []
    assert await people.accesses(reader=CLERK, person="p-1", before=None, limit=10) == []


async def test_somebody_is_found_by_name_or_phone_however_it_is_typed(people: People) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    assert [p.id for p in await people.search(phone="138-1234-5678", reader=CLERK, why="来电")] == ["p-1"]
    assert [p.id for p in await people.search(name=" 王秀英 ", reader=CLERK, why="来电")] == ["p-1"]
    assert await people.search(name="王秀英", phone="110", reader=CLERK, why="来电") == []
    assert await people.search(reader=CLERK, why="来电") == []


async def test_the_names_of_a_division_are_known_for_masking(people: People) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.put("p-2", division=OTHER_TOWN, details=Details(name="李建国"))
    await people.put("p-3", division=TOWN, details=Details(phone="110"))
    assert await people.names_of(TOWN) == {"王秀英"}
    assert await people.names_of(COUNTY) == {"王秀英", "李建国"}


async def test_too_many_people_at_once_are_a_mistake(people: People) -> None:
    with pytest.raises(ValueError, match="2001 people at once"):
        await people.look_up([f"p-{n}" for n in range(MOST_AT_ONCE + 1)], reader=CLERK, why="回访")


def test_a_phone_of_signs_alone_is_none() -> None:
    with pytest.raises(ValidationError):
        Details(phone="- - -")


# restricted


@pytest.mark.rule("M18")
async def test_restricted_facts_are_not_among_what_is_looked_up(people: People) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    assert await people.restrict(
        "p-1", division=COUNTY, facts={"party_member": True}, by=OFFICE, why="党籍登记"
    )
    found = await people.look_up(["p-1"], reader=CLERK, why="回访")
    assert "party" not in found["p-1"].model_dump_json()
    assert await people.restricted_of(["p-1", "p-2"]) == {"p-1": {"party_member": True}}


@pytest.mark.rule("M18")
async def test_the_log_tells_that_a_restricted_fact_was_written_and_not_which(
    people: People, store: MemoryPeopleStore
) -> None:
    await people.restrict("p-1", division=COUNTY, facts={"party_member": True}, by=OFFICE, why="登记")
    assert [(line["person"], line["action"]) for line in store.log] == [("p-1", "restrict")]
    assert "party" not in str(store.log)


# erasing


async def test_an_erased_person_leaves_a_tombstone_without_any_personal_value(
    people: People, store: MemoryPeopleStore, minutes: Minutes
) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.restrict("p-1", division=TOWN, facts={"party_member": True}, by=OFFICE, why="登记")
    minutes.text = "王秀英反映路灯问题，电话13812345678。"

    erasure = await people.erase("p-1", by="p-9", why="本人要求")

    assert erasure.places == ("people", "restricted", "minutes")
    assert store.people["p-1"] == {"_id": "p-1", "division": TOWN, "erased_at": NOW, "erased_by": "p-9"}
    assert minutes.text == "〔已删除〕反映路灯问题，电话〔已删除〕。"
    assert await people.look_up(["p-1"], reader=CLERK, why="回访") == {}
    assert await people.names_of(TOWN) == frozenset()
    assert await people.erased() == ["p-1"]
    lines = await people.accesses(reader=OFFICE, person="p-1", before=None, limit=1)
    assert [(line.action, line.reader, line.why) for line in lines] == [("erase", "p-9", "本人要求")]


async def test_an_erased_person_is_never_written_again(people: People, store: MemoryPeopleStore) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.erase("p-1", by="p-9", why="本人要求")
    assert not await people.put("p-1", division=TOWN, details=WANG)
    assert not await people.restrict("p-1", division=TOWN, facts={"x": True}, by=OFFICE, why="登记")
    assert set(store.people["p-1"]) == {"_id", "division", "erased_at", "erased_by"}


async def test_erasing_again_finds_nothing_more_and_keeps_the_first_date(people: People) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await people.erase("p-1", by="p-9", why="本人要求")
    again = await people.erase("p-1", by="p-8", why="本人要求")
    assert (again.erased_at, again.places) == (NOW, ())


async def test_an_erasure_that_was_interrupted_is_seen_by_nobody_and_can_be_finished(
    people: People, minutes: Minutes
) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    minutes.text, minutes.fails = "王秀英到会。", True
    with pytest.raises(ConnectionError):
        await people.erase("p-1", by="p-9", why="本人要求")
    assert await people.look_up(["p-1"], reader=CLERK, why="回访") == {}
    assert not await people.put("p-1", division=TOWN, details=WANG)

    minutes.fails = False
    assert await people.finish_erasures() == 1
    assert minutes.text == "〔已删除〕到会。"
    assert await people.erased() == ["p-1"]
    assert await people.finish_erasures() == 0


async def test_whom_nobody_knows_leaves_nothing(people: People, store: MemoryPeopleStore) -> None:
    erasure = await people.erase("p-1", by="p-9", why="本人要求")
    assert (erasure.erased_at, erasure.places) == (None, ())
    assert store.people == {}


async def test_what_another_service_knows_is_erased_here_too(people: People, minutes: Minutes) -> None:
    minutes.text = "王秀英到会。"
    known = Person(id="p-1", division=TOWN, name="王秀英")
    assert (await people.erase("p-1", by="p-9", why="本人要求", known=known)).places == ("minutes",)
    assert minutes.text == "〔已删除〕到会。"
    assert not await people.put("p-1", division=TOWN, details=WANG)


# over HTTP


@pytest.fixture
def app() -> FastAPI:
    return application(Service("topics", "议题", keeps_people=True), Log())


@pytest.fixture
async def known(app: FastAPI) -> str:
    people: People = app.state.people
    await people.put("person-1", division=TOWN, details=WANG)
    return "person-1"


async def test_a_clerk_of_the_division_sees_who_it_is_when_saying_why(app: FastAPI, known: str) -> None:
    clerk = Caller(app, Role.LIAISON, TOWN)
    shown: dict[str, Any] = await clerk.get(f"/people/{known}?why=回访")
    assert (shown["name"], shown["phone"]) == ("王秀英", "13812345678")
    assert problem(await clerk.ask(f"/people/{known}")) == (422, "invalid-fields", "query.why")


async def test_people_elsewhere_are_not_found(app: FastAPI, known: str) -> None:
    for division in (OTHER_TOWN, ELSEWHERE):
        clerk = Caller(app, Role.LIAISON, division)
        assert await clerk.status_of(f"/people/{known}?why=回访") == 404
        assert done(await clerk.post("/people/searches", {"name": "王秀英", "why": "回访"})) == {"items": []}
    office = Caller(app, Role.OFFICE, ELSEWHERE)
    assert (await office.post(f"/people/{known}/erasure", {"why": "本人要求"})).status_code == 403


async def test_somebody_who_calls_is_found_by_name_or_phone(app: FastAPI, known: str) -> None:
    clerk = Caller(app, Role.LIAISON, TOWN)
    found = done(await clerk.post("/people/searches", {"phone": "138-1234-5678", "why": "来电"}))
    assert [each["id"] for each in found["items"]] == [known]
    assert problem(await clerk.post("/people/searches", {"why": "来电"}))[:2] == (422, "invalid-fields")


async def test_the_office_erases_and_the_clerk_finds_nobody(app: FastAPI, known: str) -> None:
    office = Caller(app, Role.OFFICE, COUNTY)
    erased = done(await office.post(f"/people/{known}/erasure", {"why": "本人要求"}))
    assert (erased["id"], erased["places"]) == (known, ["people"])
    assert await Caller(app, Role.LIAISON, TOWN).status_of(f"/people/{known}?why=回访") == 404
    assert done(await office.post(f"/people/{known}/erasure", {"why": "本人要求"}))["places"] == []
    assert (await office.post("/people/person-2/erasure", {"why": "本人要求"})).status_code == 404


async def test_office_and_auditor_read_page_by_page_who_looked(app: FastAPI, known: str) -> None:
    clerk = Caller(app, Role.LIAISON, TOWN, subject="clerk")
    for why in ("一", "二", "三"):
        await clerk.get(f"/people/{known}?why={why}")
    auditor = Caller(app, Role.AUDITOR, COUNTY)
    first = await auditor.get(f"/people/accesses?person={known}&limit=2")
    assert [line["why"] for line in first["items"]] == ["三", "二"]
    rest = await auditor.get(f"/people/accesses?person={known}&limit=2&cursor={first['next']}")
    assert [(line["why"], line["reader"]) for line in rest["items"]] == [("一", person_id("clerk"))]
    assert rest["next"] is None
    forged = encode_cursor("people-accesses")
    assert len((await auditor.get(f"/people/accesses?cursor={forged}"))["items"]) == 3


async def test_the_log_is_narrowed_by_reader_and_day_of_shanghai(app: FastAPI, known: str) -> None:
    await Caller(app, Role.LIAISON, TOWN, subject="clerk").get(f"/people/{known}?why=一")
    await Caller(app, Role.LIAISON, TOWN, subject="other").get(f"/people/{known}?why=二")
    auditor = Caller(app, Role.AUDITOR, COUNTY)

    async def seen(asked: str) -> list[str]:
        return [line["why"] for line in (await auditor.get(f"/people/accesses?{asked}"))["items"]]

    (newest, _) = (await auditor.get("/people/accesses"))["items"]
    day = datetime.fromisoformat(newest["at"]).astimezone(SHANGHAI).date()
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert await seen(f"reader={person_id('clerk')}") == ["一"]
    assert await seen(f"first={day}&last={day}") == ["二", "一"]
    assert await seen(f"last={before}") == await seen(f"first={after}") == []
    assert await auditor.status_of("/people/accesses?first=yesterday") == 422


async def test_the_log_is_saved_as_a_file_without_names(app: FastAPI, known: str) -> None:
    await Caller(app, Role.LIAISON, TOWN, subject="clerk").get(f"/people/{known}?why==HYPERLINK(1)")
    auditor = Caller(app, Role.AUDITOR, COUNTY)
    table = await auditor.ask("/people/accesses?format=csv")
    workbook = await auditor.ask("/people/accesses?format=xlsx")

    assert table.status_code == workbook.status_code == 200
    assert "查阅人" in table.text
    assert f"{person_id('clerk')}" in table.text
    assert "'=HYPERLINK(1)" in table.text  # nothing that a spreadsheet would run
    assert "王秀英" not in table.text
    assert workbook.content.startswith(b"PK")


async def test_who_may_do_what_with_people(app: FastAPI) -> None:
    let_in = await who_may(app, COUNTY, without=())
    clerks: set[Role | None] = {Role.LIAISON, Role.OFFICE}
    assert let_in == {
        "GET /people/accesses": {Role.OFFICE, Role.AUDITOR},
        "POST /people/searches": clerks,
        "GET /people/{person_id}": clerks,
        "POST /people/{person_id}/erasure": {Role.OFFICE},
    }
