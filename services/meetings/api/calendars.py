"""Calendars over HTTP: a meeting's entry, a venue's and a person's calendar, and one to subscribe to.

Phones subscribe to an address and cannot sign in. So a person gets a secret one: their opaque id and a code
that follows from it and the installation's secret (`shared/platform/codes.py`). Nothing is stored; it shows
that person's meetings and nothing else, to whoever has it. It is taken back, for everybody at once, when the
secret is retired (docs/operations.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from services.meetings import calendars
from services.meetings.api.about import about_meetings
from services.meetings.calendars import Certainty, Entry
from services.meetings.documents.fields import About
from services.meetings.moments import Now
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.seating import PARTICIPATIONS
from services.meetings.projections.venues import VENUES
from services.meetings.rights import Reader
from shared.contracts.types import Id
from shared.eventsourcing.http import person_id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.authorisation import Access, unidentified
from shared.platform.calendar import MEDIA_TYPE
from shared.platform.codes import SecretsOf, is_short_code, short_code
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

ANSWERS_CALENDAR: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}
}
KEPT = timedelta(days=90)
"""How long what is over stays in a calendar."""

FEED_PURPOSE = "calendar-feed"
CODE_LENGTH = 24
"""Of the alphabet of codes: 110 bits, which nobody tries out."""

STANDINGS = {"registered": "", "walk-in": "", "invited": "待答复", "waitlisted": "候补"}
OFFICES = ("convener_id", "host_id", "recorder_id")

_Anybody = Annotated[None, Depends(unidentified(Access.READ))]
_Token = Annotated[str, Path(pattern=r"^[0-9a-z][0-9a-z-]{2,63}\.[0-9A-Z]{24}$")]


def _answer(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"', "Cache-Control": "private, no-cache"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


async def _feed(name: str, entries: Sequence[Entry], now: datetime, file: str) -> Response:
    # Hundreds of entries take longer to write than other requests should wait.
    return _answer(await asyncio.to_thread(calendars.feed, name, entries, now), file)


def _recent(now: datetime) -> dict[str, str]:
    return {"$gte": (today(now) - KEPT).isoformat()}


@router.get("/meetings/{meeting_id}/meeting.ics", response_class=Response, responses=ANSWERS_CALENDAR)
async def get_meeting_entry(meeting_id: Id, caller: Reader, reading: ReadingOf, now: Now) -> Response:
    """Return a meeting as a calendar entry; read again after a change, it updates or cancels itself (M17)."""
    found = await reading.all(MEETINGS, {"_id": meeting_id})
    if not found or not caller.covers(found[0]["division"]):
        raise NotFoundError
    (about,) = await about_meetings(reading, found)
    return _answer(calendars.one_meeting(Entry(about), now), "meeting")


@router.get("/venues/{venue_id}/calendar.ics", response_class=Response, responses=ANSWERS_CALENDAR)
async def get_venue_calendar(venue_id: Id, caller: Reader, reading: ReadingOf, now: Now) -> Response:
    """Return a venue's calendar: the meetings of the last 90 days, and all to come.

    Of a guest from another town it shows only that the venue is taken.
    """
    venue = await reading.document(
        VENUES, venue_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    found = await reading.all(MEETINGS, {"venue_id": venue_id, "day": _recent(now)})
    entries = [
        Entry(about, in_full=caller.covers(about.meeting["division"]))
        for about in await about_meetings(reading, found)
    ]
    return await _feed(venue["title"], entries, now, "venue")


class FeedAddress(BaseModel):
    """Where a phone's calendar subscribes to the caller's meetings; to be shown to nobody else."""

    url: str


@router.get("/my/calendar")
async def get_my_feed_address(caller: Reader, request: Request, secrets: SecretsOf) -> FeedAddress:
    """Return the secret address of the caller's own calendar."""
    person = person_id(caller.subject)
    code = short_code(secrets, FEED_PURPOSE, person, CODE_LENGTH)
    base = request.app.state.settings.public_meetings_url
    return FeedAddress(url=f"{base}/calendars/{person}.{code}.ics")


@router.get("/my/calendar.ics", response_class=Response, responses=ANSWERS_CALENDAR)
async def get_my_calendar(caller: Reader, reading: ReadingOf, now: Now) -> Response:
    """Return the caller's meetings as a calendar: invited to, registered for, or with an office in."""
    return await _calendar_of(person_id(caller.subject), reading, now)


@router.get("/calendars/{token}.ics", response_class=Response, responses=ANSWERS_CALENDAR)
async def get_feed(token: _Token, _: _Anybody, reading: ReadingOf, secrets: SecretsOf, now: Now) -> Response:
    """Return the calendar that a secret address leads to; for any other address there is nothing."""
    person, code = token.split(".")
    if not is_short_code(secrets, FEED_PURPOSE, person, code, CODE_LENGTH):
        raise NotFoundError
    return await _calendar_of(person, reading, now)


async def _calendar_of(person: str, reading: Reading, now: datetime) -> Response:
    parts = await reading.all(PARTICIPATIONS, {"person": person, "standing": {"$in": list(STANDINGS)}})
    standings = {part["meeting_id"]: part["standing"] for part in parts}
    offices = [{office: person} for office in OFFICES]
    mine = {"$or": [{"_id": {"$in": sorted(standings)}}, *offices], "day": _recent(now)}
    abouts = await about_meetings(reading, await reading.all(MEETINGS, mine))
    return await _feed(
        "我的协商活动", [_entry(about, person, standings) for about in abouts], now, "my-meetings"
    )


def _entry(about: About, person: str, standings: Mapping[str, str]) -> Entry:
    has_office = any(about.meeting.get(office) == person for office in OFFICES)
    standing = "" if has_office else STANDINGS[standings[about.meeting["meeting_id"]]]
    return Entry(about, Certainty.TENTATIVE if standing else Certainty.CERTAIN, standing)
