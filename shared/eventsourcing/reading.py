"""Read models over HTTP: waiting for a version, pages, rights, and how fresh the answer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar, overload

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel, without_runner_fields
from shared.platform.auth import Principal
from shared.platform.http import Page, PageRequest, etag, page_of
from shared.platform.problems import NotFoundError

V = TypeVar("V", bound=BaseModel)


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

    async def all(self, projection: Projection, query: Mapping[str, Any]) -> list[Document]:
        """Return all documents that match a query, for a join; not for an answer of its own."""
        return await self._models[projection.name].find(query)

    async def _say_how_fresh(self, model: ReadModel) -> None:
        fresh = await model.freshness()
        if fresh.as_of is not None:
            self._response.headers["HXS-As-Of"] = fresh.as_of.isoformat()
        self._response.headers["HXS-Lag-Seconds"] = f"{fresh.behind_seconds:.1f}"


async def _reading(request: Request, response: Response) -> Reading:
    return Reading(request.app.state.read_models, response)


ReadingOf = Annotated[Reading, Depends(_reading)]
