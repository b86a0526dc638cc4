"""A topic from proposal to conclusion.

The names and fields of its events are stored for good (`shared/contracts/topics.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Literal, TypeGuard

from services.topics.domain.procedures import Procedure
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.topics import (
    Step,
    StepCompleted,
    StepWaived,
    TopicAbsorbed,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicReopened,
    TopicWithdrawn,
)
from shared.contracts.types import Basis, Channel, Flag, Level, Origin

RAISE, ADOPT, CONSULT, CONVERT = "raise", "adopt", "consult", "convert"
"""Codes of the steps that this service completes by itself, the same in every procedure."""

# state


class Ending(StrEnum):
    """Why a topic takes no further steps (T20)."""

    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    CONCLUDED = "concluded"


@dataclass(frozen=True)
class Unknown:
    """Nothing has been proposed under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class Proposed:
    """Raised, and waiting to be adopted."""

    topic_id: str
    division: str
    proposed_on: date
    consultations: frozenset[str] = frozenset()
    absorbed: frozenset[str] = frozenset()
    situation: Literal["proposed"] = "proposed"


@dataclass(frozen=True)
class Adopted:
    """Following its pinned procedure.

    Attributes:
        steps: of the procedure, in order.
        settled: codes of the steps done or waived.
        consultations: ids of the meetings recorded as its consultation.
    """

    topic_id: str
    division: str
    proposed_on: date
    steps: tuple[Step, ...]
    settled: frozenset[str] = frozenset()
    consultations: frozenset[str] = frozenset()
    absorbed: frozenset[str] = frozenset()
    situation: Literal["adopted"] = "adopted"

    def step(self, code: str) -> Step | None:
        """Return the step with this code; None where the procedure has none."""
        return next((step for step in self.steps if step.code == code), None)

    @property
    def next_step(self) -> Step | None:
        """Return the first step that is neither done nor waived."""
        return next((step for step in self.steps if step.code not in self.settled), None)


@dataclass(frozen=True)
class Ended:
    """Withdrawn, merged or concluded.

    Attributes:
        before: what it was, to go back to when a concluded topic is reopened (T19).
    """

    ending: Ending
    topic_id: str
    division: str
    before: Proposed | Adopted
    situation: Literal["ended"] = "ended"


Topic = Unknown | Proposed | Adopted | Ended


def evolve(topic: Topic, event: DomainEvent) -> Topic:
    """Return the topic after an event."""
    match event, topic:
        case TopicProposed(), _:
            return Proposed(event.topic_id, event.division, event.proposed_on)
        case TopicAdopted(), Proposed():
            return _adopted(topic, event)
        case StepCompleted(), Proposed() | Adopted():
            return _with_step(topic, event)
        case StepCompleted(), Ended():
            return replace(topic, before=_with_step(topic.before, event))
        case StepWaived(), Adopted():
            return replace(topic, settled=topic.settled | {event.step})
        case TopicAbsorbed(), Proposed() | Adopted():
            return replace(topic, absorbed=topic.absorbed | {event.absorbed})
        case TopicAbsorbed(), Ended():
            return replace(
                topic, before=replace(topic.before, absorbed=topic.before.absorbed | {event.absorbed})
            )
        case TopicMerged(), Proposed() | Adopted():
            return Ended(Ending.MERGED, topic.topic_id, topic.division, topic)
        case TopicWithdrawn(), Proposed() | Adopted():
            return Ended(Ending.WITHDRAWN, topic.topic_id, topic.division, topic)
        case TopicConcluded(), Proposed() | Adopted():
            return Ended(Ending.CONCLUDED, topic.topic_id, topic.division, topic)
        case TopicReopened(), Ended():
            return topic.before
    return topic


def _adopted(topic: Proposed, event: TopicAdopted) -> Adopted:
    done = {RAISE, ADOPT} | ({CONSULT} if topic.consultations else set())
    return Adopted(
        topic_id=topic.topic_id,
        division=topic.division,
        proposed_on=topic.proposed_on,
        steps=event.steps,
        settled=frozenset(done & {step.code for step in event.steps}),
        consultations=topic.consultations,
        absorbed=topic.absorbed,
    )


