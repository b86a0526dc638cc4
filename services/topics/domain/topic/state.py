"""What a topic is, as far as its rules need it, and what an event makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Literal, TypeGuard

from shared.contracts.base import DomainEvent
from shared.contracts.refusal import RefusedError
from shared.contracts.topics import (
    ClaimReleased,
    ConsultationConcluded,
    ConsultationReopened,
    Fact,
    FactPassedOn,
    MergerUndone,
    Step,
    StepCompleted,
    StepWaived,
    SurveyRecorded,
    TopicAbsorbed,
    TopicAdopted,
    TopicClaimed,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicSplit,
    TopicSupplemented,
    TopicSupported,
    TopicTriaged,
    TopicWithdrawn,
)

RAISE, ADOPT, SURVEY, CONSULT, CONVERT, TRACK = "raise", "adopt", "survey", "consult", "convert", "track"
"""Codes of the steps that this service knows the meaning of, the same in every procedure."""


class Ending(StrEnum):
    """Why a topic takes no further steps (T20)."""

    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    CONCLUDED = "concluded"


@dataclass(frozen=True)
class Unknown:
    """Nothing has been proposed under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class _Raised:
    """What a topic has from its proposal on.

    Attributes:
        proposal: as it was put forward (T07).
        division: that it belongs to by now; a triage may have moved it.
        triaged: what the last triage said.
        consultations: ids of the meetings recorded as its consultation.
        open_loops: ids of those whose loop is open, and of those that a merged topic brought (T19).
        closed_loops: ids of those whose loop is closed; it may be, before the meeting is heard of.
        surveys, supplements, parts, absorbed: ids of what was recorded, added, split off, merged into it.
        backers: people who stand behind it, also behind topics that were merged into it.
        proposers: its own and those of topics that were merged into it.
    """

    proposal: TopicProposed
    division: str
    triaged: TopicTriaged | None = None
    consultations: frozenset[str] = frozenset()
    open_loops: frozenset[str] = frozenset()
    closed_loops: frozenset[str] = frozenset()
    surveys: frozenset[str] = frozenset()
    supplements: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    absorbed: frozenset[str] = frozenset()
    backers: frozenset[str] = frozenset()
    proposers: frozenset[str] = frozenset()

    @property
    def topic_id(self) -> str:
        """Return the topic's id."""
        return self.proposal.topic_id

    @property
    def supporters(self) -> frozenset[str]:
        """Return those who count as its supporters: nobody twice, no proposer (T13)."""
        return self.backers - self.proposers


@dataclass(frozen=True)
class Proposed(_Raised):
    """Raised, and waiting to be adopted."""

    situation: Literal["proposed"] = "proposed"


@dataclass(frozen=True, kw_only=True)
class Adopted(_Raised):
    """Following its pinned procedure.

    Attributes:
        steps: of the procedure, in order.
        done, waived: codes of steps.
        surveys_required: surveys that are to precede the consultation (T17).
        claim: of the member group that looks after it (T14).
    """

    steps: tuple[Step, ...]
    done: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()
    surveys_required: int = 0
    claim: TopicClaimed | None = None
    situation: Literal["adopted"] = "adopted"

    @property
    def settled(self) -> frozenset[str]:
        """Return the codes of the steps done or waived."""
        return self.done | self.waived

    def step(self, code: str) -> Step | None:
        """Return the step with this code; None where the procedure has none."""
        return next((step for step in self.steps if step.code == code), None)

    @property
    def next_step(self) -> Step | None:
        """Return the first step that is neither done nor waived."""
        return next((step for step in self.steps if step.code not in self.settled), None)

    @property
    def surveys_missing(self) -> int:
        """Return how many surveys are still to be made before the consultation."""
        return max(0, self.surveys_required - len(self.surveys))


Going = Proposed | Adopted


@dataclass(frozen=True)
class Ended:
    """Rejected, withdrawn, merged or concluded.

    Attributes:
        before: what it was, to go back to when it is reopened (T19); facts known late are noted in it.
        into: where a merged topic goes on.
        passed: what a merged topic has told its survivor, and need not tell again.
    """

    ending: Ending
    before: Proposed | Adopted
    into: str | None = None
    passed: frozenset[Fact] = frozenset()
    situation: Literal["ended"] = "ended"

    @property
    def topic_id(self) -> str:
        """Return the topic's id."""
        return self.before.topic_id

    @property
    def division(self) -> str:
        """Return the division that it belongs to."""
        return self.before.division


