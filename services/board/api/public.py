"""What everybody may read over HTTP: topics that were taken up, their typical cases, one's own topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BeforeValidator

from services.board.api.parameters import ELSEWHERE, Public, Source, Town, Year
from services.board.projections import ACTIVITIES, TIMELINE
from services.board.projections.public_topics import PUBLIC_TOPICS
from services.board.public_lists import PUBLIC_CASE_LIST, PUBLIC_TOPIC_LIST
from services.board.source import BoardSource, inside
from services.board.views.public import (
    OwnTopicView,
    PublicCasesView,
    PublicTimelineView,
    PublicTopicView,
    timeline_view,
)
from shared.contracts.types import Id, TopicClass
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.codes import Secrets
from shared.platform.http import Lang, Page
from shared.platform.language import Language
from shared.platform.lists import ListRequest
from shared.platform.problems import NotFoundError
from shared.platform.rate_limit import DAY, HOUR, Limits, LimitsOf, Rate, limited
from shared.platform.receipts import opens, receipt_key

router = APIRouter(tags=["public"])

# A form sends what was left empty as an empty text.
_EmptyIsNone = BeforeValidator(lambda value: value or None)
Class = Annotated[TopicClass | None, _EmptyIsNone, Query(alias="class", description="Only of this class")]


async def wanted(
    source: Source, year: Year = None, town: Town = None, topic_class: Class = None
) -> dict[str, Any]:
    """Return the filters of the public lists as a database condition on `public_topics`.

    Raises:
        NotFoundError: the town lies outside the county.
    """
    if town is not None and not town.startswith(source.county):
        raise NotFoundError
    query: dict[str, Any] = {"shown": True, "division": inside(town or source.county)}
    query |= {"year": year} if year else {}
    return query | ({"topic_class": str(topic_class)} if topic_class else {})


Wanted = Annotated[dict[str, Any], Depends(wanted)]


async def topic_views(
    reading: Reading, source: BoardSource, found: Sequence[Document], language: Language
) -> list[PublicTopicView]:
    """Return documents of `public_topics` as they are listed."""
    standing = await reading.all(ACTIVITIES, {"_id": {"$in": [each["topic_id"] for each in found]}})
    activities = {activity["topic_id"]: activity for activity in standing}
    return [
        PublicTopicView.of(each, activities.get(each["topic_id"]), source.divisions, language)
        for each in found
    ]


@router.get(
    "/public/topics",
    response_model=Page[PublicTopicView],
    responses={**EXPORTS, **ELSEWHERE},
    dependencies=[Public],
)
async def list_public_topics(
    reading: ReadingOf,
    source: Source,
    asked: Annotated[ListRequest, Depends(PUBLIC_TOPIC_LIST)],
    query: Wanted,
) -> Page[PublicTopicView] | Response:
    """List the topics that were taken up, the newest first; searched by title."""

    async def views(found: Sequence[Document]) -> list[PublicTopicView]:
        return await topic_views(reading, source, found, asked.language)

    return await reading.listed(PUBLIC_TOPICS, PUBLIC_TOPIC_LIST, query, asked, views=views)


async def joined(reading: Reading, topic_id: str) -> tuple[Document | None, Document | None]:
    """Return a topic's documents of `activities` and `timeline`, which may lag behind one another."""
    activities = await reading.all(ACTIVITIES, {"_id": topic_id})
    timelines = await reading.all(TIMELINE, {"_id": topic_id})
    return next(iter(activities), None), next(iter(timelines), None)


async def _answering(reading: Reading, activity: Document | None) -> list[Document]:
    """Return the activities whose replies answer a topic: its own, and those it was merged into (T12)."""
    found = {activity["topic_id"]: activity} if activity else {}
    into = activity["topic"]["merged_into"] if activity and activity["topic"] else None
    while into is not None and into not in found:
        survivor, _ = await joined(reading, into)
        if survivor is None or survivor["topic"] is None:
            break
        found[into], into = survivor, survivor["topic"]["merged_into"]
    return [*found.values()]


def _is_public(source: BoardSource, document: Mapping[str, Any]) -> bool:
    return bool(document["shown"]) and document["division"].startswith(source.county)


