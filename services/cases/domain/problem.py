"""A problem from assignment to strike-off (C02–C11).

The names and fields of its events are stored for good (`shared/contracts/cases.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
)
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import Flag, Rating, ReplyResult

CONFIRMABLE_AFTER_WORKING_DAYS = 15
"""How long an A reply stays unrated before the convener may confirm it (C09)."""

_CONTENT = (Rating.SATISFIED, Rating.FAIRLY_SATISFIED)
_LATER = (ReplyResult.B, ReplyResult.C)

# state


class Status(StrEnum):
    """Where a problem stands."""

    NONE = "none"
    HANDLING = "handling"
    REPLIED = "replied"
    SOLVED = "solved"
    CLOSED = "closed"
    REFERRED = "referred"


@dataclass(frozen=True)
class Problem:
    """A problem; with status `none` the place for one.

    Attributes:
        result: of the newest reply.
        replied_on: day of the newest reply.
        rated: the newest reply has its rating (C08).
        attempt: 1, raised with every reopening (C10).
    """

    problem_id: str = ""
    entry_id: str = ""
    topic_id: str = ""
    division: str = ""
    lead: str = ""
    co_handlers: tuple[str, ...] = ()
    status: Status = Status.NONE
    assigned_on: date | None = None
    result: ReplyResult | None = None
    replied_on: date | None = None
    rated: bool = False
    attempt: int = 1


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
                assigned_on=event.assigned_on,
            )
        case ProblemReplied():
            return replace(
                problem,
                status=Status.REPLIED,
                result=event.result,
                replied_on=event.replied_on,
                rated=False,
            )
        case ReplyRated():
            return replace(problem, rated=True)
        case ProblemSolved():
            return replace(problem, status=Status.SOLVED)
        case ProblemReopened():
            return replace(problem, status=Status.HANDLING, attempt=event.attempt)
        case ProblemReferred():
            return replace(problem, status=Status.REFERRED)
        case ProblemClosed():
            return replace(problem, status=Status.CLOSED)
    return problem


# commands


@dataclass(frozen=True)
class AssignProblem:
    """Give a problem to those who must solve it (C02)."""

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


@dataclass(frozen=True)
class ReplyToProblem:
    """Answer a problem, or give it a new result when it is looked at again (C07).

    Attributes:
        contacted_on: when the proposer was spoken with before the reply (C04).
        no_contact_reason: why not.
    """

    result: ReplyResult
    replied_on: date
    text: str | None = None
    follow_up_on: date | None = None
    contacted_on: date | None = None
    no_contact_reason: str | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class RateReply:
    """Say how content the proposer is with the reply (C08).

    Attributes:
        due_on: the new last day, where 不满意 reopens the problem (C10).
        solved_on: the day of the strike-off, as far as a back-entry says it; live, that is the day of the
            rating whatever stands here.
    """

    rating: Rating
    rated_on: date | None
    reason: str | None = None
    due_on: date | None = None
    solved_on: date | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class ConfirmSolution:
    """Confirm an A reply that nobody rated (C09).

    Attributes:
        waited_working_days: from the reply to the confirmation.
    """

    reason: str
    confirmed_on: date
    waited_working_days: int


@dataclass(frozen=True)
class ReopenProblem:
    """Open a solved problem again: it has come back."""

    reason: str
    due_on: date


ProblemCommand = AssignProblem | ReplyToProblem | RateReply | ConfirmSolution | ReopenProblem

# decisions


def decide(command: ProblemCommand, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a command does to a problem.

    Raises:
        NotThereError: nothing was assigned under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, AssignProblem):
        return _assign(command, problem)
    if problem.status is Status.NONE:
        raise NotThereError("problem-unknown", zh="没有这个问题。", en="There is no such problem.")
    match command:
        case ReplyToProblem():
            return _reply(command, problem)
        case RateReply():
            return _rate(command, problem)
        case ConfirmSolution():
            return _confirm(command, problem)
        case ReopenProblem():
            return _reopen(command, problem)


def _assign(command: AssignProblem, problem: Problem) -> Sequence[DomainEvent]:
    if problem.status is not Status.NONE:
        raise RefusedError(
            "problem-exists",
            zh=f"编号 {command.problem_id} 已有问题。",
            en=f"There is a problem {command.problem_id} already; use another id.",
            field="problem_id",
        )
    if command.due_on < command.assigned_on:
        raise RefusedError(
            "due-before-assignment",
            rule="C02",
            zh=f"办理时限 {command.due_on} 早于交办日期 {command.assigned_on}。",
            en=f"Due on {command.due_on}, before the assignment on {command.assigned_on}.",
            field="due_on",
        )
    if command.lead in command.co_handlers:
        raise RefusedError(
            "lead-is-co-handler",
            rule="C02",
            zh=f"{command.lead}不能既是承办单位又是协办单位。",
            en=f"{command.lead} cannot be lead and co-handler at once.",
            field="co_handlers",
        )
    return [ProblemAssigned(**vars(command))]


def _reply(command: ReplyToProblem, problem: Problem) -> Sequence[DomainEvent]:
    looked_at_again = problem.status is Status.REPLIED and problem.result in _LATER
    if problem.status is not Status.HANDLING and not looked_at_again:
        raise _wrong_status(problem, rule="C07")
    if looked_at_again and (command.result, command.replied_on) == (problem.result, problem.replied_on):
        raise RefusedError(
            "reply-repeated",
            rule="C07",
            zh=f"{command.replied_on} 已作出 {command.result} 类答复;回头看须给出新的结果或日期。",
            en=f"A {command.result} reply was given on {command.replied_on}; give a new result or day.",
            field="replied_on",
        )
    _check_reply_day(command, problem)
    if not command.back_entry:
        _check_reply_form(command)
    replied = ProblemReplied(
        problem_id=problem.problem_id,
        entry_id=problem.entry_id,
        topic_id=problem.topic_id,
        division=problem.division,
        lead=problem.lead,
        flags=_reply_flags(command),
        **vars(command),
    )
    if command.result is not ReplyResult.D:
        return [replied]
    closed = ProblemClosed(**_of(problem), closed_on=command.replied_on, back_entry=command.back_entry)
    return [replied, closed]


def _check_reply_day(command: ReplyToProblem, problem: Problem) -> None:
    before = problem.replied_on or problem.assigned_on
    if before is not None and command.replied_on < before:
        what = ("上次答复日期", "the reply before") if problem.replied_on else ("交办日期", "the assignment")
        raise RefusedError(
            "reply-too-early",
            rule="C07",
            zh=f"答复日期 {command.replied_on} 早于{what[0]} {before}。",
            en=f"Replied on {command.replied_on}, before {what[1]} on {before}.",
            field="replied_on",
        )


def _check_reply_form(command: ReplyToProblem) -> None:
    if not command.text:
        raise RefusedError(
            "reply-without-text", rule="C07", zh="答复须有正文。", en="A reply has a text.", field="text"
        )
    if command.result in _LATER and command.follow_up_on is None:
        raise RefusedError(
            "follow-up-date-missing",
            rule="C07",
            zh=f"{command.result} 类答复须填回头看日期。",
            en=f"A {command.result} reply has a follow-up date.",
            field="follow_up_on",
        )
    if command.follow_up_on is not None and command.follow_up_on < command.replied_on:
        raise RefusedError(
            "follow-up-before-reply",
            rule="C07",
            zh=f"回头看日期 {command.follow_up_on} 早于答复日期 {command.replied_on}。",
            en=f"Follow-up on {command.follow_up_on}, before the reply on {command.replied_on}.",
            field="follow_up_on",
        )
    if command.contacted_on is None and not command.no_contact_reason:
        raise RefusedError(
            "contact-missing",
            rule="C04",
            zh="答复前须与提出人沟通,未沟通的须说明理由。",
            en="The proposer is contacted before the reply, or the reply says why not.",
            field="contacted_on",
        )
    if _contacted_late(command):
        raise RefusedError(
            "contact-after-reply",
            rule="C04",
            zh=f"与提出人沟通({command.contacted_on})晚于答复({command.replied_on})。",
            en=f"The proposer is contacted before the reply, not after it on {command.contacted_on}.",
            field="contacted_on",
        )


def _contacted_late(command: ReplyToProblem) -> bool:
    return command.contacted_on is not None and command.contacted_on > command.replied_on


def _reply_flags(command: ReplyToProblem) -> tuple[Flag, ...]:
    # An old record only may have these; elsewhere they were refused above.
    flags = []
    if command.result in _LATER and command.follow_up_on is None:
        flags.append(Flag(rule="C07", text=f"{command.result} 类答复未记载回头看日期"))
    if _contacted_late(command):
        flags.append(Flag(rule="C04", text="与提出人沟通晚于答复"))
    return tuple(flags)


def _rate(command: RateReply, problem: Problem) -> Sequence[DomainEvent]:
    if problem.rated:
        raise RefusedError(
            "already-rated",
            rule="C08",
            zh="每次答复只评价一次。",
            en="A reply is rated once.",
        )
    if problem.status is not Status.REPLIED:
        raise _wrong_status(problem, rule="C08")
    _check_not_before_reply("rated_on", command.rated_on, problem, rule="C08")
    if command.rating is Rating.DISSATISFIED:
        return _rate_dissatisfied(command, problem)
    rated = _rated(command, problem)
    if problem.result is not ReplyResult.A:
        return [rated]
    # An old record may know the rating without its day: then only its own words say when it was solved.
    solved_on = command.solved_on if command.back_entry else command.rated_on
    _check_not_before_reply("solved_on", solved_on, problem, rule="C09")
    return [rated, ProblemSolved(**_of(problem), solved_on=solved_on, back_entry=command.back_entry)]


_DAYS = {"rated_on": "评价日期", "solved_on": "销号日期", "due_on": "重新办理时限"}


def _check_not_before_reply(field: str, day: date | None, problem: Problem, *, rule: str) -> None:
    if day is not None and problem.replied_on is not None and day < problem.replied_on:
        raise RefusedError(
            f"{field.removesuffix('_on')}-before-reply",
            rule=rule,
            zh=f"{_DAYS[field]} {day} 早于答复日期 {problem.replied_on}。",
            en=f"{field} is {day}, before the reply on {problem.replied_on}.",
            field=field,
        )


def _rate_dissatisfied(command: RateReply, problem: Problem) -> Sequence[DomainEvent]:
    reason = command.reason or ""
    if not command.back_entry and not reason:
        raise RefusedError(
            "reason-missing",
            rule="C08",
            zh="评价“不满意”须说明理由。",
            en="A dissatisfied rating says why.",
            field="reason",
        )
    rated = _rated(command, problem)
    why = reason or "不满意"
    if problem.attempt > 1:
        return [rated, ProblemReferred(**_of(problem), reason=why, back_entry=command.back_entry)]
    _check_not_before_reply("due_on", command.due_on, problem, rule="C10")
    reopened = ProblemReopened(
        **_of(problem),
        lead=problem.lead,
        co_handlers=problem.co_handlers,
        reason=why,
        due_on=command.due_on,
        attempt=problem.attempt + 1,
        back_entry=command.back_entry,
    )
    return [rated, reopened]


def _rated(command: RateReply, problem: Problem) -> ReplyRated:
    return ReplyRated(
        **_of(problem),
        rating=command.rating,
        reason=command.reason,
        rated_on=command.rated_on,
        back_entry=command.back_entry,
    )


def _confirm(command: ConfirmSolution, problem: Problem) -> Sequence[DomainEvent]:
    if problem.status is Status.SOLVED:
        return []
    # An A reply that still waits has no rating: that would have solved, reopened or referred the problem.
    if problem.status is not Status.REPLIED or problem.result is not ReplyResult.A:
        raise _wrong_status(problem, rule="C09")
    if command.waited_working_days < CONFIRMABLE_AFTER_WORKING_DAYS:
        raise RefusedError(
            "confirmed-too-early",
            rule="C09",
            zh=f"答复后满 {CONFIRMABLE_AFTER_WORKING_DAYS} 个工作日未评价方可确认,"
            f"目前为 {command.waited_working_days} 个。",
            en=f"An unrated reply is confirmed after {CONFIRMABLE_AFTER_WORKING_DAYS} working days; "
            f"{command.waited_working_days} have passed.",
            field="confirmed_on",
        )
    return [
        ProblemConfirmed(**_of(problem), reason=command.reason, confirmed_on=command.confirmed_on),
        ProblemSolved(**_of(problem), solved_on=command.confirmed_on),
    ]


def _reopen(command: ReopenProblem, problem: Problem) -> Sequence[DomainEvent]:
    if problem.status is not Status.SOLVED:
        raise _wrong_status(problem, rule="C10")
    _check_not_before_reply("due_on", command.due_on, problem, rule="C10")
    return [
        ProblemReopened(
            **_of(problem),
            lead=problem.lead,
            co_handlers=problem.co_handlers,
            reason=command.reason,
            due_on=command.due_on,
            attempt=problem.attempt + 1,
        )
    ]


def _of(problem: Problem) -> dict[str, str]:
    return {
        "problem_id": problem.problem_id,
        "entry_id": problem.entry_id,
        "topic_id": problem.topic_id,
        "division": problem.division,
    }


def _wrong_status(problem: Problem, *, rule: str) -> RefusedError:
    zh = {
        Status.HANDLING: "正在办理,尚未答复",
        Status.REPLIED: f"已答复({problem.result})",
        Status.SOLVED: "已解决销号",
        Status.CLOSED: "已按 D 类答复办结",
        Status.REFERRED: "已报办公室决定",
    }
    return RefusedError(
        "problem-status",
        rule=rule,
        zh=f"问题目前{zh[problem.status]},不能这样办理。",
        en=f"The problem is {problem.status}; this cannot be done now.",
    )
