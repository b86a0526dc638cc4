"""The way into MongoDB, and the only module that imports its driver.

Motor is no longer developed; its successor is PyMongo's own async client. Changing over is to be a change
of this file only, so nobody else imports the driver, and where the two differ there is a function here:
`Mongo.session` (awaited in one, not in the other) and `aggregate` (a cursor in one, a coroutine in the
other). Everything else others use has the same name and shape in both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from bson import ObjectId, Timestamp
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import (
    ASCENDING,
    DESCENDING,
    DeleteMany,
    DeleteOne,
    IndexModel,
    InsertOne,
    ReadPreference,
    ReplaceOne,
    ReturnDocument,
    UpdateMany,
    UpdateOne,
    WriteConcern,
)
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    CollectionInvalid,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern

from shared.platform.settings import Settings

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "AutoReconnect",
    "Bucket",
    "BulkWriteError",
    "Collection",
    "CollectionInvalid",
    "ConnectionFailure",
    "Database",
    "DeleteMany",
    "DeleteOne",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
    "Mongo",
    "ObjectId",
    "OperationFailure",
    "PyMongoError",
    "ReadConcern",
    "ReadPreference",
    "ReplaceOne",
    "ReturnDocument",
    "ServerSelectionTimeoutError",
    "Session",
    "Timestamp",
    "UpdateMany",
    "UpdateOne",
    "WriteConcern",
    "aggregate",
    "bucket",
    "connect",
]

Document: TypeAlias = dict[str, Any]
Session: TypeAlias = AsyncIOMotorClientSession
Bucket: TypeAlias = AsyncIOMotorGridFSBucket
if TYPE_CHECKING:
    _Client: TypeAlias = AsyncIOMotorClient[Document]
    Collection: TypeAlias = AsyncIOMotorCollection[Document]
    Database: TypeAlias = AsyncIOMotorDatabase[Document]
else:  # generic in the driver's type stubs only
    _Client = AsyncIOMotorClient
    Collection = AsyncIOMotorCollection
    Database = AsyncIOMotorDatabase

SERVER_SELECTION_SECONDS = 5.0
READERS = "hxs_readers"
"""The role, one in each service's database, of accounts that only read."""

_ALREADY_THERE = (51002, 51003)


class Mongo:
    """A client's databases, by service."""

    def __init__(self, client: _Client, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def database(self, service: str) -> Database:
        """Return the database that a service owns, `<prefix>_<service>`."""
        return self._client[f"{self._prefix}_{service}"]

    async def ping(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            PyMongoError: no primary within 5 seconds, or the credentials are refused.
        """
        await self._client.admin.command("ping")

    @asynccontextmanager
    async def session(self, *, snapshot: bool = False) -> AsyncIterator[Session]:
        """Open a session; with `snapshot` all its reads see the data as of one moment."""
        async with await self._client.start_session(
            snapshot=snapshot, causal_consistency=not snapshot
        ) as session:
            yield session

    async def drop(self, service: str) -> None:
        """Drop a service's database, with all that is in it."""
        await self._client.drop_database(f"{self._prefix}_{service}")

    async def let_read(self, user: str, password: str, readable: Mapping[str, Sequence[str]]) -> None:
        """Give a database account the right to read some collections or views, and no other right.

        Args:
            user: of the server's `admin` database; made, or changed where it is there.
            password: its new one.
            readable: service → names in its database.

        Raises:
            PyMongoError: the server is away, or these credentials may not manage accounts.
        """
        roles = []
        for service, names in readable.items():
            database = self.database(service)
            found = [{"resource": {"db": database.name, "collection": n}, "actions": ["find"]} for n in names]
            await _made_or_changed(database, "Role", READERS, {"privileges": found, "roles": []})
            roles.append({"role": READERS, "db": database.name})
        await _made_or_changed(self._client.admin, "User", user, {"pwd": password, "roles": roles})

    async def let_read_no_more(self, user: str) -> None:
        """Remove an account that `let_read` made.

        Raises:
            PyMongoError: there is none, or see `let_read`.
        """
        await self._client.admin.command({"dropUser": user})

    def close(self) -> None:
        """Close all connections; the object cannot be used afterwards."""
        self._client.close()


async def _made_or_changed(database: Database, kind: str, name: str, what: Mapping[str, Any]) -> None:
    try:
        await database.command({f"create{kind}": name, **what})
    except OperationFailure as failure:
        if failure.code not in _ALREADY_THERE:
            raise
        await database.command({f"update{kind}": name, **what})


def connect(settings: Settings, service: str = "hxs") -> Mongo:
    """Return access to the databases; connections are opened on first use.

    Writes are acknowledged by a majority and journaled, retried once after a network fault; dates are read
    as aware UTC. What the URL says wins over these options, except for `tz_aware`.

    Args:
        settings: says where the server is and how databases are called.
        service: shown in the server's log and current operations.
    """
    options: dict[str, Any] = {
        "appname": f"hxs-{service}",
        "w": "majority",
        "journal": True,
        "retryWrites": True,
        "retryReads": True,
        "serverSelectionTimeoutMS": int(SERVER_SELECTION_SECONDS * 1000),
        "connectTimeoutMS": int(SERVER_SELECTION_SECONDS * 1000),
        "uuidRepresentation": "standard",
    }
    client: _Client = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, **_unless_in_url(options, settings)
    )
    return Mongo(client, settings.mongo_prefix)


def _unless_in_url(options: dict[str, Any], settings: Settings) -> dict[str, Any]:
    # The driver lets keyword arguments win, but an operator who writes `w=1` into the URL means it.
    query = settings.mongo_url.partition("?")[2]
    named = {part.partition("=")[0].lower() for part in query.split("&")}
    return {name: value for name, value in options.items() if name.lower() not in named}


async def aggregate(
    collection: Collection,
    pipeline: Sequence[Mapping[str, Any]],
    **options: Any,  # noqa: ANN401 - the driver's own options (session, batchSize, allowDiskUse, …)
) -> AsyncIterator[Document]:
    """Run an aggregation and yield its documents."""
    async for document in collection.aggregate(list(pipeline), **options):
        yield document


def bucket(database: Database, name: str) -> Bucket:
    """Return a GridFS bucket: files in pieces, in the collections `<name>.files` and `<name>.chunks`."""
    return AsyncIOMotorGridFSBucket(database, bucket_name=name)
