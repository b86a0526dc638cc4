"""A topic from proposal to conclusion.

The names and fields of its events are stored for good (`shared/contracts/topics.py`). What a topic is and
what events make of it is in `state`; what commands do, by concern: `life`, `uptake`, `steps`, `surveys`,
`support`, `merging`.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.topics.domain.topic.life import (
    ConcludeTopic,
    LifeCommand,
    ProposeTopic,
    Receiving,
    ReopenTopic,
    WithdrawTopic,
    decide_life,
    propose,
)
from services.topics.domain.topic.merging import (
    AbsorbTopic,
    MergeTopic,
    MergingCommand,
    OtherTopic,
    Part,
    SplitTopic,
    decide_merging,
)
from services.topics.domain.topic.state import (
    ADOPT,
    CONSULT,
    CONVERT,
    RAISE,
    SURVEY,
    TRACK,
    Adopted,
    Ended,
    Ending,
    Proposed,
    Topic,
    Unknown,
    evolve,
)
from services.topics.domain.topic.steps import (
    CompleteStep,
    RecordConsultation,
    RecordSolution,
    StepCommand,
    WaiveStep,
    decide_step,
)
from services.topics.domain.topic.support import (
    ClaimTopic,
    ReleaseClaim,
    SupplementTopic,
    SupportCommand,
    SupportTopic,
    decide_support,
)
from services.topics.domain.topic.surveys import RecordSurvey, record_survey
from services.topics.domain.topic.uptake import (
    AdoptTopic,
    Circumstances,
    RejectTopic,
    TriageTopic,
    UptakeCommand,
    decide_uptake,
)
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError

TopicCommand = (
    ProposeTopic | UptakeCommand | LifeCommand | StepCommand | RecordSurvey | SupportCommand | MergingCommand
)


def decide(command: TopicCommand, topic: Topic) -> Sequence[DomainEvent]:
    """Return what a command does to a topic.

    Raises:
        NotThereError: nothing was proposed under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, ProposeTopic):
        return propose(command, topic)
    if isinstance(topic, Unknown):
        raise NotThereError("topic-unknown", zh="没有这个议题。", en="There is no such topic.")
    if isinstance(command, UptakeCommand):
        return decide_uptake(command, topic)
    if isinstance(command, LifeCommand):
        return decide_life(command, topic)
    if isinstance(command, StepCommand):
        return decide_step(command, topic)
    if isinstance(command, RecordSurvey):
        return record_survey(command, topic)
    if isinstance(command, SupportCommand):
        return decide_support(command, topic)
    return decide_merging(command, topic)


__all__ = [
    "ADOPT",
    "CONSULT",
    "CONVERT",
    "RAISE",
    "SURVEY",
    "TRACK",
    "AbsorbTopic",
    "AdoptTopic",
    "Adopted",
    "Circumstances",
    "ClaimTopic",
    "CompleteStep",
    "ConcludeTopic",
    "Ended",
    "Ending",
    "MergeTopic",
    "OtherTopic",
    "Part",
    "ProposeTopic",
    "Proposed",
    "Receiving",
    "RecordConsultation",
    "RecordSolution",
    "RecordSurvey",
    "RejectTopic",
    "ReleaseClaim",
    "ReopenTopic",
    "SplitTopic",
    "SupplementTopic",
    "SupportTopic",
    "Topic",
    "TopicCommand",
    "TriageTopic",
    "Unknown",
    "WaiveStep",
    "WithdrawTopic",
    "decide",
    "evolve",
]
