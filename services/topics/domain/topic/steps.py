"""The steps of the pinned procedure: taken in order, waived, or come about by facts (T15, T16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from services.topics.domain.topic.merging import pass_on
from services.topics.domain.topic.state import (
    CONSULT,
    CONVERT,
    SURVEY,
    Adopted,
    Ending,
    Going,
    Known,
    Proposed,
    check_day,
    following_procedure,
    has_ended,
    taking_facts,
)
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import Fact, Paper, Step, StepCompleted, StepWaived, TopicReopened
from shared.contracts.types import Flag


@dataclass(frozen=True)
class CompleteStep:
    """Report the next step done, with its papers (T15).

    Attributes:
        completed_on: unknown only in a back-entry.
        papers: one for each kind that the step asks for, at least.
        surveys: their number, of a back-entry that knows no more.
    """

    step: str
    completed_on: date | None
    papers: tuple[Paper, ...] = ()
    surveys: int | None = None
    back_entry: bool = False
    today: date | None = None


@dataclass(frozen=True)
class WaiveStep:
    """Leave the next step out (T15)."""

    step: str
    reason: str
    approver: str
    waived_on: date
    today: date | None = None


@dataclass(frozen=True)
class RecordConsultation:
    """A meeting on the topic was held: a fact, in its turn or not (T16).

    A concluded topic is reopened by one whose loop has not closed (T19).
    """

    meeting_id: str
    held_on: date
    back_entry: bool = False


@dataclass(frozen=True)
class RecordSolution:
    """A problem that the consultation brought up is solved: its outcome is carried out."""

    solved_on: date | None
    back_entry: bool = False


StepCommand = CompleteStep | WaiveStep | RecordConsultation | RecordSolution


def decide_step(command: StepCommand, topic: Known) -> Sequence[DomainEvent]:
    """Return what a command does to a topic's steps; raises as `decide`."""
    match command:
        case CompleteStep():
            return _complete(command, topic)
        case WaiveStep():
            return _waive(command, topic)
        case RecordConsultation():
            return _record_consultation(command, topic)
        case RecordSolution():
            return _record_solution(command, topic)


def _complete(command: CompleteStep, topic: Known) -> Sequence[DomainEvent]:
    adopted, step = _in_procedure(topic, command.step)
    if step.code in adopted.settled:
        return []
    if step.code == CONSULT:
        raise RefusedError(
            "step-needs-a-meeting",
            rule="T15",
            zh=f"“{step.title}”由会议记录，不能手工完成。",
            en="The consultation is recorded by its meeting, not by hand.",
            field="step",
        )
    since = adopted.proposal.proposed_on
    check_day(command.completed_on, field="completed_on", since=since, today=command.today, rule="T15")
    if not command.back_entry:
        _require_turn(step, adopted)
        _require_day(command)
        _require_papers(command, step)
        _require_surveys(command, step, adopted)
    return [
        StepCompleted(
            topic_id=adopted.topic_id,
            step=command.step,
            completed_on=command.completed_on,
            papers=tuple(paper.title for paper in command.papers),
            given=command.papers,
            surveys=command.surveys,
            back_entry=command.back_entry,
        )
    ]


def _waive(command: WaiveStep, topic: Known) -> Sequence[DomainEvent]:
    adopted, step = _in_procedure(topic, command.step)
    if step.code in adopted.settled:
        return []
    _require_turn(step, adopted)
    since = adopted.proposal.proposed_on
    check_day(command.waived_on, field="waived_on", since=since, today=command.today, rule="T15")
    return [
        StepWaived(
            topic_id=adopted.topic_id,
            step=command.step,
            reason=command.reason,
            approver=command.approver,
            waived_on=command.waived_on,
        )
    ]


def _record_consultation(command: RecordConsultation, topic: Known) -> Sequence[DomainEvent]:
    if has_ended(topic, Ending.MERGED):
        if command.meeting_id in topic.before.consultations:
            return []
        return pass_on(
            topic,
            Fact.CONSULTATION,
            command.held_on,
            meeting_id=command.meeting_id,
            back_entry=command.back_entry,
        )
    within = taking_facts(topic)
    if command.meeting_id in within.consultations:
        return []
    held = StepCompleted(
        topic_id=within.topic_id,
        step=CONSULT,
        completed_on=command.held_on,
        meeting_id=command.meeting_id,
        deviation=None if command.back_entry else _deviation(within),
        back_entry=command.back_entry,
    )
    if not has_ended(topic, Ending.CONCLUDED) or command.meeting_id in within.closed_loops:
        return [held]
    reopened = TopicReopened(
        topic_id=within.topic_id,
        reason="又开展了一次协商，尚未闭环",
        meeting_id=command.meeting_id,
        back_entry=command.back_entry,
    )
    return [reopened, held]


