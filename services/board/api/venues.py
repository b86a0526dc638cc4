"""Venues over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.board.api.parameters import Reader, Source, WhenAsked
from services.board.lists import VENUE_LIST
from services.board.projections import VENUES
from services.board.views.venues import VenueView
from shared.contracts.types import DivisionCode, Tier
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import Page
from shared.platform.lists import ListRequest

router = APIRouter()


@router.get("/venues", response_model=Page[VenueView], responses=EXPORTS)
async def list_venues(
    caller: Reader,
    reading: ReadingOf,
    source: Source,
    when: WhenAsked,
    asked: Annotated[ListRequest, Depends(VENUE_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    tier: Annotated[Tier | None, Query()] = None,
    open: Annotated[bool | None, Query(description="Whether it takes meetings")] = None,
) -> Page[VenueView] | Response:
    """List the venues of the caller's division, or of one inside it, with their assessments."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    query |= {"tier": str(tier)} if tier else {}
    query |= {} if open is None else {"open": open}

    async def views(venues: Sequence[Document]) -> list[VenueView]:
        return [VenueView.of(venue, source.divisions) for venue in venues]

    asked = replace(asked, as_of=when.past)
    return await reading.listed(VENUES, VENUE_LIST, query, asked, views=views)
