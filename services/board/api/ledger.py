"""The ledger of a town or county over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.board.api.parameters import Reader, Source, WhenAsked, Year
from services.board.lists import LEDGER_LIST
from services.board.projections import ACTIVITIES, LEDGER
from services.board.views.ledger import LedgerView
from shared.contracts.types import DivisionCode
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import Page
from shared.platform.lists import ListRequest

router = APIRouter()


@router.get("/ledger", response_model=Page[LedgerView], responses=EXPORTS)
async def list_ledger(
    caller: Reader,
    reading: ReadingOf,
    source: Source,
    when: WhenAsked,
    asked: Annotated[ListRequest, Depends(LEDGER_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    year: Year = None,
    closed: Annotated[bool | None, Query(description="Whether the loop is closed")] = None,
    archived: Annotated[bool | None, Query(description="Whether it has a file number")] = None,
) -> Page[LedgerView] | Response:
    """List the consultations of the caller's division, or of one inside it: a line each, by day."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division), "held_on": {"$ne": None}}
    query |= {"year": year} if year else {}
    query |= {} if closed is None else {"closed": closed}
    query |= {} if archived is None else {"file_number": {"$ne": None} if archived else None}

    async def views(lines: Sequence[Document]) -> list[LedgerView]:
        topics = await reading.all(
            ACTIVITIES, {"_id": {"$in": [line["topic_id"] for line in lines]}}, as_of=when.past
        )
        known = {topic["topic_id"]: topic for topic in topics}
        return [
            LedgerView.of(line, known.get(line["topic_id"]), source.divisions, asked.language)
            for line in lines
        ]

    asked = replace(asked, as_of=when.past)
    return await reading.listed(LEDGER, LEDGER_LIST, query, asked, views=views)
