"""People, files and limits on the real database: what is written at once, half, or by two at a time."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.topics.app import SERVICE as TOPICS
from shared.eventsourcing.http import person_id
from shared.eventsourcing.service import Part, build
from shared.platform.auth import Principal, Role, issue_dev_token
from shared.platform.file_store import GridFileStore
from shared.platform.files import Files, FileTooLargeError
from shared.platform.mongo import Database, connect
from shared.platform.people import Details, People
from shared.platform.people_store import MongoPeopleStore
from shared.platform.problems import NotFoundError, TooManyRequestsError
from shared.platform.rate_limit import Limits, MongoLimitStore, Rate
from shared.platform.settings import load_settings

NOW = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)
COUNTY, TOWN = "371621", "371621001"
WANG = Details(name="王秀英", phone="13812345678", texts={"topic-1": "路灯不亮"})
CLERK = Principal("clerk", frozenset({Role.LIAISON}), TOWN)
MIB = 2**20


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(load_settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield mongo.database("topics")
    mongo.close()


# people


@pytest.fixture
async def people(database: Database) -> People:
    people = People(MongoPeopleStore(database), identify=person_id, clock=lambda: NOW)
    await people.prepare()
    return people


async def test_a_person_is_put_looked_up_searched_and_logged(people: People, database: Database) -> None:
    assert await people.put("p-1", division=TOWN, details=WANG)
    assert await people.put("p-1", division=TOWN, details=Details(email="w@b.cn", texts={"topic-2": "补充"}))
    assert await people.restrict("p-1", division=TOWN, facts={"flag": True}, by=CLERK, why="登记")

    found = (await people.look_up(["p-1", "p-2"], reader=CLERK, why="回访"))["p-1"]
    assert (found.name, found.email, set(found.texts)) == ("王秀英", "w@b.cn", {"topic-1", "topic-2"})
    assert [p.id for p in await people.search(name="王秀英", reader=CLERK, why="来电")] == ["p-1"]
    assert await people.names_of(COUNTY) == {"王秀英"}
    assert await people.restricted_of(["p-1"]) == {"p-1": {"flag": True}}
    lines = await people.accesses(reader=CLERK, person="p-1", before=None, limit=2)
    older = await people.accesses(reader=CLERK, person="p-1", before=lines[-1].id, limit=2)
    assert [line.why for line in lines + older] == ["来电", "回访", "登记"]
    assert (lines[0].at, lines[0].reader) == (NOW, person_id("clerk"))


async def test_two_who_write_the_same_new_person_at_once_both_succeed(people: People) -> None:
    many = [Details(texts={f"topic-{n}": str(n)}) for n in range(30)]
    assert all(await asyncio.gather(*(people.put("p-1", division=TOWN, details=each) for each in many)))
    found = await people.look_up(["p-1"], reader=CLERK, why="回访")
    assert len(found["p-1"].texts) == 30


async def test_whatever_is_written_while_a_person_is_erased_nothing_of_it_stays(
    people: People, database: Database
) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    writes = [people.put("p-1", division=TOWN, details=WANG) for _ in range(20)]
    await asyncio.gather(*writes[:10], people.erase("p-1", by="p-9", why="本人要求"), *writes[10:])
    assert not await people.put("p-1", division=TOWN, details=WANG)
    assert [d async for d in database["people"].find()] == [
        {"_id": "p-1", "division": TOWN, "erased_at": NOW, "erased_by": "p-9"}
    ]
    assert await people.erased() == ["p-1"]


async def test_an_erasure_that_was_begun_is_finished_later(people: People, database: Database) -> None:
    await people.put("p-1", division=TOWN, details=WANG)
    await MongoPeopleStore(database).begin_erasure("p-1", NOW)  # and then the process was killed
    assert await people.names_of(COUNTY) == frozenset()
    assert not await people.put("p-1", division=TOWN, details=WANG)
    assert await people.finish_erasures() == 1
    assert await people.erased() == ["p-1"]


# files


@pytest.fixture
async def files(database: Database) -> Files:
    files = Files(GridFileStore(database), most_bytes=20 * MIB, identify=person_id, clock=lambda: NOW)
    await files.prepare()
    return files


async def document(size: int) -> AsyncIterator[bytes]:
    yield b"%PDF-1.7\n"
    content = random.Random(1)
    for _ in range(size // 65_536):
        yield content.randbytes(65_536)


async def left(database: Database) -> dict[str, int]:
    return {
        name: await database[name].count_documents({})
        for name in ("files.files", "files.chunks", "files_waiting")
    }


NOTHING = {"files.files": 0, "files.chunks": 0, "files_waiting": 0}


@pytest.mark.rule("T18")
async def test_a_file_comes_back_as_it_went_with_its_hash(files: Files, database: Database) -> None:
    ref = await files.put(document(3 * MIB), name="报告.pdf", division=TOWN, by="p-1")
    whole = hashlib.sha256()
    stored = await files.open(ref.file_id)
    async for chunk in stored.chunks:
        whole.update(chunk)
    assert (ref.size, ref.sha256) == (3 * MIB + 9, whole.hexdigest())
    assert stored.name == "报告.pdf"

    assert await files.attach(ref.file_id, "topic-1", within=COUNTY) == ref
    assert (await left(database))["files_waiting"] == 0
    with pytest.raises(NotFoundError):
        await files.attach(ref.file_id, "topic-2", within=COUNTY)
    assert await files.sweep(timedelta(days=-1)) == 0
    assert (await files.open(ref.file_id)).stream == "topic-1"


@pytest.mark.rule("T18")
async def test_of_a_file_that_is_too_large_nothing_is_left(files: Files, database: Database) -> None:
    with pytest.raises(FileTooLargeError):
        await files.put(document(25 * MIB), name="报告.pdf", division=TOWN, by="p-1")
    assert await left(database) == NOTHING


async def test_of_an_upload_whose_sender_went_away_no_byte_is_left(files: Files, database: Database) -> None:
    begun = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        async for chunk in document(2 * MIB):
            yield chunk
        begun.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(files.put(stalled(), name="报告.pdf", division=TOWN, by="p-1"))
    await begun.wait()
    assert (await left(database))["files.chunks"] > 0
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert await left(database) == NOTHING | {"files_waiting": 1}
    assert await files.sweep(timedelta(days=-1)) == 1
    assert await left(database) == NOTHING


async def test_what_a_killed_process_left_is_swept_away(files: Files, database: Database) -> None:
    # As a kill leaves it: pieces without a file, and a file that nothing names.
    await database["files_waiting"].insert_one({"_id": "f-1", "begun_at": NOW - timedelta(days=2)})
    await database["files.chunks"].insert_one({"files_id": "f-1", "n": 0, "data": b"%PDF-"})
    await files.put(document(MIB), name="报告.pdf", division=TOWN, by="p-1")
    assert await files.sweep() == 1
    assert await files.sweep(timedelta(days=-1)) == 1
    assert await left(database) == NOTHING


async def test_a_file_is_either_attached_or_swept_away(files: Files, database: Database) -> None:
    refs = [await files.put(document(0), name="a.pdf", division=TOWN, by="p-1") for _ in range(12)]

    async def attach(file_id: str) -> bool:
        try:
            await files.attach(file_id, "topic-1", within=TOWN)
        except NotFoundError:
            return False
        return True

    *attached, swept = await asyncio.gather(
        *(attach(ref.file_id) for ref in refs), files.sweep(timedelta(days=-1))
    )
    assert swept + sum(attached) == len(refs)
    assert (await left(database))["files.files"] == sum(attached)
    assert (await left(database))["files.chunks"] == sum(attached)


# limits


async def test_of_many_at_once_over_two_instances_so_many_pass(database: Database) -> None:
    secrets = load_settings().signing_secrets
    one, other = (
        Limits(MongoLimitStore(database), secrets=secrets, enabled=True, clock=lambda: NOW) for _ in range(2)
    )
    await one.prepare()

    async def passes(limits: Limits) -> bool:
        try:
            await limits.hit("submission:192.0.2.7", Rate(10, 60), Rate(100, 86_400))
        except TooManyRequestsError:
            return False
        return True

    passed = [await passes(one if n % 2 else other) for n in range(30)]
    assert sum(passed) == 10
    assert sum(await asyncio.gather(*(passes(one if n % 2 else other) for n in range(20)))) == 0
    stored = [d async for d in database["rate_counts"].find()]
    assert sorted(d["n"] for d in stored) == [10, 10]
    assert "192.0.2.7" not in str(stored)
    indexes = await database["rate_counts"].index_information()
    assert any(index.get("expireAfterSeconds") == 0 for index in indexes.values())


# a service


async def test_a_service_takes_large_files_and_keeps_house(mongo_url: str, mongo_prefix: str) -> None:
    settings = load_settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, dev_token_secret="s" * 40)
    app = build(TOPICS, settings, frozenset({Part.API}))
    database: Database = app.state.process.database
    await database["files_waiting"].insert_one({"_id": "f-1", "begun_at": NOW})  # long ago
    token = issue_dev_token(settings, [Role.LIAISON], TOWN, "clerk")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=b"}
    before = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'

    async def form(size: int) -> AsyncIterator[bytes]:
        yield before
        async for chunk in document(size):
            yield chunk
        yield b"\r\n--b--\r\n"

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers) as client,
        asyncio.timeout(30),
    ):
        while await database["files_waiting"].find_one({"_id": "f-1"}):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
        taken = await client.post("/files", content=form(5 * MIB))
        assert (taken.status_code, taken.json()["size"]) == (201, 5 * MIB + 9)
        too_large = await client.post("/files", content=form(20 * MIB))
        assert (too_large.status_code, too_large.json()["code"]) == (413, "file-too-large")
        announced = await client.post("/files", content=b"", headers={"Content-Length": str(21 * MIB)})
        assert (announced.status_code, announced.json()["code"]) == (413, "body-too-large")
        assert (await left(database))["files.files"] == 1


async def test_while_the_database_is_away_the_answer_is_to_come_again() -> None:
    away = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50"
    settings = load_settings(mongo_url=away, dev_token_secret="s" * 40)
    app = build(TOPICS, settings, frozenset({Part.API}))
    token = issue_dev_token(settings, [Role.LIAISON], TOWN, "clerk")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://t", headers=headers
    ) as client:
        for path in ("/people/person-1?why=x", "/topics"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), path
