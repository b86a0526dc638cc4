"""Venues over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from services.meetings.catalogue import newest
from services.meetings.deciders import VENUE
from services.meetings.domain import venue as venues
from services.meetings.domain.standards import DEFAULT_STANDARD
from services.meetings.projections.known import SOLUTIONS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.venues import VENUES
from services.meetings.rights import Liaison, Reader
from services.meetings.views.venues import VenueView
from shared.contracts.types import (
    Day,
    DivisionCode,
    HostPlatform,
    Id,
    Line,
    Text,
    Tier,
)
from shared.eventsourcing.http import (
    CommandBody,
    Commands,
    CommandsOf,
    Written,
    check_back_entry,
)
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page, Paging

router = APIRouter()


class NewVenue(CommandBody):
    """A place to consult in; `venue_id` may be chosen by the caller, e.g. an importer."""

    venue_id: Id | None = None
    division: DivisionCode
    title: Line
    tier: Tier
    host_platform: HostPlatform | None = None
    address: Line | None = None
    capacity: int | None = Field(default=None, ge=1)
    functions: tuple[Line, ...] = ()
    opened_on: Day | None = None


@router.post("/venues", status_code=status.HTTP_201_CREATED)
async def open_venue(body: NewVenue, caller: Liaison, commands: CommandsOf) -> Written:
    """Open a venue (M01)."""
    check_back_entry(caller, back_entry=body.back_entry)
    venue_id = body.venue_id or commands.new_id()
    command = venues.OpenVenue(**body.content("venue_id"), venue_id=venue_id)
    return await commands.execute(
        VENUE,
        venue_id,
        command,
        location=f"/venues/{venue_id}",
        division=body.division,
        source=body.source,
    )


class ItemMark(BaseModel):
    """What the assessor found of one item of the standard, which is named by its code or its title."""

    code: Line
    met: bool
    evidence: Text | None = None


class NewAssessment(CommandBody):
    """A venue, held against the newest version of a standard.

    Attributes:
        items: those that need evidence; in a back-entry all six.
        assessor: organisation or official role.
    """

    standard: str = DEFAULT_STANDARD
    items: tuple[ItemMark, ...]
    assessor: Line | None = None
    assessed_on: Day | None = None


@router.post("/venues/{venue_id}/assessments")
async def assess_venue(
    venue_id: Id, body: NewAssessment, caller: Liaison, commands: CommandsOf, reading: ReadingOf
) -> Written:
    """Assess a venue; what can be counted is counted from its last twelve months (M02, M03)."""
    check_back_entry(caller, back_entry=body.back_entry)
    standard = await newest(commands, caller.division[:6], body.standard)
    command = venues.AssessVenue(
        standard=standard,
        marks=tuple(venues.Mark(standard.code_of(i.code), i.met, i.evidence) for i in body.items),
        at=await _twelve_months(reading, venue_id, body.assessed_on),
        **body.content("standard", "items"),
    )
    return await _on_venue(commands, venue_id, command, body.source)


async def _twelve_months(reading: Reading, venue_id: str, until: date | None) -> venues.TwelveMonths:
    if until is None:
        return venues.TwelveMonths()
    held = await reading.all(MEETINGS, {"venue_id": venue_id, "situation": "held"})
    within = {"$gt": year_before(until).isoformat(), "$lte": until.isoformat()}
    of_these = {"meeting_id": {"$in": [meeting["_id"] for meeting in held]}, "solved_on": within}
    recent = [m for m in held if within["$gt"] < m["held_on"] <= within["$lte"]]
    return venues.TwelveMonths(len(recent), len(await reading.all(SOLUTIONS, of_these)))


def year_before(day: date) -> date:
    """Return the same day a year earlier; 28 February for the 29th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


class Closure(CommandBody):
    """Why and from which day a venue takes no meetings."""

    reason: Text
    closed_on: Day


@router.post("/venues/{venue_id}/closure")
async def close_venue(venue_id: Id, body: Closure, caller: Liaison, commands: CommandsOf) -> Written:
    """Close a venue for good (M04)."""
    check_back_entry(caller, back_entry=body.back_entry)
    return await _on_venue(commands, venue_id, venues.CloseVenue(**body.content()), body.source)


async def _on_venue(
    commands: Commands, venue_id: str, command: venues.VenueCommand, source: str | None
) -> Written:
    return await commands.execute(VENUE, venue_id, command, location=f"/venues/{venue_id}", source=source)


@router.get("/venues")
async def list_venues(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    division: Annotated[DivisionCode | None, Query()] = None,
    situation: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[VenueView]:
    """List the venues of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    if situation is not None:
        query["situation"] = situation
    return await reading.page(VENUES, query, paging, VenueView)


@router.get("/venues/{venue_id}")
async def get_venue(venue_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion) -> VenueView:
    """Return a venue with all its assessments."""
    return await reading.one(VENUES, venue_id, VenueView, caller=caller, minimum=minimum)
