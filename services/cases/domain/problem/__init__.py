"""A problem from assignment to strike-off (C02–C11).

The names and fields of its events are stored for good (`shared/contracts/cases.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from services.cases.domain.problem.assigning import (
    REPLY_MONTHS,
    RETURNED_WITHIN_WORKING_DAYS,
    AssignProblem,
    ExtendDueDate,
    ReassignProblem,
    ReturnProblem,
    assign,
    extend,
    reassign,
    return_problem,
)
from services.cases.domain.problem.checks import MOST_MONTHS
from services.cases.domain.problem.clock import Calendar, Clock
from services.cases.domain.problem.handling import (
    RecordContact,
    ReplyToProblem,
    ReportProgress,
    record_contact,
    reply,
    report_progress,
)
from services.cases.domain.problem.rating import (
    CONFIRMABLE_AFTER_WORKING_DAYS,
    ConfirmSolution,
    RateReply,
    confirm,
    rate,
)
from services.cases.domain.problem.reopening import DecideReferral, ReopenProblem, decide_referral, reopen
from services.cases.domain.problem.state import Problem, Status, evolve
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError

ProblemCommand = (
    AssignProblem
    | ReturnProblem
    | ReassignProblem
    | ExtendDueDate
    | RecordContact
    | ReportProgress
    | ReplyToProblem
    | RateReply
    | ConfirmSolution
    | ReopenProblem
    | DecideReferral
)


def decide(command: ProblemCommand, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a command does to a problem.

    Raises:
        NotThereError: nothing was assigned under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, AssignProblem):
        return assign(command, problem)
    if problem.status is Status.NONE:
        raise NotThereError("problem-unknown", zh="没有这个问题。", en="There is no such problem.")
    match command:
        case ReturnProblem():
            return return_problem(command, problem)
        case ReassignProblem():
            return reassign(command, problem)
        case ExtendDueDate():
            return extend(command, problem)
        case RecordContact():
            return record_contact(command, problem)
        case ReportProgress():
            return report_progress(command, problem)
        case ReplyToProblem():
            return reply(command, problem)
        case RateReply():
            return rate(command, problem)
        case ConfirmSolution():
            return confirm(command, problem)
        case ReopenProblem():
            return reopen(command, problem)
        case DecideReferral():
            return decide_referral(command, problem)


__all__ = [
    "CONFIRMABLE_AFTER_WORKING_DAYS",
    "MOST_MONTHS",
    "REPLY_MONTHS",
    "RETURNED_WITHIN_WORKING_DAYS",
    "AssignProblem",
    "Calendar",
    "Clock",
    "ConfirmSolution",
    "DecideReferral",
    "ExtendDueDate",
    "Problem",
    "ProblemCommand",
    "RateReply",
    "ReassignProblem",
    "RecordContact",
    "ReopenProblem",
    "ReplyToProblem",
    "ReportProgress",
    "ReturnProblem",
    "Status",
    "decide",
    "evolve",
]
