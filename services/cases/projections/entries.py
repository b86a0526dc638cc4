"""`entries`: a ledger entry with its loop, and what shows each of the five (C17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared.contracts.cases import (
    CasesEvent,
    EntryArchived,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    MediaReported,
    TypicalCaseWritten,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import LoopItem
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

ENTRY_EVENTS: tuple[type[CasesEvent], ...] = (
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
_OPEN: dict[str, Any] = {"status": "open", "evidence": [], "shown_by": []}
_SEEN_AT = {
    "topic": ("topics", "/topics"),
    "meeting": ("meetings", "/meetings"),
    "entry": ("cases", "/entries"),
    "problem": ("cases", "/problems"),
    "case": ("cases", "/cases"),
}
"""Where a stream's thing is looked at, by its category: service and path."""
_NAMED = {"entry_id", "topic_id", "problem_id", "division", "back_entry"}


def entry_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the ledger entry that the event is about."""
    return (recorded.stream.removeprefix("entry-"),)


def fold_entry(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a ledger entry's document after an event of its stream.

    Raises:
        OutOfOrderError: the entry was not opened first.
    """
    event = recorded.event
    if isinstance(event, LedgerEntryOpened):
        said = event.model_dump(mode="json", exclude={"evidence"})
        return {
            **said,
            "items": _items_at_first(event, recorded.id),
            "solved": {},
            "reopened": [],
            "cases": [],
            "reports": [],
            "closed": False,
        }
    if document is None:
        raise OutOfOrderError(event, document)
    return {**document, **_entry_change(document, recorded)}


def _items_at_first(event: LedgerEntryOpened, event_id: str) -> dict[str, Any]:
    items: dict[str, Any] = {item.value: _OPEN for item in LoopItem}
    of_topic = [e for e in event.evidence if e.startswith("topic-")]
    # An entry opened directly is itself what shows that people consulted.
    of_consultation = [e for e in event.evidence if e not in of_topic] or [event_id]
    items[LoopItem.TOPIC.value] = _done([_shown(e, "topic-proposed", None) for e in of_topic])
    items[LoopItem.CONSULTATION.value] = _done(
        [_shown(e, "consultation-held", event.held_on) for e in of_consultation]
    )
    return items


def _shown(event_id: str, kind: str, on: date | None) -> dict[str, Any]:
    """Return what an event shows: what it is, of which day, and where one sees it."""
    category, _, id_ = event_id.rpartition(":")[0].partition("-")
    service, path = _SEEN_AT.get(category, ("", ""))
    return {
        "event_id": event_id,
        "kind": kind,
        "on": on.isoformat() if on else None,
        "service": service,
        "path": f"{path}/{id_}" if path else None,
    }


def _done(shown_by: list[dict[str, Any]]) -> dict[str, Any]:
    return {"status": "done", "evidence": [shown["event_id"] for shown in shown_by], "shown_by": shown_by}


def _entry_change(document: Document, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    items: dict[str, Any] = document["items"]
    match event:
        case (
            LoopItemDone(problem_id=str(problem_id))
            | LoopItemUndone(problem_id=str(problem_id))
            | LoopProblemClosed(problem_id=str(problem_id))
        ):
            return _with_problem(document, event, problem_id)
        case LoopItemDone(item=LoopItem.CASE):
            shown = [_shown(e, "case-published", event.done_on) for e in event.evidence]
            return {"items": _with_evidence(items, LoopItem.CASE, shown)}
        case LoopItemDone() | LoopItemUndone():
            return {}  # of no problem: an item that the other events stand for
        case LoopItemExempted():
            return {} if items[event.item]["status"] == "done" else {"items": _exempted(items, recorded)}
        case TypicalCaseWritten():
            shown = [_shown(recorded.id, "case-written", event.written_on)]
            return {
                "cases": [*document["cases"], event.model_dump(mode="json", exclude=_NAMED)],
                "items": _with_evidence(items, LoopItem.CASE, shown),
            }
        case MediaReported():
            shown = [_shown(recorded.id, "media-reported", event.reported_on)]
            return {
                "reports": [*document["reports"], event.model_dump(mode="json", exclude=_NAMED)],
                "items": _with_evidence(items, LoopItem.REPORT, shown),
            }
        case LoopClosed():
            closed_on = event.closed_on.isoformat() if event.closed_on else None
            return {"closed": True, "closed_on": closed_on}
        case LoopReopened():
            return {"closed": False, "closed_on": None}
        case EntryArchived():
            return {"file_number": event.file_number, "archived_on": event.archived_on.isoformat()}
    raise OutOfOrderError(event, document)


def _with_problem(
    document: Document, event: LoopItemDone | LoopItemUndone | LoopProblemClosed, problem_id: str
) -> dict[str, Any]:
    solved = {p: shown for p, shown in document["solved"].items() if p != problem_id}
    reopened = [p for p in document["reopened"] if p != problem_id]
    match event:
        case LoopItemDone():
            solved[problem_id] = [_shown(e, "problem-solved", event.done_on) for e in event.evidence]
        case LoopItemUndone():
            reopened.append(problem_id)
    items = document["items"]
    item = items[LoopItem.PROBLEM]
    if solved and not reopened:
        item = _done([shown for each in solved.values() for shown in each])
    elif item["status"] == "done":
        item = _OPEN
    return {"items": {**items, LoopItem.PROBLEM.value: item}, "solved": solved, "reopened": reopened}


def _exempted(items: dict[str, Any], recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    assert isinstance(event, LoopItemExempted)  # noqa: S101 - as its only caller has found
    said = event.model_dump(mode="json", exclude=_NAMED | {"item"})
    shown = [_shown(recorded.id, "exempted", event.exempted_on)]
    return {**items, event.item.value: {**_done(shown), "status": "exempted", **said}}


def _with_evidence(items: dict[str, Any], item: LoopItem, shown: list[dict[str, Any]]) -> dict[str, Any]:
    before = items[item]
    kept = before["shown_by"] if before["status"] == "done" else []
    return {**items, item.value: _done([*kept, *shown])}


ENTRIES = Projection(
    name="entries",
    version=2,
    events=ENTRY_EVENTS,
    keys=entry_key,
    fold=fold_entry,
    main_category="entry",
    indexes=((("held_on", 1), ("_id", 1), ("division", 1)), (("topic_id", 1),)),
)
