"""`problems`: a problem as it stands, with its replies.

Lights are derived from these dates and the clock by whoever shows them; they are never stored (C12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    CasesEvent,
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

PROBLEM_EVENTS: tuple[type[CasesEvent], ...] = (
    ProblemAssigned,
    ProblemReplied,
    ReplyRated,
    ProblemConfirmed,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ProblemClosed,
)
_NAMED = {"entry_id", "topic_id", "problem_id", "division", "back_entry"}


def problem_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the problem that the event is about."""
    return (recorded.stream.removeprefix("problem-"),)


def fold_problem(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a problem's document after an event of its stream.

    Raises:
        OutOfOrderError: the problem was not assigned first.
    """
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        said = event.model_dump(mode="json")
        return {**said, "status": "handling", "attempt": 1, "replies": []}
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_problem_change(document, event)}


def _problem_change(document: Document, event: DomainEvent) -> dict[str, Any]:
    said = event.model_dump(mode="json", exclude=_NAMED)
    match event:
        case ProblemReplied():
            # A D reply leaves nothing to come back to; an A reply waits for its rating only.
            comes_back = event.result in (ReplyResult.B, ReplyResult.C)
            return {
                "status": "replied",
                "result": event.result.value,
                "replied_on": said["replied_on"],
                "follow_up_on": said["follow_up_on"] if comes_back else None,
                "rating": None,
                "replies": [*document["replies"], said],
            }
        case ReplyRated():
            *earlier, newest = document["replies"]
            return {"rating": event.rating.value, "replies": [*earlier, {**newest, "rated": said}]}
        case ProblemConfirmed():
            return {"confirmed": said}
        case ProblemSolved():
            return {"status": "solved", "solved_on": said["solved_on"]}
        case ProblemReopened():
            return {
                "status": "handling",
                "attempt": event.attempt,
                "due_on": said["due_on"],
                "follow_up_on": None,
                "solved_on": None,
            }
        case ProblemReferred():
            return {"status": "referred"}
        case ProblemClosed():
            return {"status": "closed"}
    raise OutOfOrderError(event, document)


PROBLEMS = Projection(
    name="problems",
    version=1,
    events=PROBLEM_EVENTS,
    keys=problem_key,
    fold=fold_problem,
    main_category="problem",
    indexes=(
        (("assigned_on", 1), ("_id", 1), ("division", 1)),
        (("due_on", 1), ("_id", 1), ("division", 1)),
        (("entry_id", 1),),
        (("lead", 1), ("status", 1)),
    ),
)
