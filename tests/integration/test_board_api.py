"""The board over HTTP, on a real database: page, summary, lists with their rights, the stream of changes."""

from __future__ import annotations

import asyncio
import csv
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import httpx
import pymongo
import pytest
from fastapi import FastAPI

from services.board.app import SERVICE
from services.board.projections import ALL
from services.board.source import BoardSource
from shared.contracts.envelope import Recorded
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.service import Part, build
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Role, issue_dev_token
from shared.platform.mongo import Database, ReplaceOne, connect
from shared.platform.settings import Settings
from shared.platform.sse import Changes
from tests.unit.board.streams import example_year, held, proposed

AS_OF = {"as_of": "2024-09-05"}


async def store(database: Database, events: Iterable[Recorded], position: int = 1) -> None:
    """Put into the database what the projections would have made of the events."""
    events = list(events)
    now = datetime.now(UTC)
    for projection in ALL:
        await Pointers(database).begin(projection, {})
        documents = database[collection_name(projection.name, 1)]
        folded = fold_all(projection, events).items()
        writes = [
            ReplaceOne({"_id": key}, {**document, "_id": key, "_version": 1}, upsert=True)
            for key, document in folded
        ]
        if writes:
            await documents.bulk_write(writes)
        progress = {"position": position, "behind": 0, "as_of": now, "at": now}
        await database["projections"].update_one(
            {"_id": projection.name}, {"$set": {"progress.topics-0": progress}}
        )


async def store_example_year(settings: Settings) -> None:
    """Put the example ledger's year into the board's database."""
    mongo = connect(settings, "board")
    await store(mongo.database("board"), example_year())
    mongo.close()


@pytest.fixture(scope="module")
def example_prefix(mongo_url: str) -> Iterator[str]:
    """Prefix of databases that hold the example year, for the tests that only read."""
    prefix = f"hxs{secrets.token_hex(4)}"
    asyncio.run(store_example_year(Settings(mongo_url=mongo_url, mongo_prefix=prefix)))
    yield prefix
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(f"{prefix}_board")


@pytest.fixture
def settings(mongo_url: str, example_prefix: str) -> Settings:
    """Settings of a process that serves HTTP alone, and needs no broker."""
    return Settings(mongo_url=mongo_url, mongo_prefix=example_prefix)


