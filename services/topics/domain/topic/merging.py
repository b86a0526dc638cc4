"""Several topics become one, and one becomes several; the trace stays on both sides (T12, T20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.topics.domain.topic.state import (
    Ended,
    Ending,
    Known,
    check_day,
    going,
    has_ended,
    with_absorbed,
)
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import (
    Fact,
    FactPassedOn,
    MergerUndone,
    TopicAbsorbed,
    TopicMerged,
    TopicPart,
    TopicReopened,
    TopicSplit,
)


@dataclass(frozen=True)
class OtherTopic:
    """Another topic, as it is when a command about it arrives.

    Attributes:
        ending: how it has ended; None while it goes on.
        survivor: of a merged one: the topic in which it goes on, however often it was merged since.
    """

    ending: Ending | None = None
    survivor: str | None = None


@dataclass(frozen=True)
class MergeTopic:
    """Let the topic go on in another one (T12).

    Attributes:
        merged_on: today unless said; may stay unknown in a back-entry.
        at: the topic `into`; None where the caller knows of none. No part of what was asked (`digest_of`).
    """

    into: str
    merged_on: date | None = None
    reason: str | None = None
    back_entry: bool = False
    at: OtherTopic | None = None
    today: date | None = None


@dataclass(frozen=True)
class AbsorbTopic:
    """Note on the survivor that a topic was merged into it, and who and what comes with it (T12).

    Attributes:
        open_loops: meetings held on it whose loop is open; one that was concluded is reopened by them (T19).
    """

    absorbed: str
    supporters: tuple[str, ...] = ()
    proposers: tuple[str, ...] = ()
    back_entry: bool = False
    open_loops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What becomes a topic of its own.

    Attributes:
        division: the topic's own unless said.
    """

    topic_id: str
    title: str
    description: str | None = None
    division: str | None = None


@dataclass(frozen=True)
class SplitTopic:
    """Let parts of the topic go their own way (T12).

    Attributes:
        split_on: today unless said.
    """

    parts: tuple[Part, ...]
    reason: str
    today: date
    split_on: date | None = None


MergingCommand = MergeTopic | AbsorbTopic | SplitTopic


def decide_merging(command: MergingCommand, topic: Known) -> Sequence[DomainEvent]:
    """Return what merging or splitting does to a topic; raises as `decide`."""
    match command:
        case MergeTopic():
            return _merge(command, topic)
        case AbsorbTopic():
            return _absorb(command, topic)
        case SplitTopic():
            return _split(command, topic)


def pass_on(
    topic: Ended,
    fact: Fact,
    happened_on: date | None,
    *,
    meeting_id: str | None = None,
    reason: str | None = None,
    undone: tuple[str, ...] = (),
    back_entry: bool = False,
) -> Sequence[DomainEvent]:
    """Return what a merged topic does with a fact that it has not told yet: its survivor is told (T20)."""
    if topic.into is None:
        return []
    return [
        FactPassedOn(
            topic_id=topic.topic_id,
            to=topic.into,
            fact=fact,
            happened_on=happened_on,
            meeting_id=meeting_id,
            reason=reason,
            undone=undone,
            back_entry=back_entry,
        )
    ]


def _merge(command: MergeTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    _check_survivor(command, found.topic_id)
    merged_on = command.merged_on or (None if command.back_entry else command.today)
    since = found.proposal.proposed_on
    check_day(merged_on, field="merged_on", since=since, today=command.today, rule="T12")
    return [
        TopicMerged(
            topic_id=found.topic_id,
            into=command.into,
            reason=command.reason,
            merged_on=merged_on,
            supporters=tuple(sorted(found.supporters)),
            proposers=tuple(sorted(found.proposers)),
            open_loops=tuple(sorted(found.open_loops)),
            back_entry=command.back_entry,
        )
    ]


def _check_survivor(command: MergeTopic, topic_id: str) -> None:
    other = command.at
    if command.into == topic_id:
        raise RefusedError(
            "merged-into-itself",
            rule="T12",
            zh="议题不能并入自己。",
            en="A topic cannot be merged into itself.",
            field="into",
        )
    if other is None:
        raise RefusedError(
            "survivor-unknown",
            rule="T12",
            zh="没有要并入的议题。",
            en="There is no topic to merge into.",
            field="into",
        )
    if other.survivor == topic_id:
        raise RefusedError(
            "merged-in-a-circle",
            rule="T12",
            zh="该议题已并入本议题，不能再反向并入。",
            en="That topic was merged into this one; it cannot be its survivor, too.",
            field="into",
        )
    if other.survivor is not None:
        raise RefusedError(
            "survivor-ended",
            rule="T20",
            zh=f"要并入的议题已并入 {other.survivor}，请并入后者。",
            en=f"The topic to merge into goes on in {other.survivor}; merge into that one.",
            field="into",
        )
    if other.ending not in (None, Ending.CONCLUDED):
        raise RefusedError(
            "survivor-ended",
            rule="T20",
            zh="要并入的议题已撤回或不予立项。",
            en="The topic to merge into is withdrawn or rejected.",
            field="into",
        )


def _absorb(command: AbsorbTopic, topic: Known) -> Sequence[DomainEvent]:
    if command.absorbed == topic.topic_id:
        return _out_of_the_circle(topic)
    before = topic.before if isinstance(topic, Ended) else topic
    if command.absorbed in before.absorbed:
        return []
    absorbed = TopicAbsorbed(
        topic_id=topic.topic_id,
        absorbed=command.absorbed,
        supporters=command.supporters,
        proposers=command.proposers,
        passed_to=topic.into if isinstance(topic, Ended) else None,
        open_loops=command.open_loops,
        back_entry=command.back_entry,
    )
    after = with_absorbed(before, absorbed)
    noted = absorbed.model_copy(update={"supporters_in_all": len(after.supporters)})
    if has_ended(topic, Ending.CONCLUDED) and after.open_loops:
        reason = "并入的议题尚有协商未闭环"
        return [
            TopicReopened(topic_id=topic.topic_id, reason=reason, back_entry=command.back_entry),
            noted,
        ]
    return [noted]


def _out_of_the_circle(topic: Known) -> Sequence[DomainEvent]:
    """Let a topic go on whose survivor has come to be merged into it.

    Two clerks may merge two topics into each other in the same moment, each finding the other still going on.
    The word of it comes back to where it started, and the merger is undone there.
    """
    if not isinstance(topic, Ended) or topic.into is None:
        return []
    return [MergerUndone(topic_id=topic.topic_id, into=topic.into)]


def _split(command: SplitTopic, topic: Known) -> Sequence[DomainEvent]:
    found = going(topic)
    if all(part.topic_id in found.parts for part in command.parts):
        return []
    proposal, split_on = found.proposal, command.split_on or command.today
    check_day(split_on, field="split_on", since=proposal.proposed_on, today=command.today, rule="T12")
    parts = [replace(part, division=part.division or found.division) for part in command.parts]
    if any(part.division[:6] != found.division[:6] for part in parts if part.division):
        raise RefusedError(
            "division-elsewhere",
            rule="T12",
            zh="拆分出的议题须在本县。",
            en="The parts of a topic stay in its county.",
            field="parts",
        )
    return [
        TopicSplit(
            topic_id=found.topic_id,
            parts=tuple(TopicPart(**vars(part)) for part in parts),
            reason=command.reason,
            split_on=split_on,
            origin=proposal.origin,
            channel=proposal.channel,
            basis=proposal.basis,
            level=proposal.level,
            proposer=proposal.proposer,
        )
    ]
