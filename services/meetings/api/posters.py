"""Posters with codes to scan, and the page that a meeting's code leads to."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.responses import HTMLResponse

from services.meetings import calendars
from services.meetings.api.about import about_meeting, about_meetings
from services.meetings.api.calendars import ANSWERS_CALENDAR
from services.meetings.documents.fields import About
from services.meetings.moments import Now
from services.meetings.page import PAGES, meeting_page
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.venues import VENUES
from services.meetings.rights import Convener
from shared.contracts.types import Id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.authorisation import Access, unidentified
from shared.platform.calendar import MEDIA_TYPE
from shared.platform.divisions import load_divisions
from shared.platform.exports import disposition
from shared.platform.http import Lang
from shared.platform.problems import NotFoundError
from shared.platform.settings import Settings

router = APIRouter()

MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png"}
Format = Annotated[Literal["pdf", "png"], Path(description="What a printer or a web page takes")]
_Anybody = Annotated[None, Depends(unidentified(Access.READ))]

ANSWERS_POSTER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES.values()
        }
    },
    503: {"description": "The server has no font with Chinese characters: `font-missing`"},
}


@router.get("/venues/{venue_id}/poster.{format}", response_class=Response, responses=ANSWERS_POSTER)
async def print_venue_poster(
    venue_id: Id, format: Format, caller: Convener, request: Request, reading: ReadingOf
) -> Response:
    """Return a poster for a venue, A4: scan it to propose a topic."""
    from services.meetings.documents import poster  # when the first is wanted, as with papers

    venue = await reading.document(
        VENUES, venue_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    settings: Settings = request.app.state.settings
    url = f"{settings.public_url}/submit?venue={venue_id}"
    page = poster.of_venue(venue["title"], load_divisions().name(venue["division"]), url)
    content = await asyncio.to_thread(poster.written, page, poster.font_file(settings.font), format)
    return _poster(content, format, "阵地海报", "venue-poster", venue_id)


@router.get("/meetings/{meeting_id}/poster.{format}", response_class=Response, responses=ANSWERS_POSTER)
async def print_meeting_poster(
    meeting_id: Id, format: Format, caller: Convener, request: Request, reading: ReadingOf
) -> Response:
    """Return a poster for a meeting, A4: scan it to see the meeting and to register."""
    from services.meetings.documents import poster  # when the first is wanted, as with papers

    about = await about_meeting(reading, meeting_id, caller)
    settings: Settings = request.app.state.settings
    page = poster.of_meeting(about, f"{settings.public_meetings_url}/m/{meeting_id}")
    content = await asyncio.to_thread(poster.written, page, poster.font_file(settings.font), format)
    return _poster(content, format, "协商海报", "meeting-poster", about.day.isoformat())


def _poster(content: bytes, format_: str, title: str, name: str, stamp: str) -> Response:
    headers = {"Content-Disposition": disposition(title, name, stamp, format_)}
    return Response(content, media_type=MEDIA_TYPES[format_], headers=headers)


async def _public(reading: Reading, meeting_id: str) -> About:
    """Return what a poster on the wall tells everybody."""
    found = await reading.all(MEETINGS, {"_id": meeting_id})
    if not found:
        raise NotFoundError
    return (await about_meetings(reading, found))[0]


@router.get("/m/{meeting_id}", response_class=HTMLResponse)
async def show_meeting(meeting_id: Id, _: _Anybody, reading: ReadingOf, language: Lang) -> HTMLResponse:
    """Show a meeting to whoever scanned its poster: what, when, where, whether it still takes place."""
    page = meeting_page(await _public(reading, meeting_id), language)
    return HTMLResponse(page, headers={"Content-Language": language, "Vary": "Accept-Language"})


@router.get("/m/{meeting_id}/meeting.ics", response_class=Response, responses=ANSWERS_CALENDAR)
async def get_public_entry(meeting_id: Id, _: _Anybody, reading: ReadingOf, now: Now) -> Response:
    """Return the same as a calendar entry."""
    entry = calendars.Entry(await _public(reading, meeting_id))
    return Response(calendars.one_meeting(entry, now), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Give the application the files of its page."""
    PAGES.mount(app, "/m/static")
