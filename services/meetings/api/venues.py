"""Venues over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import BaseModel, Field

from services.meetings.catalogue import newest
from services.meetings.deciders import VENUE
from services.meetings.domain import venue as venues
from services.meetings.domain.standards import DEFAULT_STANDARD, ITEMS, Computed, VenueStandard
from services.meetings.moments import Now
from services.meetings.projections.known import SOLUTIONS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.venues import VENUES
from services.meetings.rights import Liaison, LogReader, Reader
from services.meetings.views.venues import VENUE_LIST, RecentView, VenueDetail, VenueSituation, VenueView
from shared.contracts.types import (
    Day,
    DivisionCode,
    HostPlatform,
    Id,
    Line,
    Text,
    Tier,
)
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import (
    CommandBody,
    Commands,
    CommandsOf,
    Written,
    check_back_entry,
)
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.divisions import COUNTY_DIGITS
from shared.platform.files import Files
from shared.platform.files_http import DOWNLOAD, FilesOf, file_response
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedText
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()


Capacity = Annotated[int, Field(ge=1, le=100_000)]
Functions = Annotated[tuple[Line, ...], Field(max_length=20)]


class NewVenue(CommandBody):
    """A place to consult in; `venue_id` may be chosen by the caller, e.g. an importer."""

    venue_id: Id | None = None
    division: DivisionCode
    title: Line
    tier: Tier
    host_platform: HostPlatform | None = None
    address: Line | None = None
    capacity: Capacity | None = None
    functions: Functions = ()
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


class VenueChange(BaseModel):
    """What is said of a venue from now on, all of it, and why it changes.

    Attributes:
        changed_on: since when it is so, in Asia/Shanghai.
    """

    title: Line
    host_platform: HostPlatform
    address: Line
    capacity: Capacity
    functions: Functions = ()
    reason: MaskedText
    changed_on: Day


@router.post("/venues/{venue_id}/changes")
async def change_venue(venue_id: Id, body: VenueChange, caller: Liaison, commands: CommandsOf) -> Written:
    """Describe a venue anew: it moved, was enlarged, does more (M01)."""
    return await _on_venue(commands, venue_id, venues.ChangeVenue(**dict(body)))


class ItemMark(BaseModel):
    """What the assessor found of one item of the standard, which is named by its code or its title.

    Attributes:
        evidence: what shows it, in words.
        files: what shows it, as ids of `POST /files`.
    """

    code: Line
    met: bool
    evidence: Text | None = None
    files: Annotated[tuple[Id, ...], Field(max_length=10)] = ()


class NewAssessment(CommandBody):
    """A venue, held against the newest version of a standard.

    Attributes:
        items: those that need evidence; in a back-entry all six.
        assessor: organisation or official role.
    """

    standard: Id = DEFAULT_STANDARD
    items: Annotated[tuple[ItemMark, ...], Field(max_length=20)]
    assessor: Line | None = None
    assessed_on: Day | None = None


@router.post("/venues/{venue_id}/assessments")
async def assess_venue(
    venue_id: Id,
    body: NewAssessment,
    caller: Liaison,
    commands: CommandsOf,
    reading: ReadingOf,
    files: FilesOf,
    now: Now,
) -> Written:
    """Assess a venue; what can be counted is counted from its last twelve months (M02, M03)."""
    check_back_entry(caller, back_entry=body.back_entry)
    venue = await _seen_venue(commands, venue_id, caller)
    standard = await newest(commands, venue.division[:COUNTY_DIGITS], body.standard)
    command = venues.AssessVenue(
        standard=standard,
        marks=tuple([await _mark(item, standard, files, venue_id, caller) for item in body.items]),
        at=await _twelve_months(reading, venue_id, body.assessed_on),
        today=today(now),
        **body.content("standard", "items"),
    )
    return await _on_venue(commands, venue_id, command, body.source)


async def _seen_venue(commands: Commands, venue_id: str, caller: Principal) -> venues.Venue:
    """Return a venue of the caller's division as it stands now.

    Raises:
        NotFoundError: there is none.
    """
    venue = await commands.state(VENUE, venue_id)
    if not venue.venue_id or not caller.covers(venue.division):
        raise NotFoundError
    return venue


async def _mark(
    item: ItemMark, standard: VenueStandard, files: Files, venue_id: str, caller: Principal
) -> venues.Mark:
    stream = VENUE.stream(venue_id)
    shown = [await files.attach(file_id, stream, within=caller.division) for file_id in item.files]
    return venues.Mark(standard.code_of(item.code), item.met, item.evidence, tuple(shown))


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

    reason: MaskedText
    closed_on: Day


@router.post("/venues/{venue_id}/closure")
async def close_venue(venue_id: Id, body: Closure, caller: Liaison, commands: CommandsOf) -> Written:
    """Close a venue, until it is reopened (M04)."""
    check_back_entry(caller, back_entry=body.back_entry)
    return await _on_venue(commands, venue_id, venues.CloseVenue(**body.content()), body.source)


class Reopening(BaseModel):
    """Why and from which day a closed venue takes meetings again."""

    reason: MaskedText
    reopened_on: Day


@router.post("/venues/{venue_id}/reopening")
async def reopen_venue(venue_id: Id, body: Reopening, caller: Liaison, commands: CommandsOf) -> Written:
    """Reopen a venue (M04)."""
    return await _on_venue(commands, venue_id, venues.ReopenVenue(**dict(body)))


async def _on_venue(
    commands: Commands, venue_id: str, command: venues.VenueCommand, source: str | None = None
) -> Written:
    return await commands.execute(VENUE, venue_id, command, location=f"/venues/{venue_id}", source=source)


@router.get("/venues", response_model=Page[VenueView], responses=EXPORTS)
async def list_venues(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(VENUE_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    tier: Annotated[Tier | None, Query()] = None,
    situation: Annotated[VenueSituation | None, Query()] = None,
    below_standard: Annotated[
        bool | None, Query(description="By the latest assessment; never assessed is neither")
    ] = None,
) -> Page[VenueView] | Response:
    """List the venues of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    query |= {name: v for name, v in (("tier", tier), ("situation", situation)) if v is not None}
    if below_standard is not None:
        query["met"] = {"$lt" if below_standard else "$gte": ITEMS}
    return await reading.listed(VENUES, VENUE_LIST, query, asked)


