"""How a topic begins and how it ends: raised, withdrawn, concluded, reopened (T07, T08, T19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from services.topics.domain.topic.merging import pass_on
from services.topics.domain.topic.state import (
    Adopted,
    Ended,
    Ending,
    Going,
    Known,
    Topic,
    Unknown,
    check_day,
    going,
    has_ended,
    taking_facts,
)
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import (
    ConsultationConcluded,
    ConsultationReopened,
    Fact,
    TopicConcluded,
    TopicProposed,
    TopicReopened,
    TopicWithdrawn,
)
from shared.contracts.types import Basis, Channel, Level, Origin

SECOND_THOUGHTS = timedelta(minutes=10)
"""For so long a topic is taken back without a reason (T08)."""


@dataclass(frozen=True)
class Receiving:
    """How a proposal came in.

    Attributes:
        received_at: aware.
        today: in Asia/Shanghai.
        receipt: the number given out for it.
    """

    received_at: datetime
    today: date
    receipt: str | None = None


@dataclass(frozen=True)
class ProposeTopic:
    """Put a topic forward; see `TopicProposed` for the fields.

    Attributes:
        proposed_on: the day of its coming in unless said.
        at: see `Receiving`; None for a back-entry and for a part of another topic. No part of what was
            asked, so that a request repeated after midnight is the same command (`digest_of`).
    """

    topic_id: str
    division: str
    title: str
    origin: Origin
    channel: Channel
    proposed_on: date | None = None
    description: str | None = None
    basis: Basis | None = None
    level: Level | None = None
    proposer: str | None = None
    lead: str | None = None
    convener: str | None = None
    ledger_year: int | None = None
    ledger_number: int | None = None
    venue_id: str | None = None
    on_behalf: bool = False
    split_from: str | None = None
    activity_id: str | None = None
    back_entry: bool = False
    at: Receiving | None = None


@dataclass(frozen=True)
class WithdrawTopic:
    """Take the topic back (T08).

    Attributes:
        reason: may be None for the proposer within ten minutes of its coming in.
        withdrawn_on: today unless said; may stay unknown in a back-entry.
        by: the person who takes back what must be their own; None for a clerk, who does it for others.
        at: the present moment, aware; None in a back-entry.
    """

    reason: str | None
    withdrawn_on: date | None = None
    back_entry: bool = False
    by: str | None = None
    at: datetime | None = None
    today: date | None = None


@dataclass(frozen=True)
class ConcludeTopic:
    """A loop of the topic closed (T19).

    Attributes:
        meeting_id: the consultation whose loop it is; None by hand, whatever is still open.
    """

    concluded_on: date | None
    back_entry: bool = False
    meeting_id: str | None = None


@dataclass(frozen=True)
class ReopenTopic:
    """A loop of the topic reopened (T19).

    Attributes:
        undone: codes of the steps that are to be done again.
        meeting_id: the consultation whose loop it is; None of a merged topic that did not say.
    """

    reason: str
    undone: tuple[str, ...] = ()
    meeting_id: str | None = None


LifeCommand = WithdrawTopic | ConcludeTopic | ReopenTopic


def propose(command: ProposeTopic, topic: Topic) -> Sequence[DomainEvent]:
    """Return the proposal.

    Raises:
        RefusedError: the id is taken, or the day cannot be true.
    """
    if not isinstance(topic, Unknown):
        raise RefusedError(
            "topic-exists",
            zh=f"编号 {command.topic_id} 已有议题。",
            en=f"There is a topic {command.topic_id} already; use another id.",
            field="topic_id",
        )
    at = command.at
    proposed_on = command.proposed_on or (at.today if at else None)
    if proposed_on is None:
        raise RefusedError(
            "day-missing",
            rule="T07",
            zh="请写明提出日期。",
            en="State the day on which it was raised.",
            field="proposed_on",
        )
    check_day(proposed_on, field="proposed_on", today=at.today if at else None, rule="T07")
    said = {f.name: getattr(command, f.name) for f in fields(command) if f.name not in ("at", "proposed_on")}
    received = {"received_at": at.received_at, "receipt": at.receipt} if at else {}
    return [TopicProposed(**said, **received, proposed_on=proposed_on)]


def decide_life(command: LifeCommand, topic: Known) -> Sequence[DomainEvent]:
    """Return what a command does to a topic's life; raises as `decide`."""
    match command:
        case WithdrawTopic():
            return _withdraw(command, topic)
        case ConcludeTopic():
            return _conclude(command, topic)
        case ReopenTopic():
            return _reopen(command, topic)


