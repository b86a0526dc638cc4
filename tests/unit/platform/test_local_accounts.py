"""Accounts of this system: passwords, refusals, and how often one may try."""

from typing import Literal

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from shared.platform import problems
from shared.platform.auth import Role, TokenVerifier
from shared.platform.local_accounts import (
    FAILURE_WINDOW_SECONDS,
    FAILURES_PER_ADDRESS,
    FAILURES_PER_NAME,
    AccountExistsError,
    AccountMissingError,
    Failures,
    LocalAccounts,
    MemoryAccountStore,
    SignInRefusedError,
    WeakPasswordError,
    router,
)
from shared.platform.problems import TooManyRequestsError
from shared.platform.settings import load_settings

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HERE = "192.0.2.1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class CountingHasher(PasswordHasher):
    """Counts how often a password is verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.verified += 1
        return super().verify(hash, password)


@pytest.fixture
def store() -> MemoryAccountStore:
    return MemoryAccountStore()


@pytest.fixture
async def accounts(store: MemoryAccountStore) -> LocalAccounts:
    found = LocalAccounts(store, CHEAP)
    await found.create("Wang.Fang", PASSWORD, [Role.LIAISON], "371621001")
    return found


async def test_the_right_password_proves_an_opaque_subject(accounts: LocalAccounts) -> None:
    principal = await accounts.sign_in("wang.fang", PASSWORD, HERE)
    assert (principal.roles, principal.division) == (frozenset({Role.LIAISON}), "371621001")
    assert "wang" not in principal.subject


async def test_the_password_itself_is_not_kept(accounts: LocalAccounts, store: MemoryAccountStore) -> None:
    account = await store.find("wang.fang")
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")


async def test_an_account_may_act_for_an_organisation(accounts: LocalAccounts) -> None:
    await accounts.create("zhujian", PASSWORD, [Role.DEPARTMENT], "371621", "县住建局")
    assert (await accounts.sign_in("zhujian", PASSWORD, HERE)).organisation == "县住建局"


@pytest.mark.parametrize("typed", ["WANG.FANG", "  wang.fang ", "wang.fang"])
async def test_case_width_and_spaces_of_a_name_do_not_matter(accounts: LocalAccounts, typed: str) -> None:
    await accounts.sign_in(typed, PASSWORD, HERE)


async def test_the_usual_cost_is_argon2id_with_64_mib() -> None:
    usual = LocalAccounts(MemoryAccountStore())
    account = await usual.create("a", PASSWORD, [], "371621")
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,")


async def test_unknown_name_wrong_password_and_disabled_account_are_answered_alike(
    accounts: LocalAccounts,
) -> None:
    await accounts.create("gone", PASSWORD, [], "371621")
    await accounts.disable("gone")
    for name, password in (("nobody", PASSWORD), ("wang.fang", "wrong"), ("gone", PASSWORD)):
        with pytest.raises(SignInRefusedError) as caught:
            await accounts.sign_in(name, password, HERE)
        assert (caught.value.status, caught.value.detail, caught.value.facts) == (401, None, {})


async def test_an_unknown_name_costs_as_many_verifications_as_a_known_one(store: MemoryAccountStore) -> None:
    hasher = CountingHasher()
    accounts = LocalAccounts(store, hasher)
    await accounts.create("known", PASSWORD, [], "371621")
    for name in ("known", "unknown"):
        before = hasher.verified
        with pytest.raises(SignInRefusedError):
            await accounts.sign_in(name, "wrong", HERE)
        assert hasher.verified == before + 1


async def fail(accounts: LocalAccounts, name: str, address: str = HERE) -> None:
    with pytest.raises(SignInRefusedError):
        await accounts.sign_in(name, "wrong", address)


async def test_after_five_failures_even_the_right_password_is_not_read_for_a_while(
    store: MemoryAccountStore,
) -> None:
    clock, hasher = Clock(), CountingHasher()
    accounts = LocalAccounts(store, hasher, Failures(clock))
    await accounts.create("wang", PASSWORD, [], "371621")
    for n in range(FAILURES_PER_NAME):
        await fail(accounts, "wang", f"192.0.2.{n}")
    before = hasher.verified
    with pytest.raises(TooManyRequestsError) as caught:
        await accounts.sign_in("wang", PASSWORD, HERE)
    assert hasher.verified == before
    clock.now += caught.value.retry_after_seconds
    await accounts.sign_in("wang", PASSWORD, HERE)


async def test_names_that_do_not_exist_are_limited_like_those_that_do(accounts: LocalAccounts) -> None:
    for _ in range(FAILURES_PER_NAME):
        await fail(accounts, "nobody")
    with pytest.raises(TooManyRequestsError):
        await accounts.sign_in("nobody", "wrong", HERE)


async def test_one_address_trying_many_names_is_stopped_and_others_are_not(accounts: LocalAccounts) -> None:
    for n in range(FAILURES_PER_ADDRESS):
        await fail(accounts, f"guess-{n}")
    with pytest.raises(TooManyRequestsError):
        await accounts.sign_in("wang.fang", PASSWORD, HERE)
    await accounts.sign_in("wang.fang", PASSWORD, "192.0.2.2")


async def test_an_office_behind_one_address_may_sign_in_all_day(accounts: LocalAccounts) -> None:
    for _ in range(FAILURES_PER_ADDRESS + 1):
        await accounts.sign_in("wang.fang", PASSWORD, HERE)


def test_failures_are_forgotten_after_the_window() -> None:
    clock = Clock()
    failures = Failures(clock)
    failures.add("k")
    assert failures.wait_seconds("k", allowed=1) > 0
    clock.now += FAILURE_WINDOW_SECONDS
    assert failures.wait_seconds("k", allowed=1) == 0


async def test_a_hash_of_yesterdays_cost_is_renewed_at_sign_in(
    accounts: LocalAccounts, store: MemoryAccountStore
) -> None:
    dearer = LocalAccounts(store, PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await dearer.sign_in("wang.fang", PASSWORD, HERE)
    account = await store.find("wang.fang")
    assert account is not None
    assert "m=16,t=2" in account.password_hash


async def test_a_new_password_replaces_the_old(accounts: LocalAccounts) -> None:
    await accounts.set_password("wang.fang", "another good one")
    await accounts.sign_in("wang.fang", "another good one", HERE)
    await fail(accounts, "wang.fang")


async def test_what_cannot_be_an_account_is_refused(accounts: LocalAccounts) -> None:
    with pytest.raises(AccountExistsError):
        await accounts.create("WANG.FANG", PASSWORD, [], "371621")
    with pytest.raises(WeakPasswordError):
        await accounts.create("li", "short", [], "371621")
    with pytest.raises(ValueError, match="division"):
        await accounts.create("li", PASSWORD, [], "")
    with pytest.raises(AccountMissingError):
        await accounts.set_password("li", PASSWORD)


async def test_login_gives_a_token_that_is_accepted_even_to_who_sends_a_stale_one(
    accounts: LocalAccounts,
) -> None:
    settings = load_settings(local_accounts=True)
    app = FastAPI()
    problems.install(app)
    app.include_router(router(accounts, settings))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        stale = {"authorization": "Bearer stale"}
        response = await client.post(
            "/login", json={"username": "wang.fang", "password": PASSWORD}, headers=stale
        )
        refused = await client.post("/login", json={"username": "wang.fang", "password": "wrong"})
    token = response.json()["access_token"]
    assert response.json()["token_type"] == "bearer"
    assert (await TokenVerifier(settings).verify(token)).division == "371621001"
    assert (refused.status_code, refused.json()["code"]) == (401, "sign-in-refused")
