"""`ledger`: what a line of the office's workbook says of a topic, its meetings, problems, cases and reports.

One document a topic, fed by all the streams that tell of it, in any interleaving: each stream leaves a part
of its own, and the rest is computed from the parts.

    topic        of its proposal, adoption, withdrawal, merger; None as long as the document is partial
    meetings     {meeting id: how it was held}
    entries      {entry id: its case, its reports, its exemptions}
    problems     {problem id: assignment, newest reply, rating}
    cases        {case id: the newest published version}
    division, year, listed
                 computed: where and in which year it is listed, and whether it is at all; a proposal that
                 nobody has taken up is none of the ledger's

`ledger_plans` and `ledger_venues` are the workbook's other two sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    EntryEvent,
    LedgerEntryOpened,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopProblemClosed,
    MediaReported,
    ProblemAssigned,
    ProblemConfirmed,
    ProblemEvent,
    ProblemReassigned,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
    TypicalCasePublished,
    TypicalCaseWritten,
)
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.meetings import (
    MeetingHeld,
    VenueAssessed,
    VenueChanged,
    VenueClosed,
    VenueOpened,
    VenueReopened,
)
from shared.contracts.plan_items import items_after
from shared.contracts.topics import (
    MergerUndone,
    PlanAmended,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanItemRemoved,
    PlanItemRevised,
    StepCompleted,
    SurveyRecorded,
    TopicAdopted,
    TopicMerged,
    TopicProposed,
    TopicsEvent,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import LoopItem, Rating
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

Part = dict[str, Any]
PartFold = Callable[[Part | None, Recorded], Part]

_NO_PARTS: Mapping[str, Any] = {"topic": None, "meetings": {}, "entries": {}, "problems": {}, "cases": {}}
_OF_PROPOSAL = {
    *("title", "division", "origin", "basis", "level", "proposed_on", "lead", "convener"),
    *("ledger_year", "ledger_number", "back_entry"),
}
_OF_MEETING = {"form", "form_title", "venue_id", "held_on", "convener", "host", "recorder", "attendance"}
_OF_CASE = {"title", "background", "participants", "process", "results"}
_UNANSWERED: Mapping[str, Any] = dict.fromkeys(
    ("result", "replied_on", "follow_up_on", "rating", "redo_due_on", "confirmed", "solved_on")
)


def topic_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the topic that the event is about; every event read here names it."""
    return (recorded.event.topic_id,)  # type: ignore[attr-defined]  # a field of each event of `LEDGER`


def thing_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the thing whose stream the event is in."""
    return (recorded.stream.partition("-")[2],)


def fold_activity(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what the ledger says of a topic after an event of one of the streams that tell of it.

    Raises:
        OutOfOrderError: a stream does not begin with its first event.
    """
    parts = {name: document[name] for name in _NO_PARTS} if document else dict(_NO_PARTS)
    match recorded.event:
        case TopicsEvent():
            parts["topic"] = _topic(parts["topic"], recorded)
        case MeetingHeld():
            parts["meetings"] = _with(parts["meetings"], _meeting, recorded)
        case EntryEvent():
            parts["entries"] = _with(parts["entries"], _entry, recorded)
        case ProblemEvent():
            parts["problems"] = _with(parts["problems"], _problem, recorded)
        case TypicalCasePublished():
            parts["cases"] = _with(parts["cases"], _published, recorded)
    return {"topic_id": key, **parts, **_computed(parts)}


def _with(of_kind: Mapping[str, Any], fold: PartFold, recorded: Recorded) -> dict[str, Any]:
    (id_,) = thing_key(recorded)
    return {**of_kind, id_: fold(of_kind.get(id_), recorded)}


def _computed(parts: Mapping[str, Any]) -> dict[str, Any]:
    topic = parts["topic"]
    if topic is None:
        return {"division": None, "year": None, "listed": False}
    taken_up = topic["adopted_on"] or topic["ledger_number"] or parts["meetings"] or parts["entries"]
    return {
        "division": topic["division"],
        "year": topic["ledger_year"] or int(topic["proposed_on"][:4]),
        "listed": bool(taken_up),
    }


