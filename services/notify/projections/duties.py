"""`duties`: what has been asked of somebody and is not done yet (N06), to be reminded of.

A document for each problem, `problem-<id>`, and for the minutes of each meeting, `minutes-<meeting id>`. What
is done keeps its document, with `open` false. Dates that were past when they were entered afterwards are not
taken up: an import must not ring anybody's bell for last year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.notify.domain.reminders import Duty, Matter
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
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
    ReplyRated,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld, MeetingScheduled, MinutesDrafted
from shared.contracts.types import ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.working_days import today

PROBLEM = (
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
    ProblemClosed,
)
MEETING = (MeetingScheduled, MeetingHeld, MinutesDrafted)

_DONE: dict[str, Any] = {"open": False, "matter": None, "due_on": None}
_NO_MINUTES: Mapping[str, Any] = {"open": False, "held_on": None, "drafted": False, "people": []}


def duty_key(recorded: Recorded) -> Iterable[str]:
    """Return the problem, or the minutes of the meeting."""
    if isinstance(recorded.event, MEETING):
        return (f"minutes-{recorded.event.meeting_id}",)
    return (recorded.stream,)


def fold_duty(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what is open of a problem or a meeting after an event.

    Raises:
        OutOfOrderError: the problem was not assigned first.
    """
    if isinstance(recorded.event, MEETING):
        return _of_minutes(document or _NO_MINUTES, recorded)
    return _of_problem(document, recorded)


# problems


def _of_problem(document: Document | None, recorded: Recorded) -> Mapping[str, Any]:
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        known = {"division": event.division, "topic_id": event.topic_id, "text": event.text, "acted_on": None}
        return known | {"lead": event.lead} | _to_reply(recorded, event.assigned_on, event.due_on)
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case ProblemReassigned():
            anew = _to_reply(recorded, event.assigned_on, event.due_on)
            return document | {"lead": event.lead, "acted_on": None} | anew
        case DueDateExtended():
            return document | _to_reply(recorded, event.extended_on, event.due_on)
        case ProblemReopened():
            anew = _to_reply(recorded, event.reopened_on or today(recorded.recorded_at), event.due_on)
            return document | {"lead": event.lead or document["lead"], "acted_on": None} | anew
        case ProblemReplied():
            return document | _after_reply(recorded, event)
        case ProgressReported(by=by, lead=lead) if by not in (None, lead):  # None: entered from paper
            return document  # a co-handler's; the lead has still to act
        case ProgressReported() | ProposerContacted():
            return document | {"acted_on": today(recorded.recorded_at).isoformat()}
        case ReplyRated() if document["matter"] != Matter.RATING:
            return document  # of a B or C reply, which is still to be looked at again
    return document | _DONE  # returned, rated, confirmed, solved, referred, closed


def _to_reply(recorded: Recorded, since: date, due_on: date | None) -> dict[str, Any]:
    return _open(Matter.REPLY, since, due_on, recorded)


def _after_reply(recorded: Recorded, event: ProblemReplied) -> dict[str, Any]:
    match event.result:
        case ReplyResult.A if not event.back_entry:
            due = {"open": True, "matter": Matter.RATING.value, "due_on": None}
            return due | {"since": event.replied_on.isoformat()}
        case ReplyResult.B | ReplyResult.C:
            return _open(Matter.FOLLOW_UP, event.replied_on, event.follow_up_on, recorded)
    return dict(_DONE)


def _open(matter: Matter, since: date, due_on: date | None, recorded: Recorded) -> dict[str, Any]:
    past = recorded.event.back_entry and due_on is not None and due_on < today(recorded.recorded_at)
    if due_on is None or past:
        return dict(_DONE)
    return {
        "open": True,
        "matter": matter.value,
        "since": since.isoformat(),
        "due_on": due_on.isoformat(),
    }


# minutes: the meeting's stream and that of its minutes, whose events may arrive in any order


def _of_minutes(document: Mapping[str, Any], recorded: Recorded) -> Mapping[str, Any]:
    after = {**document, **_known(recorded.event)}
    return {**after, "open": after["held_on"] is not None and not after["drafted"]}


def _known(event: DomainEvent) -> Mapping[str, Any]:
    match event:
        case MeetingScheduled():
            people = [p for p in (event.host_id, event.recorder_id) if p is not None]
            return {"people": list(dict.fromkeys(people))}
        case MeetingHeld():
            about = {"division": event.division, "topic_id": event.topic_id, "matter": Matter.MINUTES.value}
            return about | {"held_on": None if event.back_entry else event.held_on.isoformat()}
        case MinutesDrafted():
            return {"drafted": True}
    return {}


def duty_of(document: Mapping[str, Any]) -> Duty:
    """Return what a document with `open` says is to be done; the proposers are not known here."""
    held_on = document.get("held_on")
    due_on, acted_on = document.get("due_on"), document.get("acted_on")
    return Duty(
        subject=document["_id"],
        matter=Matter(document["matter"]),
        division=document["division"],
        since=date.fromisoformat(held_on or document["since"]),
        due_on=date.fromisoformat(due_on) if due_on else None,
        topic_id=document["topic_id"],
        text=document.get("text"),
        lead=document.get("lead"),
        people=tuple(document.get("people", ())),
        acted_on=date.fromisoformat(acted_on) if acted_on else None,
    )


DUTIES = Projection(
    name="duties",
    version=2,
    events=(*PROBLEM, *MEETING),
    keys=duty_key,
    fold=fold_duty,
    indexes=((("open", 1), ("_id", 1)),),
)
