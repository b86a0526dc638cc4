"""Backing up what cannot be made anew, and restoring it.

A backup is a folder: for each database the collections as MongoDB's own BSON, one document after the
other, gzipped (`mongorestore` reads them, too), and a `manifest.json`, written last, with the number of
documents and the SHA-256 of each file (`sha256sum` computes the same). Left out is what follows from the
rest: read models, snapshots, leases, and what is parked until an operator decides; his decisions are kept.
Left out as well is how often an address came. People, who looked at them, and files are in it.

**Commits while services run.** The server stamps each commit (`at`) before it is acknowledged, and a
stream's next commit comes after that. So the commits stamped up to one moment hold of every stream a
beginning without a gap: `hxs audit` finds a restored record intact.

**After a restore** Kafka may know more than the store, or nothing. `hxs republish --all` begins a new
generation of the logs with exactly what the store has, and all read models are made anew from it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import bson
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument

from shared.cli.failures import CliError
from shared.eventsourcing import mongo_store
from shared.eventsourcing.audit import AuditReport, audit
from shared.eventsourcing.lease import LEASES
from shared.platform.mongo import Collection, Database, Document, Mongo

FORMAT = 1
MANIFEST = "manifest.json"
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 16 * 2**20  # pieces of files are large

_DERIVED = re.compile(
    r"projections|snapshots|leases|rate_counts|_past|system\..*|.*__(v[0-9]+|(verify|past)_.*)"
)
_LENGTH_BYTES = 4

Told = Callable[[str, int, int], None]
"""Told the collection, the documents done, and about how many there are."""


class BackupError(CliError):
    """A backup cannot be written here, or this folder holds none that can be restored."""


class NotEmptyError(CliError):
    """A database to restore into holds something."""

    def __init__(self, service: str, collection: str) -> None:
        self.service = service
        self.collection = collection
        super().__init__(
            f"the database of {service} holds {collection}; restore into empty databases, or with --force, "
            "which deletes what is there"
        )


class StillRunningError(CliError):
    """A service writes to a database that is to be restored."""

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(f"{service} is running; stop all services before restoring")


@dataclass(frozen=True, slots=True)
class Kept:
    """One collection's file; `documents` in it, `sha256` of it as it lies on the disk."""

    documents: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made_at: UTC, ISO 8601.
        county: whose data it is.
        databases: service → collection → its file.
    """

    made_at: str
    county: str
    databases: Mapping[str, Mapping[str, Kept]]
    format: int = FORMAT

    @staticmethod
    def read(folder: Path) -> Manifest:
        """Return a folder's manifest, having checked every file against it.

        Raises:
            BackupError: it is missing or of another format, or a file is not as it was written.
        """
        path = folder / MANIFEST
        if not path.exists():
            raise BackupError(f"{folder} holds no complete backup: {MANIFEST} is missing")
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise BackupError(f"{path} is of format {content['format']}; this version reads {FORMAT}")
        databases = {
            service: {name: Kept(**kept) for name, kept in collections.items()}
            for service, collections in content["databases"].items()
        }
        for service, collections in databases.items():
            for name, kept in collections.items():
                _check(_file(folder, service, name), kept)
        return Manifest(content["made_at"], content["county"], databases)

    def write(self, folder: Path) -> None:
        """Write it: from now on the backup is complete."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")


def _file(folder: Path, service: str, collection: str) -> Path:
    return folder / service / f"{collection}.bson.gz"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(path: Path, kept: Kept) -> None:
    if not path.exists():
        raise BackupError(f"{path} is missing; use another backup")
    if _sha256(path) != kept.sha256:
        raise BackupError(f"{path} is not as it was written (SHA-256 differs); use another backup")


class _Writer:
    """Writes one collection's file."""

    def __init__(self, path: Path) -> None:
        self.documents = 0
        self._path = path
        path.parent.mkdir(exist_ok=True)
        self._file = gzip.open(path, "wb", compresslevel=6)  # noqa: SIM115 - closed by `finish`

    def add(self, documents: bytes) -> None:
        """Append documents as the server sent them, one after the other."""
        self._file.write(documents)
        at = 0
        while at < len(documents):
            at += int.from_bytes(documents[at : at + _LENGTH_BYTES], "little")
            self.documents += 1

    def finish(self) -> Kept:
        """Close the file and return what it holds."""
        self._file.close()
        return Kept(self.documents, _sha256(self._path))