def _only(event: DomainEvent, names: set[str]) -> Part:
    return event.model_dump(mode="json", include=names)


def _topic(topic: Part | None, recorded: Recorded) -> Part:
    event = recorded.event
    if isinstance(event, TopicProposed):
        fresh: Part = dict.fromkeys(("adopted_on", "plan_id", "plan_item", "withdrawn", "merged", "counted"))
        recorded_at = rfc3339(recorded.recorded_at)
        return {**fresh, **_only(event, _OF_PROPOSAL), "surveys": 0, "recorded_at": recorded_at}
    if topic is None:
        raise OutOfOrderError(event, topic)
    return {**topic, **_topic_change(topic, event)}


def _topic_change(topic: Part, event: DomainEvent) -> Part:
    match event:
        case TopicTriaged():
            return {"division": event.division}
        case TopicAdopted():
            return _only(event, {"adopted_on", "plan_id", "plan_item"})
        case SurveyRecorded():
            return {"surveys": topic["surveys"] + 1}
        case StepCompleted():
            return {"counted": event.surveys if event.step == "survey" else topic["counted"]}
        case TopicMerged():
            return {"merged": _only(event, {"into", "reason"})}
        case MergerUndone():
            return {"merged": None}
        case TopicWithdrawn():
            return {"withdrawn": event.reason}
    raise OutOfOrderError(event, topic)


def _meeting(meeting: Part | None, recorded: Recorded) -> Part:
    event = recorded.event
    assert isinstance(event, MeetingHeld)  # noqa: S101 - the only one that is read of a meeting
    opinions = [opinion.text for opinion in event.opinions]
    return {**_only(event, _OF_MEETING), "back_entry": event.back_entry, "opinions": opinions}


def _entry(entry: Part | None, recorded: Recorded) -> Part:
    event = recorded.event
    if isinstance(event, LedgerEntryOpened):
        said = _only(event, {"held_on", "opinions"})
        return {**said, "case": None, "report": None, "exempt": {}, "solved": [], "reopened": []}
    if entry is None:
        raise OutOfOrderError(event, entry)
    changed = {**entry, **_entry_change(entry, event)}
    # An item that comes after all is done, and its exemption is over (C17).
    there = {*changed.pop("there", ())}
    if changed["solved"] and not changed["reopened"]:
        there.add(LoopItem.PROBLEM)
    return {**changed, "exempt": {item: why for item, why in changed["exempt"].items() if item not in there}}


def _entry_change(entry: Part, event: DomainEvent) -> Part:
    def without(name: str, problem_id: str) -> list[str]:
        return [each for each in entry[name] if each != problem_id]

    match event:
        case LoopItemDone(problem_id=str(id_)):
            return {"solved": [*without("solved", id_), id_], "reopened": without("reopened", id_)}
        case LoopItemUndone(problem_id=str(id_)):
            return {"solved": without("solved", id_), "reopened": [*without("reopened", id_), id_]}
        case LoopProblemClosed(problem_id=id_):
            return {"reopened": without("reopened", id_)}
        case LoopItemDone(item=LoopItem.CASE):
            return {"there": [LoopItem.CASE]}
        case LoopItemExempted():
            exempted = _only(event, {"reason", "approver"})
            return {"exempt": {**entry["exempt"], str(event.item): exempted}}
        case TypicalCaseWritten():
            return {"case": entry["case"] or _only(event, _OF_CASE), "there": [LoopItem.CASE]}
        case MediaReported():
            said = _only(event, {"outlet", "level", "reported_on"})
            return {"report": entry["report"] or said, "there": [LoopItem.REPORT]}
    return {}


def _problem(problem: Part | None, recorded: Recorded) -> Part:
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        said = _only(event, {"entry_id", "text", "lead", "co_handlers", "assigned_on", "due_on"})
        return {**said, **_UNANSWERED}
    if problem is None:
        raise OutOfOrderError(event, problem)
    return {**problem, **_problem_change(problem, event)}


