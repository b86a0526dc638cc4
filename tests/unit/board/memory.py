"""The board on what it heard, in memory: for what asks the database only as lists and documents do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from fastapi import FastAPI, Request, Response

from services.board.app import SERVICE
from services.board.page import PAGES
from services.board.projections import DUTIES, TIMELINE
from services.board.queue import DutyList, DutyReading, _duty_reading
from services.board.source import BoardSource
from shared.contracts.envelope import Recorded
from shared.eventsourcing.past_lists import Readable
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.projection import Document, Projection
from shared.platform.auth import Role
from shared.platform.sse import Changes
from tests.documents import in_order, matches, values_at
from tests.http import NOW, Caller, Log, Shelf, application


class _Cursor:
    """Documents, one after the other."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._documents = documents

    async def __aiter__(self) -> AsyncIterator[Mapping[str, Any]]:
        for document in self._documents:
            yield document


class MemoryCollection:
    """The documents of a shelf as the driver gives them, and as much of its pipelines as the lists take."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents

    def find(self, query: Mapping[str, Any], shown: Mapping[str, int]) -> _Cursor:
        """Return what matches, in whole."""
        return _Cursor([document for document in self._documents if matches(document, query)])

    def aggregate(self, pipeline: Sequence[Mapping[str, Any]], **options: Any) -> _Cursor:
        """Return what comes out of a pipeline; what is counted under a condition is 0."""
        documents: list[Mapping[str, Any]] = list(self._documents)
        for stage in pipeline:
            ((name, said),) = stage.items()
            documents = _STAGES[name](documents, said)
        return _Cursor(documents)


Documents = list[Mapping[str, Any]]


def _unwound(documents: Documents, path: str) -> Documents:
    field = path.removeprefix("$")
    return [{**document, field: member} for document in documents for member in document[field]]


def _new_roots(documents: Documents, said: Mapping[str, Any]) -> Documents:
    def root(document: Mapping[str, Any], of: Any) -> Any:
        match of:
            case str():
                return values_at(document, of.removeprefix("$").split("."))[0]
            case {"$mergeObjects": parts}:
                return {name: value for part in parts for name, value in root(document, part).items()}
        return {name: root(document, path) for name, path in of.items()}

    return [root(document, said["newRoot"]) for document in documents]


def _grouped(documents: Documents, said: Mapping[str, Any]) -> Documents:
    groups: dict[str, dict[str, Any]] = {}
    for document in documents:
        (key,) = _new_roots([document], {"newRoot": said["_id"]})
        group = groups.setdefault(repr(key), {"_id": key})
        for name, how in said.items():
            if name != "_id":
                nothing: Any = [] if "$push" in how else 0
                group[name] = group.get(name, nothing) + (1 if how == {"$sum": 1} else nothing)
    return list(groups.values())


_STAGES: Mapping[str, Callable[[Documents, Any], Documents]] = {
    "$match": lambda documents, query: [each for each in documents if matches(each, query)],
    "$unwind": _unwound,
    "$replaceRoot": _new_roots,
    "$group": _grouped,
    "$sort": lambda documents, by: in_order(documents, [*by.items()]),
    "$limit": lambda documents, most: documents[:most],
    "$count": lambda documents, name: [{name: len(documents)}] if documents else [],
}


class BoardShelf(Shelf):
    """A read model of the board."""

    async def collection(self) -> MemoryCollection:
        """See `ReadModel.collection`."""
        return MemoryCollection(await self.find())


class MemoryDuties(DutyReading):
    """See `DutyReading`."""

    async def _readable(self, projection: Projection, as_of: date | None) -> Readable:
        model = self._models[projection.name]
        return DutyList(model) if projection is DUTIES else model


async def _memory_duties(request: Request, response: Response) -> MemoryDuties:
    return MemoryDuties(request.app.state.read_models, response, request.app.state.past)


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

    async def versions(self, keys: Collection[str]) -> dict[str, str]:
        """See `BoardSource.versions`."""
        return dict.fromkeys(keys, "1")

    async def freshness(self) -> Freshness:
        """See `BoardSource.freshness`."""
        return await self._models[TIMELINE.name].freshness()


def memory_board(app: FastAPI) -> MemoryBoard:
    """Return where an application gets its figures."""
    return MemoryBoard(app.state.read_models, app.state.settings.county, past=cast(Any, MemoryPast()))


def install_in_memory(app: FastAPI) -> None:
    """Do as the board's `install` does, without a database."""
    state = app.state
    state.board = memory_board(app)
    state.changes = Changes(state.board.versions, lambda: True)
    PAGES.mount(app, "/static")


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
    app.dependency_overrides[_duty_reading] = _memory_duties
    app.state.board = memory_board(app)


def caller_of(
    *streams: Sequence[Recorded], role: Role | None = None, division: str = "371621", subject: str = "p-1"
) -> Caller:
    """Return somebody who asks a board that heard some streams; without a role, without an account."""
    return Caller(application_of(*streams), role, division, subject=subject)
