"""The shape of what cases answers, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.contracts.types import Flag, MediaLevel, Rating, ReplyResult


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")


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


class RatingView(View):
    """How content the proposer was with a reply."""

    rating: Rating
    reason: str | None = None
    rated_on: date | None = None


class ReplyView(View):
    """A reply and what became of it."""

    result: ReplyResult
    text: str | None = None
    follow_up_on: date | None = None
    replied_on: date
    contacted_on: date | None = None
    no_contact_reason: str | None = None
    flags: tuple[Flag, ...] = ()
    rated: RatingView | None = None


class ProblemView(View):
    """A problem as it stands.

    Attributes:
        status: `handling`, `replied`, `solved`, `closed` or `referred`.
        due_on: last day for a reply; None after a reopening until the office has set it.
        follow_up_on: when a B or C reply is looked at again.
    """

    problem_id: str
    entry_id: str
    topic_id: str
    division: str
    text: str
    lead: str
    co_handlers: tuple[str, ...] = ()
    assigned_on: date
    due_on: date | None = None
    status: str
    attempt: int
    result: ReplyResult | None = None
    replied_on: date | None = None
    follow_up_on: date | None = None
    rating: Rating | None = None
    solved_on: date | None = None
    replies: tuple[ReplyView, ...] = ()
    back_entry: bool = False