@pytest.fixture
async def own_settings(mongo_url: str, mongo_prefix: str) -> Settings:
    """Settings of a test that writes: the example year in a database of its own."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    await store_example_year(settings)
    return settings


@pytest.fixture
async def own_database(own_settings: Settings) -> AsyncIterator[Database]:
    """The database of a test that writes."""
    mongo = connect(own_settings, "board")
    yield mongo.database("board")
    mongo.close()


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The board's application."""
    return build(SERVICE, settings, frozenset({Part.API}))


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Return somebody without an account."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://board")


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account, who looks at the example year."""
    async with client_of(app) as found:
        yield found


def signed_in(settings: Settings, role: Role, division: str) -> dict[str, str]:
    """Return the header of somebody with a role."""
    return {"Authorization": f"Bearer {issue_dev_token(settings, [role], division, subject='someone')}"}


async def test_anybody_may_look_at_the_board(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", params=AS_OF)

    assert answer.status_code == 200
    assert "36 项活动，闭环 9 项，2 项逾期" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["vary"] == "Accept-Language"


async def test_the_page_speaks_english_where_that_is_preferred(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", params=AS_OF, headers={"Accept-Language": "en-GB"})

    assert "36 activities, 9 loops closed, 2 overdue" in answer.text


async def test_everything_the_page_refers_to_is_there(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text

    for name in ("base.css", "board.css", "board.js", "icon.svg"):
        address = page[page.index(f"static/{name}") :].split('"')[0]
        assert (await client.get(f"/{address}")).status_code == 200


async def test_a_form_whose_fields_were_left_empty_asks_for_everything(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?town=&as_of=&year=")

    assert "36 项活动" in answer.text


async def test_a_town_may_be_looked_at_alone_and_only_of_this_county(client: httpx.AsyncClient) -> None:
    town = await client.get("/", params={**AS_OF, "town": "371621114"})
    elsewhere = await client.get("/", params={"town": "370102001"})

    assert "2 项活动，闭环 0 项，1 项逾期" in town.text
    assert elsewhere.status_code == 404


async def test_the_summary_is_the_example_years(client: httpx.AsyncClient) -> None:
    board = (await client.get("/board", params=AS_OF)).json()
    figures = {name: board[name] for name in ("activities", "plan_items", "venues", "loops_closed")}

    assert figures == {"activities": 36, "plan_items": 16, "venues": 31, "loops_closed": 9}
    assert (board["loops_exempted"], board["problems_solved"]) == (1, 19)
    assert [due["title"] for due in board["red"]] == ["农田机井维修", "重大项目与高端人才引进"]
    assert [(due["title"], due["light"]["working_days"]) for due in board["yellow"]] == [
        ("农村生活污水治理", 4)
    ]
    assert board["freshness"]["behind_events"] == 0
    assert len(board["by_town"]) == 15


async def test_lists_are_for_those_who_work_with_them(client: httpx.AsyncClient, settings: Settings) -> None:
    resident = signed_in(settings, Role.RESIDENT, "371621")

    for path in ("/activities", "/activities/t001", "/topics/t001/timeline", "/plans", "/venues"):
        assert (await client.get(path)).status_code == 401, path
        assert (await client.get(path, headers=resident)).status_code == 403, path


async def test_a_town_sees_its_own_activities_and_no_others(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    liaison = signed_in(settings, Role.LIAISON, "371621101")
    mine = (await client.get("/activities", headers=liaison)).json()["items"]

    assert {activity["town_name"] for activity in mine} == {"石庙镇"}
    assert (await client.get("/activities/t001", headers=liaison)).status_code == 404
    assert (await client.get("/topics/t001/timeline", headers=liaison)).status_code == 404


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"light": "red"}, {"农田机井维修", "重大项目与高端人才引进"}),
        ({"light": "yellow"}, {"农村生活污水治理"}),
        ({"status": "reopened"}, {"古城景区摊位管理"}),
        ({"status": "withdrawn", "light": "none"}, {"学区划分意见征求"}),
        ({"light": "green", "division": "371621103"}, set()),
        ({"year": "2023"}, set()),
    ],
)
async def test_activities_can_be_asked_for_by_light_status_and_division(
    client: httpx.AsyncClient, settings: Settings, asked: dict[str, str], titles: set[str]
) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    answer = await client.get("/activities", params={**AS_OF, **asked}, headers=office)

    assert {activity["title"] for activity in answer.json()["items"]} == titles


async def test_pages_of_activities_make_up_the_whole(client: httpx.AsyncClient, settings: Settings) -> None:
    auditor = signed_in(settings, Role.AUDITOR, "371621")
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/activities", params={"limit": 15, **cursor}, headers=auditor)).json()
        seen += [activity["topic_id"] for activity in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert seen == [f"t{number:03}" for number in range(1, 37)]


async def test_the_activities_of_a_town_are_exported_with_status_light_and_the_five(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    asked = {**AS_OF, "format": "csv"}
    answer = await client.get("/activities", params=asked, headers=office)
    headings, *lines = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))

    shown = [dict(zip(headings, line, strict=True)) for line in lines]
    assert [line["议题编号"] for line in shown] == [f"t{number:03}" for number in range(1, 37)]
    assert sum(line["已闭环"] == "是" for line in shown) == 9
    assert sum("红灯" in line["时限"] for line in shown) == 2
    assert {line["协商议题"] for line in shown} <= {"有", "待", "免"}


async def test_an_activity_shows_its_loop_its_problem_and_its_light(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    answer = await client.get("/activities/t019", params=AS_OF, headers=office)
    activity = answer.json()

    assert (activity["title"], activity["status_text"]) == ("农田机井维修", "办理中")
    assert activity["light"]["text"] == "红灯 · 逾期 41 个工作日"
    assert activity["problems"][0]["lead"] == "县水利局"
    assert activity["loop"]["consultation"]["state"] == "done"

    again = {**office, "If-None-Match": answer.headers["etag"]}
    assert (await client.get("/activities/t019", params=AS_OF, headers=again)).status_code == 304


async def test_a_timeline_is_told_in_the_readers_language(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    zh = (await client.get("/topics/t001/timeline", headers=office)).json()
    en = (await client.get("/topics/t001/timeline", headers={**office, "Accept-Language": "en"})).json()

    assert zh["entries"][0]["text"] == "议题提出（群众反映）"
    assert en["entries"][0]["text"] == "Topic proposed by residents"


async def test_a_plan_shows_the_progress_of_its_items(client: httpx.AsyncClient, settings: Settings) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    plan = (await client.get("/plans/plan-2024", headers=office)).json()
    listed = (await client.get("/plans", headers=office)).json()["items"]
    elsewhere = signed_in(settings, Role.OFFICE, "370102")

    assert (plan["items"][1]["progress"], plan["items"][1]["progress_text"]) == ("done", "已完成")
    assert listed == [plan]
    assert (await client.get("/plans/plan-2024", headers=elsewhere)).status_code == 404


async def test_venues_show_how_many_of_the_six_they_meet(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    office = signed_in(settings, Role.OFFICE, "371621")
    venues = (await client.get("/venues", params={"division": "371621001"}, headers=office)).json()["items"]

    assert sorted(venue["met"] for venue in venues) == [4, 5, 6]


async def test_a_partial_activity_is_shown_to_nobody(own_settings: Settings, own_database: Database) -> None:
    await store(own_database, stream_of("meeting-m-9", held("t-9", "m-9")), position=2)
    office = signed_in(own_settings, Role.OFFICE, "371621")
    async with client_of(build(SERVICE, own_settings, frozenset({Part.API}))) as client:
        board = (await client.get("/board")).json()
        activity = await client.get("/activities/t-9", headers=office)
        timeline = await client.get("/topics/t-9/timeline", headers=office)

    assert (board["activities"], activity.status_code, timeline.status_code) == (36, 404, 404)


async def test_before_its_projections_ever_started_the_board_says_that_it_is_not_there_yet(
    mongo_url: str, mongo_prefix: str
) -> None:
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as client:
        answer = await client.get("/board")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


# changes


async def test_figures_are_read_again_only_when_something_may_have_changed(
    own_settings: Settings, own_database: Database
) -> None:
    source: BoardSource = build(SERVICE, own_settings, frozenset({Part.API})).state.board
    first = await source.figures()
    again = await source.figures()
    await store(own_database, stream_of("topic-t-9", proposed("t-9", "新议题")), position=2)
    later = await source.figures()

    assert first is again
    assert (len(first.activities), len(later.activities)) == (36, 37)
    assert first.version != later.version


async def test_another_day_is_another_version(app: FastAPI) -> None:
    source: BoardSource = app.state.board
    before = await source.version()
    source.clock = lambda: datetime(2031, 1, 1, tzinfo=UTC)

    assert before != await source.version()


async def test_a_stream_comes_over_http_and_too_many_are_told_to_come_back(app: FastAPI) -> None:
    async def look(_keys: frozenset[str]) -> dict[str, str]:
        return {}

    # Streams that end at once: the test client reads to the end.
    app.state.changes = Changes(look, lambda: True, most_listeners=1)
    async with client_of(app) as client:
        answer = await client.get("/events")
        app.state.changes = Changes(look, lambda: True, most_listeners=0)
        refused = await client.get("/events")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "retry: 3000\n\n"
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