async def _collections(database: Database) -> list[str]:
    return sorted(name for name in await database.list_collection_names() if not _DERIVED.fullmatch(name))


def _worth_keeping(collection: str, moment: bson.Timestamp) -> Document:
    if collection == mongo_store.COMMITS:
        return {"at": {"$lte": moment}}
    return {"state": "skipped"} if collection == "_parked" else {}


async def back_up(
    mongo: Mongo, services: Sequence[str], folder: Path, *, county: str, told: Told = lambda *_: None
) -> Manifest:
    """Write a backup of some services' databases; they may be running.

    Args:
        mongo: where they are.
        services: names of the databases.
        folder: new or empty.
        county: noted in the manifest.
        told: of the progress.

    Raises:
        BackupError: the folder is not empty.
        PyMongoError: the server cannot be read; the folder is left without a manifest.
    """
    _make(folder)
    databases: dict[str, dict[str, Kept]] = {}
    for service in services:
        database = mongo.database(service)
        moment = (await database.command("ping"))["operationTime"]
        databases[service] = {
            name: await _dump(
                database[name], _worth_keeping(name, moment), _file(folder, service, name), told
            )
            for name in await _collections(database)
        }
    manifest = Manifest(datetime.now(UTC).isoformat(timespec="seconds"), county, databases)
    manifest.write(folder)
    return manifest


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty; give a new folder")


async def _dump(collection: Collection, query: Document, path: Path, told: Told) -> Kept:
    total = await collection.estimated_document_count()
    writer = _Writer(path)
    async for documents in collection.find_raw_batches(query, batch_size=BATCH_DOCUMENTS):
        writer.add(documents)
        told(f"{path.parent.name}/{collection.name}", writer.documents, max(total, writer.documents))
    return writer.finish()


@dataclass(slots=True)
class Restored:
    """What a restore did: documents by service and collection, and what the audit found of each record."""

    documents: dict[str, dict[str, int]] = field(default_factory=dict)
    audits: dict[str, AuditReport] = field(default_factory=dict)

    @property
    def intact(self) -> bool:
        """Whether the record is as it was written."""
        return all(report.intact for report in self.audits.values())


async def restore(
    mongo: Mongo, folder: Path, *, force: bool = False, told: Told = lambda *_: None
) -> Restored:
    """Put a backup back, and verify the record.

    Args:
        mongo: where the databases are.
        folder: of the backup.
        force: delete what the databases hold.
        told: of the progress.

    Raises:
        BackupError: the backup is incomplete or was altered; nothing was changed.
        StillRunningError, NotEmptyError: nothing was changed.
        PyMongoError: the server failed; restore again with `force`.
    """
    manifest = Manifest.read(folder)
    for service, collections in manifest.databases.items():
        await _check_free(service, mongo.database(service), collections, force=force)
    restored = Restored()
    for service, collections in manifest.databases.items():
        await mongo.drop(service)  # read models and snapshots of what was there before
        database = mongo.database(service)
        if mongo_store.COMMITS in collections:
            await mongo_store.prepare(database)
        restored.documents[service] = {
            name: await _load(database[name], _file(folder, service, name), kept.documents, told)
            for name, kept in collections.items()
        }
        if mongo_store.COMMITS in collections:
            restored.audits[service] = await audit(database)
    return restored


async def _check_free(
    service: str, database: Database, collections: Mapping[str, Kept], *, force: bool
) -> None:
    held = {"$expr": {"$gt": ["$expires_at", "$$NOW"]}}
    if await database[LEASES].find_one(held):
        raise StillRunningError(service)
    for name in () if force else {*collections, mongo_store.COMMITS}:
        if await database[name].find_one({}, {"_id": 1}):
            raise NotEmptyError(service, name)


def _documents(path: Path) -> Iterator[list[Document]]:
    with gzip.open(path, "rb") as file:
        # As they lie there: what is not taken apart cannot be put together differently.
        batch: list[RawBSONDocument] = []
        size = 0
        for document in bson.decode_file_iter(cast(Any, file), DEFAULT_RAW_BSON_OPTIONS):
            batch.append(document)
            size += len(document.raw)
            if size >= BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS:
                yield cast(list[Document], batch)
                batch, size = [], 0
        if batch:
            yield cast(list[Document], batch)


async def _load(collection: Collection, path: Path, total: int, told: Told) -> int:
    done = 0
    for batch in _documents(path):
        await collection.insert_many(batch, ordered=False)
        done += len(batch)
        told(f"{path.parent.name}/{collection.name}", done, total)
    return done