@router.get("/venues/{venue_id}")
async def get_venue(
    venue_id: Id,
    caller: Reader,
    commands: CommandsOf,
    reading: ReadingOf,
    minimum: MinVersion,
    as_of: AsOfAsked,
    now: Now,
) -> VenueDetail:
    """Return a venue with all its assessments, and what is computed of it today (M03)."""
    found = await reading.document(
        VENUES, venue_id, minimum=minimum, visible=lambda d: caller.covers(d["division"]), as_of=as_of
    )
    latest = found["assessments"][-1]["standard"] if found["assessments"] else DEFAULT_STANDARD
    standard = await newest(commands, found["division"][:COUNTY_DIGITS], latest)
    until = as_of.day or today(now)
    recently = _recent(await _twelve_months(reading, venue_id, until), standard, until)
    return VenueDetail.model_validate({**found, "now": recently})


def _recent(happened: venues.TwelveMonths, standard: VenueStandard, until: date) -> RecentView:
    computed = [item for item in standard.items if item.computed is not None]
    enough = {item.computed: happened.enough_for(item) for item in computed}
    return RecentView(
        until=until,
        meetings=happened.meetings,
        solutions=happened.solutions,
        active=enough.get(Computed.MEETINGS),
        effective=enough.get(Computed.SOLUTIONS),
    )


@router.get("/venues/{venue_id}/history")
async def get_venue_history(
    venue_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a venue, oldest first."""
    return await reading.history(VENUES, venue_id, asked, caller=caller)


@router.get("/venues/{venue_id}/files/{file_id}", response_class=Response, responses=DOWNLOAD)
async def download_evidence(
    venue_id: Id, file_id: Id, caller: LogReader, commands: CommandsOf, files: FilesOf, request: Request
) -> Response:
    """Return a file that an assessment names as evidence."""
    venue = await _seen_venue(commands, venue_id, caller)
    shown = {ref.file_id for each in venue.assessments for item in each.items for ref in item.files}
    if file_id not in shown:
        raise NotFoundError
    return await file_response(await files.open(file_id), request)
