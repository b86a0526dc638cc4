"""Submissions on a real database: killed anywhere, nothing is lost and nobody is written twice (T08)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.topics.app import SERVICE
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.service import Part, build
from shared.platform.mongo import Database, connect
from shared.platform.people_store import MongoPeopleStore
from shared.platform.settings import Settings, load_settings
from tests.log_tools import until

SUBMISSION = {
    "division": "371621104",
    "title": "村东路口的路灯不亮，请联系赵铁柱",
    "name": "赵铁柱",
    "phone": "13912345678",
}
KEY = {"Idempotency-Key": "0c4f8f5e-6c0e-4f44-9f2c-6ad4e1f0b7aa"}


class KilledError(BaseException):
    """The process is gone: nothing catches it, nothing is written after it."""


@pytest.fixture
def own_settings(mongo_url: str, mongo_prefix: str) -> Settings:
    return load_settings(
        mongo_url=mongo_url, mongo_prefix=mongo_prefix, signing_secrets=["s" * 40], rate_limits=False
    )


@pytest.fixture
async def database(own_settings: Settings) -> AsyncIterator[Database]:
    mongo = connect(own_settings)
    yield mongo.database("topics")
    mongo.close()


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Run a process of the service that only answers; yields a client of it."""
    app: FastAPI = build(SERVICE, settings, frozenset({Part.API}))

    async def prepared() -> bool:
        return bool(app.state.process.prepared)

    async with app.router.lifespan_context(app):
        await until(prepared)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://topics") as client:
            yield client


def kill(monkeypatch: pytest.MonkeyPatch, where: type[Any], write: str, *, after: bool) -> None:
    """Let the next write of this kind be the last thing that happens, or what is just not reached."""
    real: Callable[..., Any] = getattr(where, write)

    async def dying(self: Any, *args: Any) -> None:
        if after:
            await real(self, *args)
        raise KilledError

    monkeypatch.setattr(where, write, dying)


async def _topics_and_people(database: Database) -> tuple[list[str], set[str]]:
    proposals = [commit["events"][0]["data"]["proposer"] async for commit in database.commits.find()]
    people = {person["_id"] async for person in database.people.find({"name": "赵铁柱"})}
    return proposals, people


@pytest.mark.rule("T08")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("where", "write"), [(MongoPeopleStore, "merge"), (MongoEventStore, "append")], ids=["person", "topic"]
)
async def test_a_kill_at_any_write_leaves_no_topic_whose_proposer_is_unknown_and_a_retry_completes_it(
    own_settings: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    where: type[Any],
    write: str,
    after: bool,
) -> None:
    async with process(own_settings) as client:
        with monkeypatch.context() as killing:
            kill(killing, where, write, after=after)
            with pytest.raises(KilledError):
                await client.post("/submissions", json=SUBMISSION, headers=KEY)
    proposals, people = await _topics_and_people(database)

    assert set(proposals) <= people

    async with process(own_settings) as client:
        answers = [await client.post("/submissions", json=SUBMISSION, headers=KEY) for _ in range(2)]
    proposals, people = await _topics_and_people(database)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["receipt"] == answers[1].json()["receipt"]
    assert (len(proposals), set(proposals)) == (1, people)


@pytest.mark.rule("T08")
async def test_a_form_sent_by_many_at_once_is_one_topic_with_one_receipt(
    own_settings: Settings, database: Database
) -> None:
    async with process(own_settings) as first, process(own_settings) as second:
        answers = await asyncio.gather(
            *(
                c.post("/submissions", json=SUBMISSION, headers=KEY)
                for c in (first, second)
                for _ in range(20)
            )
        )
    proposals, people = await _topics_and_people(database)

    assert {answer.status_code for answer in answers} == {201}
    assert len({(a.json()["receipt"], a.json()["query_code"]) for a in answers}) == 1
    assert sum(not a.json()["repeated"] for a in answers) == 1
    assert (len(proposals), set(proposals)) == (1, people)


@pytest.mark.rule("T08")
async def test_the_record_names_nobody(own_settings: Settings, database: Database) -> None:
    async with process(own_settings) as client:
        await client.post("/submissions", json=SUBMISSION, headers=KEY)

    commits = [str(commit) async for commit in database.commits.find()]
    assert len(commits) == 1
    assert "赵铁柱" not in commits[0]
    assert "13912345678" not in commits[0]
