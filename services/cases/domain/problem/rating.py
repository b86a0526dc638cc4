"""What becomes of a reply: rated, confirmed, and what did not satisfy handled again (C08–C10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date

from services.cases.domain.problem.assigning import REPLY_MONTHS
from services.cases.domain.problem.checks import (
    check_due,
    check_not_ahead,
    check_within_six_months,
    of,
    wrong_status,
)
from services.cases.domain.problem.clock import Clock
from services.cases.domain.problem.state import Problem, Status
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    ProblemConfirmed,
    ProblemReferred,
    ProblemReopened,
    ProblemSolved,
    ReplyRated,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import RatedBy, Rating, ReplyResult

CONFIRMABLE_AFTER_WORKING_DAYS = 15
"""How long an A reply stays unrated before the convener may confirm it (C09)."""


@dataclass(frozen=True)
class RateReply:
    """Say how content the proposer is with the reply (C08).

    Attributes:
        rated_on: today unless said; of a back-entry unknown unless said.
        due_on: the new last day, where 不满意 reopens the problem (C10): three months later, on a working
            day, unless said; of a back-entry unknown unless said.
        solved_on: the day of the strike-off, as far as a back-entry says it; live, that is the day of the
            rating whatever stands here.
        rated_by: who gave it.
    """

    rating: Rating
    rated_on: date | None
    reason: str | None = None
    due_on: date | None = None
    solved_on: date | None = None
    back_entry: bool = False
    rated_by: RatedBy | None = None
    _: KW_ONLY
    at: Clock

    @property
    def day(self) -> date | None:
        """Return when it was rated; None only where an old record does not say."""
        return self.rated_on or (None if self.back_entry else self.at.today)


@dataclass(frozen=True)
class ConfirmSolution:
    """Confirm an A reply that nobody rated (C09)."""

    reason: str
    confirmed_on: date
    _: KW_ONLY
    at: Clock


def rate(command: RateReply, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a rating does.

    Raises:
        RefusedError: a rule forbids it.
    """
    if problem.rated:
        raise RefusedError(
            "already-rated",
            rule="C08",
            zh="每次答复只评价一次。",
            en="A reply is rated once.",
        )
    if problem.status is not Status.REPLIED:
        raise wrong_status(problem, rule="C08")
    check_not_ahead("rated_on", command.day, command.at.today, rule="C08")
    _check_not_before_reply("rated_on", command.day, problem, rule="C08")
    if command.rating is Rating.DISSATISFIED:
        return _rate_dissatisfied(command, problem)
    rated = _rated(command, problem)
    if problem.result is not ReplyResult.A:
        return [rated]
    # An old record may know the rating without its day: then only its own words say when it was solved.
    solved_on = command.solved_on if command.back_entry else command.day
    check_not_ahead("solved_on", solved_on, command.at.today, rule="C09")
    _check_not_before_reply("solved_on", solved_on, problem, rule="C09")
    return [rated, ProblemSolved(**of(problem), solved_on=solved_on, back_entry=command.back_entry)]


_DAYS = {
    "rated_on": "评价日期",
    "solved_on": "销号日期",
    "due_on": "重新办理时限",
    "confirmed_on": "确认日期",
}


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
        referred = ProblemReferred(
            **of(problem), reason=why, referred_on=command.day, back_entry=command.back_entry
        )
        return [rated, referred]
    _check_not_before_reply("due_on", command.due_on, problem, rule="C10")
    due_on = _due_again(command)
    reopened = ProblemReopened(
        **of(problem),
        lead=problem.lead,
        co_handlers=problem.co_handlers,
        reason=why,
        due_on=due_on,
        attempt=problem.attempt + 1,
        reopened_on=command.day,
        back_entry=command.back_entry,
    )
    return [rated, reopened]


def _due_again(command: RateReply) -> date | None:
    """Return the new last day; of an old record as it says, which may be nothing."""
    if command.back_entry or command.day is None:
        return command.due_on
    due_on = command.due_on or command.at.calendar.months_after(command.day, REPLY_MONTHS)
    check_due(due_on, command.day, code="due-before-rating", rule="C10")
    check_within_six_months(due_on, command.day, command.at)
    return due_on


def _rated(command: RateReply, problem: Problem) -> ReplyRated:
    return ReplyRated(
        **of(problem),
        rating=command.rating,
        reason=command.reason,
        rated_on=command.day,
        rated_by=command.rated_by,
        back_entry=command.back_entry,
    )


def confirm(command: ConfirmSolution, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a confirmation does.

    Raises:
        RefusedError: a rule forbids it.
    """
    # An A reply that still waits has no rating: that would have solved, reopened or referred the problem.
    waits = problem.status is Status.REPLIED and problem.result is ReplyResult.A
    if not waits or problem.replied_on is None:
        raise wrong_status(problem, rule="C09")
    check_not_ahead("confirmed_on", command.confirmed_on, command.at.today, rule="C09")
    waited = command.at.calendar.working_days_between(problem.replied_on, command.confirmed_on)
    if waited < CONFIRMABLE_AFTER_WORKING_DAYS:
        raise RefusedError(
            "confirmed-too-early",
            rule="C09",
            zh=f"答复后满 {CONFIRMABLE_AFTER_WORKING_DAYS} 个工作日未评价方可确认，目前为 {waited} 个。",
            en=f"An unrated reply is confirmed after {CONFIRMABLE_AFTER_WORKING_DAYS} working days; "
            f"{waited} have passed.",
            field="confirmed_on",
        )
    return [
        ProblemConfirmed(**of(problem), reason=command.reason, confirmed_on=command.confirmed_on),
        ProblemSolved(**of(problem), solved_on=command.confirmed_on),
    ]
