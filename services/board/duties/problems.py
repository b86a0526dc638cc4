"""A problem in the hands of those who must solve it (C02–C10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.board.duties.kinds import (
    Kind,
    Matter,
    State,
    day_said,
    department,
    in_charge_of,
    known,
    office_of,
    working_days_after,
)
from services.board.duties.topics import RATING_WORKING_DAYS
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


def state_after(state: State | None, recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a problem after an event of its stream."""
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        return {
            "topic_id": event.topic_id,
            "division": event.division,
            "entry_id": event.entry_id,
            "text": event.text,
            **_handled_by(event.lead, event.co_handlers),
            "situation": "in-hand",
            "since": event.assigned_on.isoformat(),
            "due_on": event.due_on.isoformat(),
        }
    return {**known(state, event), **_change(recorded)}


def _handled_by(lead: str | None, co_handlers: tuple[str, ...]) -> dict[str, Any]:
    return {"lead": lead, "co_handlers": list(co_handlers)}


def _change(recorded: Recorded) -> dict[str, Any]:
    since = {"since": day_said(recorded)}
    match recorded.event:
        case ProblemReturned():
            return {"situation": "returned", **since}
        case ProblemReassigned() as event:
            handlers = _handled_by(event.lead, event.co_handlers)
            return {"situation": "in-hand", "due_on": event.due_on.isoformat(), **handlers, **since}
        case DueDateExtended() as event:
            return {"due_on": event.due_on.isoformat()}
        case ProblemReplied() as event:
            return {
                "situation": "replied",
                "result": str(event.result),
                "follow_up_on": event.follow_up_on.isoformat() if event.follow_up_on else None,
                "rated": False,
                "since": event.replied_on.isoformat(),
            }
        case ReplyRated():
            return {"rated": True}
        case ProblemReopened() as event:
            due_on = event.due_on.isoformat() if event.due_on else None
            handlers = _handled_by(event.lead, event.co_handlers) if event.lead else {}
            return {"situation": "in-hand", "due_on": due_on, **handlers, **since}
        case ProblemReferred():
            return {"situation": "referred", **since}
    return {"situation": "ended"}


def duties_of(problem_id: str, state: State) -> list[dict[str, Any]]:
    """Return what a problem waits for."""
    ids = {"problem_id": problem_id, "entry_id": state["entry_id"]}
    matter = Matter(f"problem-{problem_id}", state["division"], state["topic_id"], ids)
    said = {"since": state["since"], "text": state["text"], "lead": state["lead"]}
    in_charge = in_charge_of(state["division"])
    match state["situation"]:
        case "in-hand":
            return list(_in_hand(matter, state, said, in_charge))
        case "returned":
            return [matter.duty(Kind.REASSIGN, [in_charge], **said)]
        case "replied":
            return list(_replied(matter, state, said, in_charge))
        case "referred":
            return [matter.duty(Kind.DECIDE, [office_of(state["division"])], **said)]
    return []


def _in_hand(
    matter: Matter, state: State, said: Mapping[str, Any], in_charge: str
) -> Iterator[dict[str, Any]]:
    yield matter.duty(Kind.REPLY, [department(state["lead"])], due_on=state["due_on"], **said)
    if state["due_on"] is None:
        yield matter.duty(Kind.SET_DUE_DATE, [in_charge], **said)
    if state["co_handlers"]:
        helping = [department(name) for name in state["co_handlers"]]
        yield matter.duty(Kind.HELP, helping, **said)


def _replied(
    matter: Matter, state: State, said: Mapping[str, Any], in_charge: str
) -> Iterator[dict[str, Any]]:
    if state["result"] in (ReplyResult.B, ReplyResult.C):
        lead = department(state["lead"])
        yield matter.duty(Kind.FOLLOW_UP, [lead], due_on=state["follow_up_on"], **said)
    elif state["result"] == ReplyResult.A and not state["rated"]:
        # Waits from the day on which it may be done (C09).
        from_on = working_days_after(state["since"], RATING_WORKING_DAYS)
        yield matter.duty(Kind.CONFIRM, [in_charge], **{**said, "since": from_on})
