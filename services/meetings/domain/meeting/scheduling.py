"""Giving a meeting its day, place and people (M04–M06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from services.meetings.domain.meeting.commands import Circumstances, KnownTopic, ScheduleMeeting
from services.meetings.domain.meeting.states import DEFAULT_RULES, SHANGHAI, Meeting, Unknown
from services.meetings.domain.standards import ITEMS
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MeetingScheduled, ReservedSeats
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Flag, MeetingForm, MeetingRules

LONGEST = timedelta(hours=24)
"""A meeting that lasts longer is a slip of the pen, which would keep its venue from everybody."""

_TAKEN = {
    "venue_id": (
        "venue-taken",
        "starts_at",
        "该时段协商阵地已有其他协商活动。",
        "Another meeting is in the venue at that time.",
    ),
    "host": (
        "person-taken",
        "host",
        "主持人在该时段主持或记录另一次协商活动；若是另一人，请以编号（host_id）注明。",
        "The host is host or recorder of another meeting at that time; name another person by host_id.",
    ),
    "recorder": (
        "person-taken",
        "recorder",
        "记录人在该时段主持或记录另一次协商活动；若是另一人，请以编号（recorder_id）注明。",
        "The recorder is host or recorder of another meeting then; name another person by recorder_id.",
    ),
}


def schedule(command: ScheduleMeeting, meeting: Meeting) -> Sequence[DomainEvent]:
    """Return what scheduling a meeting does."""
    if not isinstance(meeting, Unknown):
        raise RefusedError(
            "meeting-exists",
            zh=f"编号 {command.meeting_id} 已有协商活动。",
            en=f"There is a meeting {command.meeting_id} already; use another id.",
            field="meeting_id",
        )
    topic = _require_possible(command)
    day = _day_of(command)
    said = {name: value for name, value in vars(command).items() if name != "at"}
    said |= {"starts_at": to_the_second(command.starts_at), "ends_at": to_the_second(command.ends_at)}
    said |= {"day": day, "topic_title": topic.title}
    if command.back_entry:
        _require_past(day, command)
        return [MeetingScheduled(**said, flags=_flags_of_back_entry(command, day))]
    _require_good_order(command, day, topic)
    said |= {"capacity": _capacity_of(command), "rules": topic.rules}
    return [MeetingScheduled(**said, flags=warnings(command.at, topic.rules or DEFAULT_RULES))]


def to_the_second(moment: datetime | None) -> datetime | None:
    """Return a moment as it is stored: UTC, without fractions of a second."""
    return moment.astimezone(UTC).replace(microsecond=0) if moment else None


# what can be true


def _require_possible(command: ScheduleMeeting) -> KnownTopic:
    topic = command.at.topic
    if topic is None:
        raise RefusedError(
            "topic-unknown",
            rule="M05",
            zh="没有这个议题，不能安排协商。",
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
    if command.venue_id:
        require_own_venue(command.at, command.division)
    if command.starts_at and command.ends_at:
        require_times(command.starts_at, command.ends_at)
    return topic


def require_own_venue(at: Circumstances, division: str) -> None:
    """Refuse a venue that the county does not have; a meeting may be the guest of another of its towns."""
    if not at.venue.venue_id or at.venue.division[:6] != division[:6]:
        raise RefusedError(
            "venue-unknown",
            rule="M05",
            zh="没有这个协商阵地。",
            en="There is no such venue.",
            field="venue_id",
        )


def require_times(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse a meeting that ends before it starts, or the day after."""
    if ends_at <= starts_at:
        raise RefusedError(
            "ends-before-start",
            rule="M05",
            zh="结束时间须晚于开始时间。",
            en="The meeting ends after it starts.",
            field="ends_at",
        )
    if ends_at - starts_at > LONGEST:
        raise RefusedError(
            "meeting-too-long",
            rule="M05",
            zh="一次协商活动不超过 24 小时，请核对结束时间。",
            en="A meeting lasts 24 hours at most; check when it ends.",
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
            zh=f"日期 {command.day} 与开始时间（{day}）不一致。",
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


# back-entry


def _require_past(day: date, command: ScheduleMeeting) -> None:
    if day > command.at.today:
        raise RefusedError(
            "back-entry-of-future",
            zh=f"{day} 尚未到来，不能补录。",
            en=f"{day} is still to come; a back-entry tells of what has happened.",
            field="day",
        )


def _flags_of_back_entry(command: ScheduleMeeting, day: date) -> tuple[Flag, ...]:
    flags = []
    if _one_person_is_both(command):
        flags.append(Flag(rule="M05", text="主持人与记录人为同一人"))
    if command.at.venue.closed_on and command.at.venue.closed_on <= day:
        flags.append(Flag(rule="M04", text=f"协商阵地已于 {command.at.venue.closed_on} 关闭"))
    return tuple(flags)


def _one_person_is_both(command: ScheduleMeeting) -> bool:
    if command.host_id and command.recorder_id:
        return command.host_id == command.recorder_id
    return command.host is not None and command.host == command.recorder


# good order


def _require_good_order(command: ScheduleMeeting, day: date, topic: KnownTopic) -> None:
    _require_stated(command)
    require_place(command.form, command.venue_id, command.link)
    if _one_person_is_both(command):
        raise RefusedError(
            "host-is-recorder",
            rule="M05",
            zh="主持人与记录人不能是同一人。",
            en="Host and recorder are different persons.",
            field="recorder",
        )
    require_future(day, command.at.today)
    _require_adopted(topic)
    _require_seats(command)
    require_free(command.at)


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
        raise (
            _unstated("link", "线上链接")
            if command.form is MeetingForm.ONLINE
            else _unstated("venue_id", "协商阵地或线上链接")
        )


def require_place(form: MeetingForm, venue_id: str | None, link: str | None) -> None:
    """Refuse a place that does not fit the form.

    线上 takes place by link, 会议 and 现场 at a venue, 微协商 either way.
    """
    if venue_id is not None and link is not None:
        raise RefusedError(
            "place-stated-twice",
            rule="M05",
            zh="协商阵地与线上链接只写一个。",
            en="A meeting has a venue or a link, not both.",
            field="link",
        )
    if form is MeetingForm.ONLINE and link is None:
        raise RefusedError(
            "place-does-not-fit",
            rule="M05",
            zh="线上协商须写明链接，不用协商阵地。",
            en="An online meeting has a link, not a venue.",
            field="venue_id",
        )
    if form in (MeetingForm.MEETING, MeetingForm.ON_SITE) and venue_id is None:
        raise RefusedError(
            "place-does-not-fit",
            rule="M05",
            zh="会议协商和现场协商须在协商阵地举行；线上举行的请选线上协商。",
            en="This form takes place at a venue; choose the form online for a meeting with a link.",
            field="link",
        )


def require_future(day: date, today: date) -> None:
    """Refuse a day that is past."""
    if day < today:
        raise RefusedError(
            "meeting-in-the-past",
            rule="M05",
            zh=f"{day} 已经过去；已举行的协商请补录。",
            en=f"{day} is past; enter what has happened as a back-entry.",
            field="starts_at",
        )


def _require_adopted(topic: KnownTopic) -> None:
    if topic.ended:
        raise RefusedError(
            "topic-ended",
            rule="T20",
            zh="议题已办结、撤回、退回或并入其他议题，不再安排协商。",
            en="The topic is concluded, withdrawn, rejected or merged; nothing more is scheduled on it.",
            field="topic_id",
        )
    if not topic.adopted:
        raise RefusedError(
            "topic-not-adopted",
            rule="M05",
            zh="议题尚未确定，不能安排协商。",
            en="The topic is not adopted yet; a meeting consults on an adopted one.",
            field="topic_id",
        )


def _capacity_of(command: ScheduleMeeting) -> int | None:
    return command.capacity or command.at.venue.description.capacity


def _require_seats(command: ScheduleMeeting) -> None:
    if len({kept.kind for kept in command.reserved}) < len(command.reserved):
        raise RefusedError(
            "reserved-twice",
            rule="M05",
            zh="每类人员的预留席位只写一次。",
            en="Say once for each kind how many seats are reserved.",
            field="reserved",
        )
    require_room(_capacity_of(command), command.reserved, command.at)


def require_room(capacity: int | None, reserved: Sequence[ReservedSeats], at: Circumstances) -> None:
    """Refuse more seats than the venue holds, and more reserved ones than there are."""
    holds = at.venue.description.capacity
    if capacity is not None and holds is not None and capacity > holds:
        raise RefusedError(
            "capacity-over-venue",
            rule="M05",
            zh=f"名额 {capacity} 超过协商阵地的容纳人数 {holds}。",
            en=f"{capacity} seats are more than the {holds} that the venue holds.",
            field="capacity",
        )
    kept = sum(seats.seats for seats in reserved)
    if capacity is not None and kept > capacity:
        raise RefusedError(
            "reserved-over-capacity",
            rule="M05",
            zh=f"预留席位合计 {kept}，超过名额 {capacity}。",
            en=f"{kept} seats are reserved, more than the {capacity} there are.",
            field="reserved",
        )


def require_free(at: Circumstances) -> None:
    """Refuse a venue that is closed, and a venue or a person that another meeting has at that time (M04)."""
    if at.venue.closed_on:
        raise RefusedError(
            "venue-closed",
            rule="M04",
            zh="协商阵地已关闭，不能安排协商。",
            en="The venue is closed; choose another one.",
            field="venue_id",
        )
    for taken in at.taken:
        code, field, zh, en = _TAKEN[taken]
        raise RefusedError(code, rule="M04", zh=zh, en=en, field=field)


def warnings(at: Circumstances, rules: MeetingRules) -> tuple[Flag, ...]:
    """Return what is warned of: a venue below standard (M04), too little time to notify people (M06)."""
    flags = []
    met = at.venue.met
    if met is not None and met < ITEMS:
        flags.append(Flag(rule="M04", text=f"协商阵地未全部达标（{met}/{ITEMS}）"))
    asked = rules.notice_working_days
    if at.notice is not None and at.notice < asked:
        text = f"距开会不足 {asked} 个工作日（仅 {max(at.notice, 0)} 个）"
        flags.append(Flag(rule="M06", text=text))
    return tuple(flags)
