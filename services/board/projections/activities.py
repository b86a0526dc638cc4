"""`activities`: the five-one board and the line of the ledger, one document a topic.

Fed by the topic's stream, its meetings, ledger entries and problems, in any interleaving. Each stream
leaves a part of its own; `status.py` computes the rest from the parts. Until `TopicProposed` has come, a
document is partial: its `status` is None, and nobody is shown it.

    topic        {title, division, …, adopted_on, ending}; None while partial
    meetings     {meeting id: {form, venue_id, held, held_on, attendance, opinions, …}}
    entries      {entry id: {there: {item: event ids}, solved, reopened, exempt, case, reports, closed, …}}
    problems     {problem id: {text, lead, due_on, situation, result, follow_up_on, rating, …}}
    title, division, year, proposed_on, plan_id, plan_item, status, loop, closed, closed_on, exempted,
    solved, next_due
                 computed; dates are ISO texts, so that a range of days is a range of texts
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

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
from shared.contracts.cases import (
    EntryEvent,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopReopened,
    MediaReported,
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemEvent,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
    TypicalCaseWritten,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingHeld,
    MeetingRescheduled,
    MeetingScheduled,
)
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicsEvent,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import LoopItem
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

EVENTS: tuple[type[DomainEvent], ...] = (
    TopicProposed,
    TopicTriaged,
    TopicAdopted,
    TopicRejected,
    StepCompleted,
    TopicMerged,
    MergerUndone,
    TopicAbsorbed,
    TopicWithdrawn,
    TopicConcluded,
    TopicReopened,
    MeetingScheduled,
    MeetingRescheduled,
    MeetingHeld,
    MeetingCancelled,
    LedgerEntryOpened,
    LoopItemDone,
    LoopItemUndone,
    LoopItemExempted,
    TypicalCaseWritten,
    MediaReported,
    LoopClosed,
    LoopReopened,
    ProblemAssigned,
    ProblemReplied,
    ReplyRated,
    ProblemConfirmed,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ProblemClosed,
)
PartFold = Callable[[dict[str, Any] | None, Recorded], dict[str, Any]]
_NO_PARTS: dict[str, Any] = {"topic": None, "meetings": {}, "entries": {}, "problems": {}}
# What these say more, of people above all, is no business of the board.
_OF_PROPOSAL = {"title", "origin", "basis", "level", "proposed_on", "lead", "ledger_year", "ledger_number"}
_OF_ADOPTION = {"procedure", "procedure_version", "plan_id", "plan_item", "adopted_on", "due_on"}
_OF_SCHEDULE = {"form", "form_title", "venue_id", "link", "day", "starts_at", "ends_at", "flags"}
_OF_MEETING = {"form", "form_title", "venue_id", "held_on", "attendance", "flags"}
_ENVELOPE = {"topic_id", "division", "back_entry", "entry_id", "problem_id", "meeting_id"}


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
    return {"topic_id": key, **parts, **_computed(**parts)}


def _changed(parts: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case TopicsEvent():
            return {"topic": _topic(parts["topic"], recorded)}
        case MeetingScheduled() | MeetingRescheduled() | MeetingHeld() | MeetingCancelled() as event:
            return _with_part(parts, "meetings", event.meeting_id, _meeting, recorded)
        case EntryEvent() as event:
            return _with_part(parts, "entries", event.entry_id, _entry, recorded)
        case ProblemEvent() as event:
            return _with_part(parts, "problems", event.problem_id, _problem, recorded)
    raise OutOfOrderError(recorded.event, parts)


def _with_part(
    parts: Mapping[str, Any], kind: str, id_: str, fold: PartFold, recorded: Recorded
) -> dict[str, Any]:
    return {kind: {**parts[kind], id_: fold(parts[kind].get(id_), recorded)}}


def _computed(
    topic: dict[str, Any] | None,
    meetings: dict[str, Any],
    entries: dict[str, Any],
    problems: dict[str, Any],
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
        "loop": loop_of(topic, meetings, entries),
        **closing_of(entries),
        "solved": solved_count(problems),
        "next_due": next_due_of(problems),
    }


def _said(event: DomainEvent, *without: str) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude=_ENVELOPE | set(without))


def _only(event: DomainEvent, names: set[str]) -> dict[str, Any]:
    return event.model_dump(mode="json", include=names)


def _topic(topic: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    if isinstance(event, TopicProposed):
        # The proposer stays with the topics service: this is the record of the activity, not of a person.
        said = _only(event, _OF_PROPOSAL)
        fresh = {"adopted_on": None, "ending": None, "merged_into": None, "concluded": False}
        return {**said, "division": event.division, **fresh, "surveys": 0, "absorbed": [], "evidence": []}
    if topic is None:
        raise OutOfOrderError(event, topic)
    return {**topic, **_topic_change(topic, recorded)}


def _topic_change(topic: dict[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case TopicTriaged() as event:
            # A clerk may find that it belongs to another town.
            return {"topic_class": str(event.topic_class), "division": event.division}
        case TopicAdopted() as event:
            return {**_only(event, _OF_ADOPTION), "evidence": [recorded.id]}
        case TopicRejected() as event:
            return {"ending": "rejected", "rejection_reason": event.reason}
        case StepCompleted() as event:
            done = (event.surveys or 1) if event.step == "survey" else 0
            return {"surveys": topic["surveys"] + done}
        case TopicAbsorbed() as event:
            return {"absorbed": sorted({*topic["absorbed"], event.absorbed})}
        case TopicMerged() as event:
            return {"ending": "merged", "merged_into": event.into}
        case MergerUndone():
            return {"ending": None, "merged_into": None}
        case TopicWithdrawn() as event:
            return {"ending": "withdrawn", "withdrawal_reason": event.reason}
        case TopicConcluded():
            return {"concluded": True}
        case TopicReopened():
            return {"concluded": False}
    raise OutOfOrderError(recorded.event, topic)


def _meeting(meeting: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    before = meeting or {"held": False, "cancelled": False, "evidence": None}
    match event:
        case MeetingScheduled():
            return {**before, **_only(event, _OF_SCHEDULE)}
        case MeetingRescheduled():
            said = _only(event, _OF_SCHEDULE)
            return {**before, **said, "flags": [*before["flags"], *said["flags"]]}
        case MeetingHeld():
            said = _only(event, _OF_MEETING)
            opinions = [opinion.text for opinion in event.opinions]
            return {**before, **said, "opinions": opinions, "held": True, "evidence": recorded.id}
    return {**before, "cancelled": True}


def _entry(entry: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    if isinstance(event, LedgerEntryOpened):
        shown = list(event.evidence) or [recorded.id]
        return {
            "held_on": event.held_on.isoformat(),
            "there": {str(LoopItem.TOPIC): shown, str(LoopItem.CONSULTATION): shown},
            **{"solved": {}, "reopened": [], "exempt": {}, "case": None, "reports": []},
            **{"closed": False, "closed_on": None, "exempted": []},
        }
    if entry is None:
        raise OutOfOrderError(event, entry)
    return {**entry, **_entry_change(entry, recorded)}


def _entry_change(entry: dict[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case LoopItemDone(problem_id=str(problem_id)) as event:
            reopened = [other for other in entry["reopened"] if other != problem_id]
            # An item that comes after all is done, and its exemption is over (C17).
            exempt = entry["exempt"] if reopened else _without(entry["exempt"], LoopItem.PROBLEM)
            solved = {**entry["solved"], problem_id: list(event.evidence)}
            return {"solved": solved, "reopened": reopened, "exempt": exempt}
        case LoopItemUndone(problem_id=str(problem_id)):
            solved = {other: shown for other, shown in entry["solved"].items() if other != problem_id}
            return {"solved": solved, "reopened": [*entry["reopened"], problem_id]}
        case LoopItemExempted() as event:
            exemption = {**_said(event, "item"), "evidence": [recorded.id]}
            return {"exempt": {**entry["exempt"], str(event.item): exemption}}
        case TypicalCaseWritten() as event:
            return {"case": _said(event), **_there(entry, LoopItem.CASE, recorded)}
        case MediaReported() as event:
            reports = [*entry["reports"], _said(event)]
            return {"reports": reports, **_there(entry, LoopItem.REPORT, recorded)}
        case LoopClosed() as event:
            return {"closed": True, **_said(event)}
        case LoopReopened():
            return {"closed": False, "closed_on": None, "exempted": []}
        case LoopItemDone() | LoopItemUndone():
            return {}  # of no problem: an item that the events above stand for
    raise OutOfOrderError(recorded.event, entry)


def _there(entry: dict[str, Any], item: LoopItem, recorded: Recorded) -> dict[str, Any]:
    shown = entry["there"].get(str(item), [])
    there = {**entry["there"], str(item): [*shown, recorded.id]}
    return {"there": there, "exempt": _without(entry["exempt"], item)}


def _without(exempt: Mapping[str, Any], item: LoopItem) -> dict[str, Any]:
    return {code: exemption for code, exemption in exempt.items() if code != item}


def _problem(problem: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        unanswered = {"result": None, "follow_up_on": None, "replied_on": None, "rating": None}
        return {**_said(event), **unanswered, "attempt": 1, "situation": str(Situation.ASSIGNED)}
    if problem is None:
        raise OutOfOrderError(event, problem)
    return {**problem, **_problem_change(event, problem)}


def _problem_change(event: DomainEvent, problem: dict[str, Any]) -> dict[str, Any]:
    match event:
        case ProblemReplied():
            # A follow-up's new result is one more reply, not rated yet.
            said = _said(event, "lead", "text", "flags")
            return {**said, "reply": event.text, "rating": None, "situation": str(Situation.REPLIED)}
        case ReplyRated():
            return _said(event, "reason")
        case ProblemConfirmed():
            return {"confirmed_on": event.confirmed_on.isoformat()}
        case ProblemSolved():
            return {**_said(event), "situation": str(Situation.SOLVED)}
        case ProblemReopened():
            said = _said(event, "reason", "lead", "co_handlers")
            return {**said, "solved_on": None, "situation": str(Situation.REOPENED)}
        case ProblemReferred():
            return {"situation": str(Situation.REFERRED)}
        case ProblemClosed():
            return {**_said(event), "situation": str(Situation.CLOSED)}
    raise OutOfOrderError(event, problem)


ACTIVITIES = Projection(
    name="activities",
    version=2,
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
)
