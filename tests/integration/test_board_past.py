"""The board over HTTP as it stood on a day, on a real database, of the example ledger's year."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest

from services.board import past
from services.board.app import SERVICE
from services.board.projections import ACTIVITIES, HAPPENED, PLANS, VENUES
from services.board.projections.happened import SHOWN
from shared.contracts.envelope import Recorded
from shared.eventsourcing.past import up_to_day
from shared.eventsourcing.past_lists import INDEX
from shared.eventsourcing.read_model import without_runner_fields
from shared.eventsourcing.service import Part, build
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Role
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings
from tests.integration.test_board_api import client_of, signed_in, store, store_example_year
from tests.unit.board.streams import OfTopic, adopted, day, example_year, held, proposed

MAY = day("05-31")
AS_OF = {"as_of": MAY.isoformat()}
COUNTY = "371621"


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
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The office, who looks at the board."""
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as found:
        found.headers.update(signed_in(settings, Role.OFFICE, COUNTY))
        yield found


def had_happened() -> list[Recorded]:
    """Return what of the example year had happened by the end of May."""
    streams: dict[str, list[Recorded]] = {}
    for event in example_year():
        streams.setdefault(event.stream, []).append(event)
    return [event for stream in streams.values() for event in up_to_day(stream, MAY)]


async def asked(client: httpx.AsyncClient, path: str, **more: str) -> Any:
    """Return what is answered of the end of May."""
    answer = await client.get(path, params={**AS_OF, **more})
    assert (answer.status_code, answer.headers["hxs-as-of"]) == (200, MAY.isoformat()), answer.text
    return answer.json()


async def test_the_summary_of_a_day_counts_what_had_happened_by_then(client: httpx.AsyncClient) -> None:
    activities = fold_all(ACTIVITIES, had_happened()).values()
    board = await asked(client, "/board")

    assert board["as_of"] == MAY.isoformat()
    assert 0 < board["activities"] == len(activities) < 36
    assert board["loops_closed"] == sum(activity["closed"] for activity in activities)
    assert board["problems_solved"] == sum(activity["solved"] for activity in activities)
    assert (board["plan_items"], board["venues"]) == (16, 31)


async def test_the_activities_of_a_day_are_those_that_were_and_each_alone_is_as_in_the_list(
    client: httpx.AsyncClient,
) -> None:
    expected = fold_all(ACTIVITIES, had_happened())
    listed = (await asked(client, "/activities", limit="100"))["items"]

    assert {item["topic_id"]: item["status"] for item in listed} == {
        key: activity["status"] for key, activity in expected.items()
    }
    for item in listed:
        assert await asked(client, f"/activities/{item['topic_id']}") == item
    later = ({f"t{number:03}" for number in range(1, 37)} - expected.keys()).pop()
    assert (await client.get(f"/activities/{later}", params=AS_OF)).status_code == 404


async def test_pages_of_a_day_make_up_the_whole_and_no_cursor_leads_to_another_day(
    client: httpx.AsyncClient,
) -> None:
    first = await asked(client, "/activities", limit="5")
    second = await asked(client, "/activities", limit="100", cursor=first["next"])
    elsewhere = await client.get("/activities", params={"cursor": first["next"]})

    assert len(first["items"]) + len(second["items"]) == len(fold_all(ACTIVITIES, had_happened()))
    assert elsewhere.status_code == 400


async def test_all_that_a_day_is_asked_for_fits_together(client: httpx.AsyncClient) -> None:
    board = await asked(client, "/board", year="2024")
    statistics = await asked(client, "/statistics", year="2024")
    ledger = (await asked(client, "/ledger", limit="100"))["items"]
    departments = (await asked(client, "/departments"))["items"]
    listed = (await asked(client, "/plans"))["items"]

    assert statistics["total"]["loops_closed"] == board["loops_closed"]
    assert statistics["total"]["proposed"] == board["activities"]
    assert statistics["total"]["meetings"] == len(ledger)
    assert statistics["total"]["problems_assigned"] == sum(each["assigned"] for each in departments)
    assert listed == [await asked(client, "/plans/plan-2024")]
    assert {item["progress"] for item in listed[0]["items"]} == {"in-progress", "planned"}
    assert len((await asked(client, "/venues", limit="100"))["items"]) == 31
    assert (await asked(client, "/todo/all/count"))["total"] == len(
        (await asked(client, "/todo/all", limit="100"))["items"]
    )


async def test_the_page_of_a_day_shows_that_day(client: httpx.AsyncClient) -> None:
    board = await asked(client, "/board", year="2024")
    for path in ("/", "/fragment"):
        page = await client.get(path, params=AS_OF)

        assert page.headers["hxs-as-of"] == MAY.isoformat()
        assert f"{board['activities']} 项活动" in page.text


