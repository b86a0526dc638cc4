"""What is said to the services for a ledger's rows, and what becomes of what they answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from shared.cli.ledger import entering
from shared.cli.ledger.commands import Activity, Call, plan_calls, venue_calls
from shared.cli.ledger.entering import Entered, Importer, ServicesUnreachableError
from shared.ledger.divisions import Divisions
from shared.ledger.reading import LedgerReading, read_ledger

EXAMPLES = Path(__file__).parents[3] / "examples"

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def example() -> LedgerReading:
    divisions = Divisions.load(EXAMPLES / "divisions-371621.csv")
    return read_ledger(EXAMPLES / "huimin-2024-ledger.xlsx", divisions)


def all_calls(reading: LedgerReading) -> list[Call]:
    activities = [Activity(reading, row) for row in reading.activities]
    return [
        *plan_calls(reading, 2024),
        *(call for venue in reading.venues for call in venue_calls(reading, venue)),
        *(call for activity in activities for call in activity.proposal()),
        *(call for activity in activities for call in activity.rest()),
    ]


async def enter(reading: LedgerReading, answer: Answer) -> Entered:
    transport = httpx.MockTransport(answer)
    clients = {
        name: httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
        for name in ("topics", "meetings", "cases")
    }
    return await Importer(clients).enter(reading)


def accepted(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"id": "x", "version": 1, "repeated": False})


def refused(code: str, status: int = 422) -> httpx.Response:
    return httpx.Response(
        status,
        json={"code": code, "detail": "不行", "errors": [{"field": "title", "message": "不行"}]},
        headers={"content-type": "application/problem+json"},
    )


def test_every_call_has_a_key_of_its_own(example: LedgerReading) -> None:
    keys = Counter(call.key for call in all_calls(example))

    assert max(keys.values()) == 1


def test_reading_the_same_file_again_says_the_same(example: LedgerReading) -> None:
    assert all_calls(example) == all_calls(example)


def test_every_call_is_a_back_entry_that_names_its_row(example: LedgerReading) -> None:
    calls = all_calls(example)

    assert all(call.body["back_entry"] is True for call in calls)
    assert {call.body["source"] for call in calls if call.path == "/topics"} == {
        f"huimin-2024-ledger.xlsx#协商活动台账!{row}" for row in range(3, 39)
    }


def test_nothing_is_invented_for_what_the_ledger_does_not_say(example: LedgerReading) -> None:
    issue = next(call for call in all_calls(example) if call.path.endswith("/issue"))
    ratings = [call.body for call in all_calls(example) if call.path.endswith("/rating")]

    assert set(issue.body) == {"back_entry", "source"}, "the ledger names no document number"
    assert not any("rated_on" in body for body in ratings), "the ledger has no day of the rating"


def test_only_what_a_reaction_brings_about_is_waited_for(example: LedgerReading) -> None:
    waiting = {call.service for call in all_calls(example) if call.after}

    assert waiting == {"cases"}


async def test_what_was_done_before_is_counted_as_repeated(example: LedgerReading) -> None:
    def repeated(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "x", "version": 1, "repeated": True})

    entered = await enter(example, repeated)

    assert entered.commands == len(all_calls(example))
    assert entered.changed == 0


async def test_a_refused_topic_gets_no_further_call_and_the_others_go_on(example: LedgerReading) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        body = json.loads(request.content or b"{}")
        return refused("title-too-long") if body.get("ledger_number") == 1 else accepted(request)

    entered = await enter(example, answer)

    (proposal,) = Activity(example, example.activities[0]).proposal()
    topic = proposal.body["topic_id"]
    assert [(r.row, r.code) for r in entered.refusals] == [
        ("huimin-2024-ledger.xlsx#协商活动台账!3", "title-too-long")
    ]
    assert not any(topic in path for path in asked)
    assert entered.commands > 200


async def test_a_topic_that_meetings_has_not_heard_of_yet_is_waited_for(
    example: LedgerReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "_PAUSE_SECONDS", 0.001)
    seen: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        key = request.headers.get("Idempotency-Key", "")
        seen[key] += 1
        if request.url.path == "/meetings" and seen[key] == 1:
            return refused("topic-unknown")
        return accepted(request)

    entered = await enter(example, answer)

    assert entered.refusals == []
    assert max(seen.values()) >= 2


@pytest.mark.parametrize("away", ["topics", "meetings"])
async def test_a_service_that_is_away_ends_the_import_with_one_sentence(
    example: LedgerReading, away: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == away:
            raise httpx.ConnectError("connection refused")
        return accepted(request)

    with pytest.raises(ServicesUnreachableError, match=f"{away}: connection refused; is it running"):
        await enter(example, answer)


async def test_a_connection_that_breaks_under_a_request_is_asked_again_under_the_same_key(
    example: LedgerReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "_PAUSE_SECONDS", 0.001)
    done: set[str] = set()
    repeated = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal repeated
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return accepted(request)
        if key not in done:
            done.add(key)  # done, and the answer lost
            raise httpx.ReadError("")
        repeated += 1
        return httpx.Response(200, json={"id": "x", "version": 1, "repeated": True})

    entered = await enter(example, answer)

    assert entered.refusals == []
    assert entered.commands == repeated == len(done) == len(all_calls(example))
