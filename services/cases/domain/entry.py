"""A ledger entry: one consultation and its 五个一 loop (C01, C13, C16–C19).

The names and fields of its events are stored for good (`shared/contracts/cases.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.cases.domain.loop import Entry, evolve, stream_of
from services.cases.domain.media_report import require_report
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    EntryArchived,
    EntryEvent,
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
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import FileRef, LoopItem, MediaLevel

TITLES = {
    LoopItem.TOPIC: "1 个主题",
    LoopItem.CONSULTATION: "1 次协商",
    LoopItem.PROBLEM: "解决 1 个问题",
    LoopItem.CASE: "1 个典型案例",
    LoopItem.REPORT: "1 次媒体宣传",
}

# commands


@dataclass(frozen=True)
class OpenEntry:
    """Give a consultation its line in the ledger (C01).

    Attributes:
        entry_id: the meeting's id.
        evidence: ids of the events that show topic and consultation.
    """

    entry_id: str
    topic_id: str
    division: str
    held_on: date
    opinions: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    back_entry: bool = False


@dataclass(frozen=True)
class NoteProblemSolved:
    """One of the entry's problems is solved."""

    problem_id: str
    solved_on: date | None
    evidence: str
    back_entry: bool = False


@dataclass(frozen=True)
class NoteProblemReopened:
    """One of the entry's problems is open again (C18)."""

    problem_id: str
    reason: str
    evidence: str
    back_entry: bool = False


@dataclass(frozen=True)
class NoteProblemClosed:
    """One of the entry's problems was closed without a solution (C11, C18)."""

    problem_id: str
    closed_on: date | None
    evidence: str
    back_entry: bool = False


@dataclass(frozen=True)
class NoteCasePublished:
    """A typical case of the activity was published (C14); a correction of it changes nothing here."""

    published_on: date | None
    evidence: str
    back_entry: bool = False


@dataclass(frozen=True)
class WriteTypicalCase:
    """Write the activity up (C13).

    Attributes:
        today: in Asia/Shanghai.
    """

    title: str
    written_on: date | None
    background: str | None = None
    participants: str | None = None
    process: str | None = None
    opinions: str | None = None
    results: str | None = None
    back_entry: bool = False
    today: date | None = None


@dataclass(frozen=True)
class ReportInMedia:
    """Record that an outlet reported the activity (C16).

    Attributes:
        page: where it stands in print, e.g. 3 版.
        files: that show it.
        today: in Asia/Shanghai.
    """

    outlet: str
    level: MediaLevel
    reported_on: date | None
    title: str | None = None
    link: str | None = None
    back_entry: bool = False
    page: str | None = None
    files: tuple[FileRef, ...] = ()
    today: date | None = None


@dataclass(frozen=True)
class ExemptItem:
    """Let the activity off one of the five (C17).

    Attributes:
        exempted_on: today unless said; may stay unknown in a back-entry.
        today: in Asia/Shanghai.
    """

    item: LoopItem
    reason: str
    approver: str
    exempted_on: date | None = None
    back_entry: bool = False
    today: date | None = None


@dataclass(frozen=True)
class NoteArchived:
    """The entry has its file number (C19)."""

    file_number: str
    archived_on: date


EntryCommand = (
    OpenEntry
    | NoteProblemSolved
    | NoteProblemReopened
    | NoteProblemClosed
    | NoteCasePublished
    | WriteTypicalCase
    | ReportInMedia
    | ExemptItem
    | NoteArchived
)

# decisions