async def test_today_and_later_days_are_answered_as_of_now(
    client: httpx.AsyncClient, database: Database
) -> None:
    answer = await client.get("/activities", params={"as_of": "2199-01-01", "limit": "100"})

    assert len(answer.json()["items"]) == 36
    assert not answer.headers["hxs-as-of"].startswith("2199")
    assert await database[INDEX].count_documents({}) == 0, "nothing is folded for it"


async def test_a_day_changes_only_when_something_about_it_is_entered_afterwards(
    client: httpx.AsyncClient, database: Database
) -> None:
    before = (await asked(client, "/board"))["activities"]
    later = proposed("t-8", "六月的议题", proposed_on=day("06-01"))
    await store(database, stream_of("topic-t-8", later), position=2)
    made = await database[INDEX].count_documents({})
    again = (await asked(client, "/board"))["activities"]
    assert (again, await database[INDEX].count_documents({})) == (before, made), "nothing is folded again"

    late = proposed("t-9", "补录的议题", proposed_on=day("05-31"), back_entry=True)
    await store(database, stream_of("topic-t-9", late), position=3)

    assert (await asked(client, "/board"))["activities"] == before + 1


async def test_events_are_counted_again_only_once_the_board_has_read_on(
    settings: Settings, database: Database
) -> None:
    of_board = build(SERVICE, settings, frozenset({Part.API})).state.past
    first = await of_board.version(ACTIVITIES, MAY)
    await database["happened__v1"].insert_one({"_id": "topic-t-9:1", "day": MAY.isoformat()})
    at_once = await of_board.version(PLANS, MAY)
    await database["projections"].update_one(
        {"_id": HAPPENED.name}, {"$inc": {"progress.topics-0.position": 1}}
    )

    assert at_once == first
    assert await of_board.version(PLANS, MAY) != first


async def test_an_activity_of_which_only_a_later_stream_had_begun_is_not_there(
    client: httpx.AsyncClient, database: Database
) -> None:
    topic = stream_of("topic-t-9", proposed("t-9", proposed_on=date(2024, 6, 2)))
    await store(database, [*topic, *stream_of("meeting-m-9", held("t-9", "m-9"))], position=2)

    assert (await client.get("/activities/t-9", params=AS_OF)).status_code == 404
    assert "t-9" not in {
        item["topic_id"] for item in (await asked(client, "/activities", limit="100"))["items"]
    }


async def test_what_cannot_be_folded_is_left_out_of_the_past_and_nothing_else(
    client: httpx.AsyncClient, database: Database
) -> None:
    its = OfTopic("t-9", "m-9", "p-9")
    orphan = stream_of("problem-p-9", its.rated())
    about = stream_of("topic-t-9", proposed("t-9"), adopted("t-9"))
    for key, document in fold_all(HAPPENED, orphan).items():
        await database["happened__v1"].insert_one({**document, "day": "2024-05-01", "_id": key})
    await store(database, about, position=2)

    assert (await asked(client, "/activities/t-9"))["status"] == "adopted"
    assert "t-9" in {item["topic_id"] for item in (await asked(client, "/activities", limit="100"))["items"]}


async def test_who_asks_for_the_past_when_too_many_do_is_told_when_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_ASKING", 0)
    full = await client.get("/venues", params=AS_OF)

    assert (full.status_code, full.headers["retry-after"]) == (503, "30")
    assert (await client.get("/venues")).status_code == 200, "nobody who looks at now waits for it"


@pytest.mark.parametrize("projection", SHOWN, ids=lambda projection: projection.name)
async def test_what_is_kept_of_a_day_is_what_folding_gives(
    settings: Settings, database: Database, projection: Any
) -> None:
    board = build(SERVICE, settings, frozenset({Part.API})).state.past
    kept = await (await board.as_of(projection, MAY)).find({})
    expected = fold_all(projection, had_happened())

    assert {document["_id"]: without_runner_fields(document) for document in kept} == expected


@pytest.mark.parametrize("projection", [ACTIVITIES, PLANS, VENUES], ids=lambda projection: projection.name)
async def test_one_alone_is_as_it_is_among_all(settings: Settings, projection: Any) -> None:
    board = build(SERVICE, settings, frozenset({Part.API})).state.past
    expected = fold_all(projection, had_happened())
    alone = {key: await board.one(projection, key, MAY) for key in sorted(expected)[:5]}

    assert {key: without_runner_fields(one) for key, one in alone.items()} == {k: expected[k] for k in alone}
