"""`handlings`: who had a problem in hand, from when to when, and what came of it; one document a problem.

    division, topic_id
    handlings    one for each assignment and each reopening, oldest first:
                 {lead, year, assigned_on, due_on, returned_on, replied_on, days, result, follow_up_on,
                 rating, reopened, ended}

`year` is that of the assignment. `days` are calendar days from it to the first reply, None until there is
one, or where the record does not say when a reopening began. Department records add these up (`records.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.board.published import PublishedHandlings
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemClosed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ReplyRated,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

EVENTS: tuple[type[DomainEvent], ...] = (
    ProblemAssigned,
    ProblemReturned,
    ProblemReassigned,
    DueDateExtended,
    ProblemReplied,
    ReplyRated,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ProblemClosed,
)


def problem_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the problem that the event is about."""
    return (recorded.stream.removeprefix("problem-"),)


def fold_handlings(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a problem's handlings after an event of its stream.

    Raises:
        OutOfOrderError: the problem was not assigned first.
    """
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        first = _begun(event.lead, event.assigned_on, event.due_on, event.assigned_on.year)
        return {
            "problem_id": key,
            "topic_id": event.topic_id,
            "division": event.division,
            "handlings": [first],
        }
    if document is None:
        raise OutOfOrderError(event, document)
    *earlier, newest = document["handlings"]
    return {**document, "handlings": [*earlier, *_after(newest, event)]}


def _begun(lead: str, assigned_on: date | None, due_on: date | None, year: int) -> dict[str, Any]:
    return {
        "lead": lead,
        "year": year,
        "assigned_on": assigned_on.isoformat() if assigned_on else None,
        "due_on": due_on.isoformat() if due_on else None,
        "returned_on": None,
        "replied_on": None,
        "days": None,
        "result": None,
        "follow_up_on": None,
        "rating": None,
        "reopened": False,
        "ended": None,
    }


def _after(newest: dict[str, Any], event: DomainEvent) -> list[dict[str, Any]]:
    match event:
        case ProblemReturned():
            return [{**newest, "returned_on": event.returned_on.isoformat()}]
        case ProblemReassigned():
            return [newest, _begun(event.lead, event.assigned_on, event.due_on, event.assigned_on.year)]
        case DueDateExtended():
            return [{**newest, "due_on": event.due_on.isoformat()}]
        case ProblemReplied():
            later = event.follow_up_on if event.result in (ReplyResult.B, ReplyResult.C) else None
            said = {"result": str(event.result), "follow_up_on": later.isoformat() if later else None}
            return [{**newest, **_first_reply(newest, event), **said, "rating": None}]
        case ReplyRated():
            return [{**newest, "rating": str(event.rating)}]
        case ProblemSolved():
            return [{**newest, "ended": "solved"}]
        case ProblemClosed():
            return [{**newest, "ended": "closed"}]
        case ProblemReferred():
            return [{**newest, "follow_up_on": None}]  # it waits for the office now (C10)
        case ProblemReopened():
            began = event.reopened_on
            year = began.year if began else newest["year"]
            again = _begun(event.lead or newest["lead"], began, event.due_on, year)
            return [{**newest, "reopened": True, "ended": None, "follow_up_on": None}, again]
    return [newest]


def _first_reply(newest: Mapping[str, Any], event: ProblemReplied) -> dict[str, Any]:
    if newest["replied_on"] is not None:
        return {}  # looked at again: the first reply is the one that was due
    began = newest["assigned_on"]
    days = (event.replied_on - date.fromisoformat(began)).days if began else None
    return {"replied_on": event.replied_on.isoformat(), "days": days}


HANDLINGS = Projection(
    name="handlings",
    version=2,
    events=EVENTS,
    keys=problem_key,
    fold=fold_handlings,
    main_category="problem",
    indexes=((("division", 1), ("handlings.year", 1)),),
    published=PublishedHandlings,
)
