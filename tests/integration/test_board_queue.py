"""The work queue over HTTP, on a real database: whose it is, by due date, with lights, pages and files."""

from __future__ import annotations

import asyncio
import csv
import secrets
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from typing import Any

import httpx
import pymongo
import pytest

from services.board.app import SERVICE
from shared.contracts.envelope import Recorded
from shared.eventsourcing.http import person_id
from shared.eventsourcing.service import Part, build
from shared.eventsourcing.testing import stream_of
from shared.platform.auth import Role, issue_dev_token
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.integration.test_board_api import client_of, signed_in, store
from tests.unit.board.live import entry_opened, invited, noticed, of_entry, of_meeting, of_problem, scheduled
from tests.unit.board.streams import OfTopic, adopted, proposed

COUNTY, TOWN = "371621", "371621101"
AS_OF = {"as_of": "2024-09-05"}
GUEST = person_id("a-guest")


def events() -> list[Recorded]:
    """Return a topic in one town with a meeting and two problems, and a topic in another."""
    its, other = OfTopic(), OfTopic(problem="p-2")
    streams = [
        stream_of("topic-t-1", proposed(), adopted()),
        of_meeting(scheduled(), noticed(), invited(GUEST)),
        of_entry(entry_opened(2)),
        of_problem(its.assigned("09-11", lead="县水利局", opinion=1)),
        stream_of("problem-p-2", other.assigned("08-20", lead="县水利局", opinion=2)),
        stream_of("topic-t-2", proposed("t-2", "路灯", "371621001")),
        stream_of("topic-t-3", proposed("t-3", "学区", COUNTY)),
    ]
    return [event for stream in streams for event in stream]


async def _stored(settings: Settings) -> None:
    mongo = connect(settings, "board")
    await store(mongo.database("board"), events())
    mongo.close()


@pytest.fixture(scope="module")
def prefix(mongo_url: str) -> Iterator[str]:
    """Prefix of databases that hold the events, for tests that only read."""
    prefix = f"hxs{secrets.token_hex(4)}"
    asyncio.run(_stored(Settings(mongo_url=mongo_url, mongo_prefix=prefix)))
    yield prefix
    with pymongo.MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(f"{prefix}_board")


@pytest.fixture
def settings(mongo_url: str, prefix: str) -> Settings:
    """Settings of a process that serves HTTP alone."""
    return Settings(mongo_url=mongo_url, mongo_prefix=prefix)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account."""
    async with client_of(build(SERVICE, settings, frozenset({Part.API}))) as found:
        yield found


def department(settings: Settings, organisation: str, county: str = COUNTY) -> dict[str, str]:
    """Return the header of a department's account."""
    token = issue_dev_token(settings, [Role.DEPARTMENT], county, "someone", organisation=organisation)
    return {"Authorization": f"Bearer {token}"}


