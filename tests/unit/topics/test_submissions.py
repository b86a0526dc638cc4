"""Submitting without an account: who proposed is known to the clerks alone, and numbers lead back (T08)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI

from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel
from shared.platform.auth import Role
from shared.platform.people import People
from tests.http import Caller, Log, done, problem
from tests.unit.topics.visitors import Clock, Visitor, service

COUNTY, TOWN, NEXT_TOWN = "371621", "371621104", "371621105"
NAME, PHONE, IDENTITY = "赵铁柱", "13912345678", "11010519491231002X"
SUBMISSION: dict[str, Any] = {
    "division": TOWN,
    "title": f"村东路口的路灯不亮，请联系{NAME}",
    "description": f"东头三盏都不亮。电话 139-1234-5678,身份证 {IDENTITY}，邮箱 zhao@example.com。",
    "name": NAME,
    "phone": "139 1234 5678",
}
KEY = "0c4f8f5e-6c0e-4f44-9f2c-6ad4e1f0b7aa"
PLANTED = (NAME, PHONE, "139-1234-5678", IDENTITY, "zhao@example.com")


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def clock() -> Clock:
    """A morning in May."""
    return Clock()


@pytest.fixture
def app(log: Log, clock: Clock) -> FastAPI:
    """The service on that log."""
    return service(log, clock)


@pytest.fixture
def visitor(app: FastAPI) -> Visitor:
    """Somebody without an account."""
    return Visitor(app)


@pytest.fixture
def town(app: FastAPI) -> Caller:
    """The town's liaison office."""
    return Caller(app, Role.LIAISON, TOWN)


def _proposal(log: Log) -> TopicProposed:
    found = [r.event for r in log.events if isinstance(r.event, TopicProposed)]
    assert len(found) == 1
    return found[0]


def _record(log: Log) -> str:
    return json.dumps([r.event.model_dump(mode="json") for r in log.events], ensure_ascii=False)


# in


@pytest.mark.rule("T08", "T07")
async def test_anybody_proposes_a_topic_and_gets_a_receipt_number_and_a_query_code(
    visitor: Visitor, log: Log, clock: Clock
) -> None:
    receipt = done(await visitor.submit(SUBMISSION))

    event = _proposal(log)
    assert receipt["receipt"] == event.receipt
    assert receipt["follow"].endswith("/submit/follow")
    assert (event.channel, event.division, event.received_at) == (Channel.WEB, TOWN, clock.now)
    assert event.proposer is not None
    assert not event.on_behalf


@pytest.mark.rule("T08")
async def test_names_and_numbers_go_to_people_and_never_into_events(
    visitor: Visitor, app: FastAPI, log: Log, town: Caller
) -> None:
    done(await visitor.submit(SUBMISSION))

    record = _record(log)
    assert [planted for planted in PLANTED if planted in record] == []
    event = _proposal(log)
    assert event.title.startswith("村东路口的路灯不亮")
    person = await town.get(f"/people/{event.proposer}?why=回访")
    assert (person["name"], person["phone"]) == (NAME, PHONE)
    assert SUBMISSION["description"] in person["texts"][event.topic_id]


@pytest.mark.rule("T08")
async def test_words_that_name_nobody_are_kept_once(visitor: Visitor, app: FastAPI, log: Log) -> None:
    done(await visitor.submit({"division": TOWN, "title": "路灯不亮"}))

    people: People = app.state.people
    person = await people.find_person(_proposal(log).proposer or "")
    assert person is not None
    assert person.texts == {}


@pytest.mark.rule("T08")
async def test_a_request_that_is_repeated_gets_the_same_receipt_also_after_midnight(
    visitor: Visitor, log: Log, clock: Clock
) -> None:
    first = done(await visitor.submit(SUBMISSION, key=KEY))
    clock.pass_by(hours=20)
    again = done(await visitor.submit(SUBMISSION, key=KEY))

    assert again == {**first, "repeated": True}
    assert len(log.events) == 1


