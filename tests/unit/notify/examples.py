"""A dark corner in a town, and what its departments and offices are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.notify.domain.notice import PostNotice, ReadNotice
from services.notify.domain.recipients import department, liaison, office
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ReferralDecided,
)
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    NoticeSent,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted, NoticeRead
from shared.contracts.topics import TopicProposed, TopicRejected
from shared.contracts.types import AttendeeKind, Channel, Origin, ReferralDecision, ReplyResult

TOWN, NEXT_TOWN, COUNTY, NEXT_COUNTY = "371621001", "371621002", "371621", "371622"
LAMPS, CORNER = "street-lamps", "dark-corner"
JUNE_3, SEPTEMBER_3, SEPTEMBER_5, NOVEMBER_5 = (
    date(2024, 6, 3),
    date(2024, 9, 3),
    date(2024, 9, 5),
    date(2024, 11, 5),
)
NOON = datetime(2024, 9, 5, 4, 0, tzinfo=UTC)

HOUSING, FINANCE = department("县住建局"), department("县财政局")
LIAISON, OFFICE = liaison(TOWN), office(COUNTY)

PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    proposed_on=JUNE_3,
)
PROBLEM: dict[str, Any] = {
    "problem_id": CORNER,
    "entry_id": "meeting-on-lamps",
    "topic_id": LAMPS,
    "division": TOWN,
}
ASSIGNED = ProblemAssigned(
    **PROBLEM,
    text="东关社区三处路灯不亮",
    lead="县住建局",
    co_handlers=("县财政局",),
    assigned_on=JUNE_3,
    due_on=SEPTEMBER_3,
)
REPLIED = ProblemReplied(
    **PROBLEM,
    lead="县住建局",
    result=ReplyResult.A,
    text="已与张某某沟通，路灯修复。",
    replied_on=SEPTEMBER_3,
    contacted_on=SEPTEMBER_3,
)
SOLVED = ProblemSolved(**PROBLEM, solved_on=SEPTEMBER_5)
REOPENED = ProblemReopened(
    **PROBLEM,
    lead="县住建局",
    co_handlers=("县财政局",),
    reason="张某某反映又不亮了",
    due_on=NOVEMBER_5,
    attempt=2,
)
RETURNED = ProblemReturned(**PROBLEM, lead="县住建局", reason="张某某说应由镇里负责", returned_on=SEPTEMBER_3)
REASSIGNED = ProblemReassigned(
    **PROBLEM,
    lead="县住建局",
    co_handlers=("县财政局",),
    previous_lead="县城管局",
    assigned_on=SEPTEMBER_3,
    due_on=NOVEMBER_5,
)
EXTENDED = DueDateExtended(
    **PROBLEM,
    lead="县住建局",
    reason="张某某不在家",
    approver="县政协办公室",
    due_before=SEPTEMBER_3,
    due_on=NOVEMBER_5,
    extended_on=SEPTEMBER_3,
)
DECIDED = ReferralDecided(
    **PROBLEM,
    decision=ReferralDecision.CLOSE,
    reason="已向张某某说明",
    lead=None,
    decided_on=NOVEMBER_5,
)
REFERRED = ProblemReferred(**PROBLEM, reason="张某某仍不满意")

PROPOSER, RESIDENT = "person-who-proposed", "person-who-waits"
OF_MEETING: dict[str, Any] = {"meeting_id": "meeting-on-lamps", "topic_id": LAMPS}
REJECTED = TopicRejected(
    topic_id=LAMPS,
    reason="属于个人之间的纠纷，请向人民调解委员会反映",
    proposer=PROPOSER,
    rejected_on=SEPTEMBER_3,
)
INVITED = ParticipantInvited(**OF_MEETING, person=RESIDENT, kind=AttendeeKind.RESIDENT, invited_at=NOON)
REGISTERED = ParticipantRegistered(
    **OF_MEETING, person=RESIDENT, kind=AttendeeKind.RESIDENT, number=7, registered_at=NOON
)
PROMOTED = SeatPromoted(**OF_MEETING, person=RESIDENT, kind=AttendeeKind.RESIDENT, number=7, promoted_at=NOON)
WITHDRAWN = RegistrationWithdrawn(
    **OF_MEETING, person=RESIDENT, kind=AttendeeKind.RESIDENT, number=7, had_seat=True, withdrawn_at=NOON
)
NOTICE_SENT = NoticeSent(**OF_MEETING, papers=("协商方案",), people=(PROPOSER, RESIDENT), sent_on=SEPTEMBER_3)
RESCHEDULED = MeetingRescheduled(
    **OF_MEETING,
    reason="张某某请假",
    was_starts_at=datetime(2024, 9, 5, 1, 0, tzinfo=UTC),
    was_ends_at=datetime(2024, 9, 5, 3, 0, tzinfo=UTC),
    starts_at=datetime(2024, 9, 6, 6, 30, tzinfo=UTC),
    ends_at=datetime(2024, 9, 6, 8, 30, tzinfo=UTC),
    day=date(2024, 9, 6),
    people=(PROPOSER, RESIDENT),
    sequence=1,
    rescheduled_on=SEPTEMBER_3,
)
CANCELLED = MeetingCancelled(
    **OF_MEETING, reason="张某某请假", cancelled_on=SEPTEMBER_3, people=(PROPOSER, RESIDENT)
)

CAUSE = f"problem-{CORNER}:1"
POST = PostNotice(
    division=TOWN, recipient=HOUSING, cause=CAUSE, title="新交办问题", body="请答复。", topic_id=LAMPS
)
POSTED = NoticePosted(
    notice_id=POST.notice_id,
    division=TOWN,
    recipient=HOUSING,
    channel=NoticeChannel.INBOX,
    notice_class=NoticeClass.TRANSACTIONAL,
    cause=CAUSE,
    topic_id=LAMPS,
    title="新交办问题",
    body="请答复。",
)
READ_IT = ReadNotice(frozenset({HOUSING}), NOON)
READ = NoticeRead(notice_id=POST.notice_id, read_at=NOON)
