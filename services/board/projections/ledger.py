"""`ledger`: the line of a consultation in its town's ledger, one document an entry (its id is the meeting's).

Fed by the meeting, the entry, its problems and its typical cases, in any interleaving; each leaves a part of
its own (`parts.py`), and the rest is computed from the parts. What the topic says is asked of `activities`
when the ledger is read. Until meeting or entry have come a document is partial: its `held_on` is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.board.parts import (
    OF_CASES,
    OF_ENTRIES,
    OF_PROBLEMS,
    case_part,
    case_titles,
    entry_part,
    meeting_part,
    problem_part,
)
from services.board.published import PublishedLine
from services.board.status import ItemState, closing_of, loop_of, solved_count
from shared.contracts.base import DomainEvent
from shared.contracts.cases import EntryEvent, ProblemEvent, TypicalCaseEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection

EVENTS: tuple[type[DomainEvent], ...] = (MeetingHeld, *OF_ENTRIES, *OF_PROBLEMS, *OF_CASES)

_OF_LOOP = ("meeting", "entry")  # what happens to a problem is told to its entry
_LINE = ("division", "held_on", "year", "loop", "done", "closed", "closed_on", "exempted", "file_number")
_NO_PARTS: dict[str, Any] = {"meeting": None, "entry": None, "problems": {}, "cases": {}}


def entry_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the entry that the event is about: its own, or that of the meeting."""
    event = recorded.event
    return (event.meeting_id if isinstance(event, MeetingHeld) else event.entry_id,)  # type: ignore[attr-defined]  # a field of all others of `EVENTS`


def fold_line(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return an entry's line after an event of one of its streams.

    Raises:
        OutOfOrderError: a stream does not begin with its first event.
    """
    before = {name: document[name] for name in _NO_PARTS} if document else _NO_PARTS
    parts = {**before, **_changed(before, recorded)}
    topic_id = recorded.event.topic_id  # type: ignore[attr-defined]  # a field of each of `EVENTS`
    if document and all(parts[name] is before[name] for name in _OF_LOOP):
        line = {name: document[name] for name in _LINE}
    else:
        line = _line(**{name: parts[name] for name in _OF_LOOP})
    counted = _counted(parts["entry"], parts["problems"], parts["cases"])
    return {"entry_id": key, "topic_id": topic_id, **parts, **line, **counted}


def _changed(parts: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case MeetingHeld() as event:
            return {"meeting": {**meeting_part(parts["meeting"], recorded), "division": event.division}}
        case EntryEvent() as event:
            return {"entry": {**entry_part(parts["entry"], recorded), "division": event.division}}
        case ProblemEvent() as event:
            part = problem_part(parts["problems"].get(event.problem_id), recorded)
            return {"problems": {**parts["problems"], event.problem_id: part}}
        case TypicalCaseEvent() as event:
            part = case_part(parts["cases"].get(event.case_id), recorded)
            return {"cases": {**parts["cases"], event.case_id: part}}
    raise OutOfOrderError(recorded.event, parts)


def _line(meeting: dict[str, Any] | None, entry: dict[str, Any] | None) -> dict[str, Any]:
    """Return where and when it was, and its loop; nothing that a problem alone says makes a line."""
    said = entry or meeting or {"held_on": None, "division": None}
    entries = {"": entry} if entry else {}
    loop = loop_of(None, {"": meeting} if meeting else {}, entries)
    return {
        "division": said["division"],
        "held_on": said["held_on"],
        "year": int(said["held_on"][:4]) if said["held_on"] else None,
        "loop": loop,
        "done": sum(item["state"] == ItemState.DONE for item in loop.values()),
        **closing_of(entries),
        "file_number": entry["file_number"] if entry else None,
    }


def _counted(entry: dict[str, Any] | None, problems: dict[str, Any], cases: dict[str, Any]) -> dict[str, Any]:
    return {
        "assigned": len(problems),
        "solved": solved_count(problems),
        "leads": sorted({problem["lead"] for problem in problems.values()}),
        "case_title": _case_title(entry, case_titles(cases)),
        "outlets": sorted({report["outlet"] for report in entry["reports"]}) if entry else [],
    }


def _case_title(entry: Mapping[str, Any] | None, published: Mapping[str, str]) -> str | None:
    if published:
        return next(iter(published.values()))
    title: str | None = entry["case"]["title"] if entry and entry["case"] else None
    return title


LEDGER = Projection(
    name="ledger",
    version=2,
    events=EVENTS,
    keys=entry_key,
    fold=fold_line,
    main_category="entry",
    indexes=(
        (("held_on", 1), ("_id", 1), ("division", 1)),
        (("closed_on", 1), ("_id", 1), ("division", 1)),
        (("file_number", 1), ("_id", 1), ("division", 1)),
        (("division", 1), ("year", 1)),
    ),
    published=PublishedLine,
)