@pytest.mark.rule("T08")
@pytest.mark.parametrize("change", [{"title": "别的事"}, {"name": "别人"}, {"phone": "13800000000"}])
async def test_a_key_is_for_one_submission_and_the_first_ones_data_stays(
    visitor: Visitor, app: FastAPI, log: Log, change: dict[str, str]
) -> None:
    done(await visitor.submit(SUBMISSION, key=KEY))
    refused = await visitor.submit({**SUBMISSION, **change}, key=KEY)

    assert problem(refused)[:2] == (422, "idempotency-key-reused")
    people: People = app.state.people
    person = await people.find_person(_proposal(log).proposer or "")
    assert person is not None
    assert (person.name, person.phone) == (NAME, PHONE)


@pytest.mark.rule("T08")
async def test_an_erased_person_is_not_written_down_again_by_a_repeated_request(
    visitor: Visitor, app: FastAPI, log: Log
) -> None:
    first = done(await visitor.submit(SUBMISSION, key=KEY))
    people: People = app.state.people
    await people.erase(_proposal(log).proposer or "", by="office", why="本人要求")
    again = done(await visitor.submit(SUBMISSION, key=KEY))

    assert again["receipt"] == first["receipt"]
    assert await people.find_person(_proposal(log).proposer or "") is None


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"title": " "}, "invalid-fields", "title"),
        ({"title": "路" * 101}, "invalid-fields", "title"),
        ({"title": "路灯\x00"}, "invalid-fields", "title"),
        ({"phone": "没有"}, "invalid-fields", "phone"),
        ({"division": None}, "place-missing", "division"),
        ({"division": "371622001"}, "division-elsewhere", "division"),
        ({"address": "某村 3 号"}, "invalid-fields", "address"),
    ],
)
async def test_what_cannot_be_accepted_is_named_and_nothing_is_kept(
    visitor: Visitor, log: Log, change: dict[str, Any], code: str, field: str
) -> None:
    refused = await visitor.submit({**SUBMISSION, **change})

    assert problem(refused) == (422, code, field)
    assert log.events == []


@pytest.mark.rule("T08")
async def test_who_floods_is_told_when_to_come_again(visitor: Visitor, app: FastAPI) -> None:
    statuses = [(await visitor.submit(SUBMISSION)).status_code for _ in range(31)]
    other = Visitor(app, "192.0.2.8")

    assert statuses == [201] * 30 + [429]
    assert (await other.submit(SUBMISSION)).status_code == 201


@pytest.mark.rule("T08")
async def test_an_account_makes_no_difference_to_a_submission(app: FastAPI, log: Log) -> None:
    member = Caller(app, Role.MEMBER, NEXT_TOWN)
    done(await member.post("/submissions", SUBMISSION))

    commit = (await log.read_stream(f"topic-{_proposal(log).topic_id}"))[0]
    assert commit.meta.actor == "anonymous"


# on behalf


@pytest.mark.rule("T07", "T08")
async def test_a_clerk_enters_a_topic_for_a_resident_who_is_its_proposer(town: Caller, log: Log) -> None:
    entry = {**SUBMISSION, "channel": "hotline"}
    receipt = done(await town.post("/topics/on-behalf", entry))

    event = _proposal(log)
    assert (event.channel, event.on_behalf) == (Channel.HOTLINE, True)
    assert receipt["receipt"] == event.receipt
    assert receipt["query_code"]
    commit = (await log.read_stream(f"topic-{event.topic_id}"))[0]
    assert commit.meta.actor not in (event.proposer, "anonymous")
    assert not [planted for planted in PLANTED if planted in _record(log)]


@pytest.mark.rule("T08")
async def test_a_clerk_enters_nothing_for_another_town_and_nothing_of_it_is_kept(
    town: Caller, app: FastAPI, log: Log
) -> None:
    refused = await town.post("/topics/on-behalf", {**SUBMISSION, "division": NEXT_TOWN})

    assert problem(refused)[:2] == (404, "not-found")
    assert log.events == []
    people: People = app.state.people
    assert await people.names_of(COUNTY) == frozenset()


@pytest.mark.parametrize("role", [None, Role.RESIDENT, Role.AUDITOR])
async def test_only_clerks_enter_for_others(app: FastAPI, role: Role | None) -> None:
    refused = await Caller(app, role, TOWN).post("/topics/on-behalf", SUBMISSION)

    assert refused.status_code == (401 if role is None else 403)


