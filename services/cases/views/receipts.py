"""What proposers see of the problems that came of their topic, as OpenAPI shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from services.cases.views.base import View
from shared.contracts.types import Rating, ReplyResult


class FollowedReply(View):
    """A reply, as its proposer reads it."""

    result: ReplyResult
    text: str | None = None
    replied_on: date
    follow_up_on: date | None = None


class FollowedProblem(View):
    """A problem, as the proposer of its topic follows it.

    Attributes:
        status: `handling`, `returned`, `replied`, `solved`, `closed` or `referred`.
        closed_because: the office's reason.
        may_rate: the newest reply waits for a rating.
    """

    problem_id: str
    text: str
    lead: str
    status: str
    due_on: date | None = None
    percent: int = 0
    replies: tuple[FollowedReply, ...] = ()
    rating: Rating | None = None
    solved_on: date | None = None
    closed_because: str | None = None
    may_rate: bool

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return what is shown of a problem's document."""
        waits = document["status"] == "replied" and document["rating"] is None
        return cls.model_validate({**document, "may_rate": waits})


class FollowedProblems(View):
    """The problems of one topic."""

    items: tuple[FollowedProblem, ...]
