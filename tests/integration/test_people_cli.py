"""What `hxs people` forgets, in all services at once, and what a backup holds of people and files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from services.meetings.app import SERVICE as MEETINGS
from services.topics.app import SERVICE as TOPICS
from shared.eventsourcing.http import person_id
from shared.eventsourcing.service import Service
from shared.platform.auth import Principal, Role
from shared.platform.mongo import Mongo, connect
from shared.platform.people import Details
from shared.platform.settings import load_settings
from tests.unit.cli.running import Hxs

T = TypeVar("T")
COUNTY, TOWN = "371621", "371621001"
OFFICE = Principal("office", frozenset({Role.OFFICE}), COUNTY)
PLANTED = ("王秀英", "13812345678", "party_member")


class Databases:
    """The databases of this test."""

    def __init__(self) -> None:
        self.settings = load_settings()

    def do(self, work: Callable[[Mongo], Awaitable[T]]) -> T:
        """Do something with them."""

        async def run() -> T:
            mongo = connect(self.settings)
            try:
                return await work(mongo)
            finally:
                mongo.close()

        return asyncio.run(run())

    def text(self) -> str:
        """Return all documents of all collections of all services as text."""

        async def read(mongo: Mongo) -> str:
            found: list[str] = []
            for service in ("topics", "meetings", "cases", "notify", "board", "platform"):
                database = mongo.database(service)
                for name in await database.list_collection_names():
                    found += [str(document) async for document in database[name].find()]
            return "\n".join(found)

        return self.do(read)


@pytest.fixture
def databases(mongo_url: str, mongo_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Databases:
    monkeypatch.setenv("HXS_MONGO_URL", mongo_url)
    monkeypatch.setenv("HXS_MONGO_PREFIX", mongo_prefix)
    return Databases()


@pytest.fixture
def hxs() -> Hxs:
    return Hxs()


async def pdf() -> AsyncIterator[bytes]:
    yield b"%PDF-1.7\n"
    for _ in range(3):
        yield b"x" * 2**20


@pytest.fixture
def known(databases: Databases) -> Databases:
    """The same person in two services, and a file."""

    async def write(mongo: Mongo) -> None:
        topics = TOPICS.people(mongo.database("topics"))
        await topics.put(
            "person-1", division=TOWN, details=Details(name="王秀英", texts={"topic-1": "王秀英说"})
        )
        await topics.look_up(["person-1"], reader=OFFICE, why="回访")
        meetings = MEETINGS.people(mongo.database("meetings"))
        await meetings.put("person-1", division=TOWN, details=Details(phone="13812345678"))
        await meetings.restrict(
            "person-1", division=COUNTY, facts={"party_member": True}, by=OFFICE, why="登记"
        )
        files = TOPICS.files(mongo.database("topics"), databases.settings)
        await files.put(pdf(), name="报告.pdf", division=TOWN, by="person-2")

    databases.do(write)
    return databases


def test_a_person_is_erased_in_all_services_and_it_is_said_where(hxs: Hxs, known: Databases) -> None:
    assert all(value in known.text() for value in PLANTED)

    done = hxs("people", "erase", "person-1", "--yes", "--json")

    assert done.code == 0
    assert done.json == [
        {
            "person": "person-1",
            "known": True,
            "places": {"topics": ["people"], "meetings": ["people", "restricted"]},
        }
    ]
    left = known.text()
    assert not any(value in left for value in PLANTED)
    assert hxs("people", "erased").out.split() == ["person-1"]
    assert "was erased before" in hxs("people", "erase", "person-1", "--yes").out


def test_whom_nobody_knows_is_told_so_and_leaves_nothing(hxs: Hxs, known: Databases) -> None:
    before = known.text()
    done = hxs("people", "erase", "person-9", "--yes")
    assert (done.code, done.out.startswith("!! person-9")) == (1, True)
    assert known.text() == before


def test_whom_one_service_knew_no_service_writes_down_again(hxs: Hxs, databases: Databases) -> None:
    async def put(mongo: Mongo, service: Service) -> bool:
        people = service.people(mongo.database(service.name))
        return await people.put("person-1", division=TOWN, details=Details(name="王秀英"))

    assert databases.do(lambda mongo: put(mongo, TOPICS))
    assert hxs("people", "erase", "person-1", "--yes").code == 0
    assert not databases.do(lambda mongo: put(mongo, TOPICS))
    assert not databases.do(lambda mongo: put(mongo, MEETINGS))
    assert "王秀英" not in databases.text()


def test_an_account_is_erased_with_the_person_whom_it_stands_for(hxs: Hxs, known: Databases) -> None:
    add = ("accounts", "add", "wangxiuying", "--role", "member", "--division", COUNTY, "--password-stdin")
    made = hxs(*add, "--json", stdin="correct horse battery\n").json

    done = hxs("people", "erase", person_id(made["subject"]), "--yes", "--json")

    assert (done.code, done.json[0]["places"]) == (0, {"platform": ["accounts"]})
    assert "wangxiuying" not in known.text()


@pytest.mark.parametrize(
    "arguments", [("person-1",), ("王秀英", "--yes"), ("--yes",)], ids=["unasked", "a name", "nobody"]
)
def test_nothing_is_erased_by_mistake(hxs: Hxs, known: Databases, arguments: tuple[str, ...]) -> None:
    done = hxs("people", "erase", *arguments)
    assert done.code == 2
    assert "王秀英" not in done.err
    assert hxs("people", "erased", "--json").json == []


def test_a_backup_holds_people_and_files_and_a_restore_brings_them_back(
    hxs: Hxs, known: Databases, tmp_path: Path
) -> None:
    async def files(mongo: Mongo) -> list[tuple[int, str]]:
        database, found = mongo.database("topics"), []
        async for document in database["files.files"].find():
            stored = await TOPICS.files(database, known.settings).open(document["_id"])
            found.append((len(b"".join([chunk async for chunk in stored.chunks])), stored.ref.sha256))
        return found

    before = known.do(files)
    done = hxs("backup", tmp_path / "backup", "--json")
    assert done.code == 0
    kept = {name: each["documents"] for name, each in done.json["databases"]["topics"].items()}
    assert kept == {
        "people": 1,
        "people_accesses": 1,
        "files.files": 1,
        "files.chunks": 4,
        "files_waiting": 1,
    }
    assert hxs("people", "erase", "person-1", "--yes").code == 0

    assert hxs("restore", tmp_path / "backup", "--force").code == 0

    assert all(value in known.text() for value in PLANTED)
    assert known.do(files) == before


def test_who_was_erased_after_the_backup_is_erased_again_from_the_list(
    hxs: Hxs, known: Databases, tmp_path: Path
) -> None:
    assert hxs("backup", tmp_path / "backup").code == 0
    hxs("people", "erase", "person-1", "--yes")
    listed = tmp_path / "erased.txt"
    listed.write_text(hxs("people", "erased").out + "person-younger-than-the-backup\n")
    hxs("restore", tmp_path / "backup", "--force")

    assert hxs("people", "erase", "--from", listed, "--yes").code == 0

    left = known.text()
    assert not any(value in left for value in PLANTED)
