"""The shape of a meeting, as OpenAPI shows it, and of the list of meetings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from services.meetings.projections.meetings import SORTS
from services.meetings.views.base import View
from shared.contracts.meetings import AgendaItem, AgreedOpinion, Attendance, ReservedSeats
from shared.contracts.types import Flag, MeetingForm
from shared.platform.language import Language
from shared.platform.language import Text as Words
from shared.platform.lists import Cell, Column, Listing, in_words
from shared.platform.words import FORMS


class Situation(StrEnum):
    """Where a meeting stands."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    HELD = "held"
    CANCELLED = "cancelled"


class SegmentView(View):
    """An item of the agenda that the meeting came to."""

    item_id: str
    started_at: datetime


class BallotView(View):
    """A ballot's result."""

    ballot_id: str
    question: str
    opinion_id: str | None = None
    in_favour: int
    against: int
    abstentions: int
    present: int
    tellers: tuple[str, ...]
    passed: bool
    taken_at: datetime


class NoticeView(View):
    """A notice that was sent, with titles of the papers that went with it."""

    sent_on: date
    papers: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()


class ChangeView(View):
    """Another time, place or size, and why; `was_…` before, and what it is after."""

    reason: str
    rescheduled_on: date
    sequence: int
    was_starts_at: datetime
    was_ends_at: datetime
    was_venue_id: str | None = None
    was_link: str | None = None
    starts_at: datetime
    ends_at: datetime
    venue_id: str | None = None
    link: str | None = None
    capacity: int | None = None
    flags: tuple[Flag, ...] = ()


class MeetingView(View):
    """A meeting as it stands.

    Attributes:
        sequence: how often it has changed since it was scheduled.
        attendance: who is there so far; once held, who was; null while nobody is known to be.
        segments: the items of the agenda that it came to, in order.
        notices: of its present day and place.
        flags: rules of good order that its scheduling, notice or holding did not keep.
    """

    meeting_id: str
    topic_id: str
    topic_title: str | None = None
    division: str
    form: MeetingForm
    form_title: str | None = None
    venue_id: str | None = None
    link: str | None = None
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    convener: str | None = None
    host: str | None = None
    recorder: str | None = None
    capacity: int | None = None
    reserved: tuple[ReservedSeats, ...] = ()
    situation: Situation
    sequence: int = 0
    opened_at: datetime | None = None
    held_on: date | None = None
    attendance: Attendance | None = None
    agenda: tuple[AgendaItem, ...] = ()
    segments: tuple[SegmentView, ...] = ()
    opinions: tuple[AgreedOpinion, ...] = ()
    ballots: tuple[BallotView, ...] = ()
    notices: tuple[NoticeView, ...] = ()
    changes: tuple[ChangeView, ...] = ()
    flags: tuple[Flag, ...] = ()
    cancelled_on: date | None = None
    cancel_reason: str | None = None
    back_entry: bool = False


SITUATIONS = {
    Situation.SCHEDULED: Words("已安排", "scheduled"),
    Situation.OPEN: Words("进行中", "taking place"),
    Situation.HELD: Words("已举行", "held"),
    Situation.CANCELLED: Words("已取消", "cancelled"),
}


def _number_of(value: Any, language: Language) -> Cell:  # noqa: ANN401 - any list
    return len(value)


MEETING_LIST = Listing(
    name="meetings",
    title=Words("协商活动", "Meetings"),
    view=MeetingView,
    columns=(
        Column("day", "日期", "Day"),
        Column("topic_title", "议题", "Topic", width=40),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("form", "协商形式", "Form", in_words(FORMS)),
        Column("form_title", "形式说明", "Form in its own words"),
        Column("division", "区划代码", "Division"),
        Column("venue_id", "阵地编号", "Venue"),
        Column("link", "线上链接", "Link"),
        Column("starts_at", "开始时间", "Starts"),
        Column("ends_at", "结束时间", "Ends"),
        Column("convener", "召集人", "Convener"),
        Column("host", "主持人", "Host"),
        Column("recorder", "记录人", "Recorder"),
        Column("capacity", "名额", "Seats"),
        Column("held_on", "举行日期", "Held on"),
        Column("attendance.expected", "应到", "Expected"),
        Column("attendance.present", "实到", "Present"),
        Column("attendance.members", "政协委员", "Members"),
        Column("attendance.departments", "职能部门", "Departments"),
        Column("attendance.stakeholders", "利益相关方", "Stakeholders"),
        Column("attendance.residents", "群众", "Residents"),
        Column("opinions", "协商意见数", "Opinions", _number_of),
        Column("flags.text", "提示", "Flags", width=40),
        Column("back_entry", "补录", "Entered afterwards"),
        Column("cancelled_on", "取消日期", "Cancelled on"),
        Column("cancel_reason", "取消原因", "Reason", width=30),
        Column("topic_id", "议题编号", "Topic id"),
        Column("meeting_id", "活动编号", "Meeting id"),
    ),
    sorts=SORTS | {"id": "_id"},
    default="-day",
    searchable=True,
    past=True,
)
