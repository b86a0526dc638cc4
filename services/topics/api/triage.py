"""What waits to be sorted, and what it may repeat: for clerks, never for proposers (T09)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.topics.duplicates import likely_duplicates
from services.topics.projections.topics import TOPICS
from services.topics.rights import Sorter
from services.topics.views.triage import TRIAGE_LIST, LikelyDuplicate, LikelyDuplicates, TriageItem
from shared.contracts.types import DivisionCode, Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.reading import EXPORTS, ReadingOf, Views
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
from shared.platform.http import Lang, MinVersion, Page
from shared.platform.lists import Format, ListRequest, Order
from shared.platform.working_days import today

LONGEST_PAGE = 50
"""Topics on a page of the queue: for each of them others are compared."""

router = APIRouter()


async def _topics(request: Request) -> ReadModel:
    model: ReadModel = request.app.state.read_models[TOPICS.name]
    return model


async def _asked(
    language: Lang,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 20,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next` of the page before")] = None,
    format: Annotated[Format, Query(description="`csv` and `xlsx` have the whole queue")] = Format.JSON,
) -> ListRequest:
    return ListRequest(limit, cursor, Order("received_at", descending=False), format, language)


TopicsOf = Annotated[ReadModel, Depends(_topics)]
PageOf = Annotated[ListRequest, Depends(_asked)]


async def _duplicates(
    topics: ReadModel, topic: Document, caller: Principal, day: date
) -> tuple[LikelyDuplicate, ...]:
    found = await likely_duplicates(topics, topic, day, within=caller.division)
    return tuple(
        LikelyDuplicate.model_validate({**each.topic, "likeness": each.likeness, "same_town": each.same_town})
        for each in found
    )


@router.get("/topics/{topic_id}/likely-duplicates")
async def list_likely_duplicates(
    topic_id: Id, caller: Sorter, reading: ReadingOf, topics: TopicsOf, minimum: MinVersion, now: Now
) -> LikelyDuplicates:
    """Return up to five topics that may say the same, those of the same town first (T09)."""
    topic = await reading.document(
        TOPICS, topic_id, minimum=minimum, visible=lambda d: caller.covers(d["division"])
    )
    return LikelyDuplicates(items=await _duplicates(topics, topic, caller, today(now)))


def _with_duplicates(topics: ReadModel, caller: Principal, day: date) -> Views[TriageItem]:
    async def views(documents: Sequence[Document]) -> list[TriageItem]:
        return [
            TriageItem.model_validate({**d, "likely_duplicates": await _duplicates(topics, d, caller, day)})
            for d in documents
        ]

    return views


@router.get("/triage", response_model=Page[TriageItem], responses=EXPORTS)
async def list_triage(
    caller: Sorter,
    reading: ReadingOf,
    topics: TopicsOf,
    asked: PageOf,
    now: Now,
    division: Annotated[DivisionCode | None, Query()] = None,
) -> Page[TriageItem] | Response:
    """List the topics that nobody has sorted yet, the oldest first, with what they may repeat (T09).

    A file has the whole queue, without what may be repeated.
    """
    query = {"situation": "proposed", "triage": None, "division": visible_divisions(caller, division)}
    views = _with_duplicates(topics, caller, today(now)) if asked.format is Format.JSON else None
    return await reading.listed(TOPICS, TRIAGE_LIST, query, asked, views=views)
