"""What topics does when something happened in meetings, in cases, or to a topic that was merged or split."""

from __future__ import annotations

from datetime import date

from services.topics.deciders import TOPIC
from services.topics.domain.topic import (
    CONVERT,
    TRACK,
    AbsorbTopic,
    ConcludeTopic,
    ProposeTopic,
    RecordConsultation,
    RecordSolution,
    ReopenTopic,
    TopicCommand,
)
from shared.contracts.cases import LoopClosed, LoopReopened, ProblemSolved
from shared.contracts.meetings import MeetingHeld
from shared.contracts.topics import Fact, FactPassedOn, TopicAbsorbed, TopicMerged, TopicSplit
from shared.contracts.types import LoopItem
from shared.eventsourcing.reactions import Send, reaction


@reaction(MeetingHeld)
def record_consultation(event: MeetingHeld) -> list[Send]:
    """The meeting is the topic's consultation, in its turn or not (T16)."""
    command = RecordConsultation(event.meeting_id, event.held_on, event.back_entry)
    return [Send(TOPIC.stream(event.topic_id), command)]


@reaction(ProblemSolved)
def record_solution(event: ProblemSolved) -> list[Send]:
    """A solved problem is the outcome carried out: the topic's step 成果转化."""
    return [Send(TOPIC.stream(event.topic_id), RecordSolution(event.solved_on, event.back_entry))]


@reaction(LoopClosed)
def conclude(event: LoopClosed) -> list[Send]:
    """A topic is concluded when its loop closes, of several the last (T19); an entry has its meeting's id."""
    command = ConcludeTopic(event.closed_on, event.back_entry, event.entry_id)
    return [Send(TOPIC.stream(event.topic_id), command)]


@reaction(LoopReopened)
def reopen(event: LoopReopened) -> list[Send]:
    """A topic is reopened when a loop of it reopens; what reopened it is to be done again (T19)."""
    undone = (CONVERT, TRACK) if event.item is LoopItem.PROBLEM else (TRACK,)
    return [Send(TOPIC.stream(event.topic_id), ReopenTopic(event.reason, undone, event.entry_id))]


@reaction(TopicMerged)
def absorb(event: TopicMerged) -> list[Send]:
    """The survivor keeps the trace of what was merged into it, and takes its people over (T12)."""
    command = AbsorbTopic(
        event.topic_id, event.supporters, event.proposers, event.back_entry, event.open_loops
    )
    return [Send(TOPIC.stream(event.into), command)]


@reaction(TopicAbsorbed)
def absorb_further(event: TopicAbsorbed) -> list[Send]:
    """A topic that was merged itself meanwhile lets its own survivor absorb the other, too (T12)."""
    if event.passed_to is None:
        return []
    command = AbsorbTopic(
        event.absorbed, event.supporters, event.proposers, event.back_entry, event.open_loops
    )
    return [Send(TOPIC.stream(event.passed_to), command)]


@reaction(TopicSplit)
def propose_parts(event: TopicSplit) -> list[Send]:
    """Each part of a split becomes a topic of its own, raised as the whole was (T12)."""
    return [
        Send(
            TOPIC.stream(part.topic_id),
            ProposeTopic(
                **part.model_dump(),
                origin=event.origin,
                channel=event.channel,
                basis=event.basis,
                level=event.level,
                proposer=event.proposer,
                proposed_on=event.split_on,
                split_from=event.topic_id,
            ),
            division=part.division,
        )
        for part in event.parts
    ]


@reaction(FactPassedOn)
def record_for_a_merged_topic(event: FactPassedOn) -> list[Send]:
    """What became known of a merged topic happened to its survivor (T20)."""
    return [Send(TOPIC.stream(event.to), _fact(event))]


def _fact(event: FactPassedOn) -> TopicCommand:
    match event:
        case FactPassedOn(fact=Fact.CONSULTATION, meeting_id=str(meeting), happened_on=date() as day):
            return RecordConsultation(meeting, day, event.back_entry)
        case FactPassedOn(fact=Fact.SOLUTION):
            return RecordSolution(event.happened_on, event.back_entry)
        case FactPassedOn(fact=Fact.CONCLUSION):
            return ConcludeTopic(event.happened_on, event.back_entry, event.meeting_id)
        case FactPassedOn(fact=Fact.REOPENING, reason=str(reason)):
            return ReopenTopic(reason, event.undone, event.meeting_id)
    raise ValueError(f"{event.fact} passed on without what belongs to it")


ALL = (
    record_consultation,
    record_solution,
    conclude,
    reopen,
    absorb,
    absorb_further,
    propose_parts,
    record_for_a_merged_topic,
)
