"""Accounts of this system, for counties without an identity provider (`HXS_LOCAL_ACCOUNTS=1`).

Passwords are kept as argon2id hashes. A sign-in takes as long for a user name that does not exist as for
one that does, and the answer is the same. After five failures for a name, or fifty from one address, within
fifteen minutes further attempts are refused unread. Failures are counted in each process for itself.
"""

from __future__ import annotations

import asyncio
import time
import unicodedata
import uuid
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from shared.platform.auth import LOCAL_TOKEN_SECONDS, Principal, Role, is_division, sign_local_token
from shared.platform.authorisation import Access, unidentified
from shared.platform.logs import logger
from shared.platform.mongo import Collection, Document, DuplicateKeyError, Mongo
from shared.platform.problems import Problem, TooManyRequestsError
from shared.platform.rate_limit import client_address
from shared.platform.settings import Settings

MINIMUM_PASSWORD_CHARACTERS = 10
LONGEST_PASSWORD = 256
FAILURE_WINDOW_SECONDS = 900
FAILURES_PER_NAME = 5
FAILURES_PER_ADDRESS = 50
COUNTED_KEYS = 10_000
HASHES_AT_ONCE = 2  # each takes 64 MiB

_log = logger(__name__)


class AccountError(Exception):
    """An account cannot be made or changed as asked."""


class AccountExistsError(AccountError):
    """The user name is taken."""

    def __init__(self, username: str) -> None:
        self.username = username
        super().__init__(f"{username}: there is an account of this name; choose another")


class AccountMissingError(AccountError):
    """There is no account of that name."""

    def __init__(self, username: str) -> None:
        self.username = username
        super().__init__(f"{username}: no such account")


class WeakPasswordError(AccountError):
    """The password is too short or too long."""

    def __init__(self) -> None:
        super().__init__(f"a password has {MINIMUM_PASSWORD_CHARACTERS} to {LONGEST_PASSWORD} characters")


class SignInRefusedError(Problem):
    """Unknown name, wrong password or disabled account; which of these is not told."""

    def __init__(self) -> None:
        super().__init__("sign-in-refused")


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `subject` is what tokens and the record know; the user name stays here.

    `organisation` is that of `Principal`.
    """

    username: str
    password_hash: str
    subject: str
    roles: frozenset[Role]
    division: str
    disabled: bool = False
    organisation: str | None = None

    @property
    def principal(self) -> Principal:
        """Whom a token of this account speaks for."""
        return Principal(self.subject, self.roles, self.division, self.organisation)


class AccountStore(Protocol):
    """Where accounts are kept."""

    async def find(self, username: str) -> Account | None:
        """Return the account of that name."""

    async def add(self, account: Account) -> None:
        """Keep a new account.

        Raises:
            AccountExistsError: the name is taken.
        """

    async def replace(self, account: Account) -> None:
        """Keep a changed account.

        Raises:
            AccountMissingError: there is none of that name.
        """


class MemoryAccountStore:
    """Accounts that live as long as the process: for tests."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    async def find(self, username: str) -> Account | None:
        """See `AccountStore`."""
        return self._accounts.get(username)

    async def add(self, account: Account) -> None:
        """See `AccountStore`."""
        if account.username in self._accounts:
            raise AccountExistsError(account.username)
        self._accounts[account.username] = account

    async def replace(self, account: Account) -> None:
        """See `AccountStore`."""
        if account.username not in self._accounts:
            raise AccountMissingError(account.username)
        self._accounts[account.username] = account


def _to_document(account: Account) -> Document:
    return {
        "_id": account.username,
        "password_hash": account.password_hash,
        "subject": account.subject,
        "roles": sorted(account.roles),
        "division": account.division,
        "disabled": account.disabled,
        "organisation": account.organisation,
    }


def _from_document(document: Document) -> Account:
    return Account(
        username=document["_id"],
        password_hash=document["password_hash"],
        subject=document["subject"],
        roles=frozenset(Role(role) for role in document["roles"]),
        division=document["division"],
        disabled=document["disabled"],
        organisation=document.get("organisation"),  # accounts made before there was one have none
    )


class MongoAccountStore:
    """Accounts in the collection `accounts` of the database `<prefix>_platform`."""

    def __init__(self, mongo: Mongo) -> None:
        self._accounts: Collection = mongo.database("platform")["accounts"]

    async def find(self, username: str) -> Account | None:
        """See `AccountStore`."""
        document = await self._accounts.find_one({"_id": username})
        return None if document is None else _from_document(document)

    async def add(self, account: Account) -> None:
        """See `AccountStore`."""
        try:
            await self._accounts.insert_one(_to_document(account))
        except DuplicateKeyError:
            raise AccountExistsError(account.username) from None

    async def replace(self, account: Account) -> None:
        """See `AccountStore`."""
        result = await self._accounts.replace_one({"_id": account.username}, _to_document(account))
        if result.matched_count == 0:
            raise AccountMissingError(account.username)

    async def every(self) -> AsyncIterator[Account]:
        """Yield all accounts."""
        async for document in self._accounts.find():
            yield _from_document(document)

    async def delete(self, username: str) -> None:
        """Forget an account, for somebody who is erased; others are disabled."""
        await self._accounts.delete_one({"_id": username})


