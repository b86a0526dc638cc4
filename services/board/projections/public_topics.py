"""`public_topics`: what everybody may read of a topic, and its typical cases; one document a topic.

    topic, consulted, cases    what its streams left, each a part of its own: the topic's, whether a meeting
                               was held on it, its published cases with their selections
    receipt                    what its receipt number is looked up by (T08)
    title, division, topic_class, year, proposed_on, adopted_on, merged_into, shown, case_on, grams
                               computed

`shown` are topics that were taken up, and those of them that were merged; not what was rejected or withdrawn.
A record that was entered afterwards may know of a consultation and not of the adoption before it. Where a
topic stands is asked of `activities`, and what happened to it of `timeline`, when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.board.parts import OF_CASES, OF_TOPICS, topic_part
from services.board.projections.activities import topic_key
from services.board.published import PublishedPublicTopic
from services.board.status import year_of
from shared.contracts.base import DomainEvent
from shared.contracts.cases import LedgerEntryOpened, TypicalCasePublished, TypicalCaseSelected
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams
from shared.platform.privacy import masked
from shared.platform.receipts import receipt_key

EVENTS: tuple[type[DomainEvent], ...] = (*OF_TOPICS, MeetingHeld, LedgerEntryOpened, *OF_CASES)

_NO_PARTS: dict[str, Any] = {"topic": None, "receipt": None, "consulted": False, "cases": {}}
_OF_CASE = {
    *("case_id", "entry_id", "number", "title", "published_on"),
    *("background", "participants", "process", "opinions", "results"),
}
_OF_SELECTION = {"year", "level", "body"}


def fold_public_topic(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what is public of a topic after an event of one of its streams.

    Raises:
        OutOfOrderError: a stream does not begin with its first event.
    """
    before = {name: document[name] for name in _NO_PARTS} if document else _NO_PARTS
    parts = {**before, **_changed(before, recorded)}
    return {"topic_id": key, **parts, **_computed(**parts)}


def _changed(parts: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case MeetingHeld() | LedgerEntryOpened():
            return {"consulted": True}
        case TypicalCasePublished() as event:
            case = {"selected": [], **parts["cases"].get(event.case_id, {})}
            said = event.model_dump(mode="json", include=_OF_CASE)
            return {"cases": {**parts["cases"], event.case_id: {**case, **said}}}
        case TypicalCaseSelected() as event:
            found = parts["cases"].get(event.case_id)
            if found is None:
                raise OutOfOrderError(event, found)
            selection = event.model_dump(mode="json", include=_OF_SELECTION)
            case = {**found, "selected": [*found["selected"], selection]}
            return {"cases": {**parts["cases"], event.case_id: case}}
        case TopicProposed() as event:
            receipt = receipt_key(event.receipt) if event.receipt else None
            return {"topic": topic_part(parts["topic"], recorded), "receipt": receipt}
    return {"topic": topic_part(parts["topic"], recorded)}


def _computed(
    topic: dict[str, Any] | None, receipt: str | None, consulted: bool, cases: Mapping[str, Any]
) -> dict[str, Any]:
    known = topic or {}
    title = masked(known["title"]) if topic else None
    return {
        "title": title,
        "division": known.get("division"),
        "topic_class": known.get("topic_class"),
        "year": year_of(topic) if topic else None,
        "proposed_on": known.get("proposed_on"),
        "adopted_on": known.get("adopted_on"),
        "merged_into": known.get("merged_into"),
        "shown": topic is not None and _is_shown(topic, taken_up=consulted or bool(cases)),
        "case_on": max((case["published_on"] for case in cases.values()), default=None),
        "grams": grams(title, *(case["title"] for _, case in sorted(cases.items()))),
    }


def _is_shown(topic: Mapping[str, Any], *, taken_up: bool) -> bool:
    return (taken_up or topic["adopted_on"] is not None) and topic["ending"] in (None, "merged")


PUBLIC_TOPICS = Projection(
    name="public_topics",
    version=1,
    events=EVENTS,
    keys=topic_key,
    fold=fold_public_topic,
    main_category="topic",
    indexes=(
        (("proposed_on", 1), ("_id", 1), ("division", 1)),
        (("case_on", 1), ("_id", 1), ("division", 1)),
        (("grams", 1),),
        (("receipt", 1),),
    ),
    published=PublishedPublicTopic,
)