def _withdraw(command: WithdrawTopic, topic: Known) -> Sequence[DomainEvent]:
    if isinstance(topic, Ended) and topic.ending is Ending.WITHDRAWN:
        return []
    found = going(topic)
    if command.by is not None and command.by != found.proposal.proposer:
        raise RefusedError(
            "not-the-proposer",
            rule="T08",
            zh="只有提出人本人或联络室可以撤回议题。",
            en="Only its proposer or the liaison office takes a topic back.",
        )
    withdrawn_on = command.withdrawn_on or (None if command.back_entry else command.today)
    since = found.proposal.proposed_on
    check_day(withdrawn_on, field="withdrawn_on", since=since, today=command.today, rule="T08")
    return [
        TopicWithdrawn(
            topic_id=found.topic_id,
            reason=command.reason or _no_reason_needed(command, found),
            withdrawn_on=withdrawn_on,
            back_entry=command.back_entry,
        )
    ]


def _no_reason_needed(command: WithdrawTopic, topic: Going) -> str:
    received_at = topic.proposal.received_at
    own = command.by is not None
    if own and command.at and received_at and command.at - received_at <= SECOND_THOUGHTS:
        return "提出后十分钟内撤回，无须说明理由"
    raise RefusedError(
        "reason-missing",
        rule="T08",
        zh="请说明撤回理由；只有提出人在提出后十分钟内撤回，才可不说明。",
        en="State the reason; only its proposer, within ten minutes, takes a topic back without one.",
        field="reason",
    )


def _conclude(command: ConcludeTopic, topic: Known) -> Sequence[DomainEvent]:
    one, on, back_entry = command.meeting_id, command.concluded_on, command.back_entry
    if has_ended(topic, Ending.MERGED):
        if one in topic.before.closed_loops or (one is None and Fact.CONCLUSION in topic.passed):
            return []
        return pass_on(topic, Fact.CONCLUSION, on, meeting_id=one, back_entry=back_entry)
    within = taking_facts(topic)
    last = one is None or within.open_loops <= {one}
    if last and not isinstance(topic, Ended):
        return [
            TopicConcluded(topic_id=topic.topic_id, concluded_on=on, meeting_id=one, back_entry=back_entry)
        ]
    if one is None or one in within.closed_loops:
        return []
    return [
        ConsultationConcluded(topic_id=topic.topic_id, meeting_id=one, concluded_on=on, back_entry=back_entry)
    ]


def _done_of(topic: Going, steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in steps if isinstance(topic, Adopted) and code in topic.done)


def _reopen(command: ReopenTopic, topic: Known) -> Sequence[DomainEvent]:
    one, reason = command.meeting_id, command.reason
    if has_ended(topic, Ending.MERGED):
        if Fact.CONCLUSION not in topic.passed and one not in topic.before.closed_loops:
            return []
        return pass_on(topic, Fact.REOPENING, None, meeting_id=one, reason=reason, undone=command.undone)
    if has_ended(topic, Ending.CONCLUDED):
        undone = _done_of(topic.before, command.undone)
        return [TopicReopened(topic_id=topic.topic_id, reason=reason, undone=undone, meeting_id=one)]
    if isinstance(topic, Ended) or one is None or one in topic.open_loops:
        return []
    undone = _done_of(topic, command.undone)
    return [ConsultationReopened(topic_id=topic.topic_id, meeting_id=one, reason=reason, undone=undone)]
