"""A topic's timeline as everybody may read it: the same sentences, without what somebody wrote freely.

Reasons, places and titles that people typed may name somebody, and departments write them for each other.
Where a sentence quotes one, another stands in its place. Every kind of happening is in one of the three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.platform.language import Language, Text
from shared.platform.privacy import masked

TOLD = frozenset(
    {
        "TopicProposed",
        "TopicTriaged",
        "TopicAdopted",
        "TopicClaimed",
        "StepCompleted",
        "TopicMerged",
        "MergerUndone",
        "TopicAbsorbed",
        "TopicConcluded",
        "MeetingScheduled",
        "NoticeSent",
        "MeetingHeld",
        "MinutesPublished",
        "LedgerEntryOpened",
        "TypicalCaseSelected",
        "MediaReported",
        "LoopClosed",
        "EntryArchived",
        "ProblemAssigned",
        "ProblemReassigned",
        "ProgressReported",
        "ProblemReplied",
        "ReplyRated",
        "ProblemSolved",
    }
)
"""Told as in the timeline: days, counts, organisations and fixed words."""

INSTEAD: Mapping[str, Text] = {
    "TopicRejected": Text("不予立项", "Not taken up"),
    "TopicWithdrawn": Text("议题撤回", "Withdrawn"),
    "TopicReopened": Text("议题重新办理", "Topic reopened"),
    "TopicSplit": Text("部分内容拆分为其他议题", "Parts of it became topics of their own"),
    "StepWaived": Text("经批准免去一个步骤", "A step was waived, with approval"),
    "SurveyRecorded": Text("开展调查研究", "Survey made"),
    "MeetingRescheduled": Text("会议改期", "Meeting rescheduled"),
    "MeetingCancelled": Text("会议取消", "Meeting cancelled"),
    "LoopItemExempted": Text("“五个一”中一项经批准免除", "One of the five was exempted, with approval"),
    "LoopReopened": Text("闭环重新打开", "Loop reopened"),
    "TypicalCaseWritten": Text("形成典型案例", "Typical case written"),
    "TypicalCasePublished": Text("发布典型案例", "Typical case published"),
    "DueDateExtended": Text("办理时限经批准延长", "Due date put off, with approval"),
    "ProblemConfirmed": Text("召集人确认解决", "Confirmed by the convener"),
    "ProblemReopened": Text("问题重新办理", "Problem reopened"),
    "ProblemReferred": Text("报县政协办公室决定", "Referred to the county's office"),
    "ReferralDecided": Text("县政协办公室作出决定", "Decided by the county's office"),
    "ProblemClosed": Text("问题办结", "Problem closed"),
}
"""Told in words that quote nobody."""

WITHHELD = frozenset({"TopicSupplemented", "ClaimReleased", "ProblemReturned", "ProposerContacted"})
"""Between the proposer, a group or departments."""


@dataclass(frozen=True, slots=True)
class PublicHappening:
    """A line of a public timeline.

    Attributes:
        on: an ISO day in Asia/Shanghai; None where the record does not say.
    """

    on: str | None
    text: str


def public_happenings(entries: Iterable[Mapping[str, Any]], language: Language) -> list[PublicHappening]:
    """Return the entries of a document of `timeline` that everybody may read, in their order."""
    return [
        PublicHappening(entry["on"], _sentence(entry, language))
        for entry in entries
        if entry["kind"] in TOLD or entry["kind"] in INSTEAD
    ]


def _sentence(entry: Mapping[str, Any], language: Language) -> str:
    if entry["kind"] in INSTEAD:
        return INSTEAD[entry["kind"]].in_(language)
    return masked(entry[language])
