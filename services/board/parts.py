"""What the board keeps of the streams it reads: topic, meeting, ledger entry, problem, typical case.

Each stream leaves a part in a document, and no two streams the same one. `activities` puts the parts of a
topic together, `ledger` those of a consultation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.board.status import Situation
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    EntryArchived,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    MediaReported,
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
    ReplyRated,
    TypicalCasePublished,
    TypicalCaseSelected,
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
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import LoopItem
from shared.eventsourcing.errors import OutOfOrderError

OF_TOPICS: tuple[type[DomainEvent], ...] = (
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
)
OF_MEETINGS: tuple[type[DomainEvent], ...] = (
    MeetingScheduled,
    MeetingRescheduled,
    MeetingHeld,
    MeetingCancelled,
)
OF_ENTRIES: tuple[type[DomainEvent], ...] = (
    LedgerEntryOpened,
    LoopItemDone,
    LoopItemUndone,
    LoopProblemClosed,
    LoopItemExempted,
    TypicalCaseWritten,
    MediaReported,
    LoopClosed,
    LoopReopened,
    EntryArchived,
)
OF_PROBLEMS: tuple[type[DomainEvent], ...] = (
    ProblemAssigned,
    ProblemReturned,
    ProblemReassigned,
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
OF_CASES: tuple[type[DomainEvent], ...] = (TypicalCasePublished, TypicalCaseSelected)

# What these say more, of people above all, is no business of the board.
_OF_PROPOSAL = {"title", "origin", "basis", "level", "proposed_on", "lead", "ledger_year", "ledger_number"}
_OF_ADOPTION = {"procedure", "procedure_version", "plan_id", "plan_item", "adopted_on", "due_on"}
_OF_SCHEDULE = {"form", "form_title", "venue_id", "link", "day", "starts_at", "ends_at", "flags"}
_OF_MEETING = {"form", "form_title", "venue_id", "held_on", "attendance", "flags"}
_ENVELOPE = {"topic_id", "division", "back_entry", "entry_id", "problem_id", "meeting_id"}


def _said(event: DomainEvent, *without: str) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude=_ENVELOPE | set(without))


def _only(event: DomainEvent, names: set[str]) -> dict[str, Any]:
    return event.model_dump(mode="json", include=names)


def topic_part(topic: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    """Return what is kept of a topic after an event of its stream.

    Raises:
        OutOfOrderError: its stream does not begin with its first event.
    """
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


def meeting_part(meeting: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    """Return what is kept of a meeting after an event of its stream."""
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


def entry_part(entry: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    """Return what is kept of a ledger entry after an event of its stream.

    Raises:
        OutOfOrderError: its stream does not begin with its first event.
    """
    event = recorded.event
    if isinstance(event, LedgerEntryOpened):
        shown = list(event.evidence) or [recorded.id]
        return {
            "held_on": event.held_on.isoformat(),
            "there": {str(LoopItem.TOPIC): shown, str(LoopItem.CONSULTATION): shown},
            **{"solved": {}, "reopened": [], "exempt": {}, "case": None, "reports": []},
            **{"closed": False, "closed_on": None, "exempted": []},
            **{"file_number": None, "archived_on": None},
        }
    if entry is None:
        raise OutOfOrderError(event, entry)
    after = {**entry, **_entry_change(entry, recorded)}
    return {**after, "exempt": _still_exempt(after)}


def _still_exempt(entry: Mapping[str, Any]) -> dict[str, Any]:
    # An item that comes after all is done, and its exemption is over (C17).
    solved = {LoopItem.PROBLEM} if entry["solved"] and not entry["reopened"] else set()
    done = {*entry["there"], *solved}
    return {item: exemption for item, exemption in entry["exempt"].items() if item not in done}


def _entry_change(entry: dict[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case LoopItemDone(problem_id=str(problem_id)) as event:
            solved = {**entry["solved"], problem_id: list(event.evidence)}
            return {"solved": solved, "reopened": _without(entry["reopened"], problem_id)}
        case LoopItemUndone(problem_id=str(problem_id)):
            solved = {other: shown for other, shown in entry["solved"].items() if other != problem_id}
            return {"solved": solved, "reopened": [*entry["reopened"], problem_id]}
        case LoopProblemClosed() as event:
            return {"reopened": _without(entry["reopened"], event.problem_id)}
        case LoopItemDone() as event:  # of no problem: a typical case was published
            return _there(entry, event.item, event.evidence)
        case LoopItemExempted() as event:
            exemption = {**_said(event, "item"), "evidence": [recorded.id]}
            return {"exempt": {**entry["exempt"], str(event.item): exemption}}
        case TypicalCaseWritten() as event:
            return {"case": _said(event), **_there(entry, LoopItem.CASE, [recorded.id])}
        case MediaReported() as event:
            reports = [*entry["reports"], _said(event, "files")]
            return {"reports": reports, **_there(entry, LoopItem.REPORT, [recorded.id])}
        case LoopClosed() as event:
            return {"closed": True, **_said(event)}
        case LoopReopened():
            return {"closed": False, "closed_on": None, "exempted": []}
        case EntryArchived() as event:
            return _said(event)
        case LoopItemUndone():
            return {}  # of no problem: nothing that the loop was closed by
    raise OutOfOrderError(recorded.event, entry)


def _there(entry: dict[str, Any], item: LoopItem, evidence: Iterable[str]) -> dict[str, Any]:
    shown = entry["there"].get(str(item), [])
    return {"there": {**entry["there"], str(item): [*shown, *evidence]}}


def _without(problem_ids: Iterable[str], one: str) -> list[str]:
    return [problem_id for problem_id in problem_ids if problem_id != one]


def problem_part(problem: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    """Return what is kept of a problem after an event of its stream.

    Raises:
        OutOfOrderError: its stream does not begin with its first event.
    """
    event = recorded.event
    if isinstance(event, ProblemAssigned):
        unanswered = {"result": None, "follow_up_on": None, "replied_on": None, "rating": None}
        begun = {"attempt": 1, "returned": 0, "percent": None, "situation": str(Situation.ASSIGNED)}
        said = _said(event)
        return {**said, "first_assigned_on": said["assigned_on"], **unanswered, **begun}
    if problem is None:
        raise OutOfOrderError(event, problem)
    return {**problem, **_problem_change(event, problem)}


def _problem_change(event: DomainEvent, problem: dict[str, Any]) -> dict[str, Any]:
    match event:
        case ProblemReturned():
            return {"situation": str(Situation.RETURNED), "returned": problem["returned"] + 1}
        case ProblemReassigned():
            return {**_said(event, "previous_lead"), "situation": str(Situation.ASSIGNED)}
        case ProgressReported():
            return {"percent": event.percent}
        case DueDateExtended():
            return {"due_on": event.due_on.isoformat()}
        case ProblemReplied():
            # A follow-up's new result is one more reply, not rated yet.
            said = _said(event, "lead", "text", "flags", "files")
            return {**said, "reply": event.text, "rating": None, "situation": str(Situation.REPLIED)}
        case ReplyRated():
            return _said(event, "reason")
        case ProblemConfirmed():
            return {"confirmed_on": event.confirmed_on.isoformat()}
        case ProblemSolved():
            return {**_said(event), "situation": str(Situation.SOLVED)}
        case ProblemReopened():
            # An older event does not say who has it again: those who had it.
            without = () if event.lead else ("lead", "co_handlers")
            said = _said(event, "reason", *without)
            return {**said, "percent": None, "solved_on": None, "situation": str(Situation.REOPENED)}
        case ProblemReferred():
            return {"situation": str(Situation.REFERRED)}
        case ProblemClosed():
            return {**_said(event, "reason"), "situation": str(Situation.CLOSED)}
    raise OutOfOrderError(event, problem)


def case_part(case: dict[str, Any] | None, recorded: Recorded) -> dict[str, Any]:
    """Return what is kept of a typical case once it is published (C14, C15); drafts are not shown here."""
    event = recorded.event
    before = case or {"entry_id": None, "title": None, "published_on": None, "selected": []}
    match event:
        case TypicalCasePublished():
            said = _only(event, {"entry_id", "title", "published_on", "number"})
            return {**before, **said}
        case TypicalCaseSelected():
            return {**before, "selected": [*before["selected"], _only(event, {"year", "level"})]}
    raise OutOfOrderError(event, case)


def case_titles(cases: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of published cases by their entry; of several of one entry, that of the first id."""
    found: dict[str, str] = {}
    for _, case in sorted(cases.items()):
        if case["title"]:
            found.setdefault(case["entry_id"], case["title"])
    return found
