"""`activities`: the five-one board and the line of the ledger, one document a topic.

Fed by the topic's stream, its meetings, ledger entries and problems, in any interleaving. Each stream
leaves a part of its own; `status.py` computes the rest from the parts. Until `TopicProposed` has come, a
document is partial: its `status` is None, and nobody is shown it.

    topic        {title, division, …, adopted_on, ending}; None while partial
    meetings     {meeting id: {form, venue_id, held, held_on, attendance, opinions, …}}
    entries      {entry id: {there: {item: event ids}, solved, reopened, exempt, case, reports, closed, …}}
    problems     {problem id: {text, lead, due_on, situation, result, follow_up_on, rating, …}}
    cases        {case id: {entry_id, title, published_on, selected}}: published ones
    title, division, year, proposed_on, plan_id, plan_item, status, loop, closed, closed_on, exempted,
    solved, next_due, leads, counted (what statistics count)
                 computed; dates are ISO texts, so that a range of days is a range of texts
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.board.parts import (
    OF_CASES,
    OF_ENTRIES,
    OF_MEETINGS,
    OF_PROBLEMS,
    OF_TOPICS,
    case_part,
    entry_part,
    meeting_part,
    problem_part,
    topic_part,
)
from services.board.published import PublishedActivity
from services.board.status import (
    Situation,
    closing_of,
    loop_of,
    next_due_of,
    solved_count,
    status_of,
    year_of,
)
from shared.contracts.base import DomainEvent
from shared.contracts.cases import EntryEvent, ProblemEvent, TypicalCaseEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingCancelled, MeetingHeld, MeetingRescheduled, MeetingScheduled
from shared.contracts.topics import TopicsEvent
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

EVENTS: tuple[type[DomainEvent], ...] = (*OF_TOPICS, *OF_MEETINGS, *OF_ENTRIES, *OF_PROBLEMS, *OF_CASES)
PartFold = Callable[[dict[str, Any] | None, Recorded], dict[str, Any]]
_OF_LOOP = ("topic", "meetings", "entries")  # what happens to a problem is told to its entry
_NO_PARTS: dict[str, Any] = {"topic": None, "meetings": {}, "entries": {}, "problems": {}, "cases": {}}


def topic_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the topic that the event is about; every event read here names it."""
    return (recorded.event.topic_id,)  # type: ignore[attr-defined]  # a field of each of `EVENTS`


def fold_activity(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return an activity's document after an event of one of its streams.

    Raises:
        OutOfOrderError: a stream does not begin with its first event.
    """
    before = {name: document[name] for name in _NO_PARTS} if document else _NO_PARTS
    parts = {**before, **_changed(before, recorded)}
    if document and all(parts[name] is before[name] for name in _OF_LOOP):
        loop = {name: document[name] for name in ("loop", "closed", "closed_on", "exempted")}
    else:
        loop = _loop(**{name: parts[name] for name in _OF_LOOP})
    return {"topic_id": key, **parts, **_computed(**parts), **loop}


def _changed(parts: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case TopicsEvent():
            return {"topic": topic_part(parts["topic"], recorded)}
        case MeetingScheduled() | MeetingRescheduled() | MeetingHeld() | MeetingCancelled() as event:
            return _with_part(parts, "meetings", event.meeting_id, meeting_part, recorded)
        case EntryEvent() as event:
            return _with_part(parts, "entries", event.entry_id, entry_part, recorded)
        case ProblemEvent() as event:
            return _with_part(parts, "problems", event.problem_id, problem_part, recorded)
        case TypicalCaseEvent() as event:
            return _with_part(parts, "cases", event.case_id, case_part, recorded)
    raise OutOfOrderError(recorded.event, parts)


def _with_part(
    parts: Mapping[str, Any], kind: str, id_: str, fold: PartFold, recorded: Recorded
) -> dict[str, Any]:
    return {kind: {**parts[kind], id_: fold(parts[kind].get(id_), recorded)}}


def _loop(topic: dict[str, Any] | None, meetings: dict[str, Any], entries: dict[str, Any]) -> dict[str, Any]:
    return {"loop": loop_of(topic, meetings, entries), **closing_of(entries)}


def _computed(
    topic: dict[str, Any] | None,
    meetings: dict[str, Any],
    entries: dict[str, Any],
    problems: dict[str, Any],
    cases: dict[str, Any],
) -> dict[str, Any]:
    known = topic or {}
    return {
        "title": known.get("title"),
        "division": known.get("division"),
        "proposed_on": known.get("proposed_on"),
        "year": year_of(topic) if topic else None,
        "plan_id": known.get("plan_id"),
        "plan_item": known.get("plan_item"),
        "status": str(status_of(topic, meetings, entries, problems)) if topic else None,
        "solved": solved_count(problems),
        "next_due": next_due_of(problems),
        "leads": sorted({problem["lead"] for problem in problems.values()}),
        "counted": {
            "topic_class": known.get("topic_class"),
            "adopted_on": known.get("adopted_on"),
            "held": [_held(meeting) for _, meeting in sorted(meetings.items()) if meeting["held"]],
            "assigned": sorted(problem["first_assigned_on"] for problem in problems.values()),
            "solved": [
                problem["solved_on"]
                for _, problem in sorted(problems.items())
                if problem["situation"] == Situation.SOLVED
            ],
        },
    }


def _held(meeting: Mapping[str, Any]) -> dict[str, Any]:
    return {"on": meeting["held_on"], "present": meeting["attendance"]["present"]}


ACTIVITIES = Projection(
    name="activities",
    version=4,
    events=EVENTS,
    keys=topic_key,
    fold=fold_activity,
    main_category="topic",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("status", 1), ("_id", 1)),
        (("next_due.on", 1), ("_id", 1), ("division", 1)),
        (("plan_id", 1), ("plan_item", 1)),
    ),
    published=PublishedActivity,
)
