"""Problems on a real database, with two processes: of what contradicts itself one thing happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.cases.app import SERVICE
from shared.eventsourcing.service import Part, build
from shared.platform.auth import Role, issue_dev_token
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings, load_settings
from tests.log_tools import until
from tests.unit.cases.examples import COUNTY
from tests.unit.cases.test_problem_api import ASSIGNMENT, CORNER, OPENING, RATING, REPLY, RETURN

SAID = {"back_entry": True}
"""Entered from another record, whose topics need not be known here."""


@pytest.fixture
def own_settings(mongo_url: str, mongo_prefix: str) -> Settings:
    return load_settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, dev_token_secret="s" * 40)


@pytest.fixture
async def database(own_settings: Settings) -> AsyncIterator[Database]:
    mongo = connect(own_settings)
    yield mongo.database("cases")
    mongo.close()


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run a process of the service that only answers; yields the county's office at it."""
    app: FastAPI = build(SERVICE, settings, frozenset({Part.API}))

    async def prepared() -> bool:
        return bool(app.state.process.prepared)

    async with app.router.lifespan_context(app):
        await until(prepared)
        token = issue_dev_token(settings, [Role.OFFICE], COUNTY, "a-clerk")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://cases",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            yield client


@pytest.fixture
async def processes(own_settings: Settings) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two processes of the service, on one database, and a problem assigned."""
    async with AsyncExitStack() as stack:
        both = [await stack.enter_async_context(process(own_settings)) for _ in range(2)]
        for path, body in (("/entries", {**OPENING, **SAID}), ("/problems", ASSIGNMENT)):
            answer = await both[0].post(path, json=body)
            assert answer.status_code == 201, answer.text
        yield both


async def all_at_once(
    processes: list[httpx.AsyncClient], *requests: tuple[str, dict[str, Any]]
) -> Counter[int]:
    """Send every request to both processes at the same moment; return how often which status came back."""
    sent = [process.post(path, json=body) for path, body in requests for process in processes]
    return Counter(answer.status_code for answer in await asyncio.gather(*sent))


async def recorded(database: Database) -> list[str]:
    commits = database.commits.find({"stream": "problem-dark-corner"}).sort("version", 1)
    return [event["type"].split(".")[2] async for commit in commits for event in commit["events"]]


@pytest.mark.rule("C08")
async def test_a_reply_is_rated_once_whoever_rates_it_at_the_same_moment(
    processes: list[httpx.AsyncClient], database: Database
) -> None:
    assert (await processes[0].post(f"{CORNER}/replies", json=REPLY)).status_code == 200
    bad = {**RATING, "rating": "dissatisfied", "reason": "还是太暗"}

    answers = await all_at_once(processes, *[(f"{CORNER}/rating", body) for body in (RATING, bad) * 5])

    assert answers == {200: 1, 409: 19}
    happened = await recorded(database)
    assert happened.count("ReplyRated") == 1
    assert happened[3:] in (["ProblemSolved"], ["ProblemReopened"])


@pytest.mark.rule("C03")
@pytest.mark.rule("C07")
async def test_of_a_return_and_a_reply_at_the_same_moment_one_happens(
    processes: list[httpx.AsyncClient], database: Database
) -> None:
    answers = await all_at_once(processes, (f"{CORNER}/return", RETURN), (f"{CORNER}/replies", REPLY))

    assert answers[200] == 1, answers
    assert await recorded(database) in (
        ["ProblemAssigned", "ProblemReturned"],
        ["ProblemAssigned", "ProblemReplied"],
    )