Topic = Unknown | Proposed | Adopted | Ended
Known = Proposed | Adopted | Ended


def evolve(topic: Topic, event: DomainEvent) -> Topic:
    """Return the topic after an event."""
    match event, topic:
        case TopicProposed(), _:
            proposers = frozenset({event.proposer} if event.proposer else ())
            return Proposed(event, event.division, proposers=proposers)
        case TopicAdopted(), Proposed():
            return _adopted(topic, event)
        case TopicReopened(), Ended():
            return _reopened(topic.before, event.meeting_id, event.undone)
        case MergerUndone(), Ended():
            return topic.before
        case FactPassedOn(), Ended():
            return _passed_on(topic, event)
        case _, Ended(ending=Ending.CONCLUDED):
            return replace(topic, before=_closed(_noted(topic.before, event)))
        case _, Ended():
            return replace(topic, before=_noted(topic.before, event))
        case TopicMerged(), Proposed() | Adopted():
            return Ended(Ending.MERGED, topic, into=event.into)
        case TopicRejected(), Proposed() | Adopted():
            return Ended(Ending.REJECTED, topic)
        case TopicWithdrawn(), Proposed() | Adopted():
            return Ended(Ending.WITHDRAWN, topic)
        case TopicConcluded(), Proposed() | Adopted():
            return Ended(Ending.CONCLUDED, _closed(topic, event.meeting_id))
        case _, Proposed() | Adopted():
            return _noted(topic, event)
    return topic


def _adopted(topic: Proposed, event: TopicAdopted) -> Adopted:
    raised = {name: value for name, value in vars(topic).items() if name != "situation"}
    done = {RAISE, ADOPT} | ({CONSULT} if topic.consultations else set())
    return Adopted(
        **raised,
        steps=event.steps,
        done=frozenset(done & {step.code for step in event.steps}),
        surveys_required=event.surveys_required or 0,
    )


def _closed(topic: Going, meeting_id: str | None = None) -> Going:
    """Return the topic with this loop closed; with all, where none is named.

    Nothing is waited for in a topic concluded by hand, or in the time before its loops were told apart.
    """
    closed = {meeting_id} if meeting_id else topic.open_loops
    return replace(topic, open_loops=topic.open_loops - closed, closed_loops=topic.closed_loops | closed)


def _reopened(topic: Going, meeting_id: str | None, undone: tuple[str, ...]) -> Going:
    again = {meeting_id} if meeting_id else set()
    after = replace(topic, open_loops=topic.open_loops | again, closed_loops=topic.closed_loops - again)
    return replace(after, done=after.done - set(undone)) if isinstance(after, Adopted) else after


def _passed_on(topic: Ended, event: FactPassedOn) -> Ended:
    """Return a merged topic that has told its survivor; it notes the fact, should it ever go on by itself."""
    before, passed = topic.before, topic.passed
    match event.fact:
        case Fact.CONSULTATION:
            before = _with_step(before, CONSULT, event.meeting_id)
        case Fact.SOLUTION:
            before, passed = _with_step(before, CONVERT), passed | {event.fact}
        case Fact.CONCLUSION:
            before, passed = _closed(before, event.meeting_id), passed | {event.fact}
        case Fact.REOPENING:
            before = _reopened(before, event.meeting_id, event.undone)
            passed = passed - {Fact.CONCLUSION, Fact.SOLUTION}
    return replace(topic, before=before, passed=passed)