def decide(command: EntryCommand, entry: Entry) -> Sequence[DomainEvent]:
    """Return what a command does to a ledger entry, the closing of its loop included (C18).

    Raises:
        NotThereError: no entry was opened under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, OpenEntry):
        return [] if entry.entry_id else [LedgerEntryOpened(**vars(command))]
    if not entry.entry_id:
        raise NotThereError("entry-unknown", zh="没有这条台账。", en="There is no such ledger entry.")
    match command:
        case NoteProblemSolved():
            return _note_solved(command, entry)
        case NoteProblemReopened():
            return _note_reopened(command, entry)
        case NoteProblemClosed():
            return _note_closed(command, entry)
        case NoteCasePublished():
            return _note_published(command, entry)
        case WriteTypicalCase():
            return _write(command, entry)
        case ReportInMedia():
            return _report(command, entry)
        case ExemptItem():
            return _exempt(command, entry)
        case NoteArchived():
            return [] if entry.file_number else [EntryArchived(**_of(entry), **vars(command))]


def _note_solved(command: NoteProblemSolved, entry: Entry) -> Sequence[DomainEvent]:
    if command.problem_id in entry.solved:
        return []
    done = LoopItemDone(
        **_of(entry),
        item=LoopItem.PROBLEM,
        problem_id=command.problem_id,
        evidence=(command.evidence,),
        done_on=command.solved_on,
        back_entry=command.back_entry,
    )
    return _closing_if_complete(entry, done)


def _note_reopened(command: NoteProblemReopened, entry: Entry) -> Sequence[DomainEvent]:
    if command.problem_id not in entry.solved:
        return []
    undone = LoopItemUndone(
        **_of(entry),
        item=LoopItem.PROBLEM,
        problem_id=command.problem_id,
        evidence=(command.evidence,),
        back_entry=command.back_entry,
    )
    if not entry.closed or evolve(entry, undone).complete:
        return [undone]
    reopened = LoopReopened(
        **_of(entry), item=LoopItem.PROBLEM, reason=command.reason, back_entry=command.back_entry
    )
    return [undone, reopened]


def _note_closed(command: NoteProblemClosed, entry: Entry) -> Sequence[DomainEvent]:
    # Only one that had been solved is waited for; it is not solved now, so another one is what counts.
    if command.problem_id not in entry.reopened:
        return []
    closed = LoopProblemClosed(
        **_of(entry),
        problem_id=command.problem_id,
        evidence=(command.evidence,),
        closed_on=command.closed_on,
        back_entry=command.back_entry,
    )
    return _closing_if_complete(entry, closed)


def _note_published(command: NoteCasePublished, entry: Entry) -> Sequence[DomainEvent]:
    if stream_of(command.evidence) in entry.cases:
        return []
    done = LoopItemDone(
        **_of(entry),
        item=LoopItem.CASE,
        evidence=(command.evidence,),
        done_on=command.published_on,
        back_entry=command.back_entry,
    )
    return _closing_if_complete(entry, done)


def _write(command: WriteTypicalCase, entry: Entry) -> Sequence[DomainEvent]:
    _check_not_ahead("written_on", command.written_on, command.today, rule="C13")
    written = TypicalCaseWritten(**_of(entry), **_said(command))
    return _closing_if_complete(entry, written)


def _said(command: WriteTypicalCase | ReportInMedia) -> dict[str, Any]:
    return {name: value for name, value in vars(command).items() if name != "today"}


def _report(command: ReportInMedia, entry: Entry) -> Sequence[DomainEvent]:
    if command.today is not None:
        require_report(
            title=command.title,
            link=command.link,
            page=command.page,
            reported_on=command.reported_on,
            today=command.today,
            back_entry=command.back_entry,
        )
    reported = MediaReported(**_of(entry), **_said(command))
    return _closing_if_complete(entry, reported)


def _exempt(command: ExemptItem, entry: Entry) -> Sequence[DomainEvent]:
    if command.item in (LoopItem.TOPIC, LoopItem.CONSULTATION):
        raise RefusedError(
            "item-not-exemptible",
            rule="C17",
            zh=f"“{TITLES[command.item]}”已经完成，无需免除。",
            en=f"The item {command.item} is there as soon as the entry is; it needs no exemption.",
            field="item",
        )
    if command.item in entry.done | entry.exempted:
        return []
    exempted_on = command.exempted_on or (None if command.back_entry else command.today)
    _check_not_ahead("exempted_on", exempted_on, command.today, rule="C17")
    exempted = LoopItemExempted(
        **_of(entry),
        item=command.item,
        reason=command.reason,
        approver=command.approver,
        exempted_on=exempted_on,
        back_entry=command.back_entry,
    )
    return _closing_if_complete(entry, exempted)


def _check_not_ahead(field: str, day: date | None, today: date | None, *, rule: str) -> None:
    # A back-entry may leave a day unknown; none that is said has not come yet.
    if day is not None and today is not None and day > today:
        raise RefusedError(
            "day-in-future",
            rule=rule,
            zh=f"日期 {day} 晚于今天。",
            en=f"{day} is later than today.",
            field=field,
        )


def _closing_if_complete(entry: Entry, event: EntryEvent) -> Sequence[DomainEvent]:
    after = evolve(entry, event)
    if after.closed or not after.complete:
        return [event]
    exempted = tuple(item for item in LoopItem if item in after.exempted)
    # No old record has a day of closing: which of its entries came last here says nothing about then.
    closed_on = None if event.back_entry else after.last_on
    closed = LoopClosed(**_of(entry), exempted=exempted, closed_on=closed_on, back_entry=event.back_entry)
    return [event, closed]


def _of(entry: Entry) -> dict[str, str]:
    return {"entry_id": entry.entry_id, "topic_id": entry.topic_id, "division": entry.division}
