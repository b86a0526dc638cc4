"""The shape of problems, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.cases.views.base import View
from shared.contracts.types import Flag, Rating, ReplyResult


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