async def public_timeline(
    reading: Reading, source: BoardSource, topic_id: str, language: Language
) -> PublicTimelineView:
    """Return a topic with what happened to it.

    Raises:
        NotFoundError: there is none, or it is not public.
    """
    found = await reading.document(
        PUBLIC_TOPICS, topic_id, minimum=None, visible=lambda d: _is_public(source, d)
    )
    return timeline_view(found, *await joined(reading, topic_id), source.divisions, language)


@router.get("/public/topics/{topic_id}", dependencies=[Public])
async def get_public_topic(
    topic_id: Id, reading: ReadingOf, source: Source, language: Lang
) -> PublicTimelineView:
    """Return a topic that was taken up, with what happened to it."""
    return await public_timeline(reading, source, topic_id, language)


@router.get(
    "/public/cases",
    response_model=Page[PublicCasesView],
    responses={**EXPORTS, **ELSEWHERE},
    dependencies=[Public],
)
async def list_public_cases(
    reading: ReadingOf,
    source: Source,
    asked: Annotated[ListRequest, Depends(PUBLIC_CASE_LIST)],
    query: Wanted,
) -> Page[PublicCasesView] | Response:
    """List topics with their published typical cases, the newest first; searched by titles (C14, C15)."""

    async def views(found: Sequence[Document]) -> list[PublicCasesView]:
        return [PublicCasesView.of(each, source.divisions, asked.language) for each in found]

    published = {**query, "case_on": {"$ne": None}}
    return await reading.listed(PUBLIC_TOPICS, PUBLIC_CASE_LIST, published, asked, views=views)


# one's own topic

FOLLOWING = limited("following", per_minute=60, per_hour=600)
TRIES = (Rate(60, HOUR), Rate(200, DAY))
"""Of query codes for one receipt number, right ones included, as in topics: else nothing stops guessing."""

_NOBODY = "no-such-topic"

Receipt = Annotated[str, Path(max_length=40, description="Receipt number, with or without hyphens")]
QueryCode = Annotated[
    str, Header(alias="HXS-Query-Code", max_length=40, description="In a header, since addresses are logged")
]


async def secrets_of(request: Request) -> Secrets:
    """Return the secrets that query codes come of."""
    secrets: Secrets = request.app.state.settings.signing_secrets
    return secrets


SecretsOf = Annotated[Secrets, Depends(secrets_of)]


async def own_topic(
    receipt: str,
    code: str,
    *,
    reading: Reading,
    source: BoardSource,
    secrets: Secrets,
    limits: Limits,
    language: Language,
) -> OwnTopicView:
    """Return the topic that receipt number and query code open.

    Raises:
        NotFoundError: there is none: the same for a wrong code as for a wrong number.
        TooManyRequestsError: too many tries for this receipt number.
    """
    key = receipt_key(receipt)
    if key is not None:
        await limits.hit(f"receipt:{key}", *TRIES)
    found = await reading.all(PUBLIC_TOPICS, {"receipt": key}) if key else []
    topics = [topic for topic in found if topic["division"].startswith(source.county)]
    # All are tried, and for an unknown number one that is nobody's: an answer takes as long either way.
    tried = [(opens(code, topic["topic_id"], secrets), topic) for topic in topics]
    if not tried:
        opens(code, _NOBODY, secrets)
    topic = next((topic for opened, topic in tried if opened), None)
    if topic is None:
        raise NotFoundError
    activity, timeline = await joined(reading, topic["topic_id"])
    answering = await _answering(reading, activity)
    return OwnTopicView.opened(topic, activity, timeline, answering, source.divisions, language)


@router.get("/public/receipts/{receipt}", dependencies=[Depends(FOLLOWING), Public])
async def follow_own(
    receipt: Receipt,
    code: QueryCode,
    reading: ReadingOf,
    source: Source,
    secrets: SecretsOf,
    limits: LimitsOf,
    language: Lang,
) -> OwnTopicView:
    """Return what became of one's own topic across the services, with the replies (T08)."""
    return await own_topic(
        receipt,
        code,
        reading=reading,
        source=source,
        secrets=secrets,
        limits=limits,
        language=language,
    )
