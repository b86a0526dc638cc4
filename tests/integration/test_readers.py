"""A dashboard's account reads what is published, under a name that stays, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pymongo
import pytest
from pydantic import BaseModel
from pymongo.errors import OperationFailure

from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.published import publish, view_name
from shared.platform.local.mongod import mongod_binary
from shared.platform.local.process import Child, free_port
from shared.platform.mongo import Database, Mongo, connect
from shared.platform.settings import Settings
from tests.books import BOOKS


class Book(BaseModel):
    """A book as dashboards may know it."""

    title: str


SHOWN = dataclasses.replace(BOOKS, published=Book)
PASSWORD = "read-only-password"


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield mongo.database("books")
    mongo.close()


async def _fill(database: Database, build: int, title: str) -> None:
    book = {"_id": "b-1", "title": title, "bought_by": "somebody", "_rev": 3, "_pos": {}, "_as_of": None}
    await database[collection_name(BOOKS.name, build)].insert_one(book)


async def test_a_view_shows_the_promised_fields_of_the_build_that_serves(database: Database) -> None:
    pointers = Pointers(database)
    pointer = await pointers.begin(SHOWN, {"books": 1})
    await _fill(database, 1, "旧")
    await _fill(database, 2, "新")
    view = database[view_name(BOOKS.name)]

    await publish(database, SHOWN, pointer)
    before = await view.find_one({})
    await publish(database, SHOWN, dataclasses.replace(pointer, build=2))
    await publish(database, SHOWN, dataclasses.replace(pointer, build=2))
    after = await view.find_one({})

    assert before == {"_id": "b-1", "title": "旧", "_as_of": None}
    assert after == {"_id": "b-1", "title": "新", "_as_of": None}


async def test_what_nobody_promised_has_no_view(database: Database) -> None:
    pointer = await Pointers(database).begin(BOOKS, {"books": 1})

    await publish(database, BOOKS, pointer)

    assert view_name(BOOKS.name) not in await database.list_collection_names()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[Mongo, str]]:
    """A server that asks for passwords: (an administrator's access, its address)."""
    address = f"127.0.0.1:{free_port()}"
    host, _, port = address.partition(":")
    (tmp_path / "db").mkdir()
    command = [str(mongod_binary()), "--auth", "--dbpath", str(tmp_path / "db"), "--bind_ip", host]
    child = Child("mongod", [*command, "--port", port, "--nounixsocket"], tmp_path / "mongod.log")
    try:
        child.wait_for_output("Waiting for connections", 30)
        with pymongo.MongoClient[dict[str, object]](f"mongodb://{address}") as first:
            first.admin.command({"createUser": "root", "pwd": "root", "roles": ["root"]})
        mongo = connect(Settings(mongo_url=f"mongodb://root:root@{address}/?retryWrites=false"))
        yield mongo, address
        mongo.close()
    finally:
        child.stop()


async def test_an_account_of_a_dashboard_reads_the_views_and_nothing_else(
    guarded: tuple[Mongo, str],
) -> None:
    mongo, address = guarded
    database = mongo.database("books")
    await _fill(database, 1, "民法典")
    await database["people"].insert_one({"_id": "p-1", "name": "somebody"})
    await publish(database, SHOWN, await Pointers(database).begin(SHOWN, {"books": 1}))
    name = view_name(BOOKS.name)

    for password in ("an-older-password", PASSWORD):  # made, then changed
        await mongo.let_read("dashboards", password, {"books": [name]})

    with pymongo.MongoClient[dict[str, object]](f"mongodb://dashboards:{PASSWORD}@{address}") as client:
        seen = client[database.name]
        assert [book["title"] for book in seen[name].find()] == ["民法典"]
        for forbidden in ("people", collection_name(BOOKS.name, 1), "projections", "commits"):
            with pytest.raises(OperationFailure, match="not authorized"):
                seen[forbidden].find_one({})
        with pytest.raises(OperationFailure, match="not authorized"):
            seen["people"].insert_one({"_id": "p-2"})

    await mongo.let_read_no_more("dashboards")
    with (
        pymongo.MongoClient[dict[str, object]](f"mongodb://dashboards:{PASSWORD}@{address}") as client,
        pytest.raises(OperationFailure, match="Authentication failed"),
    ):
        client[database.name][name].find_one({})
