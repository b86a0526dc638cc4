"""Whether a topic is taken up: triaged, adopted under a procedure, or rejected (T09, T10, T11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.topics.domain.procedures import Procedure
from services.topics.domain.topic.merging import OtherTopic
from services.topics.domain.topic.state import Adopted, Ending, Going, Known, check_day, going, has_ended
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import TopicAdopted, TopicRejected, TopicTriaged
from shared.contracts.types import MeetingRules, TopicClass

PLAN_NOTICE, PLAN_PAPERS = 15, 10
"""Working days of notice, and for the papers, that meetings on topics of the county's plan have at least."""


@dataclass(frozen=True)
class TriageTopic:
    """Say what kind of topic it is, whose, and whether it is raised already (T09).

    Attributes:
        division: that it belongs to, its own unless said; only before its adoption another one.
        at: the topic that it repeats; None where `duplicate_of` is not known to the caller.
    """

    topic_class: TopicClass
    today: date
    division: str | None = None
    duplicate_of: str | None = None
    at: OtherTopic | None = None


@dataclass(frozen=True)
class Circumstances:
    """What an adoption meets when it arrives.

    Attributes:
        procedure: the newest version of the one asked for.
        takes_topics: the plan is issued, the caller's county's, and its item one to be carried out.
        today: in Asia/Shanghai.
    """

    procedure: Procedure
    takes_topics: bool = False
    today: date | None = None


@dataclass(frozen=True)
class AdoptTopic:
    """Take a topic up under a procedure, whose version is pinned (T10).

    Attributes:
        procedure: its code.
        plan_id, plan_item: the plan's item that it carries out; None for 计划外.
        at: see `Circumstances`. No part of what was asked, so that a repeated request is the same
            command (`digest_of` leaves `at` out), a newer version or an amended plan notwithstanding.
    """

    procedure: str
    adopted_on: date
    at: Circumstances
    plan_id: str | None = None
    plan_item: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class RejectTopic:
    """Do not take a topic up (T11).

    Attributes:
        rejected_on: today unless said.
    """

    reason: str
    today: date
    rejected_on: date | None = None


UptakeCommand = TriageTopic | AdoptTopic | RejectTopic


def decide_uptake(command: UptakeCommand, topic: Known) -> Sequence[DomainEvent]:
    """Return what becomes of a topic that came in; raises as `decide`."""
    match command:
        case TriageTopic():
            return _triage(command, topic)
        case AdoptTopic():
            return _adopt(command, topic)
        case RejectTopic():
            return _reject(command, topic)


def _triage(command: TriageTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    division = command.division or found.division
    _check_new_division(division, found)
    _check_duplicate(command, found)
    said = TopicTriaged(
        topic_id=found.topic_id,
        topic_class=command.topic_class,
        division=division,
        duplicate_of=command.duplicate_of,
        triaged_on=command.today,
    )
    last = found.triaged
    unchanged = last is not None and last == said.model_copy(update={"triaged_on": last.triaged_on})
    return [] if unchanged else [said]


def _check_new_division(division: str, topic: Going) -> None:
    if division[:6] != topic.division[:6]:
        raise RefusedError(
            "division-elsewhere",
            rule="T09",
            zh="议题只能划归本县的乡镇或村居。",
            en="A topic goes to a division of its own county only.",
            field="division",
        )
    if isinstance(topic, Adopted) and division != topic.division:
        raise RefusedError(
            "division-settled",
            rule="T09",
            zh=f"议题已在 {topic.division} 立项，不再改划。",
            en=f"The topic is adopted in {topic.division}; it does not move any more.",
            field="division",
        )


def _check_duplicate(command: TriageTopic, topic: Going) -> None:
    if command.duplicate_of is None:
        return
    if command.duplicate_of == topic.topic_id:
        raise RefusedError(
            "duplicate-of-itself",
            rule="T09",
            zh="议题不能与自己重复。",
            en="A topic does not repeat itself.",
            field="duplicate_of",
        )
    if command.at is None:
        raise RefusedError(
            "duplicate-unknown",
            rule="T09",
            zh=f"没有议题 {command.duplicate_of}。",
            en=f"There is no topic {command.duplicate_of}.",
            field="duplicate_of",
        )


def _adopt(command: AdoptTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    _check_adoptable(command, found)
    at, procedure = command.at, command.at.procedure
    proposed_on = found.proposal.proposed_on
    return [
        TopicAdopted(
            topic_id=found.topic_id,
            procedure=procedure.code,
            procedure_version=procedure.version,
            steps=procedure.steps,
            plan_id=command.plan_id,
            plan_item=command.plan_item,
            adopted_on=command.adopted_on,
            due_on=proposed_on + timedelta(days=procedure.days) if procedure.days else None,
            surveys_required=procedure.surveys_required,
            rules=_rules(at.procedure, in_plan=command.plan_id is not None),
            back_entry=command.back_entry,
        )
    ]


def _check_adoptable(command: AdoptTopic, topic: Going) -> None:
    if isinstance(topic, Adopted):
        raise RefusedError(
            "topic-already-adopted",
            rule="T10",
            zh="议题已经立项，程序和版本不再改变。",
            en="The topic is adopted; its procedure and version do not change any more.",
        )
    since, today = topic.proposal.proposed_on, command.at.today
    check_day(command.adopted_on, field="adopted_on", since=since, today=today, rule="T10")
    if (command.plan_id is None) != (command.plan_item is None):
        raise RefusedError(
            "plan-item-incomplete",
            rule="T10",
            zh="列入计划的议题须同时写明计划和条目编号；计划外的议题两者都不写。",
            en="State both the plan and the item's number, or neither for a topic outside the plan.",
            field="plan_id" if command.plan_id is None else "plan_item",
        )
    if command.plan_id is not None and not command.at.takes_topics:
        raise RefusedError(
            "plan-item-unknown",
            rule="T10",
            zh=f"已印发的计划中没有可办理的编号 {command.plan_item} 条目。",
            en=f"No issued plan {command.plan_id} has an item {command.plan_item} to be carried out.",
            field="plan_item",
        )


def _rules(procedure: Procedure, *, in_plan: bool) -> MeetingRules | None:
    if not in_plan:
        return procedure.rules
    own = procedure.rules or MeetingRules()
    longer = {
        "notice_working_days": max(own.notice_working_days, PLAN_NOTICE),
        "papers_working_days": max(own.papers_working_days or 0, PLAN_PAPERS),
    }
    return own.model_copy(update=longer)


def _reject(command: RejectTopic, topic: Known) -> Sequence[DomainEvent]:
    if has_ended(topic, Ending.REJECTED):
        return []
    found = going(topic)
    if isinstance(found, Adopted):
        raise RefusedError(
            "topic-already-adopted",
            rule="T11",
            zh="议题已经立项，不能再不予立项；确需终止的，请撤回。",
            en="The topic is adopted and cannot be rejected any more; withdraw it instead.",
        )
    rejected_on = command.rejected_on or command.today
    since = found.proposal.proposed_on
    check_day(rejected_on, field="rejected_on", since=since, today=command.today, rule="T11")
    return [
        TopicRejected(
            topic_id=found.topic_id,
            reason=command.reason,
            proposer=found.proposal.proposer,
            rejected_on=rejected_on,
        )
    ]
