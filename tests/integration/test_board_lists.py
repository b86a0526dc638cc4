"""Ledger, department records, statistics, plans and venues over HTTP, of the example ledger's year."""

from __future__ import annotations

import asyncio
import csv
import secrets
from collections.abc import AsyncIterator, Iterator
from io import BytesIO, StringIO
from typing import Any

import httpx
import openpyxl
import pymongo
import pytest

from services.board.app import SERVICE
from services.board.records import by_sound
from shared.eventsourcing.service import Part, build
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.integration.test_board_api import client_of, signed_in, store, store_example_year
from tests.unit.board.live import ITS, of_problem, whole_life
from tests.unit.board.streams import OfTopic
from tests.unit.board.test_ledger import AGAIN, REASSIGNED, RETURNED

AS_OF = {"as_of": "2024-09-05"}
COUNTY, TOWN = "371621", "371621101"


@pytest.fixture(scope="module")
def prefix(mongo_url: str) -> Iterator[str]:
    """Prefix of databases that hold the example year, for tests that only read."""
    prefix = f"hxs{secrets.token_hex(4)}"
    asyncio.run(store_example_year(Settings(mongo_url=mongo_url, mongo_prefix=prefix)))
    yield prefix
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(f"{prefix}_board")


@pytest.fixture
def settings(mongo_url: str, prefix: str) -> Settings:
    """Settings of a process that serves HTTP alone."""
    return Settings(mongo_url=mongo_url, mongo_prefix=prefix)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account, who looks at the example year."""
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as found:
        yield found


@pytest.fixture
def office(settings: Settings) -> dict[str, str]:
    """Return the header of the county's office."""
    return signed_in(settings, Role.OFFICE, COUNTY)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the lines of a CSV file by their headings."""
    assert answer.status_code == 200, answer.text
    headings, *lines = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    return [dict(zip(headings, line, strict=True)) for line in lines]


# the ledger


async def test_the_ledger_has_a_line_for_each_consultation_by_day(
    client: httpx.AsyncClient, office: dict[str, str]
) -> None:
    lines = (await client.get("/ledger", params={"limit": "100"}, headers=office)).json()["items"]

    assert len(lines) == 32
    assert [line["held_on"] for line in lines] == sorted(line["held_on"] for line in lines)
    assert sum(line["closed"] for line in lines) == 9
    assert sum(line["solved"] for line in lines) == 19
    assert all(line["title"] and line["days_to_consultation"] >= 0 for line in lines)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({"closed": "true"}, 9),
        ({"closed": "false"}, 23),
        ({"archived": "true"}, 0),
        ({"year": "2024"}, 32),
        ({"year": "2023"}, 0),
        ({"division": TOWN, "sort": "-closed_on"}, 2),
    ],
)
async def test_the_ledger_can_be_asked_for_by_year_division_and_state(
    client: httpx.AsyncClient, office: dict[str, str], asked: dict[str, str], number: int
) -> None:
    lines = (await client.get("/ledger", params={"limit": "100", **asked}, headers=office)).json()["items"]

    assert len(lines) == number


async def test_a_town_sees_its_own_ledger_only(client: httpx.AsyncClient, settings: Settings) -> None:
    liaison = signed_in(settings, Role.LIAISON, TOWN)
    mine = (await client.get("/ledger", headers=liaison)).json()["items"]

    assert {line["town_name"] for line in mine} == {"石庙镇"}
    assert (await client.get("/ledger", params={"division": "371621001"}, headers=liaison)).status_code == 404


async def test_the_ledger_is_a_workbook_to_save(client: httpx.AsyncClient, office: dict[str, str]) -> None:
    answer = await client.get("/ledger", params={"format": "xlsx"}, headers=office)
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).worksheets[0]

    assert sheet.title == "协商活动台账"
    assert sheet.max_row == 33


# departments


async def test_departments_show_what_they_had_in_hand_by_the_sound_of_their_names(
    client: httpx.AsyncClient, office: dict[str, str]
) -> None:
    answer = await client.get("/departments", params={**AS_OF, "year": "2024"}, headers=office)
    items = answer.json()["items"]
    names = [item["department"] for item in items]

    assert names == sorted(names, key=by_sound)
    assert answer.headers["hxs-as-of"] == AS_OF["as_of"]
    assert sum(item["overdue"] for item in items) == 2
    assert sum(item["solved"] for item in items) == 19


async def test_one_departments_record_can_be_asked_for_and_saved(
    client: httpx.AsyncClient, office: dict[str, str]
) -> None:
    asked = {**AS_OF, "department": "县水利局", "format": "csv"}
    [row] = rows_of(await client.get("/departments", params=asked, headers=office))

    assert (row["承办单位"], row["年度"], row["逾期"]) == ("县水利局", "2024", "1")


async def test_who_returned_a_problem_has_it_returned_and_who_got_it_again_has_it_twice(
    mongo_url: str, mongo_prefix: str
) -> None:
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    other, third = OfTopic(problem="p-2"), OfTopic(problem="p-3")
    late = other.replied("C", "12-01").model_copy(update={"replied_on": REASSIGNED.due_on})
    streams = [
        of_problem(ITS.assigned(), RETURNED, REASSIGNED, ITS.replied(), AGAIN),
        stream_of("problem-p-2", other.assigned("08-20", lead="县水利局"), late),
        stream_of("problem-p-3", third.assigned("06-19", lead="县住建局"), third.replied()),
    ]
    mongo = connect(settings, "board")
    await store(mongo.database("board"), [event for stream in streams for event in stream])
    mongo.close()
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as client:
        headers = signed_in(settings, Role.AUDITOR, COUNTY)
        town, water, construction = (await client.get("/departments", params=AS_OF, headers=headers)).json()[
            "items"
        ]

    assert (town["department"], town["assigned"], town["returned"], town["open"]) == ("石庙镇政府", 1, 1, 0)
    assert (town["answered"], town["on_time_percent"], town["median_days"]) == (0, None, None)  # not 0 %
    figures = {
        name: water[name] for name in ("assigned", "open", "overdue", "answered", "on_time", "reopened")
    }
    assert figures == {"assigned": 3, "open": 1, "overdue": 0, "answered": 2, "on_time": 1, "reopened": 1}
    assert construction["on_time_percent"] == 100  # answered on the due date itself
    assert (water["on_time_percent"], water["results"]["C"], water["median_days"]) == (50, 1, 60.0)


# statistics


@pytest.mark.parametrize("by", ["month", "town", "class"])
async def test_statistics_are_public_and_add_up_to_the_board(client: httpx.AsyncClient, by: str) -> None:
    for scope in ({}, {"year": "2024"}, {"town": TOWN}):
        board = (await client.get("/board", params={**AS_OF, **scope})).json()
        found = (await client.get("/statistics", params={"by": by, **scope})).json()

        assert found["total"]["proposed"] == board["activities"]
        assert found["total"]["problems_solved"] == board["problems_solved"]
        assert found["total"]["loops_closed"] == board["loops_closed"]
        for figure, total in found["total"].items():
            assert sum(row[figure] for row in found["rows"]) == total


async def test_statistics_are_a_file_to_save(client: httpx.AsyncClient) -> None:
    rows = rows_of(await client.get("/statistics", params={"by": "town", "format": "csv"}))

    assert len(rows) == 15
    assert sum(int(row["提出议题"]) for row in rows) == 36


async def test_statistics_of_another_county_are_not_there(client: httpx.AsyncClient) -> None:
    assert (await client.get("/statistics", params={"town": "370102001"})).status_code == 404


# plans and venues


async def test_a_plans_progress_is_a_file_with_a_row_an_item(
    client: httpx.AsyncClient, office: dict[str, str]
) -> None:
    rows = rows_of(await client.get("/plans", params={"format": "csv"}, headers=office))

    assert len(rows) == 16
    assert (rows[1]["进度"], rows[7]["进度"], rows[0]["阶段"]) == ("已完成", "未启动", "已印发")


async def test_venues_are_sorted_filtered_and_saved(
    client: httpx.AsyncClient, office: dict[str, str]
) -> None:
    asked = {"sort": "-met", "limit": "100"}
    venues = (await client.get("/venues", params=asked, headers=office)).json()["items"]
    halls = (await client.get("/venues", params={"tier": "hall", "open": "true"}, headers=office)).json()
    rows = rows_of(await client.get("/venues", params={"format": "csv"}, headers=office))

    assert [venue["met"] for venue in venues] == sorted((v["met"] for v in venues), reverse=True)
    assert {venue["tier"] for venue in halls["items"]} == {"hall"}
    assert (len(venues), len(rows)) == (31, 31)


# all of them


@pytest.mark.parametrize("path", ["/ledger", "/departments", "/plans", "/venues"])
async def test_lists_are_for_those_who_work_with_them(
    client: httpx.AsyncClient, settings: Settings, path: str
) -> None:
    resident = signed_in(settings, Role.RESIDENT, COUNTY)

    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=resident)).status_code == 403


async def test_a_live_activity_is_a_line_of_the_ledger(mongo_url: str, mongo_prefix: str) -> None:
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    mongo = connect(settings, "board")
    await store(mongo.database("board"), [event for stream in whole_life() for event in stream])
    mongo.close()
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as client:
        headers = signed_in(settings, Role.OFFICE, COUNTY)
        [line] = (await client.get("/ledger", params={"archived": "true"}, headers=headers)).json()["items"]
        activity = await client.get("/activities/t-1", headers=headers)

    assert (line["file_number"], line["done"], line["closed"]) == ("371621101-2024-0001", 5, True)
    assert activity.status_code == 200
