"""`cases`: a typical case with its versions; of a draft its hash, of what was published the text.

Fed by the case's own stream alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.cases import TypicalCaseDrafted, TypicalCasePublished, TypicalCaseSelected
from shared.contracts.envelope import Recorded
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams

_ABOUT = {"case_id", "entry_id", "topic_id", "division"}
_NAMED = _ABOUT | {"back_entry"}


def case_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the case that the event is about."""
    return (recorded.stream.removeprefix("case-"),)


def fold_case(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a typical case's document after an event of its stream.

    Raises:
        OutOfOrderError: nothing was drafted first.
    """
    event = recorded.event
    if isinstance(event, TypicalCaseDrafted):
        drafted = event.model_dump(mode="json", exclude=_NAMED)
        before = document or _before_it_is_published(event)
        return {
            **before,
            "versions": [*before["versions"], {**drafted, "published_on": None}],
            "drafted_on": drafted["drafted_on"],
            "pending": True,
        }
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case TypicalCasePublished():
            *older, newest = document["versions"]
            said = event.model_dump(mode="json", exclude=_NAMED)
            return {
                **document,
                "title": event.title,
                "versions": [*older, {**newest, **said}],
                "published": event.number,
                "published_on": said["published_on"],
                "pending": False,
                "grams": grams(event.title, event.background, event.results),
            }
        case TypicalCaseSelected():
            selected = event.model_dump(mode="json", exclude=_NAMED)
            return {**document, "selections": [*document["selections"], selected]}
    raise OutOfOrderError(event, document)


def _before_it_is_published(event: TypicalCaseDrafted) -> dict[str, Any]:
    return {
        **event.model_dump(mode="json", include=_ABOUT),
        "title": None,
        "versions": [],
        "published": None,
        "published_on": None,
        "selections": [],
        "grams": [],
    }


CASES = Projection(
    name="cases",
    version=1,
    events=(TypicalCaseDrafted, TypicalCasePublished, TypicalCaseSelected),
    keys=case_key,
    fold=fold_case,
    main_category="case",
    indexes=(
        (("published_on", 1), ("_id", 1), ("division", 1)),
        (("drafted_on", 1), ("_id", 1), ("division", 1)),
        (("entry_id", 1),),
        (("grams", 1),),
    ),
)
