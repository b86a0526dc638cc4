"""`timeline`: all that happened to a topic, across the services, in the order in which it happened."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.board.happenings import EVENTS, happening
from services.board.projections.activities import topic_key
from services.board.published import PublishedTimeline
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.topics import TopicAdopted, TopicProposed, TopicTriaged
from shared.eventsourcing.projection import Document, Projection
from shared.platform.working_days import today

_EMPTY: dict[str, Any] = {"title": None, "division": None, "steps": {}, "entries": []}


def fold_timeline(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a topic's timeline after an event of one of its streams; partial without a `title`."""
    before = {name: (document or _EMPTY)[name] for name in _EMPTY}
    event = recorded.event
    if isinstance(event, TopicProposed):
        before |= {"title": event.title, "division": event.division}
    if isinstance(event, TopicTriaged):
        before |= {"division": event.division}
    if isinstance(event, TopicAdopted):
        before |= {"steps": {step.code: step.title for step in event.steps}}
    entries = list(before["entries"])
    insort(entries, _entry(recorded, before["steps"]), key=_order)
    return {**before, "topic_id": key, "entries": entries}


def _entry(recorded: Recorded, steps: Mapping[str, str]) -> dict[str, Any]:
    on, text = happening(recorded.event, steps)
    return {
        "event_id": recorded.id,
        "service": recorded.event.service,
        "kind": recorded.event.name,
        "on": on.isoformat() if on else None,
        "recorded_at": rfc3339(recorded.recorded_at),  # as text: the database keeps milliseconds only
        "zh": text.zh,
        "en": text.en,
        "back_entry": recorded.event.back_entry,
    }


def _order(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    # What the record gives no day is placed at the day it was recorded. On one day causes are recorded
    # before what they caused; stream and version settle the rest.
    on = entry["on"] or today(datetime.fromisoformat(entry["recorded_at"])).isoformat()
    stream, version = entry["event_id"].rsplit(":", 1)
    return on, entry["recorded_at"], stream, int(version)


TIMELINE = Projection(
    name="timeline",
    version=4,
    events=EVENTS,
    keys=topic_key,
    fold=fold_timeline,
    main_category="topic",
    published=PublishedTimeline,
)
