"""A meeting from its scheduling until it was held or cancelled (M04–M06, M10, M11, M13–M15, M17).

The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.meetings.domain.standards import ITEMS
from services.meetings.domain.venue import Venue
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    AgreedOpinion,
    Attendance,
    AttendeeCheckedIn,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingScheduled,
    OpinionAgreed,
)
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import AttendeeKind, Flag, MeetingForm

SHANGHAI = ZoneInfo("Asia/Shanghai")

NOTICE_WORKING_DAYS = 3
"""Working days that people have between the scheduling and the meeting (M06)."""

COMPOSITION = {
    AttendeeKind.MEMBER: ("政协委员", 1),
    AttendeeKind.DEPARTMENT: ("职能部门", 1),
    AttendeeKind.STAKEHOLDER: ("利益相关方", 1),
    AttendeeKind.RESIDENT: ("群众", 3),
}
"""Who should be there at least, where a procedure does not say otherwise (M14)."""

# state


@dataclass(frozen=True)
class Unknown:
    """Nothing has been scheduled under this id."""

    situation: Literal["unknown"] = "unknown"
    division: str = ""


@dataclass(frozen=True)
class Scheduled:
    """Still to come; of a back-entry, still to be entered as held.

    Attributes:
        present: kinds of those who are there already, by person.
    """

    plan: MeetingScheduled
    present: Mapping[str, AttendeeKind] = field(default_factory=dict)
    situation: Literal["scheduled"] = "scheduled"

    @property
    def division(self) -> str:
        """Return the division that the meeting belongs to."""
        return self.plan.division


@dataclass(frozen=True)
class Open:
    """Taking place."""

    plan: MeetingScheduled
    opened_at: datetime
    present: Mapping[str, AttendeeKind]
    opinions: tuple[AgreedOpinion, ...] = ()
    situation: Literal["open"] = "open"

    @property
    def division(self) -> str:
        """Return the division that the meeting belongs to."""
        return self.plan.division


@dataclass(frozen=True)
class Held:
    """It took place."""

    record: MeetingHeld
    situation: Literal["held"] = "held"

    @property
    def division(self) -> str:
        """Return the division that the meeting belongs to."""
        return self.record.division


@dataclass(frozen=True)
class Cancelled:
    """It will not take place."""

    division: str
    situation: Literal["cancelled"] = "cancelled"


Meeting = Unknown | Scheduled | Open | Held | Cancelled


def evolve(meeting: Meeting, event: DomainEvent) -> Meeting:
    """Return the meeting after an event."""
    match event, meeting:
        case MeetingScheduled(), _:
            return Scheduled(event)
        case MeetingOpened(), Scheduled():
            return Open(meeting.plan, event.opened_at, meeting.present)
        case AttendeeCheckedIn(), Scheduled() | Open():
            return replace(meeting, present={**meeting.present, event.person: event.kind})
        case OpinionAgreed(), Open():
            return replace(meeting, opinions=(*meeting.opinions, event.opinion))
        case MeetingHeld(), _:
            return Held(event)
        case MeetingCancelled(), _:
            return Cancelled(meeting.division)
    return meeting


# commands


@dataclass(frozen=True)
class KnownTopic:
    """What meetings knows of a topic.

    Attributes:
        ended: withdrawn, merged or concluded (T20).
    """

    division: str
    ended: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What a scheduling meets when it arrives.

    Attributes:
        today: in Asia/Shanghai.
        topic: None where no topic of that id is known to the caller.
        venue: of the command; an empty one where there is none.
        taken: another meeting is in the venue at that time.
        notice: whole working days between today and the meeting; None where it has no hour yet.
    """

    today: date
    topic: KnownTopic | None
    venue: Venue = field(default_factory=Venue)
    taken: bool = False
    notice: int | None = None