class Failures:
    """Counts failed sign-ins in a sliding window; the keys counted last are kept.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def add(self, key: str) -> None:
        """Count one failure."""
        self._times.setdefault(key, deque()).append(self._clock())
        self._times.move_to_end(key)
        if len(self._times) > COUNTED_KEYS:
            self._times.popitem(last=False)

    def withdraw(self, key: str) -> None:
        """Take the last one back."""
        if times := self._times.get(key):
            times.pop()

    def forget(self, key: str) -> None:
        """Start counting anew."""
        self._times.pop(key, None)

    def wait_seconds(self, key: str, allowed: int) -> int:
        """Return for how long `key` is refused, 0 where it is not."""
        times = self._times.get(key)
        if times is None:
            return 0
        expired = self._clock() - FAILURE_WINDOW_SECONDS
        while times and times[0] <= expired:
            times.popleft()
        if len(times) < allowed:
            return 0
        return int(times[-allowed] - expired) + 1


def _normal(username: str) -> str:
    return unicodedata.normalize("NFKC", username).strip().casefold()


class LocalAccounts:
    """Makes accounts and verifies passwords.

    Args:
        store: where accounts are kept.
        hasher: argon2id with the library's recommended cost unless given.
        failures: counted for this process.
    """

    def __init__(
        self,
        store: AccountStore,
        hasher: PasswordHasher | None = None,
        failures: Failures | None = None,
    ) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._failures = failures or Failures()
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._nobodys_hash: str | None = None

    async def create(
        self,
        username: str,
        password: str,
        roles: Iterable[Role],
        division: str,
        organisation: str | None = None,
    ) -> Account:
        """Make an account with a new opaque subject.

        Raises:
            AccountExistsError: the name is taken.
            WeakPasswordError: the password's length.
            ValueError: `division` is no division code.
        """
        if not is_division(division):
            raise ValueError(f"{division!r} is no division code: 2, 4, 6, 9 or 12 digits")
        account = Account(
            username=_normal(username),
            password_hash=await self._hash_new(password),
            subject=uuid.uuid4().hex,
            roles=frozenset(roles),
            division=division,
            organisation=organisation,
        )
        await self._store.add(account)
        return account

    async def set_password(self, username: str, password: str) -> None:
        """Replace a password.

        Raises:
            AccountMissingError: no such account.
            WeakPasswordError: the password's length.
        """
        account = await self._existing(username)
        await self._store.replace(replace(account, password_hash=await self._hash_new(password)))

    async def disable(self, username: str) -> None:
        """Refuse further sign-ins; tokens already given stay good until they expire.

        Raises:
            AccountMissingError: no such account.
        """
        await self._store.replace(replace(await self._existing(username), disabled=True))

    async def sign_in(self, username: str, password: str, address: str) -> Principal:
        """Return whom the password proves.

        Args:
            username: as typed; case, width and surrounding spaces do not matter.
            password: as typed.
            address: of the client.

        Raises:
            SignInRefusedError: name and password do not belong together.
            TooManyRequestsError: too many failures for this name or from this address.
        """
        name = _normal(username)
        name_key, address_key = f"name:{name}", f"address:{address}"
        wait = max(
            self._failures.wait_seconds(name_key, FAILURES_PER_NAME),
            self._failures.wait_seconds(address_key, FAILURES_PER_ADDRESS),
        )
        if wait:
            raise TooManyRequestsError(wait)
        # Counted before the hash is computed, or attempts sent at once would all be let through.
        self._failures.add(name_key)
        self._failures.add(address_key)
        nobodys_hash = await self._dummy()  # made on the first sign-in, whosever it is
        account = await self._store.find(name)
        matches = await self._verify(account.password_hash if account else nobodys_hash, password)
        if account is None or not matches or account.disabled:
            _log.info("sign-in refused", subject=account.subject if account else None)
            raise SignInRefusedError
        self._failures.forget(name_key)
        self._failures.withdraw(address_key)
        if self._hasher.check_needs_rehash(account.password_hash):
            await self._store.replace(replace(account, password_hash=await self._hash(password)))
        return account.principal

    async def _hash_new(self, password: str) -> str:
        if not MINIMUM_PASSWORD_CHARACTERS <= len(password) <= LONGEST_PASSWORD:
            raise WeakPasswordError
        return await self._hash(password)

    async def _existing(self, username: str) -> Account:
        account = await self._store.find(_normal(username))
        if account is None:
            raise AccountMissingError(_normal(username))
        return account

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, password_hash: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, password_hash, password)
            except VerificationError:
                return False

    async def _dummy(self) -> str:
        if self._nobodys_hash is None:
            self._nobodys_hash = await self._hash(uuid.uuid4().hex)
        return self._nobodys_hash


class SignIn(BaseModel):
    """What somebody types in to sign in."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class Token(BaseModel):
    """A bearer token and how long it lasts, named as in OAuth 2.0."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int


def router(accounts: LocalAccounts, settings: Settings, clock: Callable[[], float] = time.time) -> APIRouter:
    """Return the route `POST /login`, to be mounted where `settings.local_accounts` says so."""
    routes = APIRouter(tags=["accounts"])

    @routes.post("/login", dependencies=[Depends(unidentified(Access.WRITE))])
    async def login(body: SignIn, request: Request) -> Token:
        """用户名和密码登录,得到令牌。"""
        address = client_address(request, settings.proxy_hops)
        principal = await accounts.sign_in(body.username, body.password, address)
        token = sign_local_token(settings, principal, now=clock())
        return Token(access_token=token, expires_in=LOCAL_TOKEN_SECONDS)

    return routes
