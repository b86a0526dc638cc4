"""What is known of a meeting, put together from the read models: for papers and calendars."""

from __future__ import annotations

from collections.abc import Iterable

from services.meetings.documents.fields import About
from services.meetings.projections.known import KNOWN_TOPICS
from services.meetings.projections.meetings import MEETINGS
from services.meetings.projections.venues import VENUES
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.reading import Reading
from shared.platform.auth import Principal
from shared.platform.divisions import load_divisions


async def _by_id(reading: Reading, projection: Projection, ids: Iterable[str]) -> dict[str, Document]:
    wanted = sorted(ids)
    return {d["_id"]: d for d in await reading.all(projection, {"_id": {"$in": wanted}})} if wanted else {}


async def about_meeting(reading: Reading, meeting_id: str, caller: Principal) -> About:
    """Return what is known of a meeting in the caller's division.

    Raises:
        NotFoundError: there is none, or it lies elsewhere.
    """
    found = await reading.document(
        MEETINGS, meeting_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    return (await about_meetings(reading, [found]))[0]


async def about_meetings(reading: Reading, meetings: Iterable[Document]) -> list[About]:
    """Return what is known of meetings whose documents the caller may see, in their order."""
    documents = list(meetings)
    topics = await _by_id(reading, KNOWN_TOPICS, {d["topic_id"] for d in documents})
    venues = await _by_id(reading, VENUES, {d["venue_id"] for d in documents if d["venue_id"]})
    return [
        About(
            meeting=document,
            topic=topics[document["topic_id"]]["title"] if document["topic_id"] in topics else None,
            venue=venues.get(document["venue_id"] or ""),
            division=load_divisions().name(document["division"]),
        )
        for document in documents
    ]
