"""What webhooks keep beside the record, on a real database: the vault, bodies, attempts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from services.notify.channels.webhook.attempts import Attempt, MongoAttempts
from services.notify.channels.webhook.messages import KEPT, MESSAGES, MongoMessages
from services.notify.channels.webhook.vault import VAULT, SealedError, vault_in
from shared.platform.mongo import Database, connect
from shared.platform.settings import Settings

pytestmark = pytest.mark.rule("N10")

OLD, NEW = SecretStr("o" * 40), SecretStr("n" * 40)
NOON = datetime(2024, 9, 5, 4, 0, tzinfo=UTC)


@pytest.fixture
async def database(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Database]:
    mongo = connect(Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix))
    yield mongo.database("notify")
    mongo.close()


async def test_of_many_who_put_the_same_the_first_counts(database: Database) -> None:
    vault = vault_in(database, [NEW])
    await asyncio.gather(*(vault.put("key", "hook", f"value-{n}") for n in range(10)))
    values = {await vault.get("key") for _ in range(3)}
    assert len(values) == 1
    assert await database[VAULT].count_documents({}) == 1


async def test_everything_is_sealed_anew_and_the_old_secret_may_go(database: Database) -> None:
    for n in range(3):
        await vault_in(database, [OLD]).put(f"key-{n}", "hook", f"value-{n}")
    assert await vault_in(database, [NEW, OLD]).reseal() == 3
    assert await vault_in(database, [NEW]).get("key-2") == "value-2"
    with pytest.raises(SealedError):
        await vault_in(database, [OLD]).get("key-2")


async def test_what_nobody_names_is_removed_and_what_is_young_stays(database: Database) -> None:
    vault = vault_in(database, [NEW])
    for id_ in ("named", "orphan", "young"):
        await vault.put(id_, "hook", id_)
    long_ago = {"$set": {"at": datetime.now(UTC) - timedelta(hours=2)}}
    await database[VAULT].update_many({"_id": {"$in": ["named", "orphan"]}}, long_ago)
    assert await vault.sweep({"named"}) == 1
    assert sorted([d["_id"] async for d in database[VAULT].find()]) == ["named", "young"]


async def test_what_a_repeated_request_puts_again_is_not_removed_before_it_is_named(
    database: Database,
) -> None:
    vault = vault_in(database, [NEW])
    await vault.put("key", "hook", "first")
    await database[VAULT].update_one({}, {"$set": {"at": datetime.now(UTC) - timedelta(hours=2)}})

    await vault.put("key", "hook", "second")

    assert await vault.sweep(set()) == 0
    assert await vault.get("key") == "first"


async def test_a_body_stays_as_it_was_put_first_for_as_long_as_is_promised(database: Database) -> None:
    messages = MongoMessages(database)
    await messages.prepare()
    await messages.prepare()
    await messages.put("problem-1:5", b'{"type":"first"}')
    await messages.put("problem-1:5", b'{"type":"second"}')
    assert await messages.get("problem-1:5") == b'{"type":"first"}'
    assert await messages.get("problem-2:5") is None
    indexes = await database[MESSAGES].index_information()
    assert [i["expireAfterSeconds"] for i in indexes.values() if "expireAfterSeconds" in i] == [
        KEPT.total_seconds()
    ]


async def test_attempts_are_kept_by_number_the_last_word_of_each(database: Database) -> None:
    attempts = MongoAttempts(database)
    await attempts.prepare()
    second = Attempt("delivery", 2, NOON, 30, 204, "")
    first = Attempt("delivery", 1, NOON, 12, None, "no answer: ConnectError")
    for each in (second, replace(first, answer="of a killed process"), first):
        await attempts.add(each)
    await attempts.add(Attempt("another", 1, NOON, 1, 200, "ok"))
    assert await attempts.of("delivery") == [first, second]
