"""Where a problem stands, and what its events make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemClosed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ProgressReported,
    ProposerContacted,
    ReferralDecided,
    ReplyRated,
)
from shared.contracts.types import ReplyResult

LATER = (ReplyResult.B, ReplyResult.C)
"""Results that are looked at again."""


class Status(StrEnum):
    """Where a problem stands."""

    NONE = "none"
    HANDLING = "handling"
    RETURNED = "returned"
    REPLIED = "replied"
    SOLVED = "solved"
    CLOSED = "closed"
    REFERRED = "referred"


@dataclass(frozen=True)
class Problem:
    """A problem; with status `none` the place for one.

    Attributes:
        first_assigned_on: from which six months count (C06).
        assigned_on: to whom it is assigned now: from which three working days count (C03).
        since: the day on which it came to its status, as far as that is known; what follows is not earlier.
        due_on: last day for a reply; None where a reopening set none.
        result: of the newest reply of those whom it is assigned to now.
        replied_on: day of that reply.
        rated: the newest reply has its rating (C08).
        attempt: 1, raised with every reopening (C10).
        contacted_on: when the proposer was last spoken with, for the reply to come (C04).
        percent: how far the solution is, as reported last in this attempt (C05).
    """

    problem_id: str = ""
    entry_id: str = ""
    topic_id: str = ""
    division: str = ""
    lead: str = ""
    co_handlers: tuple[str, ...] = ()
    status: Status = Status.NONE
    first_assigned_on: date | None = None
    assigned_on: date | None = None
    since: date | None = None
    due_on: date | None = None
    result: ReplyResult | None = None
    replied_on: date | None = None
    rated: bool = False
    attempt: int = 1
    contacted_on: date | None = None
    percent: int = 0

    @property
    def looked_at_again(self) -> bool:
        """Tell whether it was answered B or C, so that it is still in its handlers' hands (C07)."""
        return self.status is Status.REPLIED and self.result in LATER


def evolve(problem: Problem, event: DomainEvent) -> Problem:
    """Return the problem after an event."""
    match event:
        case ProblemAssigned():
            return Problem(
                problem_id=event.problem_id,
                entry_id=event.entry_id,
                topic_id=event.topic_id,
                division=event.division,
                lead=event.lead,
                co_handlers=event.co_handlers,
                status=Status.HANDLING,
                first_assigned_on=event.assigned_on,
                assigned_on=event.assigned_on,
                since=event.assigned_on,
                due_on=event.due_on,
            )
        case ProblemReturned():
            return replace(problem, status=Status.RETURNED, since=event.returned_on)
        case ProblemReassigned():
            return replace(
                _in_hand(problem, event.assigned_on, event.due_on),
                lead=event.lead,
                co_handlers=event.co_handlers,
                assigned_on=event.assigned_on,
                result=None,
                replied_on=None,
            )
        case ProposerContacted():
            return replace(problem, contacted_on=event.contacted_on)
        case ProgressReported():
            return replace(problem, percent=event.percent)
        case DueDateExtended():
            return replace(problem, due_on=event.due_on)
        case ReferralDecided(lead=str(lead)) if lead != problem.lead:
            # To somebody who has not answered yet, and may return it.
            return replace(problem, assigned_on=event.decided_on, result=None, replied_on=None)
    return _answered(problem, event)


def _answered(problem: Problem, event: DomainEvent) -> Problem:
    match event:
        case ProblemReplied():
            return replace(
                problem,
                status=Status.REPLIED,
                since=event.replied_on,
                result=event.result,
                replied_on=event.replied_on,
                rated=False,
                contacted_on=None,
            )
        case ReplyRated():
            return replace(problem, rated=True)
        case ProblemSolved():
            return replace(problem, status=Status.SOLVED, since=event.solved_on or problem.since)
        case ProblemReopened():
            return replace(
                _in_hand(problem, event.reopened_on or problem.since, event.due_on),
                lead=event.lead or problem.lead,
                co_handlers=event.co_handlers if event.lead else problem.co_handlers,
                attempt=event.attempt,
            )
        case ProblemReferred():
            return replace(problem, status=Status.REFERRED, since=event.referred_on or problem.since)
        case ProblemClosed():
            return replace(problem, status=Status.CLOSED)
    return problem


def _in_hand(problem: Problem, since: date | None, due_on: date | None) -> Problem:
    return replace(problem, status=Status.HANDLING, since=since, due_on=due_on, contacted_on=None, percent=0)
