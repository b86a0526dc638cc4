"""`problems`: a problem as it stands, with all that its handlers did and said.

Lights are derived from the one date that counts (`next_due_on`) and the clock by whoever shows them; they are
never stored (C12).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    CasesEvent,
    DueDateExtended,
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ProgressReported,
    ProposerContacted,
    ReferralDecided,
    ReplyRated,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

PROBLEM_EVENTS: tuple[type[CasesEvent], ...] = (
    ProblemAssigned,
    ProblemReturned,
    ProblemReassigned,
    ProposerContacted,
    ProgressReported,
    DueDateExtended,
    ProblemReplied,
    ReplyRated,
    ProblemConfirmed,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ReferralDecided,
    ProblemClosed,
)
REPLY_DUE, FOLLOW_UP_DUE = "reply", "follow-up"
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
        return _with_next_due(_assigned(event))
    if document is None:
        raise OutOfOrderError(event, document)
    return _with_next_due({**document, **_change(document, event)})


def _assigned(event: ProblemAssigned) -> dict[str, Any]:
    said = event.model_dump(mode="json")
    first = {name: said[name] for name in ("lead", "co_handlers", "assigned_on", "due_on")}
    return {
        **said,
        "status": "handling",
        "attempt": 1,
        "percent": 0,
        "assignments": [first],
        "contacts": [],
        "progress": [],
        "extensions": [],
        "replies": [],
        "decisions": [],
    }


def _with_next_due(document: dict[str, Any]) -> dict[str, Any]:
    """Return a problem with the date that counts: for a reply, or for looking at it again."""
    on, kind = None, None
    if document["status"] == "handling":
        on, kind = document["due_on"], REPLY_DUE
    elif document["status"] == "replied":
        on, kind = document["follow_up_on"], FOLLOW_UP_DUE
    return {**document, "next_due_on": on, "next_due_kind": kind if on else None}


def _change(document: Document, event: DomainEvent) -> dict[str, Any]:
    said = event.model_dump(mode="json", exclude=_NAMED)
    match event:
        case ProblemReturned():
            *earlier, newest = document["assignments"]
            returned = {name: said[name] for name in ("returned_on", "reason", "flags")}
            return {"status": "returned", "assignments": [*earlier, {**newest, **returned}]}
        case ProblemReassigned():
            del said["previous_lead"]
            return {**said, **_IN_HAND, **_UNANSWERED, "assignments": [*document["assignments"], said]}
        case ProposerContacted():
            return {"contacts": [*document["contacts"], said]}
        case ProgressReported():
            return {"percent": event.percent, "progress": [*document["progress"], said]}
        case DueDateExtended():
            return {"due_on": said["due_on"], "extensions": [*document["extensions"], said]}
    return _answer(document, event, said)


_IN_HAND = {"status": "handling", "percent": 0}
_UNANSWERED = {"result": None, "replied_on": None}
"""By those whom it is assigned to now; the replies of others stay in `replies`."""


def _answer(document: Document, event: DomainEvent, said: dict[str, Any]) -> dict[str, Any]:
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
    return _decided(document, event, said)


def _decided(document: Document, event: DomainEvent, said: dict[str, Any]) -> dict[str, Any]:
    match event:
        case ProblemReopened():
            return {
                **_IN_HAND,
                **_new_assignment(document, event, said),
                "attempt": event.attempt,
                "due_on": said["due_on"],
                "follow_up_on": None,
                "solved_on": None,
            }
        case ProblemReferred():
            return {"status": "referred"}
        case ReferralDecided():
            change: dict[str, Any] = {"decisions": [*document["decisions"], said]}
            if event.lead not in (None, document["lead"]):
                change |= {"assigned_on": said["decided_on"], **_UNANSWERED}
            return change
        case ProblemClosed():
            return {"status": "closed", "closed_on": said["closed_on"], "closed_because": said["reason"]}
    raise OutOfOrderError(event, document)


def _new_assignment(document: Document, event: ProblemReopened, said: dict[str, Any]) -> dict[str, Any]:
    """Return who has it on their desks; one more assignment where that is another lead."""
    if event.lead is None:
        return {}  # an older event: as before
    new = {"lead": said["lead"], "co_handlers": said["co_handlers"]}
    if event.lead == document["lead"]:
        return new
    given = {**new, "assigned_on": said["reopened_on"], "due_on": said["due_on"]}
    return {
        **new,
        "assigned_on": said["reopened_on"] or document["assigned_on"],
        "assignments": [*document["assignments"], given],
    }


PROBLEMS = Projection(
    name="problems",
    version=3,
    events=PROBLEM_EVENTS,
    keys=problem_key,
    fold=fold_problem,
    main_category="problem",
    indexes=(
        (("assigned_on", 1), ("_id", 1), ("division", 1)),
        (("due_on", 1), ("_id", 1), ("division", 1)),
        (("next_due_on", 1), ("_id", 1), ("division", 1)),
        (("entry_id", 1),),
        (("topic_id", 1),),
        (("lead", 1), ("status", 1)),
    ),
)
