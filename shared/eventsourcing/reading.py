"""Read models over HTTP: waiting for a version, lists and exports, rights, and how fresh the answer is.

Everything can also be read as it was: `?as_of=` and `?version=` of one thing, `?as_of=` of a list, and the
history of a thing (`past.py`, `past_lists.py`, `history.py`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, overload

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from shared.contracts.types import Day
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.history import HistoryEntry, HistoryRequest, history_of
from shared.eventsourcing.past import document_of, events_of, up_to_day, up_to_version
from shared.eventsourcing.past_lists import Past, Readable
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel, without_runner_fields
from shared.eventsourcing.store import EventStore
from shared.platform.auth import Principal
from shared.platform.exports import EXPORTS, XLSX_ITEMS, Rows, file_of
from shared.platform.http import CursorKey, Page, PageRequest, etag, page_of
from shared.platform.language import Text
from shared.platform.lists import Format, Listing, ListRequest
from shared.platform.problems import InvalidRequestError, NotFoundError, Problem, ProblemType, add_types
from shared.platform.working_days import SHANGHAI

V = TypeVar("V", bound=BaseModel)
Views = Callable[[Sequence[Document]], Awaitable[Sequence[V]]]
"""Documents, without the runner's fields → what is shown of them, one for each, in their order."""

EXPORT_PAGE = 500
"""Documents of an export in memory at a time."""

add_types([ProblemType("export-too-large", 422, Text("导出内容过多", "Too much to export"))])


@dataclass(frozen=True, slots=True)
class AsOf:
    """A point in the life of one thing; neither set means now.

    Attributes:
        day: the end of it, in Asia/Shanghai.
        version: of the thing's stream.
    """

    day: date | None = None
    version: int | None = None


async def _as_of(
    as_of: Annotated[Day | None, Query(description="As it stood on that day, in Shanghai")] = None,
    version: Annotated[int | None, Query(ge=1, le=10**9, description="As it stood at that version")] = None,
) -> AsOf:
    if as_of is not None and version is not None:
        detail = Text("as_of 与 version 只能选其一。", "Send as_of or version, not both.")
        raise InvalidRequestError("invalid-request", detail, field="query.version")
    return AsOf(as_of, version)


AsOfAsked = Annotated[AsOf, Depends(_as_of)]
_NOW = AsOf()


