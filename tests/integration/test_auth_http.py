"""Sign in with a local account kept in a real database, then use the token at a service."""

from typing import Annotated

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter, Depends

from shared.platform.auth import Principal, Role
from shared.platform.authorisation import require
from shared.platform.health import Health
from shared.platform.http import create_app
from shared.platform.local_accounts import (
    AccountExistsError,
    AccountMissingError,
    LocalAccounts,
    MongoAccountStore,
    router,
)
from shared.platform.metrics import Metrics
from shared.platform.mongo import Mongo, aggregate, connect
from shared.platform.settings import Settings, load_settings

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

Adopter = Annotated[Principal, Depends(require(Role.LIAISON))]


@pytest.fixture
def own_settings(mongo_url: str, mongo_prefix: str) -> Settings:
    return load_settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, local_accounts=True)


def service() -> APIRouter:
    routes = APIRouter()

    @routes.post("/adopt")
    async def adopt(caller: Adopter) -> str:
        return caller.subject

    return routes


async def test_an_account_signs_in_and_its_token_opens_what_its_role_may(own_settings: Settings) -> None:
    mongo = connect(own_settings)
    accounts = LocalAccounts(MongoAccountStore(mongo), CHEAP)
    made = await accounts.create("wang", PASSWORD, [Role.LIAISON], "371621001")
    app = create_app(
        "topics",
        "t",
        own_settings,
        routers=[service(), router(accounts, own_settings)],
        health=Health(),
        metrics=Metrics(of_process=False),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        signed_in = await client.post("/login", json={"username": "wang", "password": PASSWORD})
        token = signed_in.json()["access_token"]
        adopted = await client.post("/adopt", headers={"authorization": f"Bearer {token}"})
    assert (adopted.status_code, adopted.json()) == (200, made.subject)
    mongo.close()


async def test_accounts_are_kept_changed_and_never_doubled(own_settings: Settings) -> None:
    mongo = connect(own_settings)
    store = MongoAccountStore(mongo)
    accounts = LocalAccounts(store, CHEAP)
    made = await accounts.create("wang", PASSWORD, [Role.MEMBER, Role.CONVENER], "371621001", "县住建局")
    assert await store.find("wang") == made
    with pytest.raises(AccountExistsError):
        await accounts.create("WANG", PASSWORD, [], "371621")
    await accounts.disable("wang")
    kept = await store.find("wang")
    assert kept is not None
    assert kept.disabled
    with pytest.raises(AccountMissingError):
        await store.replace(type(made)("nobody", "x", "x", frozenset(), "371621"))
    mongo.close()


@pytest.fixture
async def mongo(own_settings: Settings) -> Mongo:
    return connect(own_settings)


async def test_a_snapshot_shows_the_data_of_one_moment(mongo: Mongo) -> None:
    await mongo.ping()
    notes = mongo.database("notes")["notes"]
    await notes.insert_one({"_id": 1})
    async with mongo.session(snapshot=True) as session:
        assert await notes.count_documents({}, session=session) == 1
        await notes.insert_one({"_id": 2})
        assert await notes.count_documents({}, session=session) == 1
    assert await notes.count_documents({}) == 2


async def test_an_aggregation_yields_its_documents_and_a_dropped_database_is_empty(mongo: Mongo) -> None:
    notes = mongo.database("notes")["notes"]
    await notes.insert_many([{"_id": n, "even": n % 2 == 0} for n in range(4)])
    found = [d async for d in aggregate(notes, [{"$match": {"even": True}}, {"$sort": {"_id": 1}}])]
    assert [document["_id"] for document in found] == [0, 2]
    await mongo.drop("notes")
    assert await notes.count_documents({}) == 0
