"""What happened, as one line of a topic's timeline: the day, and a sentence in both languages.

Titles, organisations and reasons are quoted as they were recorded. Opaque ids of people are left out, and
so are the events in `NOT_TOLD`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from services.board.words import LOOP_ITEMS, MEDIA_LEVELS, RATINGS, SELECTION_LEVELS
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    ArchiveNumberAssigned,
    DueDateExtended,
    EntryArchived,
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    MediaReported,
    ProblemAssigned,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ProgressReported,
    ProposerContacted,
    ReferralDecided,
    ReplyRated,
    TypicalCaseDrafted,
    TypicalCasePublished,
    TypicalCaseSelected,
    TypicalCaseWritten,
)
from shared.contracts.meetings import (
    InvitationAnswered,
    MeetingCancelled,
    MeetingHeld,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesDrafted,
    MinutesPublished,
    NoticeSent,
    ParticipantInvited,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.topics import (
    ClaimReleased,
    ConsultationConcluded,
    ConsultationReopened,
    FactPassedOn,
    MergerUndone,
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
from shared.contracts.types import ContactMeans, ReferralDecision
from shared.platform.language import Text
from shared.platform.words import CLASSES, FORMS, ORIGINS

EVENTS: tuple[type[DomainEvent], ...] = (
    TopicProposed,
    TopicSupplemented,
    TopicTriaged,
    TopicAdopted,
    TopicRejected,
    TopicClaimed,
    ClaimReleased,
    SurveyRecorded,
    StepCompleted,
    StepWaived,
    TopicSplit,
    TopicMerged,
    MergerUndone,
    TopicAbsorbed,
    TopicWithdrawn,
    TopicConcluded,
    TopicReopened,
    MeetingScheduled,
    NoticeSent,
    MeetingRescheduled,
    MeetingHeld,
    MinutesPublished,
    MeetingCancelled,
    LedgerEntryOpened,
    LoopItemExempted,
    TypicalCaseWritten,
    TypicalCasePublished,
    TypicalCaseSelected,
    MediaReported,
    LoopClosed,
    LoopReopened,
    EntryArchived,
    ProblemAssigned,
    ProblemReturned,
    ProblemReassigned,
    ProposerContacted,
    ProgressReported,
    DueDateExtended,
    ProblemReplied,
    ReplyRated,
    ProblemConfirmed,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ReferralDecided,
    ProblemClosed,
)
NOT_TOLD: tuple[type[DomainEvent], ...] = (
    # noted after another event that is told
    LoopItemDone,
    LoopItemUndone,
    LoopProblemClosed,
    ArchiveNumberAssigned,
    FactPassedOn,
    ConsultationConcluded,
    ConsultationReopened,
    # about one person, or so many of them that nothing else would be found
    TopicSupported,
    ParticipantInvited,
    InvitationAnswered,
    ParticipantRegistered,
    ParticipantWaitlisted,
    SeatPromoted,
    RegistrationWithdrawn,
    # a draft, which nobody else sees
    MinutesDrafted,
    TypicalCaseDrafted,
)
"""What names a topic and has no line of its own; notices are no part of a topic's history either."""

Happening = tuple[date | None, Text]
"""The day it happened, in Asia/Shanghai (None where the record does not say), and the sentence."""


def happening(event: DomainEvent, steps: Mapping[str, str]) -> Happening:
    """Return an event as a line of the timeline.

    Args:
        event: one of `EVENTS`.
        steps: titles of the topic's steps by code, as far as they are known.

    Raises:
        TypeError: it is none of `EVENTS`.
    """
    told = (
        _of_topic(event, steps)
        or _of_ways(event)
        or _of_meeting(event)
        or _of_entry(event)
        or _of_case(event)
        or _of_problem(event)
        or _of_handling(event)
    )
    if told is None:
        raise TypeError(f"{event.type} has no line in a timeline; add it here")
    return told


def _of_topic(event: DomainEvent, steps: Mapping[str, str]) -> Happening | None:
    match event:
        case TopicProposed():
            origin = ORIGINS[event.origin]
            return event.proposed_on, Text(f"议题提出（{origin.zh}）", f"Topic proposed by {origin.en}")
        case TopicAdopted():
            item = f"，列入计划第 {event.plan_item} 项" if event.plan_item else "，计划外"
            item_en = f", item {event.plan_item} of the plan" if event.plan_item else ", outside the plan"
            return event.adopted_on, Text(f"议题立项{item}", f"Topic adopted{item_en}")
        case StepCompleted():
            title = steps.get(event.step, event.step)
            return event.completed_on, Text(f"完成步骤：{title}", f"Step done: {title}")
        case StepWaived():
            title = steps.get(event.step, event.step)
            return event.waived_on, Text(
                f"免去步骤：{title}（{event.approver}批准：{event.reason}）",
                f"Step waived: {title} (approved by {event.approver}: {event.reason})",
            )
        case TopicWithdrawn():
            return event.withdrawn_on, Text(f"议题撤回：{event.reason}", f"Withdrawn: {event.reason}")
        case TopicConcluded():
            return event.concluded_on, Text("议题办结", "Topic concluded")
        case TopicReopened():
            return None, Text(f"议题重新办理：{event.reason}", f"Topic reopened: {event.reason}")
    return None


