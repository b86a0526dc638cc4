"""Who stands behind a topic, adds to it, looks after it (T08, T13, T14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.topics.domain.topic.state import Known, check_day, following_procedure, going
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import ClaimReleased, TopicClaimed, TopicSupplemented, TopicSupported


@dataclass(frozen=True)
class SupportTopic:
    """Stand behind a topic (T13)."""

    person: str
    today: date


@dataclass(frozen=True)
class SupplementTopic:
    """Add something to what the proposal said (T08).

    Attributes:
        by: who adds it, by opaque id; None where unknown.
        own: only what `by` proposed may be added to; False for a clerk, who adds to any topic.
    """

    supplement_id: str
    text: str
    today: date
    by: str | None = None
    own: bool = False


@dataclass(frozen=True)
class ClaimTopic:
    """Take a topic into a member group's care (T14).

    Attributes:
        claimed_on: today unless said.
    """

    group_id: str
    group: str
    today: date
    claimed_on: date | None = None


@dataclass(frozen=True)
class ReleaseClaim:
    """Give a topic back (T14).

    Attributes:
        released_on: today unless said.
    """

    group_id: str
    reason: str
    today: date
    released_on: date | None = None


SupportCommand = SupportTopic | SupplementTopic | ClaimTopic | ReleaseClaim


def decide_support(command: SupportCommand, topic: Known) -> Sequence[DomainEvent]:
    """Return what a command does to the people around a topic; raises as `decide`."""
    match command:
        case SupportTopic():
            return _support(command, topic)
        case SupplementTopic():
            return _supplement(command, topic)
        case ClaimTopic():
            return _claim(command, topic)
        case ReleaseClaim():
            return _release(command, topic)


def _support(command: SupportTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    if command.person in found.proposers:
        raise RefusedError(
            "own-topic",
            rule="T13",
            zh="这是您自己提出的议题，不计附议。",
            en="You put this topic forward yourself; your support does not count.",
        )
    if command.person in found.backers:
        return []
    return [
        TopicSupported(topic_id=found.topic_id, person=command.person, supported_on=command.today),
    ]


def _supplement(command: SupplementTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    if command.supplement_id in found.supplements:
        return []
    if command.own and command.by not in found.proposers:
        raise RefusedError(
            "not-the-proposer",
            rule="T08",
            zh="只有提出人本人或联络室可以补充议题。",
            en="Only its proposer or the liaison office adds to a topic.",
        )
    return [
        TopicSupplemented(
            topic_id=found.topic_id,
            supplement_id=command.supplement_id,
            text=command.text,
            by=command.by,
            supplemented_on=command.today,
        )
    ]


def _claim(command: ClaimTopic, topic: Known) -> Sequence[DomainEvent]:
    adopted = following_procedure(topic, rule="T14")
    if adopted.claim is not None and adopted.claim.group_id == command.group_id:
        return []
    if adopted.claim is not None:
        raise RefusedError(
            "claimed-already",
            rule="T14",
            zh=f"议题已由“{adopted.claim.group}”认领，退回后方可再认领。",
            en=f"The topic is claimed by {adopted.claim.group}, who would have to release it first.",
        )
    claimed_on = command.claimed_on or command.today
    since = adopted.proposal.proposed_on
    check_day(claimed_on, field="claimed_on", since=since, today=command.today, rule="T14")
    return [
        TopicClaimed(
            topic_id=adopted.topic_id,
            group_id=command.group_id,
            group=command.group,
            claimed_on=claimed_on,
        )
    ]


def _release(command: ReleaseClaim, topic: Known) -> Sequence[DomainEvent]:
    adopted = following_procedure(topic, rule="T14")
    if adopted.claim is None:
        return []
    if adopted.claim.group_id != command.group_id:
        raise RefusedError(
            "claimed-by-others",
            rule="T14",
            zh=f"议题由“{adopted.claim.group}”认领，只有该组可以退回。",
            en=f"The topic is claimed by {adopted.claim.group}; nobody else releases it.",
        )
    released_on = command.released_on or command.today
    since = adopted.claim.claimed_on
    check_day(released_on, field="released_on", since=since, today=command.today, rule="T14")
    return [
        ClaimReleased(
            topic_id=adopted.topic_id,
            group_id=command.group_id,
            reason=command.reason,
            released_on=released_on,
        )
    ]
