"""Who handles a problem, and until when: assigned, returned, assigned anew, extended (C02, C03, C06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date

from services.cases.domain.problem.checks import (
    MOST_MONTHS,
    check_due,
    check_handlers,
    check_happened,
    check_not_ahead,
    check_within_six_months,
    of,
    wrong_status,
)
from services.cases.domain.problem.clock import Clock
from services.cases.domain.problem.state import Problem, Status
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemReassigned,
    ProblemReturned,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Flag

REPLY_MONTHS = 3
"""Default time for a reply (C02)."""

RETURNED_WITHIN_WORKING_DAYS = 3
"""After the assignment (C03)."""


@dataclass(frozen=True)
class AssignProblem:
    """Give a problem to those who must solve it (C02).

    Attributes:
        opinion: which of the entry's opinions it came of, from 1.
    """

    problem_id: str
    entry_id: str
    topic_id: str
    division: str
    text: str
    lead: str
    assigned_on: date
    due_on: date
    co_handlers: tuple[str, ...] = ()
    back_entry: bool = False
    opinion: int | None = None
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class ReturnProblem:
    """Say that a problem is not for its lead to solve (C03).

    Attributes:
        returned_on: today unless said.
    """

    reason: str
    returned_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class ReassignProblem:
    """Give a problem that was returned to somebody else (C03).

    Attributes:
        assigned_on: today unless said.
        due_on: three months later, on a working day, unless said.
    """

    lead: str
    co_handlers: tuple[str, ...] = ()
    assigned_on: date | None = None
    due_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class ExtendDueDate:
    """Put off the last day for a reply (C06).

    Attributes:
        approver: the body or official role that allowed it.
        extended_on: today unless said.
    """

    reason: str
    approver: str
    due_on: date
    extended_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


def assign(command: AssignProblem, problem: Problem) -> Sequence[DomainEvent]:
    """Return what assigning does.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.NONE:
        raise RefusedError(
            "problem-exists",
            zh=f"编号 {command.problem_id} 已有问题。",
            en=f"There is a problem {command.problem_id} already; use another id.",
            field="problem_id",
        )
    check_not_ahead("assigned_on", command.assigned_on, command.at.today, rule="C02")
    check_due(command.due_on, command.assigned_on, code="due-before-assignment", rule="C02")
    if not command.back_entry:
        check_within_six_months(command.due_on, command.assigned_on, command.at)
    check_handlers(command.lead, command.co_handlers, rule="C02")
    said = {name: value for name, value in vars(command).items() if name != "at"}
    return [ProblemAssigned(**said)]


def return_problem(command: ReturnProblem, problem: Problem) -> Sequence[DomainEvent]:
    """Return what returning does.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.HANDLING or problem.assigned_on is None:
        raise wrong_status(problem, rule="C03")
    if problem.replied_on is not None:
        raise RefusedError(
            "returned-after-reply",
            rule="C03",
            zh=f"{problem.lead}已于 {problem.replied_on} 答复，不能再以非本单位职责退回。",
            en=f"{problem.lead} answered on {problem.replied_on}; whoever answered is no wrong addressee.",
        )
    returned_on = command.returned_on or command.at.today
    check_happened("returned_on", returned_on, problem, command.at.today, rule="C03")
    last = command.at.calendar.add_working_days(problem.assigned_on, RETURNED_WITHIN_WORKING_DAYS)
    late = returned_on > last
    if late and not command.back_entry:
        raise RefusedError(
            "returned-too-late",
            rule="C03",
            zh=f"{problem.assigned_on} 交办，退回期限为 {RETURNED_WITHIN_WORKING_DAYS} 个工作日，"
            f"已于 {last} 截止。",
            en=f"Assigned on {problem.assigned_on}, it could be returned for {RETURNED_WITHIN_WORKING_DAYS} "
            f"working days, which ended on {last}.",
            field="returned_on",
        )
    flags = (Flag(rule="C03", text=f"退回晚于期限（{last}）"),) if late else ()
    return [
        ProblemReturned(
            **of(problem),
            lead=problem.lead,
            reason=command.reason,
            returned_on=returned_on,
            flags=flags,
            back_entry=command.back_entry,
        )
    ]


def reassign(command: ReassignProblem, problem: Problem) -> Sequence[DomainEvent]:
    """Return what assigning anew does: the clock starts again, and both assignments are kept.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.RETURNED:
        raise wrong_status(problem, rule="C03")
    assigned_on = command.assigned_on or command.at.today
    check_happened("assigned_on", assigned_on, problem, command.at.today, rule="C03")
    due_on = command.due_on or command.at.calendar.months_after(assigned_on, REPLY_MONTHS)
    check_due(due_on, assigned_on, code="due-before-assignment", rule="C02")
    if not command.back_entry:
        check_within_six_months(due_on, assigned_on, command.at)
    check_handlers(command.lead, command.co_handlers, rule="C02")
    return [
        ProblemReassigned(
            **of(problem),
            lead=command.lead,
            co_handlers=command.co_handlers,
            previous_lead=problem.lead,
            assigned_on=assigned_on,
            due_on=due_on,
            back_entry=command.back_entry,
        )
    ]


def extend(command: ExtendDueDate, problem: Problem) -> Sequence[DomainEvent]:
    """Return what an extension does.

    Six months count from the first assignment, whatever came between: neither a return nor a reopening
    starts them again, for the proposer has waited all the while. The last day that a reopening sets may lie
    beyond (C10), and is then not put off any more. One that a reopening did not set is set here.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.status is not Status.HANDLING or problem.first_assigned_on is None:
        raise wrong_status(problem, rule="C06")
    extended_on = command.extended_on or command.at.today
    check_happened("extended_on", extended_on, problem, command.at.today, rule="C06")
    check_due(command.due_on, extended_on, code="due-before-extension", rule="C06")
    late = False
    if problem.due_on is not None:
        last = command.at.calendar.months_after(problem.first_assigned_on, MOST_MONTHS)
        late = command.due_on > last
        _check_later(command.due_on, problem.due_on)
        if late and not command.back_entry:
            raise _too_far(problem.first_assigned_on, last)
    flags = (Flag(rule="C06", text=f"延期超过首次交办后 {MOST_MONTHS} 个月"),) if late else ()
    return [
        DueDateExtended(
            **of(problem),
            lead=problem.lead,
            reason=command.reason,
            approver=command.approver,
            due_before=problem.due_on,
            due_on=command.due_on,
            extended_on=extended_on,
            flags=flags,
            back_entry=command.back_entry,
        )
    ]


def _check_later(due_on: date, due_before: date) -> None:
    if due_on <= due_before:
        raise RefusedError(
            "extension-not-later",
            rule="C06",
            zh=f"办理时限已是 {due_before}，延期须更晚。",
            en=f"It is due on {due_before} already; an extension ends later.",
            field="due_on",
        )


def _too_far(first_assigned_on: date, last: date) -> RefusedError:
    return RefusedError(
        "extension-too-long",
        rule="C06",
        zh=f"{first_assigned_on} 首次交办，延期合计最多 {MOST_MONTHS} 个月，至 {last} 为止。",
        en=f"First assigned on {first_assigned_on}: with all extensions it is due on {last} at the latest.",
        field="due_on",
    )