def _of_ways(event: DomainEvent) -> Happening | None:
    """What is decided about a topic beside its procedure, and who takes care of it."""
    match event:
        case TopicTriaged():
            topic_class = CLASSES[event.topic_class]
            return event.triaged_on, Text(f"受理分类：{topic_class.zh}", f"Triaged: {topic_class.en}")
        case TopicRejected():
            return event.rejected_on, Text(f"不予立项：{event.reason}", f"Not taken up: {event.reason}")
        case TopicSupplemented():
            return event.supplemented_on, Text("提出人补充了情况", "The proposer added to it")
        case TopicClaimed():
            return event.claimed_on, Text(f"{event.group}认领", f"Claimed by {event.group}")
        case ClaimReleased():
            return event.released_on, Text(f"认领撤销：{event.reason}", f"Claim released: {event.reason}")
        case SurveyRecorded():
            return event.surveyed_on, Text(f"在{event.place}调研", f"Survey at {event.place}")
        case TopicSplit():
            parts, parts_en = "、".join(p.title for p in event.parts), ", ".join(p.title for p in event.parts)
            return event.split_on, Text(f"拆分出议题：{parts}", f"Split off: {parts_en}")
        case TopicMerged():
            return event.merged_on, Text("并入另一议题", "Merged into another topic")
        case MergerUndone():
            return None, Text("撤销并入，继续单独办理", "Merger undone: it goes on by itself")
        case TopicAbsorbed():
            return None, Text("另一议题并入本议题", "Another topic was merged into this one")
    return None


def _of_meeting(event: DomainEvent) -> Happening | None:
    match event:
        case MeetingScheduled():
            form = event.form_title or FORMS[event.form].zh
            form_en = event.form_title or FORMS[event.form].en
            # An old record says when it was held, not when it was called: then that day.
            on = event.day if event.back_entry else None
            return on, Text(f"安排{form}，{event.day} 举行", f"Scheduled for {event.day}: {form_en}")
        case MeetingHeld():
            present, opinions = event.attendance.present, len(event.opinions)
            came = f"，实到 {present} 人" if present is not None else ""
            came_en = f", {present} present" if present is not None else ""
            return event.held_on, Text(
                f"召开协商{came}，形成意见 {opinions} 条", f"Consultation held{came_en}, {opinions} opinions"
            )
        case NoticeSent():
            late = "（迟于程序要求）" if event.flags else ""
            late_en = ", later than the procedure asks" if event.flags else ""
            return event.sent_on, Text(f"发出会议通知{late}", f"Notice of the meeting sent{late_en}")
        case MeetingRescheduled():
            return event.rescheduled_on, Text(
                f"会议改至 {event.day}：{event.reason}", f"Rescheduled to {event.day}: {event.reason}"
            )
        case MinutesPublished():
            return event.published_on, Text("会议纪要定稿公布", "Minutes published")
        case MeetingCancelled():
            return event.cancelled_on, Text(f"会议取消：{event.reason}", f"Cancelled: {event.reason}")
    return None


def _of_entry(event: DomainEvent) -> Happening | None:
    match event:
        case LedgerEntryOpened():
            return event.held_on, Text("登记入台账", "Entered in the ledger")
        case LoopItemExempted():
            item = LOOP_ITEMS[event.item]
            return event.exempted_on, Text(
                f"“五个一”免除：{item.zh}（{event.approver}批准：{event.reason}）",
                f"Of the five: {item.en}, exempted (approved by {event.approver}: {event.reason})",
            )
        case TypicalCaseWritten():
            return event.written_on, Text(f"形成典型案例《{event.title}》", f"Typical case: {event.title}")
        case MediaReported():
            level = MEDIA_LEVELS[event.level]
            return event.reported_on, Text(
                f"{event.outlet}报道（{level.zh}）", f"Reported by {event.outlet} ({level.en})"
            )
        case LoopClosed():
            exempt = f"（{len(event.exempted)} 项免除）" if event.exempted else ""
            exempt_en = f" ({len(event.exempted)} exempted)" if event.exempted else ""
            return event.closed_on, Text(f"“五个一”闭环{exempt}", f"Loop closed{exempt_en}")
        case LoopReopened():
            return None, Text(f"闭环重新打开：{event.reason}", f"Loop reopened: {event.reason}")
        case EntryArchived():
            return event.archived_on, Text(
                f"归档，档号 {event.file_number}", f"Archived: {event.file_number}"
            )
    return None


