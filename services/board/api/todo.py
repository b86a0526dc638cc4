"""The work queue over HTTP: what waits for the caller, and what waits in a division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.board.api.parameters import Source, When, WhenAsked
from services.board.duties.kinds import Kind
from services.board.lists import DUTY_LIST
from services.board.projections import ACTIVITIES, DUTIES
from services.board.queue import DutyReading, DutyReadingOf, narrowed, waiting_for, waiting_within
from services.board.source import BoardSource
from services.board.views.todo import DutyCountsView, DutyView
from shared.contracts.types import DivisionCode
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.http import Page
from shared.platform.language import Language
from shared.platform.lights import Colour
from shared.platform.lists import ListRequest

router = APIRouter()

Caller = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]
Overseer = Annotated[Principal, Depends(require(Role.LIAISON, access=Access.READ))]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which duties are asked for."""

    kinds: tuple[Kind, ...]
    light: Colour | None
    division: str | None
    when: When

    def conditions(self, caller: Principal, source: BoardSource) -> list[dict[str, Any]]:
        """Return them as database conditions; see `queue.narrowed`."""
        return narrowed(
            caller,
            self.when.day,
            source.calendar,
            kinds=self.kinds,
            light=self.light,
            division=self.division,
        )


async def _filters(
    when: WhenAsked,
    kind: Annotated[list[Kind] | None, Query(max_length=len(Kind), description="Any of these")] = None,
    light: Annotated[Colour | None, Query()] = None,
    division: Annotated[DivisionCode | None, Query(description="About what lies in it")] = None,
) -> Filters:
    return Filters(tuple(kind or ()), light, division, when)


FiltersAsked = Annotated[Filters, Depends(_filters)]
Asked = Annotated[ListRequest, Depends(DUTY_LIST)]


@router.get("/todo", response_model=Page[DutyView], responses=EXPORTS)
async def list_own(
    caller: Caller, reading: DutyReadingOf, source: Source, asked: Asked, filters: FiltersAsked
) -> Page[DutyView] | Response:
    """List what waits for the caller, and for the office or department they act for, by due date."""
    query = {"$and": [waiting_for(caller), *filters.conditions(caller, source)]}
    return await _listed(reading, source, query, asked, filters)


@router.get("/todo/count")
async def count_own(
    caller: Caller, reading: DutyReadingOf, source: Source, filters: FiltersAsked
) -> DutyCountsView:
    """Count what waits for the caller, and for the office or department they act for."""
    query = {"$and": [waiting_for(caller), *filters.conditions(caller, source)]}
    return DutyCountsView.of(
        await reading.counted(query, filters.when.day, source.calendar, filters.when.past)
    )


@router.get("/todo/all", response_model=Page[DutyView], responses=EXPORTS)
async def list_all(
    caller: Overseer, reading: DutyReadingOf, source: Source, asked: Asked, filters: FiltersAsked
) -> Page[DutyView] | Response:
    """List what waits for the offices and departments of the caller's division; nobody's own duties."""
    query = {"$and": [waiting_within(caller), *filters.conditions(caller, source)]}
    return await _listed(reading, source, query, asked, filters)


@router.get("/todo/all/count")
async def count_all(
    caller: Overseer, reading: DutyReadingOf, source: Source, filters: FiltersAsked
) -> DutyCountsView:
    """Count what waits for the offices and departments of the caller's division."""
    query = {"$and": [waiting_within(caller), *filters.conditions(caller, source)]}
    return DutyCountsView.of(
        await reading.counted(query, filters.when.day, source.calendar, filters.when.past)
    )


async def _listed(
    reading: DutyReading, source: BoardSource, query: dict[str, Any], asked: ListRequest, filters: Filters
) -> Page[DutyView] | Response:
    async def views(duties: Sequence[Document]) -> list[DutyView]:
        return await _with_titles(reading, source, duties, filters.when, asked.language)

    asked = replace(asked, as_of=filters.when.past)
    return await reading.listed(DUTIES, DUTY_LIST, query, asked, views=views)


async def _with_titles(
    reading: DutyReading, source: BoardSource, duties: Sequence[Document], when: When, language: Language
) -> list[DutyView]:
    topics = sorted({duty["topic_id"] for duty in duties if duty["topic_id"]})
    known = await reading.all(ACTIVITIES, {"_id": {"$in": topics}}, as_of=when.past)
    titles = {activity["topic_id"]: activity["title"] for activity in known}
    return [
        DutyView.of(
            duty,
            titles.get(duty["topic_id"]),
            as_of=when.day,
            calendar=source.calendar,
            divisions=source.divisions,
            language=language,
        )
        for duty in duties
    ]
