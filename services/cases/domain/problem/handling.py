"""What its handlers do about a problem: contact, progress, replies (C04, C05, C07, C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date

from services.cases.domain.problem.checks import check_happened, check_not_ahead, of, wrong_status
from services.cases.domain.problem.clock import Clock
from services.cases.domain.problem.state import LATER, Problem, Status
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemClosed, ProblemReplied, ProgressReported, ProposerContacted
from shared.contracts.refusal import RefusedError
from shared.contracts.types import ContactMeans, FileRef, Flag, ReplyResult


@dataclass(frozen=True)
class RecordContact:
    """Record that the proposer was spoken with (C04).

    Attributes:
        contacted_on: today unless said.
    """

    means: ContactMeans
    outcome: str
    contacted_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class ReportProgress:
    """Say how far the solution is (C05).

    Attributes:
        percent: 0 to 100.
        reason: why it fell, where it did.
        by: the handler who reports; None for what came on paper.
        reported_on: today unless said.
    """

    percent: int
    note: str
    reason: str | None = None
    files: tuple[FileRef, ...] = ()
    by: str | None = None
    reported_on: date | None = None
    back_entry: bool = False
    _: KW_ONLY
    at: Clock


@dataclass(frozen=True)
class ReplyToProblem:
    """Answer a problem, or give it a new result when it is looked at again (C07).

    Attributes:
        contacted_on: when the proposer was spoken with before the reply (C04); as recorded unless said.
        no_contact_reason: why not.
    """

    result: ReplyResult
    replied_on: date
    text: str | None = None
    follow_up_on: date | None = None
    contacted_on: date | None = None
    no_contact_reason: str | None = None
    back_entry: bool = False
    files: tuple[FileRef, ...] = ()
    _: KW_ONLY
    at: Clock


def record_contact(command: RecordContact, problem: Problem) -> Sequence[DomainEvent]:
    """Return what recording a contact does: the reply to come needs no other.

    Raises:
        RefusedError: a rule forbids it.
    """
    _check_in_hand(problem, rule="C04")
    contacted_on = command.contacted_on or command.at.today
    check_happened("contacted_on", contacted_on, problem, command.at.today, rule="C04")
    return [
        ProposerContacted(
            **of(problem),
            lead=problem.lead,
            contacted_on=contacted_on,
            means=command.means,
            outcome=command.outcome,
            back_entry=command.back_entry,
        )
    ]


def report_progress(command: ReportProgress, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a report of progress does.

    Raises:
        RefusedError: a rule forbids it.
    """
    _check_in_hand(problem, rule="C05")
    reported_on = command.reported_on or command.at.today
    check_happened("reported_on", reported_on, problem, command.at.today, rule="C05")
    fell_unsaid = command.percent < problem.percent and not command.reason
    if fell_unsaid and not command.back_entry:
        raise RefusedError(
            "progress-fell",
            rule="C05",
            zh=f"进度由 {problem.percent}% 降为 {command.percent}%,须说明原因。",
            en=f"Progress falls from {problem.percent} % to {command.percent} %: say why.",
            field="reason",
        )
    return [
        ProgressReported(
            **of(problem),
            lead=problem.lead,
            by=command.by,
            percent=command.percent,
            note=command.note,
            reason=command.reason,
            files=command.files,
            reported_on=reported_on,
            flags=(Flag(rule="C05", text="进度下降未说明原因"),) if fell_unsaid else (),
            back_entry=command.back_entry,
        )
    ]


def _check_in_hand(problem: Problem, *, rule: str) -> None:
    """Refuse what only its handlers do while they have it in hand, or promised to come back to it."""
    if problem.status is not Status.HANDLING and not problem.looked_at_again:
        raise wrong_status(problem, rule=rule)


def reply(command: ReplyToProblem, problem: Problem) -> Sequence[DomainEvent]:
    """Return what a reply does; D closes the problem, too (C11).

    Raises:
        RefusedError: a rule forbids it.
    """
    _check_in_hand(problem, rule="C07")
    same = (command.result, command.replied_on) == (problem.result, problem.replied_on)
    if problem.looked_at_again and same:
        raise RefusedError(
            "reply-repeated",
            rule="C07",
            zh=f"{command.replied_on} 已作出 {command.result} 类答复；回头看须给出新的结果或日期。",
            en=f"A {command.result} reply was given on {command.replied_on}; give a new result or day.",
            field="replied_on",
        )
    _check_reply_day(command, problem)
    contacted_on = command.contacted_on or _contact_before(command.replied_on, problem)
    if not command.back_entry:
        _check_reply_form(command)
        _check_contact(command, contacted_on, problem)
    replied = ProblemReplied(
        **of(problem),
        lead=problem.lead,
        result=command.result,
        text=command.text,
        follow_up_on=command.follow_up_on,
        replied_on=command.replied_on,
        contacted_on=contacted_on,
        no_contact_reason=command.no_contact_reason,
        flags=_reply_flags(command),
        files=command.files,
        back_entry=command.back_entry,
    )
    if command.result is not ReplyResult.D:
        return [replied]
    return [
        replied,
        ProblemClosed(**of(problem), closed_on=command.replied_on, back_entry=command.back_entry),
    ]


def _contact_before(day: date, problem: Problem) -> date | None:
    """Return when the proposer was spoken with, if that was recorded and before a reply of this day."""
    contacted_on = problem.contacted_on
    return contacted_on if contacted_on is not None and contacted_on <= day else None


def _check_reply_day(command: ReplyToProblem, problem: Problem) -> None:
    check_not_ahead("replied_on", command.replied_on, command.at.today, rule="C07")
    before = problem.since
    if before is not None and command.replied_on < before:
        what = ("上次答复日期", "the reply before")
        if problem.status is Status.HANDLING:
            again = problem.attempt > 1
            what = ("重新办理日期", "the reopening") if again else ("交办日期", "the assignment")
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
    if command.result in LATER and command.follow_up_on is None:
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


def _check_contact(command: ReplyToProblem, contacted_on: date | None, problem: Problem) -> None:
    if contacted_on is None and not command.no_contact_reason:
        raise RefusedError(
            "contact-missing",
            rule="C04",
            zh="答复前须与提出人沟通，未沟通的须说明理由。",
            en="The proposer is contacted before the reply, or the reply says why not.",
            field="contacted_on",
        )
    if contacted_on is not None and problem.assigned_on is not None and contacted_on < problem.assigned_on:
        raise RefusedError(
            "contact-too-early",
            rule="C04",
            zh=f"与提出人沟通（{contacted_on}）早于交办（{problem.assigned_on}）。",
            en=f"Contacted on {contacted_on}, before the assignment on {problem.assigned_on}.",
            field="contacted_on",
        )
    if _contacted_late(command):
        raise RefusedError(
            "contact-after-reply",
            rule="C04",
            zh=f"与提出人沟通（{command.contacted_on}）晚于答复（{command.replied_on}）。",
            en=f"The proposer is contacted before the reply, not after it on {command.contacted_on}.",
            field="contacted_on",
        )


def _contacted_late(command: ReplyToProblem) -> bool:
    return command.contacted_on is not None and command.contacted_on > command.replied_on


def _reply_flags(command: ReplyToProblem) -> tuple[Flag, ...]:
    # An old record only may have these; elsewhere they were refused above.
    flags = []
    if command.result in LATER and command.follow_up_on is None:
        flags.append(Flag(rule="C07", text=f"{command.result} 类答复未记载回头看日期"))
    if _contacted_late(command):
        flags.append(Flag(rule="C04", text="与提出人沟通晚于答复"))
    return tuple(flags)
