"""The shape of ledger entries, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.cases.views.base import View
from shared.contracts.types import MediaLevel


class LoopItemView(View):
    """One of the five.

    Attributes:
        status: `open`, `done` or `exempted`; exempted is never done (C17).
        evidence: ids of the events that show it.
    """

    status: str
    evidence: tuple[str, ...] = ()
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
    """A report in the press."""

    outlet: str
    level: MediaLevel
    title: str | None = None
    link: str | None = None
    reported_on: date | None = None


class EntryView(View):
    """A ledger entry with its loop; `items` by code of the five."""

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
    back_entry: bool = False
