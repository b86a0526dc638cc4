"""What cases keeps of topics, meetings and venues, so that nobody types it again into a typical case (C13).

Each document is fed by one stream of the service that owns it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld, VenueChanged, VenueOpened
from shared.contracts.topics import StepCompleted, SurveyRecorded, TopicAdopted, TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

_PROPOSED = {"title", "description", "origin", "basis", "proposed_on", "lead"}
_SURVEYED = {"surveyed_on", "place", "by", "findings"}


def stream_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the thing whose stream the event is in."""
    return (recorded.stream.partition("-")[2],)


def fold_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return how a topic came about after an event of its stream.

    Raises:
        OutOfOrderError: the topic was not proposed first.
    """
    event = recorded.event
    if isinstance(event, TopicProposed):
        said = event.model_dump(mode="json", include=_PROPOSED)
        return {**said, "adopted_on": None, "plan_item": None, "surveys": [], "surveys_counted": None}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case TopicAdopted():
            said = event.model_dump(mode="json", include={"adopted_on", "plan_item"})
            return {**document, **said}
        case SurveyRecorded():
            survey = event.model_dump(mode="json", include=_SURVEYED)
            return {**document, "surveys": [*document["surveys"], survey]}
        case StepCompleted():
            counted = document["surveys_counted"] if event.surveys is None else event.surveys
            return {**document, "surveys_counted": counted}
    raise OutOfOrderError(event, document)


def fold_meeting(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return how a meeting went; what is only planned tells nothing yet.

    Raises:
        OutOfOrderError: another event than that it was held.
    """
    if isinstance(recorded.event, MeetingHeld):
        return recorded.event.model_dump(mode="json", exclude={"flags"})
    raise OutOfOrderError(recorded.event, document)


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what a venue is called, after an event of its stream.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    match recorded.event:
        case VenueOpened() as event:
            return event.model_dump(mode="json", include={"title", "division"})
        case VenueChanged() as event if document is not None:
            return {**document, "title": event.title}
    raise OutOfOrderError(recorded.event, document)


HAPPENED_TOPICS = Projection(
    name="happened_topics",
    version=1,
    events=(TopicProposed, TopicAdopted, SurveyRecorded, StepCompleted),
    keys=stream_key,
    fold=fold_topic,
    main_category="topic",
)
HAPPENED_MEETINGS = Projection(
    name="happened_meetings",
    version=1,
    events=(MeetingHeld,),
    keys=stream_key,
    fold=fold_meeting,
    main_category="meeting",
)
HAPPENED_VENUES = Projection(
    name="happened_venues",
    version=1,
    events=(VenueOpened, VenueChanged),
    keys=stream_key,
    fold=fold_venue,
    main_category="venue",
)
