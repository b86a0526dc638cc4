"""What of webhooks must not be read from events, logs or a stolen backup: whole addresses and keys (N10).

Each lies under an id that events name, and never changes: another address or key has another id. It is
sealed (Fernet: AES-128-CBC with HMAC-SHA256) under a key derived from the first of `HXS_SIGNING_SECRETS`,
and opened with any of them; what was sealed under an older one is sealed anew once an hour, after which the
older one may go. With all of them lost, receivers need new keys: rotate, and enter the addresses again.
"""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Collection as Many
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Depends, Request

from shared.platform.codes import Secrets
from shared.platform.mongo import Collection, Database

VAULT = "webhook_vault"
"""The collection: `{_id, webhook_id, sealed, under, at}`; `under` says which secret sealed it."""

ORPHAN_AFTER = timedelta(hours=1)
"""What no event names by then was put for a command that was refused, or is not needed any more."""

_IDS = uuid.UUID("6d1c7f52-0d1b-5c0e-9b53-8f0d8f3f9a41")
_KEY_BYTES = 32
_PURPOSE = b"hxs webhook vault"
_FINGERPRINT = b"hxs webhook vault, which secret"


class SealedError(Exception):
    """Something is not there, or was sealed under a secret that is not known any more."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        super().__init__(f"{id_} cannot be opened: HXS_SIGNING_SECRETS no longer has what sealed it")


def new_secret() -> str:
    """Return a new key, as the specification writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def url_id(request_id: str, url: str) -> str:
    """Return the id of an address: another one for another address, also in a repeated request."""
    return str(uuid.uuid5(_IDS, f"url/{request_id}/{url}"))


def secret_id(request_id: str) -> str:
    """Return the id of the key that a request makes: repeated, it gets the same key."""
    return str(uuid.uuid5(_IDS, f"secret/{request_id}"))


class VaultStore(Protocol):
    """Where sealed things lie."""

    async def insert(self, document: dict[str, Any]) -> None:
        """Insert a document; where there is one with its id, only its `at` is taken over."""
        ...

    async def find(self, id_: str) -> dict[str, Any] | None:
        """Return a document."""
        ...

    async def sealed_otherwise(self, under: str) -> list[dict[str, Any]]:
        """Return what was sealed under other secrets."""
        ...

    async def reseal(self, id_: str, sealed: bytes, under: str) -> None:
        """Replace what is sealed."""
        ...

    async def remove_orphans(self, named: Many[str], before: datetime) -> int:
        """Remove what was put before a moment and is not among the ids; return how many."""
        ...


class Vault:
    """Puts things under lock, and takes them out.

    Args:
        store: where they lie.
        secrets: `Settings.signing_secrets`, newest first.
    """

    def __init__(self, store: VaultStore, secrets: Secrets) -> None:
        self._store = store
        materials = [secret.get_secret_value().encode() for secret in secrets]
        self._box = MultiFernet([Fernet(_derived(each, _PURPOSE)) for each in materials])
        self._under = _derived(materials[0], _FINGERPRINT)[:12].decode()

    async def put(self, id_: str, webhook_id: str, value: str) -> None:
        """Lock something up under an id; what lies there already stays, and is no orphan for an hour more."""
        await self._store.insert(
            {
                "_id": id_,
                "webhook_id": webhook_id,
                "sealed": self._seal(id_, value),
                "under": self._under,
                "at": datetime.now(UTC),
            }
        )

    async def get(self, id_: str) -> str:
        """Return what lies under an id.

        Raises:
            SealedError: it is not there, or cannot be opened.
        """
        found = await self._store.find(id_)
        if found is None:
            raise SealedError(id_)
        return self._open(id_, found["sealed"])

    def _seal(self, id_: str, value: str) -> bytes:
        # With its id, so that nobody who can write the collection passes one thing off as another.
        return self._box.encrypt(f"{id_}\n{value}".encode())

    def _open(self, id_: str, sealed: bytes) -> str:
        try:
            owner, _, value = self._box.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            raise SealedError(id_) from None
        if owner != id_:
            raise SealedError(id_)
        return value

    async def reseal(self) -> int:
        """Seal under the newest secret what lies under older ones; return how much."""
        done = 0
        for found in await self._store.sealed_otherwise(self._under):
            try:
                value = self._open(found["_id"], found["sealed"])
            except SealedError:
                continue  # whoever needs it is told
            await self._store.reseal(found["_id"], self._seal(found["_id"], value), self._under)
            done += 1
        return done

    async def sweep(self, named: Many[str]) -> int:
        """Remove what no webhook names; return how many.

        Args:
            named: ids that webhooks name.
        """
        return await self._store.remove_orphans(named, datetime.now(UTC) - ORPHAN_AFTER)


def _derived(material: bytes, purpose: bytes) -> bytes:
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose).derive(material)
    return base64.urlsafe_b64encode(key)


class MongoVaultStore:
    """See `VaultStore`."""

    def __init__(self, database: Database) -> None:
        self._collection: Collection = database[VAULT]

    async def insert(self, document: dict[str, Any]) -> None:
        """See `VaultStore`."""
        first = {name: value for name, value in document.items() if name not in ("_id", "at")}
        change = {"$setOnInsert": first, "$set": {"at": document["at"]}}
        await self._collection.update_one({"_id": document["_id"]}, change, upsert=True)

    async def find(self, id_: str) -> dict[str, Any] | None:
        """See `VaultStore`."""
        return await self._collection.find_one({"_id": id_})

    async def sealed_otherwise(self, under: str) -> list[dict[str, Any]]:
        """See `VaultStore`."""
        return await self._collection.find({"under": {"$ne": under}}).to_list(None)

    async def reseal(self, id_: str, sealed: bytes, under: str) -> None:
        """See `VaultStore`."""
        await self._collection.update_one({"_id": id_}, {"$set": {"sealed": sealed, "under": under}})

    async def remove_orphans(self, named: Many[str], before: datetime) -> int:
        """See `VaultStore`."""
        query = {"_id": {"$nin": sorted(named)}, "at": {"$lt": before}}
        return int((await self._collection.delete_many(query)).deleted_count)


def vault_in(database: Database, secrets: Secrets) -> Vault:
    """Return the vault in notify's database."""
    return Vault(MongoVaultStore(database), secrets)


async def vault_of(request: Request) -> Vault:
    """Return the vault of this service."""
    state = request.app.state
    return vault_in(state.process.database, state.settings.signing_secrets)


VaultOf = Annotated[Vault, Depends(vault_of)]
"""Dependency: the vault of this service."""