@pytest.mark.rule("T08")
async def test_the_clerks_of_where_a_topic_lies_by_now_see_who_proposed_it_and_it_is_logged(
    visitor: Visitor, app: FastAPI, town: Caller
) -> None:
    topic = done(await visitor.submit(SUBMISSION))["topic_id"]
    office = Caller(app, Role.OFFICE, COUNTY, subject="o-1")
    next_town = Caller(app, Role.LIAISON, NEXT_TOWN, subject="n-1")
    path = f"/topics/{topic}/proposer?why=回访"
    first = await town.get(path)
    triage = {"topic_class": "transport", "division": NEXT_TOWN}
    done(await office.post(f"/topics/{topic}/triage", triage))
    second = await next_town.get(path)

    assert (first["name"], second["phone"]) == (NAME, PHONE)
    assert await town.status_of(path) == 404
    log = (await office.get(f"/people/accesses?person={first['id']}"))["items"]
    assert [line["why"] for line in log] == ["回访", "回访"]


@pytest.mark.rule("T08")
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.MEMBER, Role.CONVENER, Role.DEPARTMENT, Role.AUDITOR])
async def test_nobody_but_clerks_sees_who_proposed_a_topic(
    visitor: Visitor, app: FastAPI, role: Role
) -> None:
    topic = done(await visitor.submit(SUBMISSION))["topic_id"]

    assert await Caller(app, role, TOWN).status_of(f"/topics/{topic}/proposer?why=x") == 403


# back


async def _receipt(visitor: Visitor, body: dict[str, Any] = SUBMISSION) -> tuple[str, str, str]:
    given = done(await visitor.submit(body))
    return given["receipt"], given["query_code"], given["topic_id"]


@pytest.mark.rule("T08")
async def test_number_and_code_show_what_became_of_a_topic(visitor: Visitor, town: Caller) -> None:
    number, code, topic = await _receipt(visitor)
    before = done(await visitor.follow(number, code))
    done(await town.post(f"/topics/{topic}/adoption", {"procedure": "luxian-4", "adopted_on": "2024-05-06"}))
    after = done(await visitor.follow(number.lower().replace("-", ""), f" {code.lower()} "))

    assert (before["situation"], after["situation"]) == ("proposed", "adopted")
    assert before["steps"] == []
    assert [step["status"] for step in after["steps"]][:3] == ["done", "open", "open"]
    assert after["adopted_on"] == "2024-05-06"


@pytest.mark.rule("T08", "T09")
async def test_a_proposer_is_told_nothing_of_likely_duplicates_or_of_the_clerks_work(
    visitor: Visitor, town: Caller
) -> None:
    number, code, topic = await _receipt(visitor)
    _, _, other = await _receipt(visitor)
    triage = {"topic_class": "transport", "duplicate_of": other}
    done(await town.post(f"/topics/{topic}/triage", triage))
    shown = json.dumps(done(await visitor.follow(number, code)))

    assert other not in shown
    assert "duplicate" not in shown
    assert "proposer" not in shown


