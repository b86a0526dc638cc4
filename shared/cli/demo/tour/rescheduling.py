"""A meeting moved: into the time of another, refused, then to begin shortly (M04, M06, M17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar

from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import Person, Tour
from shared.cli.demo.tour.seats import Planned, hours
from shared.cli.demo.tour.words import flags, minute
from shared.platform.language import Text
from shared.platform.working_days import today


def reschedule_a_meeting(tour: Tour, cast: Cast, meeting: Planned, other_topic: str) -> None:
    """Play a change of a meeting: once into another one's time, then to begin shortly."""
    tour.chapter(Text("改期：冲突、提示、通知、日历", "Another day: conflict, flag, notices, calendar"))
    before = _calendar_entry(cast.member, meeting, version=1)
    _send_notice(tour, cast, meeting)
    _run_into_another(tour, cast, meeting, other_topic)
    version = _move(tour, cast, meeting)
    for person in (cast.member, cast.third):
        _tell(tour, person)
    after = _calendar_entry(cast.member, meeting, version=version)
    tour.step(
        "calendar-updated",
        cast.member.title,
        Text("更新日历", "refreshes the calendar"),
        Text(
            f"同一日程（UID {after['UID']}），SEQUENCE {before['SEQUENCE']} → {after['SEQUENCE']}",
            f"the same entry (UID {after['UID']}), SEQUENCE {before['SEQUENCE']} → {after['SEQUENCE']}",
        ),
        uid=[str(before["UID"]), str(after["UID"])],
        sequence=[int(before["SEQUENCE"]), int(after["SEQUENCE"])],
    )


def _move(tour: Tour, cast: Cast, meeting: Planned) -> int:
    done = cast.liaison.does(
        "meetings",
        f"{meeting.path}/rescheduling",
        reason="群众盼早解决，提前到今天",
        starts_at=_shortly(tour.now).isoformat(),
    )
    shown = cast.liaison.reads("meetings", meeting.path, version=done["version"])
    change = shown["changes"][-1]
    moved = f"{minute(change['was_starts_at'])} → {minute(change['starts_at'])}"
    tour.step(
        "meeting-rescheduled",
        cast.liaison.title,
        Text("改期到今天稍后", "moves the meeting to begin shortly"),
        Text(
            f"{moved}；提示 {flags(change['flags']).zh}",
            f"{moved}; {flags(change['flags']).en}",
        ),
        sequence=change["sequence"],
        flags=change["flags"],
        reason=change["reason"],
    )
    version: int = done["version"]
    return version


def _tell(tour: Tour, person: Person) -> None:
    notice = person.hears("MeetingRescheduled")
    tour.step(
        "change-told",
        person.title,
        Text("收件箱", "has in the inbox"),
        Text(f"“{notice['title']}”：{notice['body']}", f"“{notice['title']}”: {notice['body']}"),
        notice=notice["title"],
    )


def _calendar_entry(person: Person, meeting: Planned, version: int) -> Any:  # noqa: ANN401 - icalendar's own
    person.reads("meetings", meeting.path, version=version)
    calendar = Calendar.from_ical(person.fetches("meetings", f"{meeting.path}/meeting.ics", version))
    (entry,) = calendar.walk("VEVENT")
    return entry


def _shortly(now: datetime) -> datetime:
    """Return a moment soon, which is still today: at midnight this one."""
    soon = now + timedelta(minutes=10)
    return soon if today(soon) == today(now) else now


def _send_notice(tour: Tour, cast: Cast, meeting: Planned) -> None:
    done = cast.liaison.does("meetings", f"{meeting.path}/notices", papers=["协商方案", "背景材料"])
    shown = cast.liaison.reads("meetings", meeting.path, version=done["version"])["notices"][-1]
    told = [person.hears("NoticeSent")["title"] for person in (cast.member, cast.third)]
    tour.step(
        "notice-sent",
        cast.liaison.title,
        Text("发出会议通知", "sends the notice"),
        Text(
            f"材料 {len(shown['papers'])} 份，{flags(shown['flags']).zh}；参会人收到“{told[0]}”",
            f"{len(shown['papers'])} papers, {flags(shown['flags']).en}; participants are told “{told[0]}”",
        ),
        flags=shown["flags"],
        told=told,
    )


def _run_into_another(tour: Tour, cast: Cast, meeting: Planned, other_topic: str) -> None:
    taken = meeting.starts_at + timedelta(days=1)
    cast.liaison.does(
        "meetings",
        "/meetings",
        **hours(taken),
        topic_id=other_topic,
        venue_id=meeting.venue_id,
        convener="党员委员召集人",
        host="联络室工作人员",
        recorder="政协委员",
        host_id=cast.liaison.id,
        recorder_id=cast.member.id,
    )
    problem = cast.liaison.is_refused(
        "venue-taken",
        "meetings",
        f"{meeting.path}/rescheduling",
        reason="与部门时间协调",
        starts_at=(taken + timedelta(hours=1)).isoformat(),
    )
    tour.step(
        "venue-conflict-refused",
        cast.liaison.title,
        Text("改到同一阵地已有活动的时段", "moves it to where the venue has another meeting"),
        Text(
            f"未准：{problem['detail']}（{problem['rule']}）",
            f"refused: {problem['detail']} ({problem['rule']})",
        ),
        status=problem["status"],
        code=problem["code"],
        rule=problem["rule"],
    )
