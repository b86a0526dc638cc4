"""Activities over HTTP, and what happened to a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from services.board.api.parameters import Reader, Source, WhenAsked, Year, known_to
from services.board.lights import light_of
from services.board.lists import ACTIVITY_LIST
from services.board.projections import ACTIVITIES, TIMELINE
from services.board.reading import BoardReadingOf
from services.board.source import BoardSource
from services.board.status import Status
from services.board.views.activities import ActivityView
from services.board.views.timeline import TimelineView
from shared.contracts.types import DivisionCode, Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOf, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.http import Lang, MinVersion, Page
from shared.platform.lights import Colour, dates_of
from shared.platform.lists import ListRequest
from shared.platform.problems import NotFoundError

router = APIRouter()


@router.get("/activities", response_model=Page[ActivityView], responses=EXPORTS)
async def list_activities(
    caller: Reader,
    reading: ReadingOf,
    source: Source,
    when: WhenAsked,
    asked: Annotated[ListRequest, Depends(ACTIVITY_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    light: Annotated[Colour | None, Query()] = None,
    year: Year = None,
) -> Page[ActivityView] | Response:
    """List the activities of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division), "status": {"$ne": None}}
    query |= {"status": status} if status else {}
    query |= {"year": year} if year else {}
    query |= light_condition(source, light, when.day) if light else {}

    async def views(documents: Sequence[Document]) -> list[ActivityView]:
        return [_activity(source, document, when.day, asked.language) for document in documents]

    asked = replace(asked, as_of=when.past)
    return await reading.listed(ACTIVITIES, ACTIVITY_LIST, query, asked, views=views)


def light_condition(source: BoardSource, colour: Colour, as_of: date) -> dict[str, Any]:
    """Return a database condition on activities: their light has this colour."""
    if colour is Colour.NONE:
        return {"next_due": None}
    first, last = dates_of(colour, as_of, source.calendar)
    return {"next_due.on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}


def _activity(source: BoardSource, document: Document, as_of: date, language: Lang) -> ActivityView:
    light = light_of(document["next_due"], as_of, source.calendar)
    return ActivityView.of(document, light, source.divisions, language)


@router.get("/activities/{topic_id}")
async def get_activity(
    topic_id: Id,
    caller: Reader,
    reading: BoardReadingOf,
    source: Source,
    language: Lang,
    minimum: MinVersion,
    when: WhenAsked,
) -> ActivityView:
    """Return an activity with all that its streams say."""
    found = await reading.document(
        ACTIVITIES,
        topic_id,
        minimum=minimum,
        visible=lambda d: known_to(caller, d),
        as_of=AsOf(day=when.past),
    )
    if found["status"] is None:
        raise NotFoundError  # only a later stream of its had begun
    return _activity(source, found, when.day, language)


@router.get("/topics/{topic_id}/timeline")
async def get_timeline(
    topic_id: Id, caller: Reader, reading: ReadingOf, language: Lang, minimum: MinVersion
) -> TimelineView:
    """Return all that happened to a topic, across the services."""
    found = await reading.document(TIMELINE, topic_id, minimum=minimum, visible=lambda d: known_to(caller, d))
    return TimelineView.of(found, language)
