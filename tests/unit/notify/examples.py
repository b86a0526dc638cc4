"""A dark corner in a town, and what its departments and offices are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from services.notify.domain.messages import department, liaison, office
from services.notify.domain.notice import PostNotice, ReadNotice
from shared.contracts.cases import (
    ProblemAssigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
)
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted, NoticeRead
from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Origin, ReplyResult

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
REFERRED = ProblemReferred(**PROBLEM, reason="张某某仍不满意")

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
