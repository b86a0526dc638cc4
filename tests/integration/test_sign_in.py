"""A county without an identity provider: an account of this system, a token, a command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from services.topics.app import SERVICE
from shared.eventsourcing.service import Part, build
from shared.platform.auth import Role
from shared.platform.local_accounts import LocalAccounts, MongoAccountStore
from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.log_tools import until

TOWN = "371621001"
TOPIC = {"division": TOWN, "title": "路灯", "origin": "residents", "proposed_on": "2026-11-01"}


@pytest.fixture
def without_provider(mongo_url: str, mongo_prefix: str) -> Settings:
    return Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix, local_accounts=True)


@asynccontextmanager
async def topics(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP part of topics, on a real database."""
    app = build(SERVICE, settings, frozenset({Part.API}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://topics") as client,
    ):

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)
        yield client


async def test_who_has_an_account_signs_in_and_works(without_provider: Settings) -> None:
    mongo = connect(without_provider)
    await LocalAccounts(MongoAccountStore(mongo)).create(
        "lianluo", "一个很长的密码 2026", [Role.LIAISON], TOWN
    )
    mongo.close()
    async with topics(without_provider) as client:
        signed_in = await client.post(
            "/login", json={"username": "lianluo", "password": "一个很长的密码 2026"}
        )
        assert signed_in.status_code == 200, signed_in.text
        token = signed_in.json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        topic = (await client.post("/topics", json=TOPIC)).json()["id"]

        adopted = await client.post(f"/topics/{topic}/adoption", json={"adopted_on": "2026-11-02"})

        assert adopted.status_code == 200, adopted.text


async def test_a_wrong_password_is_told_nothing_more(without_provider: Settings) -> None:
    async with topics(without_provider) as client:
        refused = await client.post("/login", json={"username": "nobody", "password": "guessed wrongly"})

        assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-refused")


async def test_with_a_provider_there_is_no_sign_in_here(mongo_url: str, mongo_prefix: str) -> None:
    async with topics(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)) as client:
        assert (await client.post("/login", json={})).status_code == 404