@dataclass(frozen=True)
class ScheduleMeeting:
    """Give a meeting its day, place and people (M05).

    Attributes:
        division: the topic's, or one inside it.
        day: in Asia/Shanghai, for a back-entry that does not know the hour.
        starts_at, ends_at: aware, to the second.
        at: see `Circumstances`. No part of what was asked, so that a repeated request is the same
            command (`digest_of` leaves `at` out).
    """

    meeting_id: str
    topic_id: str
    division: str
    form: MeetingForm
    at: Circumstances
    form_title: str | None = None
    venue_id: str | None = None
    link: str | None = None
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    convener: str | None = None
    host: str | None = None
    recorder: str | None = None
    capacity: int | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class OpenMeeting:
    """The host opens the meeting (M15)."""

    at: datetime


@dataclass(frozen=True)
class CheckIn:
    """Somebody is there; checked in by hand (M10).

    Attributes:
        person: opaque id.
        helper: official role of who checks in.
    """

    person: str
    kind: AttendeeKind
    helper: str
    at: datetime


@dataclass(frozen=True)
class AgreeOpinion:
    """The meeting agrees on an opinion (M13)."""

    opinion: AgreedOpinion


@dataclass(frozen=True)
class HoldMeeting:
    """The host closes the meeting (M15).

    Attributes:
        attendance, opinions: only in a back-entry, as its source gives them (M11).
    """

    attendance: Attendance | None = None
    opinions: tuple[AgreedOpinion, ...] = ()
    back_entry: bool = False


@dataclass(frozen=True)
class CancelMeeting:
    """Call the meeting off (M17)."""

    reason: str
    today: date


MeetingCommand = ScheduleMeeting | OpenMeeting | CheckIn | AgreeOpinion | HoldMeeting | CancelMeeting

# decisions


