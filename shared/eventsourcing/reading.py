"""Read models over HTTP: waiting for a version, lists and exports, rights, and how fresh the answer is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar, overload

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel, without_runner_fields
from shared.platform.auth import Principal
from shared.platform.exports import (
    CSV_TYPE,
    XLSX_ITEMS,
    XLSX_TYPE,
    Rows,
    chunks,
    csv_file,
    disposition,
    xlsx_file,
)
from shared.platform.http import CursorKey, Page, PageRequest, etag, page_of
from shared.platform.language import Text
from shared.platform.lists import Format, Listing, ListRequest
from shared.platform.problems import NotFoundError, Problem, ProblemType, add_types
from shared.platform.working_days import SHANGHAI

V = TypeVar("V", bound=BaseModel)
Views = Callable[[Sequence[Document]], Awaitable[Sequence[V]]]
"""Documents, without the runner's fields → what is shown of them, one for each, in their order."""

EXPORT_PAGE = 500
"""Documents of an export in memory at a time."""
EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of the list, or all of it as a file",
        "content": {CSV_TYPE: {"schema": {"type": "string"}}, XLSX_TYPE: {"schema": {"type": "string"}}},
    }
}
"""`responses` of an endpoint that answers with `Reading.listed`."""

add_types([ProblemType("export-too-large", 422, Text("导出内容过多", "Too much to export"))])


class Reading:
    """One request's way to the service's read models.

    Every answer says how fresh it is, in the headers `HXS-As-Of` (everything recorded before that moment is
    in it, UTC) and `HXS-Lag-Seconds`.
    """

    def __init__(self, models: Mapping[str, ReadModel], response: Response) -> None:
        self._models = models
        self._response = response

    async def one(
        self, projection: Projection, key: str, view: type[V], *, caller: Principal, minimum: int | None
    ) -> V:
        """Return a document that lies in the caller's division.

        Args:
            projection: which read model.
            key: the document's id.
            view: what is shown of it.
            caller: who asks.
            minimum: the version of its main stream that it must show, if it matters.

        Raises:
            NotFoundError: there is none, or it lies elsewhere.
            NotCaughtUpError: it does not show `minimum` within two seconds.
        """
        found = await self.document(
            projection, key, minimum=minimum, visible=lambda d: caller.covers(d["division"])
        )
        return view.model_validate(found)

    async def document(
        self, projection: Projection, key: str, *, minimum: int | None, visible: Callable[[Document], bool]
    ) -> Document:
        """Return a document without the runner's fields; raises as `one` does."""
        model = self._models[projection.name]
        if minimum is None:
            found = await model.get(key)
        else:
            found = await model.wait_for_version(key, minimum)
        if found is None or not visible(found):
            raise NotFoundError
        if "_version" in found:
            self._response.headers["ETag"] = etag(found["_version"])
        if "_stale" in found:
            self._response.headers["HXS-Stale"] = "true"
        await self._say_how_fresh(model)
        return without_runner_fields(found)

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
        model = self._models[projection.name]
        after = asked.after(listing.name, query)
        found = await self._behind(projection, condition, asked, after, asked.limit + 1)
        items = found[: asked.limit]
        more = len(found) > asked.limit
        await self._say_how_fresh(model)
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
        conditions = [condition, asked.order.after(after)] if after else [condition]
        model = self._models[projection.name]
        return await model.find({"$and": conditions}, sort=asked.order.sort(), limit=limit)

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

        model = self._models[projection.name]
        as_of = await self._say_how_fresh(model)
        # Read before anything is answered, so that what goes wrong at once is told as a problem.
        pages = rows(await self._behind(projection, condition, asked, None, EXPORT_PAGE))
        headings = listing.headings(asked.language)
        content: AsyncIterator[bytes]
        if asked.format is Format.CSV:
            content, media_type = csv_file(headings, pages), f"{CSV_TYPE}; charset=utf-8"
        else:
            if await model.count(condition, limit=XLSX_ITEMS + 1) > XLSX_ITEMS:
                raise _too_large()
            title, widths = listing.title.in_(asked.language), [column.width for column in listing.columns]
            content, media_type = chunks(await xlsx_file(title, headings, widths, pages)), XLSX_TYPE
        headers = {**self._response.headers, **_file_headers(listing, asked, as_of)}
        return StreamingResponse(content, media_type=media_type, headers=headers)

    async def all(self, projection: Projection, query: Mapping[str, Any]) -> list[Document]:
        """Return all documents that match a query, for a join; not for an answer of its own."""
        return await self._models[projection.name].find(query)

    async def _say_how_fresh(self, model: ReadModel) -> datetime | None:
        fresh = await model.freshness()
        if fresh.as_of is not None:
            self._response.headers["HXS-As-Of"] = fresh.as_of.isoformat()
        self._response.headers["HXS-Lag-Seconds"] = f"{fresh.behind_seconds:.1f}"
        return fresh.as_of


def _each(view: type[V]) -> Views[V]:
    async def views(documents: Sequence[Document]) -> list[V]:
        return [view.model_validate(document) for document in documents]

    return views


def _file_headers(listing: Listing[V], asked: ListRequest, as_of: datetime | None) -> dict[str, str]:
    # The moment of the figures, not that of the download, tells one export from the next.
    stamp = f"{as_of.astimezone(SHANGHAI):%Y%m%d-%H%M}" if as_of else "0"
    title = listing.title.in_(asked.language)
    return {
        "Content-Disposition": disposition(title, listing.name, stamp, asked.format.value),
        "Content-Language": asked.language,
        "Vary": "Accept-Language",
    }


def _too_large() -> Problem:
    return Problem(
        "export-too-large",
        Text(
            f"工作簿最多 {XLSX_ITEMS} 条;请缩小筛选范围,或导出 CSV。",
            f"A workbook takes {XLSX_ITEMS} at most: narrow the filters, or export CSV.",
        ),
    )


async def _reading(request: Request, response: Response) -> Reading:
    return Reading(request.app.state.read_models, response)


ReadingOf = Annotated[Reading, Depends(_reading)]
