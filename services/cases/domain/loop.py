"""Where a ledger entry stands: which of its 五个一 are there, and what its events make of it (C17–C19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

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
    TypicalCaseWritten,
)
from shared.contracts.days import day_of
from shared.contracts.types import LoopItem


@dataclass(frozen=True)
class Entry:
    """A ledger entry; `entry_id` is empty where none was opened.

    Attributes:
        opinions: what was agreed, in order; problems come of them.
        written: of case and report, what is there.
        cases: streams of the typical cases that were published.
        exempted: items that an approver let off and that are not there: an item that comes after all is
            done, and its exemption is over (C17).
        solved: ids of its problems that are solved.
        reopened: ids of its problems that were solved, and are open again.
        last_on: the day of what came last of all that is there, as far as it is known.
        closed: the loop is closed.
        file_number: under which it was filed; empty before that. It stays (C19).
    """

    entry_id: str = ""
    topic_id: str = ""
    division: str = ""
    held_on: date | None = None
    opinions: tuple[str, ...] = ()
    written: frozenset[LoopItem] = frozenset()
    cases: frozenset[str] = frozenset()
    exempted: frozenset[LoopItem] = frozenset()
    solved: frozenset[str] = frozenset()
    reopened: frozenset[str] = frozenset()
    last_on: date | None = None
    closed: bool = False
    file_number: str = ""

    @property
    def done(self) -> frozenset[LoopItem]:
        """Return the items that are there."""
        solved = {LoopItem.PROBLEM} if self.solved and not self.reopened else set()
        return frozenset({LoopItem.TOPIC, LoopItem.CONSULTATION} | solved | self.written)

    @property
    def complete(self) -> bool:
        """Tell whether all five are there or exempted (C18)."""
        return self.there == set(LoopItem)

    @property
    def there(self) -> frozenset[LoopItem]:
        """Return the items that nobody waits for: done or exempted."""
        return self.done | self.exempted


def stream_of(event_id: str) -> str:
    """Return the stream that an event is in."""
    return event_id.rpartition(":")[0]


def evolve(entry: Entry, event: DomainEvent) -> Entry:
    """Return the entry after an event."""
    after = _after(entry, event)
    after = replace(after, exempted=after.exempted - after.done)
    day = day_of(event)
    # What is recorded last need not have come last: a report is found later than it came out.
    newer = day is not None and (entry.last_on is None or day > entry.last_on)
    return replace(after, last_on=day) if newer and after.there > entry.there else after


def _after(entry: Entry, event: DomainEvent) -> Entry:
    match event:
        case LedgerEntryOpened():
            return Entry(event.entry_id, event.topic_id, event.division, event.held_on, event.opinions)
        case LoopItemDone(problem_id=str(problem_id)):
            return replace(entry, solved=entry.solved | {problem_id}, reopened=entry.reopened - {problem_id})
        case LoopItemUndone(problem_id=str(problem_id)):
            return replace(entry, solved=entry.solved - {problem_id}, reopened=entry.reopened | {problem_id})
        case LoopProblemClosed():
            return replace(entry, reopened=entry.reopened - {event.problem_id})
        case LoopItemDone(item=LoopItem.CASE):
            cases = entry.cases | {stream_of(evidence) for evidence in event.evidence}
            return replace(entry, written=entry.written | {LoopItem.CASE}, cases=cases)
        case TypicalCaseWritten():
            return replace(entry, written=entry.written | {LoopItem.CASE})
        case MediaReported():
            return replace(entry, written=entry.written | {LoopItem.REPORT})
        case LoopItemExempted():
            return replace(entry, exempted=entry.exempted | {event.item})
        case LoopClosed():
            return replace(entry, closed=True)
        case LoopReopened():
            return replace(entry, closed=False)
        case EntryArchived():
            return replace(entry, file_number=event.file_number)
    return entry