@pytest.mark.rule("T08")
async def test_a_wrong_code_is_answered_like_a_number_that_does_not_exist(visitor: Visitor) -> None:
    number, code, _ = await _receipt(visitor)
    wrong = "3" * 8 if code[0] != "3" else "4" * 8
    same = {"x-correlation-id": "the-same"}
    answers = [
        await visitor.follow(number, wrong, **same),
        await visitor.follow("HX-33333-33333", code, **same),
        await visitor.follow("HX-7F3K9-QWX4T", code, **same),
        await visitor.follow("nonsense", code, **same),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.rule("T08")
async def test_codes_cannot_be_tried_without_end(app: FastAPI, clock: Clock) -> None:
    number, code, _ = await _receipt(Visitor(app))
    statuses = [
        (await Visitor(app, f"192.0.2.{n}").follow(number, "33333333")).status_code for n in range(60)
    ]
    locked = await Visitor(app, "192.0.2.200").follow(number, code)

    assert set(statuses) == {404}
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0


@pytest.mark.rule("T08")
async def test_a_proposer_adds_to_a_topic_and_what_names_people_is_masked(
    visitor: Visitor, app: FastAPI, log: Log
) -> None:
    number, code, _ = await _receipt(visitor)
    text = f"又坏了一盏，找{NAME},{PHONE}"
    first = done(await visitor.tell(number, code, "supplements", {"text": text}, key=KEY))
    again = done(await visitor.tell(number, code, "supplements", {"text": text}, key=KEY))
    shown = done(await visitor.follow(number, code))

    assert again == {**first, "repeated": True}
    assert len(shown["supplements"]) == 1
    assert shown["supplements"][0]["text"].startswith("又坏了一盏")
    assert not [planted for planted in PLANTED if planted in _record(log)]
    people: People = app.state.people
    person = await people.find_person(_proposal(log).proposer or "")
    assert person is not None
    assert text in person.texts.values()


@pytest.mark.rule("T08")
async def test_within_ten_minutes_a_topic_is_withdrawn_without_a_reason(
    visitor: Visitor, log: Log, clock: Clock
) -> None:
    number, code, topic = await _receipt(visitor)
    clock.pass_by(minutes=10)
    done(await visitor.tell(number, code, "withdrawal", {}))
    shown = done(await visitor.follow(number, code))

    assert log.names(f"topic-{topic}") == ["TopicProposed", "TopicWithdrawn"]
    assert (shown["situation"], shown["withdrawn_on"], shown["may_withdraw"]) == (
        "withdrawn",
        "2024-05-06",
        False,
    )


@pytest.mark.rule("T08")
async def test_later_a_topic_is_withdrawn_with_a_reason_only(
    visitor: Visitor, log: Log, clock: Clock
) -> None:
    number, code, topic = await _receipt(visitor)
    clock.pass_by(minutes=10, seconds=1)
    refused = await visitor.tell(number, code, "withdrawal", {})
    done(await visitor.tell(number, code, "withdrawal", {"reason": f"村里已修好，{PHONE}"}))

    assert problem(refused) == (422, "reason-missing", "reason")
    assert log.names(f"topic-{topic}")[-1] == "TopicWithdrawn"
    assert PHONE not in _record(log)


@pytest.mark.rule("T08")
async def test_with_a_wrong_code_nothing_is_added_or_withdrawn(visitor: Visitor, log: Log) -> None:
    number, _, topic = await _receipt(visitor)
    answers = [
        await visitor.tell(number, "33333333", "supplements", {"text": "补充"}),
        await visitor.tell(number, "33333333", "withdrawal", {}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert log.names(f"topic-{topic}") == ["TopicProposed"]


@pytest.mark.rule("T08", "T11")
async def test_a_rejection_is_told_with_its_reason(visitor: Visitor, town: Caller) -> None:
    number, code, topic = await _receipt(visitor)
    done(await town.post(f"/topics/{topic}/rejection", {"reason": "属日常维修，已转供电所"}))
    shown = done(await visitor.follow(number, code))

    assert (shown["situation"], shown["rejection_reason"]) == ("rejected", "属日常维修，已转供电所")
    assert not shown["may_supplement"]


@pytest.mark.rule("T08", "T12")
async def test_after_mergers_the_topic_that_goes_on_is_shown(visitor: Visitor, town: Caller) -> None:
    number, code, first = await _receipt(visitor)
    _, _, second = await _receipt(visitor, {"division": TOWN, "title": "全镇路灯"})
    _, _, third = await _receipt(visitor, {"division": TOWN, "title": "全镇亮化"})
    done(await town.post(f"/topics/{first}/merger", {"into": second}))
    done(await town.post(f"/topics/{second}/merger", {"into": third}))
    shown = done(await visitor.follow(number, code))

    assert shown["situation"] == "merged"
    assert shown["survivor"]["title"] == "全镇亮化"
    assert shown["survivor"]["situation"] == "proposed"


@pytest.mark.rule("T08")
async def test_the_code_of_one_topic_opens_no_other(visitor: Visitor) -> None:
    number, _, _ = await _receipt(visitor)
    _, other_code, _ = await _receipt(visitor)

    assert (await visitor.follow(number, other_code)).status_code == 404
