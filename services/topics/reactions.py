"""What topics does when something happened in meetings, in cases, or to a merged topic."""

from __future__ import annotations

from services.topics.deciders import TOPIC
from services.topics.domain.topic import (
    AbsorbTopic,
    ConcludeTopic,
    RecordConsultation,
    RecordSolution,
    ReopenTopic,
)
from shared.contracts.cases import LoopClosed, LoopReopened, ProblemSolved
from shared.contracts.meetings import MeetingHeld
from shared.contracts.topics import TopicMerged
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
    """A topic is concluded when its loop closes (T19)."""
    return [Send(TOPIC.stream(event.topic_id), ConcludeTopic(event.closed_on, event.back_entry))]


@reaction(LoopReopened)
def reopen(event: LoopReopened) -> list[Send]:
    """A topic is reopened when its loop reopens (T19)."""
    return [Send(TOPIC.stream(event.topic_id), ReopenTopic(event.reason))]


@reaction(TopicMerged)
def absorb(event: TopicMerged) -> list[Send]:
    """The survivor keeps the trace of what was merged into it (T12)."""
    return [Send(TOPIC.stream(event.into), AbsorbTopic(event.topic_id, event.back_entry))]


ALL = (record_consultation, record_solution, conclude, reopen, absorb)
