"""What those behind a topic hear of it: every stage, once, in plain Chinese (N08).

That it was received is told to its proposer at once (`receipt_of`), all else to everybody behind the topic:
its proposer, those who support it and those who follow it. The proposer is told what came of it (turned down,
answered, solved, concluded) in any case; stages are of the class `follow`, which one may mute or have in a
digest. What a proposer did is no news to them: their withdrawal, their rating.

No names, no reasons and no replies are repeated: they are read with the topic. A back-entry is no news.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.notify.domain.recipients import person
from services.notify.domain.wording import LONGEST_NAME, RESULTS, day, fit, moment
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemClosed,
    ProblemReassigned,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    TypicalCasePublished,
)
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingHeld,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesPublished,
)
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicSplit,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import ReplyResult

_TOLD_OTHERWISE = frozenset({"raise", "adopt", "prepare", "consult", "convert", "track"})
"""Steps with events of their own: received, adopted, meeting scheduled, held, assigned, concluded."""

STAGES: tuple[type[DomainEvent], ...] = (
    TopicTriaged,
    TopicAdopted,
    TopicRejected,
    TopicWithdrawn,
    TopicMerged,
    MergerUndone,
    TopicSplit,
    StepCompleted,
    TopicConcluded,
    TopicReopened,
    MeetingScheduled,
    MeetingRescheduled,
    MeetingCancelled,
    MeetingHeld,
    MinutesPublished,
    ProblemAssigned,
    ProblemReassigned,
    DueDateExtended,
    ProblemReplied,
    ProblemSolved,
    ProblemReopened,
    ProblemClosed,
    TypicalCasePublished,
)
"""The events of which some are news: `news_of` says which."""


@dataclass(frozen=True, slots=True)
class News:
    """A stage of a topic, as it is told.

    Attributes:
        result: what came of the topic, which its proposer is told in any case.
        own: it is the proposer's own doing, and no news to them.
        here: it concerns those who stood behind this topic before it was merged, not behind its survivor.
        told: recipients who hear of it elsewhere, in other words.
    """

    title: str
    body: str
    result: bool = False
    own: bool = False
    here: bool = False
    told: tuple[str, ...] = ()


def receipt_of(event: TopicProposed) -> tuple[str, str] | None:
    """Return title and text that confirm a proposal to its proposer; None where there is nothing to confirm.

    A part of a topic that was split was proposed by nobody: the proposer hears of the split.
    """
    if event.back_entry or event.split_from is not None:
        return None
    return "您的议题已收到", f"于{day(event.proposed_on)}收到，将由工作人员分办、研究是否立项。"


def news_of(event: DomainEvent) -> News | None:
    """Return what an event is to those behind its topic; None for what is no stage, or a back-entry."""
    if event.back_entry:
        return None
    return _of_topic(event) or _of_meeting(event) or _of_problem(event)


def _of_topic(event: DomainEvent) -> News | None:
    match event:
        case TopicTriaged():
            return News("议题已分办", f"于{day(event.triaged_on)}分办，正在研究是否立项。")
        case TopicAdopted():
            return News("议题已立项", f"于{day(event.adopted_on)}立项，进入协商程序。")
        case TopicRejected():
            told = (person(event.proposer),) if event.proposer else ()  # with the reason, which is theirs
            return News("议题未予立项", "理由见议题页面。", result=True, told=told)
        case TopicWithdrawn():
            return News("议题已撤回", "不再继续办理。", own=True)
        case TopicMerged():
            return News("议题已并案", "已并入内容相近的议题，今后的进展按并入后的议题告知您。", here=True)
        case MergerUndone():
            return News("并案已撤销", "议题继续单独办理。")
        case TopicSplit():
            return News(f"议题已拆分出 {len(event.parts)} 个议题", "原议题和各部分分别办理。")
        case StepCompleted(step="survey"):
            on = f"于{day(event.completed_on)}" if event.completed_on else ""
            return News("议题已完成调查研究", f"调查研究{on}完成，接下来准备协商。")
        case StepCompleted() if event.step not in _TOLD_OTHERWISE:
            on = f"于{day(event.completed_on)}" if event.completed_on else ""
            return News("议题办理有新进展", f"又一个步骤{on}完成，详情见议题页面。")
        case TopicConcluded():
            on = f"于{day(event.concluded_on)}" if event.concluded_on else ""
            return News("议题已办结", f"议题{on}办结，感谢您的参与。", result=True)
        case TopicReopened():
            return News("议题重新办理", "此前办结的议题重新办理，进展将继续告知您。")
    return None


def _of_meeting(event: DomainEvent) -> News | None:
    match event:
        case MeetingScheduled():
            when = moment(event.starts_at) if event.starts_at else day(event.day)
            return News("议题将开展协商", f"协商活动定于{when}举行，地点和报名见活动页面。")
        case MeetingRescheduled():
            told = tuple(person(p) for p in event.people)
            return News("协商活动有变动", f"时间为{moment(event.starts_at)}，地点见活动页面。", told=told)
        case MeetingCancelled():
            told = tuple(person(p) for p in event.people)
            return News("协商活动已取消", "另行安排后将告知您。", told=told)
        case MeetingHeld():
            opinions = f"，形成协商意见 {len(event.opinions)} 条" if event.opinions else ""
            return News("议题已协商", f"协商活动于{day(event.held_on)}举行{opinions}。")
        case MinutesPublished():  # which are news once: corrections are not (`projections/news.py`)
            return News("会议记录已公布", f"于{day(event.published_on)}公布，可在活动页面查看。")
    return None


def _of_problem(event: DomainEvent) -> News | None:
    match event:
        case ProblemAssigned():
            return News("问题已交办", f"由{_name(event.lead)}办理，最迟{day(event.due_on)}答复。")
        case ProblemReassigned():
            return News("问题改由其他单位办理", f"由{_name(event.lead)}办理，最迟{day(event.due_on)}答复。")
        case DueDateExtended():
            return News("答复期限延长", f"经批准，最迟{day(event.due_on)}答复。")
        case ProblemReplied():
            return _replied(event)
        case ProblemSolved():
            on = f"于{day(event.solved_on)}" if event.solved_on else ""
            return News("问题已解决", f"问题{on}销号。", result=True)
        case ProblemReopened():
            by = f"，最迟{day(event.due_on)}再次答复" if event.due_on else ""
            return News("问题重新办理", f"第 {event.attempt} 次办理{by}。")
        case ProblemClosed() if event.reason is not None:  # else by a D reply, which says so itself
            return News(
                "问题已办结", "经县政协办公室研究，不再办理，不计入已解决；理由见问题办理记录。", result=True
            )
        case TypicalCasePublished(reason=None):  # with one, it corrects what was published
            return News(
                "典型案例已发布", f"议题的协商过程和成效写成了典型案例，于{day(event.published_on)}发布。"
            )
    return None


def _replied(event: ProblemReplied) -> News:
    result = f"{event.result} 类（{RESULTS[event.result]}）"
    body = f"{_name(event.lead)}于{day(event.replied_on)}答复，办理结果为 {result}。"
    if event.result is ReplyResult.D:
        return News("问题已答复", f"{body}答复即办结。", result=True)
    again = f"将于{day(event.follow_up_on)}回头看，再次答复。" if event.follow_up_on else ""
    return News("问题已答复，请评价", f"{body}{again}请提出人评价是否满意。", result=True)


def _name(lead: str) -> str:
    return fit(lead, LONGEST_NAME)