async def items(
    client: httpx.AsyncClient, headers: dict[str, str], path: str = "/todo", **asked: Any
) -> list[dict[str, Any]]:
    """Return the first page of a queue."""
    answer = await client.get(path, params={**AS_OF, **asked}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_department_sees_what_waits_for_it_by_due_date_with_light_and_place(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    late, soon = await items(client, department(settings, "县水利局"))

    assert (late["due_on"], late["light"]["colour"]) == ("2024-08-20", "red")
    assert (soon["due_on"], soon["light"]["text"]) == ("2024-09-11", "黄灯 · 还剩 4 个工作日")
    assert soon["where"] == {"service": "cases", "method": "POST", "path": "/problems/p-1/replies"}
    assert (soon["what"], soon["about"], soon["text"]) == ("办理并答复", "村道积水", "雨后积水")
    assert soon["recipients"] == ["department:县水利局"]


async def test_a_department_of_that_name_in_another_county_sees_nothing(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    assert await items(client, department(settings, "县水利局", "371622")) == []
    assert await items(client, department(settings, "县教育局")) == []


async def test_a_liaison_office_sees_its_towns_duties_and_the_county_its_own(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    town = await items(client, signed_in(settings, Role.LIAISON, TOWN))
    county = await items(client, signed_in(settings, Role.OFFICE, COUNTY))
    convener = await items(client, signed_in(settings, Role.CONVENER, TOWN))

    assert [(duty["kind"], duty["due_on"]) for duty in town] == [("hold", "2024-05-15"), ("step", None)]
    assert [(duty["kind"], duty["about"]) for duty in county] == [("triage", "学区")]
    assert [duty["kind"] for duty in convener] == ["hold", "step"]


async def test_a_community_sees_what_waits_for_its_towns_office_about_itself(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    assert await items(client, signed_in(settings, Role.LIAISON, f"{TOWN}201")) == []
    assert await items(client, signed_in(settings, Role.CONVENER, COUNTY)) == []


async def test_a_person_sees_their_own_invitation_and_nobody_elses(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    token = issue_dev_token(settings, [Role.RESIDENT], "371621001", "a-guest")
    guest = {"Authorization": f"Bearer {token}"}
    mine = await items(client, guest)
    overseen = await items(client, signed_in(settings, Role.AUDITOR, COUNTY), "/todo/all")

    assert [(duty["kind"], duty["recipients"]) for duty in mine] == [("answer-invitation", [])]
    assert await items(client, signed_in(settings, Role.RESIDENT, COUNTY)) == []
    assert GUEST not in str(overseen)
    assert sorted(duty["kind"] for duty in overseen) == ["hold", "reply", "reply", "step", "triage", "triage"]


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ({"light": "red"}, ["2024-08-20"]),
        ({"light": "yellow"}, ["2024-09-11"]),
        ({"light": "none"}, []),
        ({"kind": "reply", "sort": "-due_on"}, ["2024-09-11", "2024-08-20"]),
        ({"kind": ["triage", "help"]}, []),
        ({"division": "371621001"}, []),
        ({"as_of": "2024-05-21"}, []),
        ({"as_of": "2024-05-22", "light": "green"}, ["2024-08-20", "2024-09-11"]),
    ],
)
async def test_a_queue_can_be_asked_for_by_light_kind_division_and_day(
    client: httpx.AsyncClient, settings: Settings, asked: dict[str, Any], due: list[str]
) -> None:
    found = await items(client, department(settings, "县水利局"), **asked)

    assert [duty["due_on"] for duty in found] == due


async def test_a_division_of_another_county_is_not_there(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    headers = signed_in(settings, Role.OFFICE, COUNTY)

    for path in ("/todo", "/todo/count", "/todo/all", "/todo/all/count"):
        answer = await client.get(path, params={"division": "370102"}, headers=headers)
        assert answer.status_code == 404, path


async def test_counts_are_those_of_the_list(client: httpx.AsyncClient, settings: Settings) -> None:
    headers = signed_in(settings, Role.OFFICE, COUNTY)
    counts = (await client.get("/todo/all/count", params=AS_OF, headers=headers)).json()
    own = (await client.get("/todo/count", params=AS_OF, headers=headers)).json()

    assert counts == {
        "total": 6,
        "red": 2,
        "yellow": 1,
        "green": 0,
        "none": 3,
        "by_kind": {"hold": 1, "reply": 2, "step": 1, "triage": 2},
    }
    assert (own["total"], own["by_kind"]) == (1, {"triage": 1})


async def test_pages_of_a_queue_make_up_the_whole(client: httpx.AsyncClient, settings: Settings) -> None:
    headers = signed_in(settings, Role.OFFICE, COUNTY)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        asked = {**AS_OF, "limit": "2", **cursor}
        page = (await client.get("/todo/all", params=asked, headers=headers)).json()
        seen += [duty["duty_id"] for duty in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert len(seen) == 6
    assert seen == [duty["duty_id"] for duty in await items(client, headers, "/todo/all")]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_queue_is_a_file_to_save(client: httpx.AsyncClient, settings: Settings, form: str) -> None:
    headers = department(settings, "县水利局")
    answer = await client.get("/todo", params={**AS_OF, "format": form}, headers=headers)

    assert answer.status_code == 200
    if form == "csv":
        headings, *lines = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
        shown = [dict(zip(headings, line, strict=True)) for line in lines]
        assert [(line["到期日期"], line["事项"]) for line in shown] == [
            ("2024-08-20", "办理并答复"),
            ("2024-09-11", "办理并答复"),
        ]


async def test_whoever_has_no_account_has_no_queue(client: httpx.AsyncClient, settings: Settings) -> None:
    member = signed_in(settings, Role.MEMBER, TOWN)

    assert (await client.get("/todo")).status_code == 401
    assert (await client.get("/todo/all", headers=member)).status_code == 403