def _deviation(topic: Going) -> Flag | None:
    """Return what should have come before the consultation and did not (T16, T17)."""
    if isinstance(topic, Proposed):
        return Flag(rule="T16", text="协商时议题尚未立项")
    if topic.step(CONSULT) is None:
        return None
    before = takewhile(lambda step: step.code != CONSULT, topic.steps)
    missing = [step.title for step in before if step.code not in topic.settled]
    surveys = _surveys_said(topic) if topic.surveys_missing and SURVEY not in topic.settled else ""
    if missing:
        steps = f"协商时尚未完成的步骤：{'、'.join(missing)}"
        return Flag(rule="T16", text=f"{steps}；{surveys}" if surveys else steps)
    return Flag(rule="T17", text=surveys) if surveys else None


def _surveys_said(topic: Adopted) -> str:
    return f"程序要求协商前调研 {topic.surveys_required} 次，已记录 {len(topic.surveys)} 次"


def _record_solution(command: RecordSolution, topic: Known) -> Sequence[DomainEvent]:
    if has_ended(topic, Ending.MERGED):
        if Fact.SOLUTION in topic.passed:
            return []
        return pass_on(topic, Fact.SOLUTION, command.solved_on, back_entry=command.back_entry)
    within = taking_facts(topic)
    if not isinstance(within, Adopted) or not within.step(CONVERT) or CONVERT in within.settled:
        return []
    return [
        StepCompleted(
            topic_id=within.topic_id,
            step=CONVERT,
            completed_on=command.solved_on,
            back_entry=command.back_entry,
        )
    ]


def _in_procedure(topic: Known, code: str) -> tuple[Adopted, Step]:
    adopted = following_procedure(topic, rule="T15")
    step = adopted.step(code)
    if step is None:
        known = "、".join(f"{s.title}（{s.code}）" for s in adopted.steps)
        codes = ", ".join(s.code for s in adopted.steps)
        raise RefusedError(
            "step-unknown",
            rule="T15",
            zh=f"所选程序没有步骤“{code}”；依次为：{known}。",
            en=f"The procedure has no step {code!r}; its steps are {codes}.",
            field="step",
        )
    return adopted, step


def _require_turn(step: Step, topic: Adopted) -> None:
    expected = topic.next_step
    if expected is not None and step.code != expected.code:
        raise RefusedError(
            "step-out-of-order",
            rule="T15",
            zh=f"下一步应为“{expected.title}”，不能先办“{step.title}”。",
            en=f"{expected.code!r} comes next; {step.code!r} has to wait.",
            field="step",
        )


def _require_day(command: CompleteStep) -> None:
    if command.completed_on is None:
        raise RefusedError(
            "day-missing",
            rule="T15",
            zh="请写明完成日期。",
            en="State the day on which it was done.",
            field="completed_on",
        )


def _require_papers(command: CompleteStep, step: Step) -> None:
    given = {paper.kind for paper in command.papers}
    missing = [kind for kind in step.papers if kind not in given]
    if missing:
        raise RefusedError(
            "papers-missing",
            rule="T15",
            zh=f"“{step.title}”还缺材料：{'、'.join(missing)}。",
            en=f"The step {step.code!r} still lacks papers of these kinds: {', '.join(missing)}.",
            field="papers",
        )


def _require_surveys(command: CompleteStep, step: Step, topic: Adopted) -> None:
    if command.surveys is not None:
        raise RefusedError(
            "surveys-are-counted",
            rule="T17",
            zh="调研次数由调研记录得出，不必填写。",
            en="The number of surveys follows from those recorded; leave it out.",
            field="surveys",
        )
    if step.code == SURVEY and topic.surveys_missing:
        raise RefusedError(
            "surveys-missing",
            rule="T17",
            zh=f"{_surveys_said(topic)}。",
            en=f"The procedure asks for {topic.surveys_required} surveys before the consultation; "
            f"{len(topic.surveys)} are recorded.",
            field="step",
        )