def decide(command: MeetingCommand, meeting: Meeting) -> Sequence[DomainEvent]:
    """Return what a command does to a meeting.

    Raises:
        NotThereError: nothing was scheduled under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, ScheduleMeeting):
        return _schedule(command, meeting)
    if isinstance(meeting, Unknown):
        raise NotThereError("meeting-unknown", zh="没有这次协商活动。", en="There is no such meeting.")
    match command:
        case OpenMeeting():
            return _open(command, meeting)
        case CheckIn():
            return _check_in(command, meeting)
        case AgreeOpinion():
            return _agree(command, meeting)
        case HoldMeeting():
            return _enter_held(command, meeting) if command.back_entry else _hold(command, meeting)
        case CancelMeeting():
            return _cancel(command, meeting)


# scheduling


def _schedule(command: ScheduleMeeting, meeting: Meeting) -> Sequence[DomainEvent]:
    if not isinstance(meeting, Unknown):
        raise RefusedError(
            "meeting-exists",
            zh=f"编号 {command.meeting_id} 已有协商活动。",
            en=f"There is a meeting {command.meeting_id} already; use another id.",
            field="meeting_id",
        )
    _require_possible(command)
    day = _day_of(command)
    if command.back_entry:
        _require_past(day, command)
        flags = _flags_of_back_entry(command, day)
    else:
        _require_good_order(command, day)
        flags = _warnings(command)
    said = {name: value for name, value in vars(command).items() if name != "at"}
    times = {"starts_at": _utc(command.starts_at), "ends_at": _utc(command.ends_at)}
    return [MeetingScheduled(**{**said, **times, "day": day, "flags": flags})]


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(microsecond=0) if moment else None


def _require_possible(command: ScheduleMeeting) -> None:
    topic, venue = command.at.topic, command.at.venue
    if topic is None:
        raise RefusedError(
            "topic-unknown",
            rule="M05",
            zh="没有这个议题,不能安排协商。",
            en="There is no such topic to consult on.",
            field="topic_id",
        )
    if not command.division.startswith(topic.division):
        raise RefusedError(
            "division-outside-topic",
            rule="M05",
            zh=f"协商活动须在议题所属区划 {topic.division} 之内。",
            en=f"The topic belongs to {topic.division}; its meetings do, too.",
            field="division",
        )
    # A meeting may be the guest of another town of its county.
    if command.venue_id and (not venue.venue_id or venue.division[:6] != command.division[:6]):
        raise RefusedError(
            "venue-unknown",
            rule="M05",
            zh="没有这个协商阵地。",
            en="There is no such venue.",
            field="venue_id",
        )
    if command.starts_at and command.ends_at and command.ends_at <= command.starts_at:
        raise RefusedError(
            "ends-before-start",
            rule="M05",
            zh="结束时间须晚于开始时间。",
            en="The meeting ends after it starts.",
            field="ends_at",
        )


def _day_of(command: ScheduleMeeting) -> date:
    day = command.starts_at.astimezone(SHANGHAI).date() if command.starts_at else command.day
    if day is None:
        raise _unstated("day", "日期") if command.back_entry else _unstated("starts_at", "开始时间")
    if command.day not in (None, day):
        raise RefusedError(
            "day-differs",
            rule="M05",
            zh=f"日期 {command.day} 与开始时间({day})不一致。",
            en=f"The day {command.day} is not the one that it starts on ({day}).",
            field="day",
        )
    return day


def _unstated(field: str, title: str) -> RefusedError:
    return RefusedError(
        "meeting-incomplete",
        rule="M05",
        zh=f"安排协商须写明{title}。",
        en=f"A meeting states its {field}.",
        field=field,
    )


def _require_past(day: date, command: ScheduleMeeting) -> None:
    if day > command.at.today:
        raise RefusedError(
            "back-entry-of-future",
            zh=f"{day} 尚未到来,不能补录。",
            en=f"{day} is still to come; a back-entry tells of what has happened.",
            field="day",
        )


def _flags_of_back_entry(command: ScheduleMeeting, day: date) -> tuple[Flag, ...]:
    flags = []
    if command.host is not None and command.host == command.recorder:
        flags.append(Flag(rule="M05", text="主持人与记录人为同一人"))
    if command.at.venue.closed_on and command.at.venue.closed_on <= day:
        flags.append(Flag(rule="M04", text=f"协商阵地已于 {command.at.venue.closed_on} 关闭"))
    return tuple(flags)


def _require_good_order(command: ScheduleMeeting, day: date) -> None:
    _require_stated(command)
    if command.host == command.recorder:
        raise RefusedError(
            "host-is-recorder",
            rule="M05",
            zh="主持人与记录人不能是同一人。",
            en="Host and recorder are different persons.",
            field="recorder",
        )
    if day < command.at.today:
        raise RefusedError(
            "meeting-in-the-past",
            rule="M05",
            zh=f"{day} 已经过去;已举行的协商请补录。",
            en=f"{day} is past; enter what has happened as a back-entry.",
            field="starts_at",
        )
    if command.at.topic and command.at.topic.ended:
        raise RefusedError(
            "topic-ended",
            rule="T20",
            zh="议题已办结、撤回或并入其他议题,不再安排协商。",
            en="The topic is concluded, withdrawn or merged; nothing more is scheduled on it.",
            field="topic_id",
        )
    _require_free_venue(command)


def _require_stated(command: ScheduleMeeting) -> None:
    for name, title in (
        ("starts_at", "开始时间"),
        ("ends_at", "结束时间"),
        ("convener", "召集人"),
        ("host", "主持人"),
        ("recorder", "记录人"),
    ):
        if getattr(command, name) is None:
            raise _unstated(name, title)
    if command.venue_id is None and command.link is None:
        raise _unstated("venue_id", "协商阵地或线上链接")


def _require_free_venue(command: ScheduleMeeting) -> None:
    if command.at.venue.closed_on:
        raise RefusedError(
            "venue-closed",
            rule="M04",
            zh="协商阵地已关闭,不能安排协商。",
            en="The venue is closed; choose another one.",
            field="venue_id",
        )
    if command.at.taken:
        raise RefusedError(
            "venue-taken",
            rule="M04",
            zh="该时段协商阵地已有其他协商活动。",
            en="Another meeting is in the venue at that time.",
            field="starts_at",
        )


def _warnings(command: ScheduleMeeting) -> tuple[Flag, ...]:
    flags = []
    met = command.at.venue.met
    if met is not None and met < ITEMS:
        flags.append(Flag(rule="M04", text=f"协商阵地未全部达标({met}/{ITEMS})"))
    notice = command.at.notice
    if notice is not None and notice < NOTICE_WORKING_DAYS:
        text = f"距开会不足 {NOTICE_WORKING_DAYS} 个工作日(仅 {max(notice, 0)} 个)"
        flags.append(Flag(rule="M06", text=text))
    return tuple(flags)


# taking place


def _open(command: OpenMeeting, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    if isinstance(meeting, Open):
        return []
    scheduled = _still_to_come(meeting)
    return [MeetingOpened(meeting_id=scheduled.plan.meeting_id, opened_at=command.at)]


def _check_in(command: CheckIn, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    going = meeting if isinstance(meeting, Open) else _still_to_come(meeting)
    if command.person in going.present:
        return []
    # People sign in at the door, before the host opens; but not on another day.
    if isinstance(going, Scheduled) and command.at.astimezone(SHANGHAI).date() != going.plan.day:
        raise RefusedError(
            "check-in-not-open",
            rule="M10",
            zh=f"签到在开会当天({going.plan.day})进行。",
            en=f"People check in on the day of the meeting, {going.plan.day}.",
        )
    return [
        AttendeeCheckedIn(
            meeting_id=going.plan.meeting_id,
            person=command.person,
            kind=command.kind,
            helper=command.helper,
            checked_in_at=command.at,
        )
    ]


def _still_to_come(meeting: Scheduled | Open | Held | Cancelled) -> Scheduled:
    match meeting:
        case Cancelled():
            raise RefusedError(
                "meeting-cancelled",
                rule="M17",
                zh="协商活动已取消。",
                en="The meeting is cancelled.",
            )
        case Held():
            raise RefusedError(
                "meeting-held",
                rule="M15",
                zh="协商活动已经结束。",
                en="The meeting is over.",
            )
        case Open():
            raise RefusedError(
                "meeting-open",
                rule="M15",
                zh="协商活动正在进行。",
                en="The meeting is taking place.",
            )
        case Scheduled() if meeting.plan.back_entry:
            raise RefusedError(
                "meeting-back-entered",
                rule="M15",
                zh="补录的协商活动早已举行,请直接补录其结果。",
                en="This meeting took place before it was entered; enter that it was held.",
            )
    return meeting


def _agree(command: AgreeOpinion, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    taking_place = _taking_place(meeting)
    opinion = command.opinion
    if opinion in taking_place.opinions:
        return []
    if any(agreed.opinion_id == opinion.opinion_id for agreed in taking_place.opinions):
        raise RefusedError(
            "opinion-exists",
            rule="M13",
            zh=f"编号 {opinion.opinion_id} 已有协商意见,内容不再改变。",
            en=f"There is an opinion {opinion.opinion_id} already; what was agreed does not change.",
            field="opinion_id",
        )
    if not opinion.agreed_by:
        raise RefusedError(
            "agreement-unstated",
            rule="M13",
            zh="协商意见须写明由谁达成一致。",
            en="An agreed opinion states who agrees.",
            field="agreed_by",
        )
    return [OpinionAgreed(meeting_id=taking_place.plan.meeting_id, opinion=opinion)]


def _taking_place(meeting: Scheduled | Open | Held | Cancelled) -> Open:
    if isinstance(meeting, Open):
        return meeting
    _still_to_come(meeting)
    raise RefusedError(
        "meeting-not-open",
        rule="M15",
        zh="主持人尚未宣布开会。",
        en="The host has not opened the meeting yet.",
    )


# held


def _hold(command: HoldMeeting, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    if command.attendance is not None:
        raise _typed("attendance")
    if command.opinions:
        raise RefusedError(
            "opinions-typed",
            rule="M13",
            zh="协商意见在会上逐条记录,不在结束时填报。",
            en="Opinions are recorded as the meeting agrees on them, not when it ends.",
            field="opinions",
        )
    if isinstance(meeting, Held):
        return []
    going = _taking_place(meeting)
    held_on = going.opened_at.astimezone(SHANGHAI).date()
    return [_held(going.plan, held_on, going.opinions, _counted(going.present))]


def _counted(present: Mapping[str, AttendeeKind]) -> Attendance:
    kinds = list(present.values())
    return Attendance(
        present=len(kinds),
        members=kinds.count(AttendeeKind.MEMBER),
        departments=kinds.count(AttendeeKind.DEPARTMENT),
        stakeholders=kinds.count(AttendeeKind.STAKEHOLDER),
        residents=kinds.count(AttendeeKind.RESIDENT),
    )


def _enter_held(command: HoldMeeting, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    if isinstance(meeting, Held) and meeting.record.back_entry:
        return _enter_again(command, meeting.record)
    if not isinstance(meeting, Scheduled) or not meeting.plan.back_entry:
        raise _typed("back_entry")
    attendance = _as_typed(command.attendance)
    _require_sum(attendance)
    return [_held(meeting.plan, meeting.plan.day, command.opinions, attendance)]


def _typed(field: str) -> RefusedError:
    return RefusedError(
        "attendance-typed",
        rule="M11",
        zh="到会人数由签到得出;只有补录的协商活动可以填报。",
        en="Attendance is counted from check-ins; only a meeting entered afterwards has typed figures.",
        field=field,
    )


def _as_typed(attendance: Attendance | None) -> Attendance:
    # Without a single figure there is nothing that was typed.
    said = attendance.model_dump(exclude={"typed"}, exclude_none=True) if attendance else {}
    return Attendance(**said, typed=bool(said))


def _require_sum(attendance: Attendance) -> None:
    kinds = (attendance.members, attendance.departments, attendance.stakeholders, attendance.residents)
    counted = sum(number or 0 for number in kinds)
    if attendance.present is not None and counted > attendance.present:
        raise RefusedError(
            "attendance-inconsistent",
            rule="M11",
            zh=f"分类人数之和 {counted} 多于实到人数 {attendance.present}。",
            en=f"The kinds add up to {counted}, more than the {attendance.present} present.",
            field="attendance.present",
        )


def _enter_again(command: HoldMeeting, record: MeetingHeld) -> Sequence[DomainEvent]:
    if (record.attendance, record.opinions) == (_as_typed(command.attendance), command.opinions):
        return []
    raise RefusedError(
        "meeting-held",
        rule="M15",
        zh="该协商活动已补录为已举行,内容不再改变。",
        en="The meeting was entered as held already; its record does not change.",
    )


def _held(
    plan: MeetingScheduled, held_on: date, opinions: tuple[AgreedOpinion, ...], attendance: Attendance
) -> MeetingHeld:
    return MeetingHeld(
        meeting_id=plan.meeting_id,
        topic_id=plan.topic_id,
        division=plan.division,
        form=plan.form,
        form_title=plan.form_title,
        venue_id=plan.venue_id,
        held_on=held_on,
        convener=plan.convener,
        host=plan.host,
        recorder=plan.recorder,
        opinions=opinions,
        attendance=attendance,
        flags=_composition(attendance),
        back_entry=plan.back_entry,
    )


def _composition(attendance: Attendance) -> tuple[Flag, ...]:
    """Say who was missing (M14); a kind whose number is unknown is not said to be missing."""
    came = {
        AttendeeKind.MEMBER: attendance.members,
        AttendeeKind.DEPARTMENT: attendance.departments,
        AttendeeKind.STAKEHOLDER: attendance.stakeholders,
        AttendeeKind.RESIDENT: attendance.residents,
    }
    missing = [
        f"{title} {number} 人(应不少于 {least} 人)"
        for kind, (title, least) in COMPOSITION.items()
        if (number := came[kind]) is not None and number < least
    ]
    return (Flag(rule="M14", text=f"到会构成不足:{'、'.join(missing)}"),) if missing else ()


def _cancel(command: CancelMeeting, meeting: Scheduled | Open | Held | Cancelled) -> Sequence[DomainEvent]:
    if isinstance(meeting, Cancelled):
        return []
    scheduled = _still_to_come(meeting)
    return [
        MeetingCancelled(
            meeting_id=scheduled.plan.meeting_id,
            topic_id=scheduled.plan.topic_id,
            reason=command.reason,
            cancelled_on=command.today,
        )
    ]
