"""What is open again, or ended, by somebody's decision: a solution that did not last, a referral (C10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date

from services.cases.domain.problem.assigning import REPLY_MONTHS
from services.cases.domain.problem.checks import (
    check_due,
    check_handlers,
    check_happened,
    check_within_six_months,
    of,
    wrong_status,
)
from services.cases.domain.problem.clock import Clock
from services.cases.domain.problem.state import Problem, Status
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemClosed, ProblemReopened, ReferralDecided
from shared.contracts.refusal import RefusedError
from shared.contracts.types import ReferralDecision


@dataclass(frozen=True)
class ReopenProblem:
    """Open a solved problem again: it has come back.

    Attributes:
        reopened_on: today unless said.
    """

    reason: str
    due_on: date
    reopened_on: date | None = None
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class DecideReferral:
    """Decide on a problem that did not satisfy twice (C10).

    Attributes:
        reason: as the proposer is told it.
        decided_on: today unless said.
        lead, co_handlers: who handles it again; as before unless a lead is named.
        due_on: the new last day; three months later, on a working day, unless said.
    """

    decision: ReferralDecision
    reason: str
    decided_on: date | None = None
    lead: str | None = None
    co_handlers: tuple[str, ...] = ()
    due_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


def reopen(command: ReopenProblem, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a reopening does.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.SOLVED:
        raise wrong_status(problem, rule="C10")
    reopened_on = command.reopened_on or command.at.today
    check_happened("reopened_on", reopened_on, problem, command.at.today, rule="C10")
    check_due(command.due_on, reopened_on, code="due-before-reopening", rule="C10")
    check_within_six_months(command.due_on, reopened_on, command.at)
    return [
        ProblemReopened(
            **of(problem),
            lead=problem.lead,
            co_handlers=problem.co_handlers,
            reason=command.reason,
            due_on=command.due_on,
            attempt=problem.attempt + 1,
            reopened_on=reopened_on,
        )
    ]


def decide_referral(command: DecideReferral, problem: Problem) -> Sequence[DomainEvent]:
    """Return what the office's decision does: handled again, or ended without counting as solved.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.REFERRED:
        raise wrong_status(problem, rule="C10")
    decided_on = command.decided_on or command.at.today
    check_happened("decided_on", decided_on, problem, command.at.today, rule="C10")
    if command.decision is ReferralDecision.HANDLE_AGAIN:
        return _handle_again(command, problem, decided_on)
    _check_nobody_handles(command)
    return [
        _decided(command, problem, decided_on, None),
        ProblemClosed(
            **of(problem), closed_on=decided_on, reason=command.reason, back_entry=command.back_entry
        ),
    ]


def _handle_again(command: DecideReferral, problem: Problem, decided_on: date) -> Sequence[DomainEvent]:
    lead, co_handlers = problem.lead, problem.co_handlers
    if command.lead is not None:
        lead, co_handlers = command.lead, command.co_handlers
    check_handlers(lead, co_handlers, rule="C10")
    due_on = command.due_on or command.at.calendar.months_after(decided_on, REPLY_MONTHS)
    check_due(due_on, decided_on, code="due-before-decision", rule="C10")
    if not command.back_entry:
        check_within_six_months(due_on, decided_on, command.at)
    return [
        _decided(command, problem, decided_on, lead),
        ProblemReopened(
            **of(problem),
            lead=lead,
            co_handlers=co_handlers,
            reason=command.reason,
            due_on=due_on,
            attempt=problem.attempt + 1,
            reopened_on=decided_on,
            back_entry=command.back_entry,
        ),
    ]


def _check_nobody_handles(command: DecideReferral) -> None:
    for field in ("lead", "co_handlers", "due_on"):
        if getattr(command, field):
            raise RefusedError(
                "closed-with-handlers",
                rule="C10",
                zh="决定办结的问题不再交办，请勿填写承办单位和时限。",
                en="A problem that is closed has no handler and no due date.",
                field=field,
            )


def _decided(
    command: DecideReferral, problem: Problem, decided_on: date, lead: str | None
) -> ReferralDecided:
    return ReferralDecided(
        **of(problem),
        decision=command.decision,
        reason=command.reason,
        lead=lead,
        decided_on=decided_on,
        back_entry=command.back_entry,
    )
