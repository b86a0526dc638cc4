"""Who rates a reply, and by what they are known: an account, a receipt, a clerk, a convener (C08)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from shared.contracts.topics import TopicAbsorbed, TopicMerged, TopicProposed
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.receipts import Receipt, receipt_number, receipt_of
from tests.http import SETTINGS, Caller, Log, application, done, problem
from tests.unit.cases.examples import COUNTY, LAMPS, MAY_10, NEXT_TOWN, TOWN
from tests.unit.cases.test_problem_api import ASSIGNMENT, BAD, CORNER, OPENING, RATING, REPLY

PROPOSER = "a-resident"
OWN: dict[str, Any] = {"rating": "satisfied"}


def proposed(topic_id: str, **change: Any) -> TopicProposed:
    """Return how a topic came in."""
    said: dict[str, Any] = {
        "topic_id": topic_id,
        "division": TOWN,
        "title": "路灯补亮",
        "origin": Origin.RESIDENTS,
        "channel": Channel.WEB,
        "proposer": person_id(PROPOSER),
        "proposed_on": MAY_10,
        "receipt": receipt_number(topic_id, "HM"),
    }
    return TopicProposed(**{**said, **change})


def receipt(topic_id: str) -> Receipt:
    """Return what the proposer of a topic keeps."""
    return receipt_of(topic_id, receipt_number(topic_id, "HM"), SETTINGS.signing_secrets)


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


async def replied(town: Caller, **change: Any) -> None:
    """Bring a problem of a topic to its reply."""
    done(await town.post("/entries", OPENING))
    done(await town.post("/problems", ASSIGNMENT))
    done(await town.post(f"{CORNER}/replies", {**REPLY, **change}))


async def rated_by(caller: Caller) -> str | None:
    """Return as whose rating that of the newest reply is shown."""
    rating = (await caller.get(CORNER))["replies"][-1]["rated"]
    return None if rating is None else rating["rated_by"]


async def with_receipt(
    app: FastAPI,
    method: str,
    path: str,
    held: Receipt,
    *,
    code: str | None = None,
    address: str = "192.0.2.1",
    json: dict[str, Any] | None = None,
) -> httpx.Response:
    """Let somebody without an account ask."""
    headers = {"HXS-Query-Code": held.query_code if code is None else code}
    transport = httpx.ASGITransport(app, client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.request(method, f"/receipts/{held.number}{path}", headers=headers, json=json)


# by account


@pytest.mark.rule("C08")
@pytest.mark.rule("C09")
@pytest.mark.parametrize("division", [TOWN, NEXT_TOWN])
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.MEMBER, Role.CONVENER])
async def test_the_proposer_rates_the_reply_wherever_the_topic_was_sorted_to(
    log: Log, app: FastAPI, town: Caller, role: Role, division: str
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)
    resident = Caller(app, role, division, subject=PROPOSER)

    first = done(await resident.post(f"{CORNER}/rating", OWN, key="once"))
    again = done(await resident.post(f"{CORNER}/rating", OWN, key="once"))

    assert again == {**first, "repeated": True}
    assert await rated_by(town) == "proposer"
    assert (await town.get(CORNER))["status"] == "solved"


@pytest.mark.rule("C08")
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.MEMBER])
async def test_the_reply_to_another_s_topic_is_not_theirs_to_rate(
    log: Log, app: FastAPI, town: Caller, role: Role
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)

    refused = await Caller(app, role, TOWN, subject="a-neighbour").post(f"{CORNER}/rating", OWN)

    assert problem(refused)[:2] == (404, "not-found")
    assert await rated_by(town) is None


@pytest.mark.rule("C08")
@pytest.mark.rule("C10")
async def test_a_proposer_sets_neither_day_nor_due_date(log: Log, app: FastAPI, town: Caller) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)
    said = {**BAD, "rated_on": "2024-06-04", "due_on": "2024-06-05"}

    done(await Caller(app, Role.RESIDENT, TOWN, subject=PROPOSER).post(f"{CORNER}/rating", said))

    shown = await town.get(CORNER)
    assert shown["status"] == "handling"
    assert shown["due_on"] > "2026"
    assert shown["replies"][0]["rated"]["rated_on"] > "2026"


@pytest.mark.rule("C08")
async def test_the_proposer_of_a_topic_that_was_merged_into_this_one_rates_it_too(
    log: Log, app: FastAPI, town: Caller
) -> None:
    absorbed = TopicAbsorbed(topic_id=LAMPS, absorbed="lamps-too", proposers=(person_id("her"),))
    log.hear(f"topic-{LAMPS}", proposed(LAMPS), absorbed)
    await replied(town)

    done(await Caller(app, Role.RESIDENT, TOWN, subject="her").post(f"{CORNER}/rating", OWN))

    assert await rated_by(town) == "proposer"


# for others


@pytest.mark.rule("C08")
@pytest.mark.parametrize(("role", "division"), [(Role.LIAISON, TOWN), (Role.OFFICE, COUNTY)])
async def test_what_the_proposer_gave_on_paper_is_entered_by_a_clerk(
    log: Log, app: FastAPI, town: Caller, role: Role, division: str
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)

    done(await Caller(app, role, division).post(f"{CORNER}/rating", RATING))

    assert await rated_by(town) == "clerk"


@pytest.mark.rule("C08")
async def test_a_convener_rates_for_the_people_present_where_nobody_knows_the_proposer(
    log: Log, app: FastAPI, town: Caller
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS, proposer=None, receipt=None))
    await replied(town)

    done(await Caller(app, Role.CONVENER, TOWN).post(f"{CORNER}/rating", RATING))

    assert await rated_by(town) == "convener"


@pytest.mark.rule("C08")
async def test_a_convener_waits_until_it_is_known_whether_somebody_proposed_the_topic(
    log: Log, app: FastAPI, town: Caller
) -> None:
    await replied(town)
    convener = Caller(app, Role.CONVENER, TOWN)

    too_early = await convener.post(f"{CORNER}/rating", RATING)

    assert problem(too_early) == (503, "not-caught-up", None)
    assert "Retry-After" in too_early.headers
    assert await rated_by(town) is None
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    refused = await convener.post(f"{CORNER}/rating", RATING)
    assert problem(refused)[:2] == (409, "proposer-rates")


@pytest.mark.rule("C08")
async def test_a_convener_does_not_rate_for_a_proposer_who_is_known(
    log: Log, app: FastAPI, town: Caller
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)

    refused = await Caller(app, Role.CONVENER, TOWN).post(f"{CORNER}/rating", RATING)

    assert problem(refused) == (409, "proposer-rates", None)
    assert refused.json()["rule"] == "C08"


# by receipt


@pytest.mark.rule("C08")
@pytest.mark.rule("T08")
async def test_receipt_and_code_show_the_problems_of_one_s_topic_and_rate_their_replies(
    log: Log, app: FastAPI, town: Caller
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS, proposer="somebody"))
    await replied(town)
    held = receipt(LAMPS)

    (shown,) = (await with_receipt(app, "GET", "/problems", held)).json()["items"]
    rated = await with_receipt(app, "POST", f"/problems/{shown['problem_id']}/rating", held, json=OWN)
    (after,) = (await with_receipt(app, "GET", "/problems", held)).json()["items"]

    assert (shown["problem_id"], shown["may_rate"]) == ("dark-corner", True)
    assert shown["replies"][0]["text"] == REPLY["text"]
    assert "contacted_on" not in shown["replies"][0]
    assert rated.status_code == 200
    assert (after["status"], after["may_rate"], after["rating"]) == ("solved", False, "satisfied")
    assert await rated_by(town) == "proposer"
    again = await with_receipt(app, "POST", "/problems/dark-corner/rating", held, json=OWN)
    assert problem(again)[:2] == (409, "already-rated")


@pytest.mark.rule("C08")
@pytest.mark.rule("T12")
async def test_a_receipt_follows_its_topic_into_the_survivor_and_into_its_parts(
    log: Log, app: FastAPI, town: Caller
) -> None:
    merged = TopicMerged(topic_id="lamps-too", into="whole", merged_on=MAY_10)
    log.hear("topic-lamps-too", proposed("lamps-too"), merged)
    log.hear("topic-whole", proposed("whole"))
    log.hear(f"topic-{LAMPS}", proposed(LAMPS, receipt=None, split_from="whole"))
    await replied(town)

    shown = (await with_receipt(app, "GET", "/problems", receipt("lamps-too"))).json()["items"]

    assert [item["problem_id"] for item in shown] == ["dark-corner"]


@pytest.mark.rule("T08")
@pytest.mark.parametrize(
    ("topic", "code"),
    [(LAMPS, "K7CM-4RTW"), (LAMPS, ""), ("unheard-of", None)],
    ids=["wrong code", "no code", "no such receipt"],
)
async def test_a_wrong_code_is_answered_as_a_number_that_does_not_exist(
    log: Log, app: FastAPI, town: Caller, topic: str, code: str | None
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)

    for method, path, body in (
        ("GET", "/problems", None),
        ("POST", "/problems/dark-corner/rating", OWN),
    ):
        refused = await with_receipt(app, method, path, receipt(topic), code=code, json=body)
        assert problem(refused)[:2] == (404, "not-found")
    assert await rated_by(town) is None


@pytest.mark.rule("C08")
@pytest.mark.rule("T08")
async def test_a_receipt_opens_no_problem_of_another_topic(log: Log, app: FastAPI, town: Caller) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    log.hear("topic-roads", proposed("roads"))
    await replied(town)

    refused = await with_receipt(app, "POST", "/problems/dark-corner/rating", receipt("roads"), json=OWN)

    assert problem(refused)[:2] == (404, "not-found")
    assert (await with_receipt(app, "GET", "/problems", receipt("roads"))).json() == {"items": []}


@pytest.mark.rule("T08")
async def test_codes_are_not_tried_one_after_the_other_from_wherever(log: Log, app: FastAPI) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))

    answers = [
        await with_receipt(
            app, "GET", "/problems", receipt(LAMPS), code=f"K7CM-4RT{n % 7}", address=f"192.0.2.{n}"
        )
        for n in range(61)
    ]

    assert [answer.status_code for answer in answers[:60]] == [404] * 60
    assert (answers[60].status_code, "retry-after" in answers[60].headers) == (429, True)


@pytest.mark.rule("C08")
async def test_a_rating_by_receipt_says_nothing_but_how_content_somebody_is(
    log: Log, app: FastAPI, town: Caller
) -> None:
    log.hear(f"topic-{LAMPS}", proposed(LAMPS))
    await replied(town)

    refused = await with_receipt(
        app,
        "POST",
        "/problems/dark-corner/rating",
        receipt(LAMPS),
        json={**OWN, "due_on": "2030-01-01"},
    )

    assert problem(refused) == (422, "invalid-fields", "due_on")
