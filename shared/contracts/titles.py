"""What an event is called where people read a history, in Chinese; in English its own name says it."""

from __future__ import annotations

import re

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")

CHINESE = {
    # topics
    "ClaimReleased": "解除认领",
    "FactPassedOn": "转至存续议题",
    "MergerUndone": "撤销并案",
    "PlanAmended": "计划调整",
    "PlanApproved": "计划审定",
    "PlanDrafted": "起草计划",
    "PlanIssued": "计划印发",
    "PlanItemAdded": "列入计划条目",
    "PlanItemRemoved": "删除计划条目",
    "PlanItemRevised": "修改计划条目",
    "PlanReturned": "计划退回修改",
    "PlanReviewed": "主席会议审议",
    "ProcedurePublished": "发布协商程序",
    "StepCompleted": "完成步骤",
    "StepWaived": "免去步骤",
    "SurveyRecorded": "登记调查研究",
    "TopicAbsorbed": "并入另一议题",
    "TopicAdopted": "议题立项",
    "TopicClaimed": "认领议题",
    "TopicConcluded": "议题办结",
    "TopicMerged": "并入其他议题",
    "TopicProposed": "提出议题",
    "TopicRejected": "议题不予立项",
    "TopicReopened": "重新办理",
    "TopicSplit": "拆分议题",
    "TopicSupplemented": "补充说明",
    "TopicSupported": "附议",
    "TopicTriaged": "议题分办",
    "TopicWithdrawn": "撤回议题",
    # meetings
    "AgendaSet": "确定议程",
    "AttendeeCheckedIn": "签到",
    "BallotTaken": "表决",
    "InvitationAnswered": "答复邀请",
    "MeetingCancelled": "取消会议",
    "MeetingHeld": "会议结束",
    "MeetingOpened": "会议开始",
    "MeetingRescheduled": "会议改期",
    "MeetingScheduled": "安排会议",
    "MemberActivityCorrected": "更正履职活动",
    "MemberActivityRecorded": "登记履职活动",
    "MemberActivityStruck": "撤销履职活动",
    "MemberChanged": "委员信息变更",
    "MemberEnrolled": "委员登记",
    "MemberPosted": "委员下沉",
    "MemberRetired": "委员离任",
    "MinutesDrafted": "起草会议记录",
    "MinutesPublished": "公布会议记录",
    "MinutesSigned": "签署会议记录",
    "NoticeSent": "发出会议通知",
    "OpinionAgreed": "形成协商意见",
    "ParticipantInvited": "邀请参会",
    "ParticipantRegistered": "报名",
    "ParticipantWaitlisted": "列入候补",
    "RegistrationWithdrawn": "取消报名",
    "SeatPromoted": "候补转正",
    "SectorBranchActivityRecorded": "登记支部活动",
    "SectorBranchChanged": "支部信息变更",
    "SectorBranchDissolved": "撤销支部",
    "SectorBranchFounded": "成立支部",
    "SegmentStarted": "进入议程环节",
    "StandardPublished": "发布阵地标准",
    "VenueAssessed": "阵地评估",
    "VenueChanged": "阵地信息变更",
    "VenueClosed": "阵地停用",
    "VenueOpened": "设立阵地",
    "VenueReopened": "阵地恢复使用",
    # cases
    "LedgerEntryOpened": "登记入台账",
    "LoopClosed": "“五个一”闭环",
    "LoopItemDone": "“五个一”完成一项",
    "LoopItemExempted": "“五个一”免除一项",
    "LoopItemUndone": "“五个一”一项重新待办",
    "LoopReopened": "闭环重新打开",
    "MediaReported": "媒体报道",
    "ProblemAssigned": "交办",
    "ProblemClosed": "办结(D 类答复)",
    "ProblemConfirmed": "召集人确认解决",
    "ProblemReferred": "报办公室决定",
    "ProblemReopened": "重新办理",
    "ProblemReplied": "答复",
    "ProblemSolved": "销号",
    "ReplyRated": "满意度评价",
    "TypicalCaseWritten": "形成典型案例",
    # notify
    "NoticePosted": "发出通知",
    "NoticeRead": "已读通知",
}
"""By the event's name, whatever its version."""


def english(name: str) -> str:
    """Return an event's name as words: `TopicProposed` as `Topic proposed`."""
    return _WORD.sub(" ", name).capitalize()
