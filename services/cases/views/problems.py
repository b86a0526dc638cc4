"""The shape of problems, as OpenAPI shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from services.cases.views.base import View
from shared.contracts.types import (
    ContactMeans,
    FileRef,
    Flag,
    RatedBy,
    Rating,
    ReferralDecision,
    ReplyResult,
)
from shared.platform.lights import Calendar, Colour, countdown


class AssignmentView(View):
    """To whom a problem was given; where they returned it, when and why (C03)."""

    lead: str
    co_handlers: tuple[str, ...] = ()
    assigned_on: date | None
    due_on: date | None
    returned_on: date | None = None
    reason: str | None = None
    flags: tuple[Flag, ...] = ()


class ContactView(View):
    """That the proposer was spoken with (C04)."""

    lead: str
    contacted_on: date
    means: ContactMeans
    outcome: str


class ProgressView(View):
    """How far the solution was (C05).

    Attributes:
        reason: why it fell, where it did.
    """

    by: str | None = None
    percent: int
    note: str
    reason: str | None = None
    files: tuple[FileRef, ...] = ()
    reported_on: date
    flags: tuple[Flag, ...] = ()


class ExtensionView(View):
    """That the last day was put off (C06)."""

    reason: str
    approver: str
    due_before: date | None
    due_on: date
    extended_on: date
    flags: tuple[Flag, ...] = ()


class RatingView(View):
    """How content the proposer was with a reply."""

    rating: Rating
    reason: str | None = None
    rated_on: date | None = None
    rated_by: RatedBy | None = None


class ReplyView(View):
    """A reply and what became of it."""

    result: ReplyResult
    text: str | None = None
    follow_up_on: date | None = None
    replied_on: date
    contacted_on: date | None = None
    no_contact_reason: str | None = None
    flags: tuple[Flag, ...] = ()
    files: tuple[FileRef, ...] = ()
    rated: RatingView | None = None


class DecisionView(View):
    """What the office decided on a problem that did not satisfy twice (C10)."""

    decision: ReferralDecision
    reason: str
    lead: str | None = None
    decided_on: date


class ProblemView(View):
    """A problem as it stands.

    Attributes:
        opinion: which of the entry's opinions it came of, from 1.
        assigned_on: of the assignment that holds; those before it are in `assignments`, too (C03).
        status: `handling`, `returned`, `replied`, `solved`, `closed` or `referred`.
        due_on: last day for a reply; None after a reopening until the office has set it.
        percent: how far the solution is, as its handlers reported last.
        follow_up_on: when a B or C reply is looked at again.
        closed_because: the office's reason; None where a D reply closed it.
        next_due_on: the date that counts: for a reply, or for looking at it again.
        next_due_kind: `reply` or `follow-up`.
        light: of that date as of the day that is asked for, else of today (C12).
        working_days_left: until that date; negative where it is past.
        provisional: the holidays of one of the years are not published yet.
    """

    problem_id: str
    entry_id: str
    topic_id: str
    division: str
    text: str
    opinion: int | None = None
    lead: str
    co_handlers: tuple[str, ...] = ()
    assigned_on: date
    due_on: date | None = None
    status: str
    attempt: int
    percent: int = 0
    result: ReplyResult | None = None
    replied_on: date | None = None
    follow_up_on: date | None = None
    rating: Rating | None = None
    solved_on: date | None = None
    closed_on: date | None = None
    closed_because: str | None = None
    next_due_on: date | None = None
    next_due_kind: str | None = None
    light: Colour = Colour.NONE
    working_days_left: int | None = None
    provisional: bool = False
    assignments: tuple[AssignmentView, ...] = ()
    contacts: tuple[ContactView, ...] = ()
    progress: tuple[ProgressView, ...] = ()
    extensions: tuple[ExtensionView, ...] = ()
    replies: tuple[ReplyView, ...] = ()
    decisions: tuple[DecisionView, ...] = ()
    back_entry: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any], as_of: date, calendar: Calendar) -> Self:
        """Return what is shown of a problem's document on a day."""
        due = document["next_due_on"]
        light = countdown(date.fromisoformat(due) if due else None, as_of, calendar)
        shown = {
            "light": light.colour,
            "working_days_left": light.working_days_left,
            "provisional": light.provisional,
        }
        return cls.model_validate({**document, **shown})
