"""The shape of ledger entries, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.cases.views.base import View
from shared.contracts.types import FileRef, MediaLevel


class EvidenceView(View):
    """What shows that one of the five is there, or exempted (C17).

    Attributes:
        event_id: of the event that shows it.
        kind: `topic-proposed`, `consultation-held`, `problem-solved`, `case-written`, `case-published`,
            `media-reported` or `exempted`.
        on: the day of it, in Asia/Shanghai; None where unknown.
        service, path: where it is looked at.
    """

    event_id: str
    kind: str
    on: date | None = None
    service: str
    path: str | None = None


class LoopItemView(View):
    """One of the five.

    Attributes:
        status: `open`, `done` or `exempted`; exempted is never done (C17).
        evidence: ids of the events that show it.
        shown_by: the same, each with what it is.
    """

    status: str
    evidence: tuple[str, ...] = ()
    shown_by: tuple[EvidenceView, ...] = ()
    reason: str | None = None
    approver: str | None = None
    exempted_on: date | None = None


class TypicalCaseView(View):
    """A typical case in its five dimensions."""

    title: str
    background: str | None = None
    participants: str | None = None
    process: str | None = None
    opinions: str | None = None
    results: str | None = None
    written_on: date | None = None


class MediaReportView(View):
    """A report in the press.

    Attributes:
        page: where it stands in print.
        files: that show it; `GET /entries/{entry_id}/files/{file_id}` has them.
    """

    outlet: str
    level: MediaLevel
    title: str | None = None
    link: str | None = None
    page: str | None = None
    files: tuple[FileRef, ...] = ()
    reported_on: date | None = None


class EntryView(View):
    """A ledger entry with its loop.

    Attributes:
        opinions: what was agreed, in order; a problem names the one it came of by its place, from 1.
        items: by code of the five.
        file_number: under which it was filed (C19); None before that.
    """

    entry_id: str
    topic_id: str
    division: str
    held_on: date
    opinions: tuple[str, ...] = ()
    items: dict[str, LoopItemView]
    cases: tuple[TypicalCaseView, ...] = ()
    reports: tuple[MediaReportView, ...] = ()
    closed: bool
    closed_on: date | None = None
    file_number: str | None = None
    archived_on: date | None = None
    back_entry: bool = False
