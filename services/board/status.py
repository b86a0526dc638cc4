"""What an activity's parts add up to: its status, its five-one loop, and the date that its light counts.

An activity is fed by several streams. Each leaves a part of its own in the document (`topic`, and by id
`meetings`, `entries`, `problems`), and what is here is computed from all parts anew after every event. So
the outcome cannot depend on which part came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from shared.contracts.types import LoopItem, ReplyResult

Part = Mapping[str, Any]
Parts = Mapping[str, Part]
"""Parts of one kind, by id."""


class Status(StrEnum):
    """状态: where an activity stands, in the ledger's words."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    CONSULTED = "consulted"
    ASSIGNED = "assigned"
    REPLIED = "replied"
    REOPENED = "reopened"
    SOLVED = "solved"
    CLOSED = "closed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class Situation(StrEnum):
    """Where a problem stands."""

    ASSIGNED = "assigned"
    RETURNED = "returned"
    REPLIED = "replied"
    REOPENED = "reopened"
    REFERRED = "referred"
    SOLVED = "solved"
    CLOSED = "closed"


class ItemState(StrEnum):
    """Where one of the five stands; exempted is never shown as done (C17)."""

    OPEN = "open"
    EXEMPTED = "exempted"
    DONE = "done"


class DueKind(StrEnum):
    """What an open date asks for."""

    REPLY = "reply"
    FOLLOW_UP = "follow-up"


ENDED = frozenset({Status.MERGED, Status.WITHDRAWN, Status.REJECTED})
"""Statuses of activities that no loop is expected of any more."""

# Of several problems the one furthest back decides: (situations, the status they make).
_FURTHEST_BACK = (
    (frozenset({Situation.REOPENED, Situation.REFERRED}), Status.REOPENED),
    (frozenset({Situation.ASSIGNED, Situation.RETURNED}), Status.ASSIGNED),
    (frozenset({Situation.REPLIED}), Status.REPLIED),
    (frozenset({Situation.SOLVED}), Status.SOLVED),
    # Closed by a D reply, or by the office: answered, not solved (C10, C11).
    (frozenset({Situation.CLOSED}), Status.REPLIED),
)


def status_of(topic: Part, meetings: Parts, entries: Parts, problems: Parts) -> Status:
    """Return where an activity stands."""
    if topic["ending"] is not None:
        return Status(topic["ending"])
    if any(entry["closed"] for entry in entries.values()):
        return Status.CLOSED
    situations = {problem["situation"] for problem in problems.values()}
    for these, status in _FURTHEST_BACK:
        if situations & these:
            return status
    # An entry is opened by its meeting, whose own event may still be on its way.
    if entries or any(meeting["held"] for meeting in meetings.values()):
        return Status.CONSULTED
    return Status.ADOPTED if topic["adopted_on"] else Status.PROPOSED


def loop_of(topic: Part | None, meetings: Parts, entries: Parts) -> dict[str, dict[str, Any]]:
    """Return the five items in their order, each with its state and evidence (C17).

    An item is done where any consultation on the topic has it; the topic from its adoption on, the
    consultation from the meeting on.
    """
    before_entry: dict[str, list[str]] = {
        LoopItem.TOPIC: topic["evidence"] if topic else [],
        LoopItem.CONSULTATION: [m["evidence"] for m in meetings.values() if m["held"]],
    }
    return {str(item): _item(item, before_entry.get(item, []), entries) for item in LoopItem}


def _item(item: LoopItem, before_entry: Iterable[str], entries: Parts) -> dict[str, Any]:
    evidence = {*before_entry, *(shown for entry in entries.values() for shown in _shown(item, entry))}
    if evidence:
        return {"state": str(ItemState.DONE), "evidence": sorted(evidence)}
    exemptions = [entry["exempt"][item] for entry in entries.values() if item in entry["exempt"]]
    if exemptions:
        return {"state": str(ItemState.EXEMPTED), **min(exemptions, key=lambda e: e["evidence"])}
    return {"state": str(ItemState.OPEN), "evidence": []}


def _shown(item: LoopItem, entry: Part) -> Iterable[str]:
    if item is not LoopItem.PROBLEM:
        there: Iterable[str] = entry["there"].get(item, ())
        return there
    if entry["reopened"]:  # what came back is not solved, whatever else was
        return ()
    return (shown for evidence in entry["solved"].values() for shown in evidence)


def closing_of(entries: Parts) -> dict[str, Any]:
    """Return whether the loop is closed, on which day, and what was exempted of it (C18)."""
    closed = [entry for entry in entries.values() if entry["closed"]]
    days = [entry["closed_on"] for entry in closed if entry["closed_on"]]
    exempted = {item for entry in closed for item in entry["exempted"]}
    return {
        "closed": bool(closed),
        "closed_on": max(days, default=None),
        "exempted": [str(item) for item in LoopItem if item in exempted],
    }


def next_due_of(problems: Parts) -> dict[str, Any] | None:
    """Return the earliest date that is open: what it asks for, of whom; None where nothing is due (C12)."""
    return min(
        _open_dates(problems), key=lambda due: (due["on"], due["kind"], due["problem_id"]), default=None
    )


def _open_dates(problems: Parts) -> Iterable[dict[str, Any]]:
    for problem_id, problem in problems.items():
        on, kind = problem["due_on"], DueKind.REPLY
        if problem["situation"] == Situation.REPLIED:
            # A says solved and D for reference: neither waits for a date.
            later = problem["result"] in (ReplyResult.B, ReplyResult.C)
            on, kind = (problem["follow_up_on"] if later else None), DueKind.FOLLOW_UP
        elif problem["situation"] not in (Situation.ASSIGNED, Situation.REOPENED):
            continue
        if on is not None:
            yield {"on": on, "kind": str(kind), "lead": problem["lead"], "problem_id": problem_id}


def solved_count(problems: Parts) -> int:
    """Return how many problems are solved (C09)."""
    return sum(problem["situation"] == Situation.SOLVED for problem in problems.values())


def year_of(topic: Part) -> int:
    """Return the ledger's year that an activity belongs to: the one it states, else of its proposal."""
    return topic["ledger_year"] or date.fromisoformat(topic["proposed_on"]).year
