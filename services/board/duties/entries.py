"""A ledger entry until its loop is closed and the entry filed (C01, C13, C16–C19)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.board.duties.kinds import Kind, Matter, State, day_said, in_charge_of, known
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
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
    ProblemEvent,
    ProblemReopened,
    ProblemSolved,
    TypicalCaseDrafted,
    TypicalCaseEvent,
    TypicalCasePublished,
    TypicalCaseWritten,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import LoopItem

OF_ENTRY = (
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
OF_PROBLEMS = (ProblemAssigned, ProblemSolved, ProblemReopened, ProblemClosed)
OF_CASES = (TypicalCaseDrafted, TypicalCasePublished)
EVENTS: tuple[type[DomainEvent], ...] = (*OF_ENTRY, *OF_PROBLEMS, *OF_CASES)

_NOTHING: dict[str, Any] = {"entry": None, "problems": {}, "cases": {}}


def state_after(state: State | None, recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of an entry after an event of its stream, of a problem or a typical case."""
    before = state or _NOTHING
    match recorded.event:
        case ProblemEvent() as event:
            return {**before, "problems": _problems(before["problems"], event)}
        case TypicalCaseEvent() as event:
            since = event.drafted_on.isoformat() if isinstance(event, TypicalCaseDrafted) else None
            return {**before, "cases": {**before["cases"], event.case_id: since}}
    return {**before, "entry": _entry(before["entry"], recorded)}


def _problems(problems: Mapping[str, Any], event: ProblemEvent) -> Mapping[str, Any]:
    before = problems.get(event.problem_id, {"opinion": None, "situation": "in-hand"})
    match event:
        case ProblemAssigned():
            now = {"opinion": event.opinion, "situation": "in-hand"}
        case ProblemSolved():
            now = {**before, "situation": "solved"}
        case ProblemClosed():
            now = {**before, "situation": "closed"}
        case _:
            now = {**before, "situation": "in-hand"}
    return {**problems, event.problem_id: now}


def _entry(entry: Mapping[str, Any] | None, recorded: Recorded) -> Mapping[str, Any]:
    event = recorded.event
    if isinstance(event, LedgerEntryOpened):
        return {
            "topic_id": event.topic_id,
            "division": event.division,
            "since": event.held_on.isoformat(),
            "opinions": len(event.opinions),
            "old": event.back_entry,
            "solved": [],
            "reopened": [],
            "done": [],
            "exempt": [],
            "closed": False,
            "archived": False,
        }
    after = {**known(entry, event), **_entry_change(known(entry, event), recorded)}
    # An item that comes after all is done, and its exemption is over (C17).
    there = {*after["done"], *([LoopItem.PROBLEM] if _is_solved(after) else [])}
    return {**after, "exempt": [item for item in after["exempt"] if item not in there]}


def _is_solved(entry: Mapping[str, Any]) -> bool:
    return bool(entry["solved"]) and not entry["reopened"]


def _entry_change(entry: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case LoopItemDone(problem_id=str(problem)):
            solved = sorted({*entry["solved"], problem})
            return {"solved": solved, "reopened": _without(entry["reopened"], problem), **_since(recorded)}
        case LoopItemUndone(problem_id=str(problem)):
            reopened = sorted({*entry["reopened"], problem})
            return {"solved": _without(entry["solved"], problem), "reopened": reopened}
        case LoopProblemClosed() as event:
            return {"reopened": _without(entry["reopened"], event.problem_id)}
        case LoopItemDone() as event:
            return {"done": sorted({*entry["done"], str(event.item)})}
        case LoopItemExempted() as event:
            return {"exempt": sorted({*entry["exempt"], str(event.item)})}
        case TypicalCaseWritten():  # of an old record; a live one comes as `LoopItemDone`
            return {"done": sorted({*entry["done"], str(LoopItem.CASE)})}
        case MediaReported():
            return {"done": sorted({*entry["done"], str(LoopItem.REPORT)})}
        case LoopClosed():
            return {"closed": True, **_since(recorded)}
        case LoopReopened():
            return {"closed": False, **_since(recorded)}
        case EntryArchived():
            return {"archived": True}
    return {}


def _since(recorded: Recorded) -> dict[str, str]:
    return {"since": day_said(recorded)}


def _without(members: list[str], one: str) -> list[str]:
    return [member for member in members if member != one]


def duties_of(entry_id: str, state: State) -> list[dict[str, Any]]:
    """Return what an entry waits for; nothing until it is opened."""
    entry = state["entry"]
    if entry is None:
        return []
    matter = Matter(f"entry-{entry_id}", entry["division"], entry["topic_id"], {"entry_id": entry_id})
    told = {"recipients": [in_charge_of(entry["division"])], "since": entry["since"]}
    publish = [
        matter.duty(Kind.PUBLISH_CASE, told["recipients"], since=since, of=case, case_id=case)
        for case, since in sorted(state["cases"].items())
        if since is not None  # else nothing is drafted that is not published
    ]
    if entry["closed"]:
        return publish if entry["archived"] else [*publish, matter.duty(Kind.ARCHIVE, **told)]
    return [*publish, *_until_closed(matter, told, entry, state)]


def _until_closed(
    matter: Matter, told: Mapping[str, Any], entry: Mapping[str, Any], state: State
) -> Iterator[dict[str, Any]]:
    problems = state["problems"]
    solved = _is_solved(entry)
    exempt = LoopItem.PROBLEM in entry["exempt"]
    waiting = _opinions_waiting(entry, problems)
    none_in_hand = all(problem["situation"] == "closed" for problem in problems.values())
    # Without an opinion, and without a problem that may yet be solved, the loop would wait for ever.
    if not exempt and (waiting or (none_in_hand and not solved)):
        yield matter.duty(Kind.ASSIGN, **told, count=waiting)
    if not solved and not exempt:
        return
    there = {*entry["done"], *entry["exempt"]}
    if LoopItem.CASE not in there and not state["cases"]:
        yield matter.duty(Kind.WRITE_CASE, **told)
    if LoopItem.REPORT not in there:
        yield matter.duty(Kind.ADD_REPORT, **told)


def _opinions_waiting(entry: Mapping[str, Any], problems: Mapping[str, Any]) -> int:
    """Return how many opinions no problem came of yet.

    An old ledger says one opinion or several in one cell, of which one problem came: there one is enough.
    """
    if entry["old"] and problems:
        return 0
    named = {problem["opinion"] for problem in problems.values() if problem["opinion"] is not None}
    unnamed = sum(problem["opinion"] is None for problem in problems.values())
    return max(0, int(entry["opinions"]) - len(named) - unnamed)