def _with_step(topic: Proposed | Adopted, event: StepCompleted) -> Proposed | Adopted:
    held = frozenset({event.meeting_id} if event.step == CONSULT and event.meeting_id else ())
    after = replace(topic, consultations=topic.consultations | held)
    if isinstance(after, Adopted) and after.step(event.step):
        return replace(after, settled=after.settled | {event.step})
    return after


# commands


@dataclass(frozen=True)
class ProposeTopic:
    """Put a topic forward."""

    topic_id: str
    division: str
    title: str
    origin: Origin
    channel: Channel
    proposed_on: date
    description: str | None = None
    basis: Basis | None = None
    level: Level | None = None
    proposer: str | None = None
    lead: str | None = None
    convener: str | None = None
    ledger_year: int | None = None
    ledger_number: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class AdoptTopic:
    """Take a topic up under a procedure, whose version is pinned (T10).

    Attributes:
        plan_id, plan_item: the plan's item that it carries out; None for 计划外.
    """

    procedure: Procedure
    adopted_on: date
    plan_id: str | None = None
    plan_item: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class CompleteStep:
    """Report the next step done, with its papers (T15)."""

    step: str
    completed_on: date | None
    papers: tuple[str, ...] = ()
    surveys: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class WaiveStep:
    """Leave the next step out (T15)."""

    step: str
    reason: str
    approver: str
    waived_on: date


@dataclass(frozen=True)
class RecordConsultation:
    """A meeting on the topic was held: a fact, in its turn or not (T16)."""

    meeting_id: str
    held_on: date
    back_entry: bool = False


@dataclass(frozen=True)
class RecordSolution:
    """A problem that the consultation brought up is solved: its outcome is carried out."""

    solved_on: date | None
    back_entry: bool = False


@dataclass(frozen=True)
class MergeTopic:
    """Let the topic go on in another one (T12)."""

    into: str
    merged_on: date | None
    reason: str | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class AbsorbTopic:
    """Note on the survivor that a topic was merged into it (T12)."""

    absorbed: str
    back_entry: bool = False


@dataclass(frozen=True)
class WithdrawTopic:
    """Take the topic back (T08)."""

    reason: str
    withdrawn_on: date | None
    back_entry: bool = False


@dataclass(frozen=True)
class ConcludeTopic:
    """The topic's loop closed (T19)."""

    concluded_on: date | None
    back_entry: bool = False


@dataclass(frozen=True)
class ReopenTopic:
    """The topic's loop reopened (T19)."""

    reason: str


TopicCommand = (
    ProposeTopic
    | AdoptTopic
    | CompleteStep
    | WaiveStep
    | RecordConsultation
    | RecordSolution
    | MergeTopic
    | AbsorbTopic
    | WithdrawTopic
    | ConcludeTopic
    | ReopenTopic
)

# decisions