class Reading:
    """One request's way to the service's read models.

    Every answer says how fresh it is, in the headers `HXS-As-Of` (everything recorded before that moment is
    in it, UTC) and `HXS-Lag-Seconds`. An answer of the past says in `HXS-As-Of` what it is of: the day, or
    the moment at which the version was recorded; it has no ETag, for no change can be based on it.

    Args:
        models: the service's read models.
        response: whose headers say it.
        store: the service's own; None for one that has no record, which then has no past to show.
        past: likewise.
    """

    def __init__(
        self,
        models: Mapping[str, ReadModel],
        response: Response,
        store: EventStore | None = None,
        past: Past | None = None,
    ) -> None:
        self._models = models
        self._response = response
        self._store = store
        self._past = past

    async def one(
        self,
        projection: Projection,
        key: str,
        view: type[V],
        *,
        caller: Principal,
        minimum: int | None,
        as_of: AsOf = _NOW,
    ) -> V:
        """Return a document that lies in the caller's division.

        Args:
            projection: which read model.
            key: the document's id.
            view: what is shown of it.
            caller: who asks.
            minimum: the version of its main stream that it must show, if it matters.
            as_of: when; now unless given.

        Raises:
            NotFoundError: there is none, or it lies elsewhere, or it was not there yet.
            NotCaughtUpError: it does not show `minimum` within two seconds.
        """
        found = await self.document(
            projection, key, minimum=minimum, visible=lambda d: caller.covers(d["division"]), as_of=as_of
        )
        return view.model_validate(found)

    async def document(
        self,
        projection: Projection,
        key: str,
        *,
        minimum: int | None,
        visible: Callable[[Document], bool],
        as_of: AsOf = _NOW,
    ) -> Document:
        """Return a document without the runner's fields; raises as `one` does.

        Whether it is visible depends on how it stands now, also where it is shown as it stood.
        """
        model = self._models[projection.name]
        found = await self._visible(model, key, minimum, visible)
        if as_of != _NOW:
            found = await self._as_it_stood(projection, key, as_of)
        elif "_version" in found and self._store is not None:
            # Without commands there is no change to base on a version, and other streams may feed it, too.
            self._response.headers["ETag"] = etag(found["_version"])
        if "_stale" in found:
            self._response.headers["HXS-Stale"] = "true"
        if as_of == _NOW:
            await self._say_how_fresh(model)
        return without_runner_fields(found)

    async def _visible(
        self, model: ReadModel, key: str, minimum: int | None, visible: Callable[[Document], bool]
    ) -> Document:
        found = await (model.get(key) if minimum is None else model.wait_for_version(key, minimum))
        if found is None or not visible(found):
            raise NotFoundError
        return found

    async def _as_it_stood(self, projection: Projection, key: str, as_of: AsOf) -> Document:
        events = events_of(await self._commits(projection, key))
        if as_of.day is not None:
            events, said = up_to_day(events, as_of.day), as_of.day.isoformat()
        elif as_of.version is None or as_of.version > len(events):
            raise NotFoundError
        else:
            events = up_to_version(events, as_of.version)
            said = events[-1].recorded_at.isoformat()
        document = document_of(projection, events)
        if document is None:
            raise NotFoundError
        self._response.headers["HXS-As-Of"] = said
        return document

    async def _commits(self, projection: Projection, key: str) -> list[Commit]:
        if self._store is None:
            raise TypeError("a service without a record of its own has no past to show")
        return await self._store.read_stream(f"{projection.main_category}-{key}")

    async def history(
        self,
        projection: Projection,
        key: str,
        asked: HistoryRequest,
        *,
        caller: Principal,
        visible: Callable[[Document], bool] | None = None,
    ) -> Page[HistoryEntry]:
        """Return a page of all that happened in the main stream of a document, oldest first.

        Args:
            projection: which read model; its document says who may see the history.
            key: the document's id.
            asked: which page, in which language.
            caller: who asks.
            visible: who may see it, where that is not whoever covers its division.

        Raises:
            NotFoundError: there is no such thing, or it lies elsewhere.
            InvalidRequestError: the cursor belongs to another list.
        """
        may = visible or (lambda d: caller.covers(d["division"]))
        await self._visible(self._models[projection.name], key, None, may)
        listing = f"history:{projection.name}:{key}"
        after = asked.paging.after(listing)
        entries = history_of(await self._commits(projection, key), asked.language)
        further = entries[int(after[0] or 0) :] if after else entries
        return page_of(further, asked.paging, listing, lambda entry: (entry.version,))

    @overload
    async def page(
        self, projection: Projection, query: Mapping[str, Any], paging: PageRequest, view: type[V]
    ) -> Page[V]: ...
    @overload
    async def page(
        self, projection: Projection, query: Mapping[str, Any], paging: PageRequest
    ) -> Page[Document]: ...
    async def page(
        self,
        projection: Projection,
        query: Mapping[str, Any],
        paging: PageRequest,
        view: type[V] | None = None,
    ) -> Page[Any]:
        """Return a page of the documents that match a query, by id.

        Raises:
            InvalidRequestError: the cursor belongs to another list.
        """
        model = self._models[projection.name]
        after = paging.after(projection.name)
        conditions = [query, {"_id": {"$gt": after[0]}}] if after else [query]
        found = await model.find({"$and": conditions}, limit=paging.limit + 1)
        page: Page[Document] = page_of(found, paging, projection.name, lambda d: (d["_id"],))
        await self._say_how_fresh(model)
        items: list[Any] = [without_runner_fields(d) for d in page.items]
        return Page(items=[view.model_validate(d) for d in items] if view else items, next=page.next)

    async def listed(
        self,
        projection: Projection,
        listing: Listing[V],
        query: Mapping[str, Any],
        asked: ListRequest,
        *,
        views: Views[V] | None = None,
    ) -> Page[V] | Response:
        """Return a page of a list, or the whole of it as a file.

        A file is read in pages, too: an item that is moved to another place of the order meanwhile may be in
        it twice or not at all; sorted by what never changes, such as a day of origin, each is in it once.

        Args:
            projection: which read model.
            listing: how the list is declared.
            query: a database condition: the filters, and what the caller may see.
            asked: as the listing understood the request.
            views: what is shown of documents, where that takes more than the document.

        Raises:
            InvalidRequestError: the cursor belongs to another list, order, search or filter.
            Problem: `export-too-large`: more than a workbook takes.
        """
        condition = asked.condition(query)
        shown = views or _each(listing.view)
        if asked.format is not Format.JSON:
            return await self._exported(projection, listing, condition, asked, shown)
        after = asked.after(listing.name, query)
        found = await self._behind(projection, condition, asked, after, asked.limit + 1)
        items = found[: asked.limit]
        more = len(found) > asked.limit
        await self._say_as_of(projection, asked)
        return Page(
            items=list(await shown([without_runner_fields(d) for d in items])),
            next=asked.next_cursor(listing.name, query, items[-1]) if more else None,
        )

    async def _behind(
        self,
        projection: Projection,
        condition: Mapping[str, Any],
        asked: ListRequest,
        after: tuple[CursorKey, ...] | None,
        limit: int,
    ) -> list[Document]:
        model = await self._readable(projection, asked.as_of)
        behind = asked.order.after(after)
        return await model.find({"$and": [condition, behind]}, sort=asked.order.sort(), limit=limit)

    async def _exported(
        self,
        projection: Projection,
        listing: Listing[V],
        condition: Mapping[str, Any],
        asked: ListRequest,
        views: Views[V],
    ) -> Response:
        async def rows(found: list[Document]) -> Rows:
            while found:
                shown = await views([without_runner_fields(d) for d in found])
                yield listing.cells(shown, asked.language)
                last = asked.order.keys_of(found[-1])
                more = len(found) == EXPORT_PAGE
                found = await self._behind(projection, condition, asked, last, EXPORT_PAGE) if more else []

        stamp = await self._say_as_of(projection, asked)
        # Read before anything is answered, so that what goes wrong at once is told as a problem.
        pages = rows(await self._behind(projection, condition, asked, None, EXPORT_PAGE))
        if asked.format is Format.XLSX:
            model = await self._readable(projection, asked.as_of)
            if await model.count(condition, limit=XLSX_ITEMS + 1) > XLSX_ITEMS:
                raise _too_large()
        return await file_of(
            listing, pages, asked.format, asked.language, stamp, headers=self._response.headers
        )

    async def all(
        self, projection: Projection, query: Mapping[str, Any], *, as_of: date | None = None
    ) -> list[Document]:
        """Return all documents that match a query, for a join; not for an answer of its own."""
        return await (await self._readable(projection, as_of)).find(query)

    async def _readable(self, projection: Projection, as_of: date | None) -> Readable:
        if as_of is None:
            return self._models[projection.name]
        if self._past is None:
            raise TypeError("a service without a record of its own has no past to show")
        return await self._past.as_of(projection, as_of)

    async def _say_as_of(self, projection: Projection, asked: ListRequest) -> str:
        """Say of when a list is, and return it as it stands in a file's name."""
        if asked.as_of is not None:
            self._response.headers["HXS-As-Of"] = asked.as_of.isoformat()
            return f"{asked.as_of:%Y%m%d}"
        as_of = await self._say_how_fresh(self._models[projection.name])
        return f"{as_of.astimezone(SHANGHAI):%Y%m%d-%H%M}" if as_of else "0"

    async def _say_how_fresh(self, model: ReadModel) -> datetime | None:
        fresh = await model.freshness_of_last_look()
        if fresh.as_of is not None:
            self._response.headers["HXS-As-Of"] = fresh.as_of.isoformat()
        self._response.headers["HXS-Lag-Seconds"] = f"{fresh.behind_seconds:.1f}"
        return fresh.as_of


def _each(view: type[V]) -> Views[V]:
    async def views(documents: Sequence[Document]) -> list[V]:
        return [view.model_validate(document) for document in documents]

    return views


def _too_large() -> Problem:
    return Problem(
        "export-too-large",
        Text(
            f"工作簿最多 {XLSX_ITEMS} 条；请缩小筛选范围，或导出 CSV。",
            f"A workbook takes {XLSX_ITEMS} at most: narrow the filters, or export CSV.",
        ),
    )


async def _reading(request: Request, response: Response) -> Reading:
    state = request.app.state
    return Reading(state.read_models, response, state.store, state.past)


ReadingOf = Annotated[Reading, Depends(_reading)]

__all__ = ["EXPORTS", "AsOf", "AsOfAsked", "Reading", "ReadingOf", "Views"]