def _of_case(event: DomainEvent) -> Happening | None:
    match event:
        case TypicalCasePublished(reason=str(reason)):
            return event.published_on, Text(
                f"更正典型案例《{event.title}》：{reason}",
                f"Typical case corrected: {event.title} ({reason})",
            )
        case TypicalCasePublished():
            return event.published_on, Text(
                f"发布典型案例《{event.title}》", f"Typical case published: {event.title}"
            )
        case TypicalCaseSelected():
            level = SELECTION_LEVELS[event.level]
            return event.selected_on, Text(
                f"典型案例被评为 {event.year} 年{level.zh}优秀案例",
                f"Typical case selected as excellent of {event.year} ({level.en})",
            )
    return None


def _of_problem(event: DomainEvent) -> Happening | None:
    match event:
        case ProblemAssigned():
            return event.assigned_on, Text(
                f"交办{event.lead}，时限 {event.due_on}", f"Assigned to {event.lead}, due {event.due_on}"
            )
        case ProblemReplied():
            later = f"，{event.follow_up_on} 回头看" if event.follow_up_on else ""
            later_en = f", to be looked at again on {event.follow_up_on}" if event.follow_up_on else ""
            return event.replied_on, Text(
                f"{event.lead}答复，结果 {event.result} 类{later}",
                f"{event.lead} answered, result {event.result}{later_en}",
            )
        case ReplyRated():
            rating = RATINGS[event.rating]
            return event.rated_on, Text(f"评价：{rating.zh}", f"Rated: {rating.en}")
        case ProblemConfirmed():
            return event.confirmed_on, Text(
                f"召集人确认解决：{event.reason}", f"Confirmed by the convener: {event.reason}"
            )
        case ProblemSolved():
            return event.solved_on, Text("问题解决，销号", "Problem solved and struck off")
        case ProblemReopened():
            due = f"，新时限 {event.due_on}" if event.due_on else "，新时限待定"
            due_en = f", due {event.due_on}" if event.due_on else ", new due date to be set"
            return event.reopened_on, Text(
                f"重新办理{due}：{event.reason}", f"Reopened{due_en}: {event.reason}"
            )
        case ProblemReferred():
            return event.referred_on, Text(
                f"报办公室决定：{event.reason}", f"Referred to the office: {event.reason}"
            )
        case ProblemClosed():
            why = f"由办公室办结：{event.reason}" if event.reason else "按 D 类答复办结"
            why_en = f"Closed by the office: {event.reason}" if event.reason else "Closed by a D reply"
            return event.closed_on, Text(why, why_en)
    return None


_MEANS = {
    ContactMeans.PHONE: Text("电话", "by telephone"),
    ContactMeans.VISIT: Text("上门", "at home"),
    ContactMeans.ON_SITE: Text("现场", "on site"),
    ContactMeans.MESSAGE: Text("信息", "by message"),
    ContactMeans.LETTER: Text("书面", "by letter"),
}
_DECISIONS = {
    ReferralDecision.HANDLE_AGAIN: Text("再次办理", "handled again"),
    ReferralDecision.CLOSE: Text("予以办结", "closed"),
}


def _of_handling(event: DomainEvent) -> Happening | None:
    """What happens to a problem between its assignment and its reply, and after a second 不满意."""
    match event:
        case ProblemReturned():
            return event.returned_on, Text(
                f"{event.lead}退回：{event.reason}", f"Returned by {event.lead}: {event.reason}"
            )
        case ProblemReassigned():
            return event.assigned_on, Text(
                f"改由{event.lead}承办，时限 {event.due_on}",
                f"Assigned to {event.lead} instead, due {event.due_on}",
            )
        case ProposerContacted():
            means = _MEANS[event.means]
            return event.contacted_on, Text(
                f"{event.lead}与提出人沟通（{means.zh}）",
                f"{event.lead} spoke with the proposer ({means.en})",
            )
        case ProgressReported():
            by = event.by or event.lead
            return event.reported_on, Text(
                f"{by}报告办理进度 {event.percent}%", f"{by} reported {event.percent} % done"
            )
        case DueDateExtended():
            return event.extended_on, Text(
                f"时限延至 {event.due_on}（{event.approver}批准：{event.reason}）",
                f"Due date put off to {event.due_on} (approved by {event.approver}: {event.reason})",
            )
        case ReferralDecided():
            decision = _DECISIONS[event.decision]
            return event.decided_on, Text(
                f"办公室决定{decision.zh}：{event.reason}",
                f"Decided by the office, {decision.en}: {event.reason}",
            )
    return None
