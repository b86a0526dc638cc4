"""The ledger of a county or town by year, as the workbook that the office keeps (C20)."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from services.cases.projections.ledger import LEDGER, LEDGER_PLANS, LEDGER_VENUES
from services.cases.rights import Liaison, Reader
from services.cases.views.ledger import RecordedView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import DivisionCode
from shared.eventsourcing.reading import ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.divisions import COUNTY_DIGITS, load_divisions
from shared.platform.exports import XLSX_TYPE, chunks, disposition

router = APIRouter()

_TURN = asyncio.Lock()
"""One workbook at a time: what a county's year is made from takes 30 MiB and more."""

Year = Annotated[int, Query(ge=2000, le=2100, description="Of the ledger")]


@router.get(
    "/ledger.xlsx",
    response_class=StreamingResponse,
    responses={200: {"content": {XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_ledger(
    caller: Reader,
    reading: ReadingOf,
    year: Year,
    division: Annotated[DivisionCode | None, Query()] = None,
) -> Response:
    """Return the year's plan, ledger and venues in the office's own layout, which `hxs import-ledger` reads.

    A town's file has the town's lines, with the numbers that they have in the county's.
    """
    # Only when somebody asks for it: the library that writes workbooks is large.
    from services.cases.ledger.workbook import Known, written

    within = visible_divisions(caller, division)["$gte"]
    if len(within) < COUNTY_DIGITS:
        raise RefusedError(
            "county-missing",
            zh="请指定县（区）。",
            en="A ledger is a county's or a town's: name one.",
            field="division",
        )
    county = within[:COUNTY_DIGITS]
    in_county = {"$gte": county, "$lt": f"{county}:"}
    async with _TURN:
        known = Known(
            county,
            year,
            topics=await reading.all(LEDGER, {"year": year, "listed": True, "division": in_county}),
            plans=await reading.all(LEDGER_PLANS, {"year": year, "division": in_county}),
            venues=await reading.all(LEDGER_VENUES, {"division": in_county}),
        )
        file = await asyncio.to_thread(written, known, within)
    title = f"{load_divisions().name(within)}协商活动台账"
    saved_as = disposition(title, "ledger", str(year), "xlsx")
    return StreamingResponse(chunks(file), media_type=XLSX_TYPE, headers={"Content-Disposition": saved_as})


@router.get("/ledger/recorded")
async def get_recorded(caller: Liaison, reading: ReadingOf, year: Year) -> RecordedView:
    """Return when each topic and plan of a year, and each venue, was first recorded.

    By that an import tells the rows of a workbook that this very system has written.
    """
    visible = visible_divisions(caller)
    county = visible["$gte"][:COUNTY_DIGITS]
    topics = await reading.all(LEDGER, {"year": year, "listed": True, "division": visible})
    plans = await reading.all(LEDGER_PLANS, {"year": year, "division": county})
    venues = await reading.all(LEDGER_VENUES, {"division": visible})
    return RecordedView(
        recorded_at={
            **{topic["topic_id"]: topic["topic"]["recorded_at"] for topic in topics},
            **{plan["plan_id"]: plan["recorded_at"] for plan in plans},
            **{venue["venue_id"]: venue["recorded_at"] for venue in venues},
        }
    )