def _noted(topic: Going, event: DomainEvent) -> Going:
    """Return the topic with what the event adds to it; whatever has ended takes late facts alike."""
    match event, topic:
        case TopicTriaged(), _:
            return replace(topic, triaged=event, division=event.division)
        case TopicSupported(), _:
            return replace(topic, backers=topic.backers | {event.person})
        case TopicSupplemented(), _:
            return replace(topic, supplements=topic.supplements | {event.supplement_id})
        case SurveyRecorded(), _:
            return replace(topic, surveys=topic.surveys | {event.survey_id})
        case TopicSplit(), _:
            return replace(topic, parts=topic.parts | {part.topic_id for part in event.parts})
        case TopicAbsorbed(), _:
            return with_absorbed(topic, event)
        case StepCompleted(), _:
            return _with_step(topic, event.step, event.meeting_id)
        case ConsultationConcluded(), _:
            return _closed(topic, event.meeting_id)
        case ConsultationReopened(), _:
            return _reopened(topic, event.meeting_id, event.undone)
        case StepWaived(), Adopted():
            return replace(topic, waived=topic.waived | {event.step})
        case TopicClaimed(), Adopted():
            return replace(topic, claim=event)
        case ClaimReleased(), Adopted():
            return replace(topic, claim=None)
    return topic


def with_absorbed(topic: Going, event: TopicAbsorbed) -> Going:
    """Return the topic with another one merged into it, that one's people and what is waited for there."""
    brought = frozenset() if event.passed_to else frozenset(event.open_loops) - topic.closed_loops
    return replace(
        topic,
        open_loops=topic.open_loops | brought,
        absorbed=topic.absorbed | {event.absorbed},
        backers=topic.backers | set(event.supporters),
        proposers=topic.proposers | set(event.proposers),
    )


def _with_step(topic: Going, step: str, meeting_id: str | None = None) -> Going:
    held = frozenset({meeting_id} if step == CONSULT and meeting_id else ())
    open_loops = topic.open_loops | (held - topic.closed_loops)
    after = replace(topic, consultations=topic.consultations | held, open_loops=open_loops)
    if isinstance(after, Adopted) and after.step(step):
        return replace(after, done=after.done | {step})
    return after


def going(topic: Known) -> Going:
    """Return a topic that has not ended.

    Raises:
        RefusedError: it has (T20).
    """
    if not isinstance(topic, Ended):
        return topic
    zh, en = {
        Ending.REJECTED: ("不予立项", "is rejected"),
        Ending.WITHDRAWN: ("撤回", "is withdrawn"),
        Ending.MERGED: (f"并入议题 {topic.into}", f"goes on in {topic.into}"),
        Ending.CONCLUDED: ("办结", "is concluded"),
    }[topic.ending]
    raise RefusedError(
        "topic-ended",
        rule="T20",
        zh=f"议题已{zh}，不再办理新的步骤。",
        en=f"The topic {en}; it takes no further steps.",
    )


def taking_facts(topic: Known) -> Going:
    """Return a topic that facts are recorded on: one that goes on, or was concluded before they were known.

    Raises:
        RefusedError: it was rejected or withdrawn (T20).
    """
    return topic.before if has_ended(topic, Ending.CONCLUDED) else going(topic)


def has_ended(topic: Known, how: Ending) -> TypeGuard[Ended]:
    """Tell whether a topic has ended in this way."""
    return isinstance(topic, Ended) and topic.ending is how


def following_procedure(topic: Known, *, rule: str) -> Adopted:
    """Return a topic that follows its procedure.

    Raises:
        RefusedError: it is not adopted yet, or has ended.
    """
    found = going(topic)
    if isinstance(found, Proposed):
        raise RefusedError(
            "topic-not-adopted",
            rule=rule,
            zh="议题尚未立项，没有步骤可办。",
            en="The topic is not adopted yet; it has no steps.",
        )
    return found


def check_day(
    day: date | None,
    *,
    field: str,
    since: date | None = None,
    today: date | None = None,
    rule: str | None = None,
) -> None:
    """Let pass a day that can be true.

    Args:
        day: None where nobody knows it.
        field: that holds it.
        since: of what it follows, as a rule the proposal; before that it cannot have been.
        today: in Asia/Shanghai; None where that does not matter.
        rule: which asks for the day.

    Raises:
        RefusedError: the day is before `since` or after `today`.
    """
    if day is not None and since is not None and day < since:
        raise RefusedError(
            "day-out-of-order",
            rule=rule,
            zh=f"日期 {day} 早于此前的 {since}。",
            en=f"{day} is before {since}, when what it follows happened.",
            field=field,
        )
    if day is not None and today is not None and day > today:
        raise RefusedError(
            "day-in-the-future",
            rule=rule,
            zh=f"日期 {day} 尚未到来。",
            en=f"{day} is still to come.",
            field=field,
        )
