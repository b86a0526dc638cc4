"""The board on what it heard, in memory: for what asks the database only as lists and documents do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from services.board.app import SERVICE
from services.board.changes import Changes
from services.board.page import STATIC
from services.board.source import BoardSource
from shared.contracts.envelope import Recorded
from shared.eventsourcing.projection import Document
from shared.platform.auth import Role
from tests.documents import matches
from tests.http import NOW, Caller, Log, Shelf, application


class _Cursor:
    """Documents, one after the other."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents

    async def __aiter__(self) -> AsyncIterator[Mapping[str, Any]]:
        for document in self._documents:
            yield document


class MemoryCollection:
    """The documents of a shelf as the driver gives them; what the database would count is empty."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents

    def find(self, query: Mapping[str, Any], shown: Mapping[str, int]) -> _Cursor:
        """Return what matches, in whole."""
        return _Cursor([document for document in self._documents if matches(document, query)])

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> _Cursor:
        """Return nothing: pipelines are for `tests/integration`."""
        return _Cursor([])


class BoardShelf(Shelf):
    """A read model of the board."""

    async def collection(self) -> MemoryCollection:
        """See `ReadModel.collection`."""
        return MemoryCollection(await self.find())


class MemoryPast:
    """No day of the past is known."""

    async def version(self, *about: Any) -> str:
        """See `BoardPast.version`."""
        return "0"


class MemoryBoard(BoardSource):
    """See `BoardSource`; nothing changes."""

    def today(self) -> date:
        """See `BoardSource.today`."""
        return NOW.date()

    async def version(self) -> str:
        """See `BoardSource.version`."""
        return "1"


def memory_board(app: FastAPI) -> MemoryBoard:
    """Return where an application gets its figures."""
    return MemoryBoard(app.state.read_models, app.state.settings.county, past=cast(Any, MemoryPast()))


def install_in_memory(app: FastAPI) -> None:
    """Do as the board's `install` does, without a database."""
    state = app.state
    state.board = memory_board(app)
    state.changes = Changes(state.board.version, lambda: True)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


IN_MEMORY = replace(SERVICE, installs=(install_in_memory,))


def application_of(*streams: Sequence[Recorded]) -> FastAPI:
    """Return a board that heard some streams."""
    log = Log()
    for stream in streams:
        log.events += stream
    app = application(IN_MEMORY, log)
    on_shelves(app, log)
    return app


def on_shelves(app: FastAPI, log: Log) -> None:
    """Let an application read its models as the board does, which also asks for their collections."""
    shelves = {projection.name: BoardShelf(projection, log) for projection in SERVICE.projections}
    app.state.read_models = shelves
    app.state.board = memory_board(app)


def caller_of(
    *streams: Sequence[Recorded], role: Role | None = None, division: str = "371621", subject: str = "p-1"
) -> Caller:
    """Return somebody who asks a board that heard some streams; without a role, without an account."""
    return Caller(application_of(*streams), role, division, subject=subject)
