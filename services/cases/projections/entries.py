"""`entries`: a ledger entry with its loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.cases import (
    CasesEvent,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
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
    LoopItemExempted,
    TypicalCaseWritten,
    MediaReported,
    LoopClosed,
    LoopReopened,
)
_OPEN: dict[str, Any] = {"status": "open", "evidence": []}
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
    items[LoopItem.TOPIC.value] = _done(of_topic)
    items[LoopItem.CONSULTATION.value] = _done(of_consultation)
    return items


def _done(evidence: list[str]) -> dict[str, Any]:
    return {"status": "done", "evidence": evidence}


def _entry_change(document: Document, recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    items: dict[str, Any] = document["items"]
    solved: dict[str, list[str]] = document["solved"]
    match event:
        case LoopItemDone(problem_id=str(problem_id)):
            reopened = [p for p in document["reopened"] if p != problem_id]
            return _with_problems(items, {**solved, problem_id: list(event.evidence)}, reopened)
        case LoopItemUndone(problem_id=str(problem_id)):
            still = {p: shown for p, shown in solved.items() if p != problem_id}
            return _with_problems(items, still, [*document["reopened"], problem_id])
        case LoopItemDone() | LoopItemUndone():
            return {}  # of no problem: an item that the other events stand for
        case LoopItemExempted():
            said = event.model_dump(mode="json", exclude=_NAMED | {"item"})
            if items[event.item]["status"] == "done":
                return {}
            return {
                "items": {
                    **items,
                    event.item.value: {"status": "exempted", "evidence": [recorded.id], **said},
                }
            }
        case TypicalCaseWritten():
            return {
                "cases": [*document["cases"], event.model_dump(mode="json", exclude=_NAMED)],
                "items": _with_evidence(items, LoopItem.CASE, recorded.id),
            }
        case MediaReported():
            return {
                "reports": [*document["reports"], event.model_dump(mode="json", exclude=_NAMED)],
                "items": _with_evidence(items, LoopItem.REPORT, recorded.id),
            }
        case LoopClosed():
            closed_on = event.closed_on.isoformat() if event.closed_on else None
            return {"closed": True, "closed_on": closed_on}
        case LoopReopened():
            return {"closed": False, "closed_on": None}
    raise OutOfOrderError(event, document)


def _with_problems(
    items: dict[str, Any], solved: dict[str, list[str]], reopened: list[str]
) -> dict[str, Any]:
    item = items[LoopItem.PROBLEM]
    if solved and not reopened:
        item = _done([event_id for shown in solved.values() for event_id in shown])
    elif item["status"] == "done":
        item = _OPEN
    return {"items": {**items, LoopItem.PROBLEM.value: item}, "solved": solved, "reopened": reopened}


def _with_evidence(items: dict[str, Any], item: LoopItem, event_id: str) -> dict[str, Any]:
    before = items[item]
    kept = before["evidence"] if before["status"] == "done" else []
    return {**items, item.value: _done([*kept, event_id])}


ENTRIES = Projection(
    name="entries",
    version=1,
    events=ENTRY_EVENTS,
    keys=entry_key,
    fold=fold_entry,
    main_category="entry",
    indexes=((("held_on", 1), ("_id", 1), ("division", 1)), (("topic_id", 1),)),
)