def _problem_change(problem: Part, event: DomainEvent) -> Part:
    match event:
        case ProblemReassigned():
            return {**_UNANSWERED, **_only(event, {"lead", "co_handlers", "assigned_on", "due_on"})}
        case DueDateExtended():
            # After 不满意 the first date stays, and the later one stands in the remark.
            again = problem["rating"] == Rating.DISSATISFIED
            return {"redo_due_on" if again else "due_on": event.due_on.isoformat()}
        case ProblemReplied():
            return {**_UNANSWERED, **_only(event, {"result", "replied_on", "follow_up_on"})}
        case ReplyRated():
            return {"rating": event.rating.value}
        case ProblemConfirmed():
            return {"confirmed": event.reason}
        case ProblemSolved():
            return _only(event, {"solved_on"})
        case ProblemReopened():
            return _again(problem, event)
    raise OutOfOrderError(event, problem)


def _again(problem: Part, event: ProblemReopened) -> Part:
    due_on = event.due_on.isoformat() if event.due_on else None
    handlers = _only(event, {"lead", "co_handlers"}) if event.lead else {}  # older events name none
    if problem["rating"] == Rating.DISSATISFIED:
        return {**handlers, "redo_due_on": due_on, "solved_on": None}
    # It had been solved: what was answered then is not the answer any more.
    return {**_UNANSWERED, **handlers, "due_on": due_on or problem["due_on"]}


def _published(case: Part | None, recorded: Recorded) -> Part:
    return _only(recorded.event, {"entry_id", "published_on", *_OF_CASE})


LEDGER = Projection(
    name="ledger",
    version=1,
    events=(
        *(TopicProposed, TopicTriaged, TopicAdopted, SurveyRecorded, StepCompleted),
        *(TopicMerged, MergerUndone, TopicWithdrawn),
        MeetingHeld,
        *(LedgerEntryOpened, LoopItemDone, LoopItemUndone, LoopProblemClosed, LoopItemExempted),
        *(TypicalCaseWritten, MediaReported),
        *(ProblemAssigned, ProblemReassigned, DueDateExtended, ProblemReplied, ReplyRated),
        *(ProblemConfirmed, ProblemSolved, ProblemReopened),
        TypicalCasePublished,
    ),
    keys=topic_key,
    fold=fold_activity,
    main_category="topic",
    indexes=((("year", 1), ("listed", 1), ("division", 1)),),
)

# plans and venues


def fold_plan(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a plan with its items after an event of its stream.

    Raises:
        OutOfOrderError: the plan was not drafted first.
    """
    event = recorded.event
    if isinstance(event, PlanDrafted):
        said = _only(event, {"plan_id", "division", "year"})
        return {**said, "issued": False, "items": [], "recorded_at": rfc3339(recorded.recorded_at)}
    if document is None:
        raise OutOfOrderError(event, document)
    issued = document["issued"] or isinstance(event, PlanIssued)
    return {**document, "issued": issued, "items": items_after(document["items"], event)}


LEDGER_PLANS = Projection(
    name="ledger_plans",
    version=1,
    events=(PlanDrafted, PlanItemAdded, PlanItemRevised, PlanItemRemoved, PlanIssued, PlanAmended),
    keys=thing_key,
    fold=fold_plan,
    main_category="plan",
    indexes=((("year", 1), ("division", 1)),),
)


def fold_venue(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a venue with its newest assessment after an event of its stream.

    Raises:
        OutOfOrderError: the venue was not opened first.
    """
    event = recorded.event
    if isinstance(event, VenueOpened):
        said = _only(event, {"venue_id", "division", "title", "tier", "host_platform"})
        return {**said, "open": True, "marks": {}, "recorded_at": rfc3339(recorded.recorded_at)}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case VenueChanged():
            return {**document, **_only(event, {"title", "host_platform"})}
        case VenueAssessed():
            return {**document, "marks": {item.title: item.met for item in event.items}}
        case VenueClosed() | VenueReopened():
            return {**document, "open": isinstance(event, VenueReopened)}
    raise OutOfOrderError(event, document)


LEDGER_VENUES = Projection(
    name="ledger_venues",
    version=1,
    events=(VenueOpened, VenueChanged, VenueAssessed, VenueClosed, VenueReopened),
    keys=thing_key,
    fold=fold_venue,
    main_category="venue",
    indexes=((("division", 1),),),
)