def decide(command: TopicCommand, topic: Topic) -> Sequence[DomainEvent]:
    """Return what a command does to a topic.

    Raises:
        NotThereError: nothing was proposed under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, ProposeTopic):
        return _propose(command, topic)
    if isinstance(topic, Unknown):
        raise NotThereError("topic-unknown", zh="没有这个议题。", en="There is no such topic.")
    match command:
        case AdoptTopic():
            return _adopt(command, topic)
        case CompleteStep():
            return _complete_step(command, topic)
        case WaiveStep():
            return _waive_step(command, topic)
        case RecordConsultation():
            return _record_consultation(command, topic)
        case RecordSolution():
            return _record_solution(command, topic)
        case MergeTopic():
            return _merge(command, topic)
        case AbsorbTopic():
            return _absorb(command, topic)
        case WithdrawTopic():
            return _withdraw(command, topic)
        case ConcludeTopic():
            return _conclude(command, topic)
        case ReopenTopic():
            return _reopen(command, topic)


def _propose(command: ProposeTopic, topic: Topic) -> Sequence[DomainEvent]:
    if not isinstance(topic, Unknown):
        raise RefusedError(
            "topic-exists",
            zh=f"编号 {command.topic_id} 已有议题。",
            en=f"There is a topic {command.topic_id} already; use another id.",
            field="topic_id",
        )
    return [TopicProposed(**vars(command))]


def _adopt(command: AdoptTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    if isinstance(topic, Adopted):
        raise RefusedError(
            "topic-already-adopted",
            rule="T10",
            zh="议题已经立项,程序和版本不再改变。",
            en="The topic is adopted; its procedure and version do not change any more.",
        )
    proposed = _going(topic)
    if command.adopted_on < proposed.proposed_on:
        raise RefusedError(
            "adopted-before-proposed",
            zh=f"确定日期 {command.adopted_on} 早于提出日期 {proposed.proposed_on}。",
            en=f"Adopted on {command.adopted_on}, before it was proposed ({proposed.proposed_on}).",
            field="adopted_on",
        )
    if (command.plan_id is None) != (command.plan_item is None):
        raise RefusedError(
            "plan-item-incomplete",
            rule="T10",
            zh="列入计划的议题须同时写明计划和条目编号;计划外的议题两者都不写。",
            en="State both the plan and the item's number, or neither for a topic outside the plan.",
            field="plan_id" if command.plan_id is None else "plan_item",
        )
    procedure = command.procedure
    due_on = proposed.proposed_on + timedelta(days=procedure.days) if procedure.days else None
    return [
        TopicAdopted(
            topic_id=proposed.topic_id,
            procedure=procedure.code,
            procedure_version=procedure.version,
            steps=procedure.steps,
            plan_id=command.plan_id,
            plan_item=command.plan_item,
            adopted_on=command.adopted_on,
            due_on=due_on,
            back_entry=command.back_entry,
        )
    ]


def _complete_step(command: CompleteStep, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    adopted, step = _in_procedure(topic, command.step)
    if step.code in adopted.settled:
        return []
    if step.code == CONSULT:
        raise RefusedError(
            "step-needs-a-meeting",
            rule="T15",
            zh=f"“{step.title}”由会议记录,不能手工完成。",
            en="The consultation is recorded by its meeting, not by hand.",
            field="step",
        )
    if not command.back_entry:
        _require_turn(step, adopted)
        _require_papers(command, step)
    return [
        StepCompleted(
            topic_id=adopted.topic_id,
            step=command.step,
            completed_on=command.completed_on,
            papers=command.papers,
            surveys=command.surveys,
            back_entry=command.back_entry,
        )
    ]


def _waive_step(command: WaiveStep, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    adopted, step = _in_procedure(topic, command.step)
    if step.code in adopted.settled:
        return []
    _require_turn(step, adopted)
    return [
        StepWaived(
            topic_id=adopted.topic_id,
            step=command.step,
            reason=command.reason,
            approver=command.approver,
            waived_on=command.waived_on,
        )
    ]


def _record_consultation(
    command: RecordConsultation, topic: Proposed | Adopted | Ended
) -> Sequence[DomainEvent]:
    # A loop may close before this service hears of the meeting: a concluded topic takes the fact, too.
    within = topic.before if _is_concluded(topic) else _going(topic)
    if command.meeting_id in within.consultations:
        return []
    return [
        StepCompleted(
            topic_id=within.topic_id,
            step=CONSULT,
            completed_on=command.held_on,
            meeting_id=command.meeting_id,
            deviation=None if command.back_entry else _deviation(within),
            back_entry=command.back_entry,
        )
    ]


def _deviation(topic: Proposed | Adopted) -> Flag | None:
    if isinstance(topic, Proposed):
        return Flag(rule="T16", text="协商时议题尚未立项")
    if topic.step(CONSULT) is None:
        return None
    before = takewhile(lambda step: step.code != CONSULT, topic.steps)
    missing = [step.title for step in before if step.code not in topic.settled]
    return Flag(rule="T16", text=f"协商时尚未完成的步骤:{'、'.join(missing)}") if missing else None


def _record_solution(command: RecordSolution, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    within = topic.before if _is_concluded(topic) else _going(topic)
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


def _merge(command: MergeTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    going = _going(topic)
    if command.into == going.topic_id:
        raise RefusedError(
            "merged-into-itself",
            rule="T12",
            zh="议题不能并入自己。",
            en="A topic cannot be merged into itself.",
            field="into",
        )
    if command.into in going.absorbed:
        raise RefusedError(
            "merged-in-a-circle",
            rule="T12",
            zh="该议题已并入本议题,不能再反向并入。",
            en="That topic was merged into this one; it cannot be its survivor, too.",
            field="into",
        )
    return [
        TopicMerged(
            topic_id=going.topic_id,
            into=command.into,
            reason=command.reason,
            merged_on=command.merged_on,
            back_entry=command.back_entry,
        )
    ]


def _absorb(command: AbsorbTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    within = topic.before if isinstance(topic, Ended) else topic
    if command.absorbed in within.absorbed:
        return []
    return [TopicAbsorbed(topic_id=within.topic_id, absorbed=command.absorbed, back_entry=command.back_entry)]


def _withdraw(command: WithdrawTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    if isinstance(topic, Ended) and topic.ending is Ending.WITHDRAWN:
        return []
    return [
        TopicWithdrawn(
            topic_id=_going(topic).topic_id,
            reason=command.reason,
            withdrawn_on=command.withdrawn_on,
            back_entry=command.back_entry,
        )
    ]


def _conclude(command: ConcludeTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    if _is_concluded(topic):
        return []
    return [
        TopicConcluded(
            topic_id=_going(topic).topic_id,
            concluded_on=command.concluded_on,
            back_entry=command.back_entry,
        )
    ]


def _reopen(command: ReopenTopic, topic: Proposed | Adopted | Ended) -> Sequence[DomainEvent]:
    if not _is_concluded(topic):
        return []
    return [TopicReopened(topic_id=topic.topic_id, reason=command.reason)]


def _is_concluded(topic: Proposed | Adopted | Ended) -> TypeGuard[Ended]:
    return isinstance(topic, Ended) and topic.ending is Ending.CONCLUDED


def _going(topic: Proposed | Adopted | Ended) -> Proposed | Adopted:
    if isinstance(topic, Ended):
        how = {Ending.WITHDRAWN: "撤回", Ending.MERGED: "并入其他议题", Ending.CONCLUDED: "办结"}
        raise RefusedError(
            "topic-ended",
            rule="T20",
            zh=f"议题已{how[topic.ending]},不再办理新的步骤。",
            en=f"The topic is {topic.ending}; it takes no further steps.",
        )
    return topic


def _in_procedure(topic: Proposed | Adopted | Ended, code: str) -> tuple[Adopted, Step]:
    going = _going(topic)
    if isinstance(going, Proposed):
        raise RefusedError(
            "topic-not-adopted",
            rule="T15",
            zh="议题尚未立项,没有步骤可办。",
            en="The topic is not adopted yet; it has no steps.",
        )
    step = going.step(code)
    if step is None:
        raise RefusedError(
            "step-unknown",
            rule="T15",
            zh=f"所选程序没有步骤“{code}”;依次为:{'、'.join(f'{s.title}({s.code})' for s in going.steps)}。",
            en=f"The procedure has no step {code!r}; its steps are {', '.join(s.code for s in going.steps)}.",
            field="step",
        )
    return going, step


def _require_turn(step: Step, topic: Adopted) -> None:
    expected = topic.next_step
    if expected is not None and step.code != expected.code:
        raise RefusedError(
            "step-out-of-order",
            rule="T15",
            zh=f"下一步应为“{expected.title}”,不能先办“{step.title}”。",
            en=f"{expected.code!r} comes next; {step.code!r} has to wait.",
            field="step",
        )


def _require_papers(command: CompleteStep, step: Step) -> None:
    if len(command.papers) < len(step.papers):
        raise RefusedError(
            "papers-missing",
            rule="T15",
            zh=f"“{step.title}”需要材料:{'、'.join(step.papers)};只收到 {len(command.papers)} 份。",
            en=f"The step asks for {len(step.papers)} papers; {len(command.papers)} were given.",
            field="papers",
        )
