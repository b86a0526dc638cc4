"""A stream of changes for each list of the board, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from fastapi import FastAPI

from services.board.app import SERVICE
from services.board.changes import BOARD, FOLLOWED, timeline_of
from services.board.source import BoardSource
from shared.eventsourcing.pointer import NotBuiltError
from shared.eventsourcing.service import Part, build
from shared.platform.auth import Role
from shared.platform.authorisation import rights_of
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from shared.platform.sse import Changes
from tests.integration.test_board_api import client_of, signed_in, store_example_year


@pytest.fixture
async def settings(mongo_url: str, mongo_prefix: str) -> Settings:
    """Settings of a test: the example year in a database of its own."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    await store_example_year(settings)
    return settings


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The board's database."""
    mongo = connect(settings, "board")
    yield mongo.database("board")
    mongo.close()


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The board's application."""
    return build(SERVICE, settings, frozenset({Part.API}))


@pytest.fixture
def source(app: FastAPI) -> BoardSource:
    """Where its versions come from."""
    return cast(BoardSource, app.state.board)


async def moved_on(database: Database, name: str) -> None:
    """Have a read model move on by an event."""
    await database["projections"].update_one(
        {"_id": name}, {"$set": {"progress.topics-0.position": datetime.now(UTC).timestamp()}}
    )


async def changed(source: BoardSource, change: Callable[[], Any]) -> set[str]:
    """Return which of all that can be followed has another version after a change."""
    keys = (*FOLLOWED, timeline_of("t001"), timeline_of("t002"))
    before = await source.versions(keys)
    await change()
    after = await source.versions(keys)
    assert before.keys() == after.keys() == {*keys}
    return {key for key in keys if before[key] != after[key]}


@pytest.mark.parametrize(
    ("model", "lists"),
    [
        ("venues", {BOARD, "/venues"}),
        ("plans", {BOARD, "/plans"}),
        ("handlings", {BOARD, "/departments"}),
        ("duties", {BOARD, "/todo"}),
        ("roster", {"/members/activity"}),
        ("ledger", {"/ledger"}),
        ("happened", {BOARD}),
        (
            "activities",
            {BOARD, "/activities", "/ledger", "/plans", "/public/topics", "/statistics", "/todo"},
        ),
    ],
)
async def test_what_a_read_model_says_anew_is_news_where_it_is_shown_and_nowhere_else(
    source: BoardSource, database: Database, model: str, lists: set[str]
) -> None:
    assert await changed(source, lambda: moved_on(database, model)) == lists


async def test_a_timeline_is_news_to_those_who_follow_its_own_topic(
    source: BoardSource, database: Database
) -> None:
    def written() -> Any:
        return database["timeline__v1"].update_one({"_id": "t001"}, {"$inc": {"_rev": 1}})

    assert await changed(source, written) == {timeline_of("t001")}


async def test_at_midnight_that_is_news_which_has_lights(source: BoardSource) -> None:
    async def tomorrow() -> None:
        source.clock = lambda: datetime(2031, 1, 1, tzinfo=UTC)

    lit = {key for key, followed in FOLLOWED.items() if followed.lights}
    assert await changed(source, tomorrow) == lit
    assert {"/activities", "/todo", "/departments"} < lit


async def test_a_change_wakes_those_who_follow_the_list_and_nobody_else(
    source: BoardSource, database: Database
) -> None:
    changes = Changes(source.versions, lambda: False, look_seconds=0.01, outages=(NotBuiltError,))
    async with (
        aclosing(cast(Any, changes.listen("/venues"))) as venues,
        aclosing(cast(Any, changes.listen("/plans"))) as plans,
    ):
        opening = [[await said(stream) for _ in range(2)] for stream in (venues, plans)]
        await moved_on(database, "venues")

        assert (await said(venues)).startswith(b"event: change")
        assert [first for first, _ in opening] == [b"retry: 3000\n\n"] * 2
        with pytest.raises(TimeoutError):
            await said(plans, within=0.2)


async def said(stream: AsyncIterator[bytes], *, within: float = 5) -> bytes:
    """Return what a stream says next."""
    async with asyncio.timeout(within):
        return await anext(stream)


async def test_whoever_may_read_a_list_may_follow_it_and_nobody_else(app: FastAPI) -> None:
    permissions = {right.path: right.permission for right in rights_of(app) if right.method == "GET"}
    followed = {path: path.removesuffix("/events") or "/" for path in permissions if path.endswith("/events")}

    assert set(FOLLOWED) <= set(followed.values())
    assert all(permissions[path] == permissions[list_] for path, list_ in followed.items())


async def test_streams_end_when_the_process_drains_and_a_topic_elsewhere_is_none(
    app: FastAPI, settings: Settings
) -> None:
    app.state.health.drain()
    office = signed_in(settings, Role.OFFICE, "371621")
    elsewhere = signed_in(settings, Role.OFFICE, "370102")
    timeline = "/topics/t001/timeline/events"
    async with client_of(app) as client:
        for path in ("/activities/events", "/todo/all/events", "/todo/events", timeline):
            answer = await client.get(path, headers=office)
            assert (answer.status_code, answer.text) == (200, "retry: 3000\n\n"), path
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert (await client.get(path)).status_code == 401
        assert (await client.get("/statistics/events")).status_code == 200
        assert (await client.get(timeline, headers=elsewhere)).status_code == 404
        assert (await client.get("/topics/none/timeline/events", headers=office)).status_code == 404


async def test_who_comes_when_it_is_full_is_told_when_to_come_back(
    app: FastAPI, settings: Settings, source: BoardSource
) -> None:
    app.state.changes = Changes(source.versions, lambda: False, most_listeners=0)
    async with client_of(app) as client:
        full = await client.get("/venues/events", headers=signed_in(settings, Role.OFFICE, "371621"))

    assert (full.status_code, full.headers["retry-after"]) == (503, "60")


async def test_after_a_change_that_does_not_concern_it_a_list_is_still_what_the_client_has(
    app: FastAPI, settings: Settings, database: Database
) -> None:
    town = signed_in(settings, Role.LIAISON, "371621101")
    async with client_of(app) as client:
        first = await client.get("/venues", headers=town)
        await moved_on(database, "venues")
        again = await client.get("/venues", headers={**town, "If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code) == (200, 304)
