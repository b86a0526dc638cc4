"""Venues over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.board.api.parameters import Reader
from services.board.projections import VENUES
from services.board.views.venues import VenueView
from shared.contracts.types import DivisionCode
from shared.eventsourcing.reading import ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import Page, Paging

router = APIRouter()


@router.get("/venues")
async def list_venues(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    division: Annotated[DivisionCode | None, Query()] = None,
) -> Page[VenueView]:
    """List the venues of the caller's division, or of one inside it, with their assessments."""
    return await reading.page(VENUES, {"division": visible_divisions(caller, division)}, paging, VenueView)
