"""Another day or place, the notice of it, no meeting at all (M06, M17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.meetings.domain.agenda import length
from services.meetings.domain.meeting.commands import CancelMeeting, RescheduleMeeting, SendNotice
from services.meetings.domain.meeting.scheduling import (
    require_free,
    require_future,
    require_own_venue,
    require_place,
    require_room,
    require_times,
    to_the_second,
    warnings,
)
from services.meetings.domain.meeting.states import (
    SHANGHAI,
    Known,
    Scheduled,
    evolve,
    hours_of,
    room_of,
    rules_of,
    still_to_come,
)
from services.meetings.domain.seating import promotions
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MeetingCancelled, MeetingRescheduled, MeetingScheduled, NoticeSent
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Flag, MeetingRules

# another time, place or size


def moved_by(command: RescheduleMeeting, plan: MeetingScheduled) -> MeetingScheduled:
    """Return a meeting's plan as it would be after a command: what is not named stays."""
    starts_at = to_the_second(command.starts_at) or plan.starts_at
    ends_at = to_the_second(command.ends_at) or plan.ends_at
    if command.starts_at and not command.ends_at and starts_at and plan.starts_at and plan.ends_at:
        ends_at = starts_at + (plan.ends_at - plan.starts_at)
    # A micro meeting may change between a venue and a link: the one that is named replaces the other.
    only_link = command.link is not None and command.venue_id is None
    only_venue = command.venue_id is not None and command.link is None
    changed = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "day": starts_at.astimezone(SHANGHAI).date() if starts_at else plan.day,
        "venue_id": None if only_link else command.venue_id or plan.venue_id,
        "link": None if only_venue else command.link or plan.link,
        "capacity": command.capacity or plan.capacity,
    }
    return plan.model_copy(update=changed)


def reschedule(command: RescheduleMeeting, meeting: Known) -> Sequence[DomainEvent]:
    """Return what another time, place or size does: everybody is to be told, and some may get a seat."""
    scheduled = still_to_come(meeting)
    plan = scheduled.plan
    if command.at.sequence not in (None, scheduled.sequence):
        raise _changed_meanwhile()
    moved = moved_by(command, plan)
    if moved == plan:
        return []
    _require_possible(moved, scheduled, command)
    if command.at.sequence is None:
        raise _changed_meanwhile()
    rescheduled = _rescheduled(command, scheduled, moved)
    after = evolve(scheduled, rescheduled)
    assert isinstance(after, Scheduled)  # noqa: S101 - what a scheduled meeting is after this event
    return [rescheduled, *promotions(after.seats, room_of(after), command.at.now)]


def _changed_meanwhile() -> RefusedError:
    return RefusedError(
        "meeting-changed-meanwhile",
        rule="M17",
        zh="协商活动刚刚被他人变更，请刷新后重试。",
        en="Somebody else has just changed the meeting; look at it again, then retry.",
    )


def _require_possible(moved: MeetingScheduled, scheduled: Scheduled, command: RescheduleMeeting) -> None:
    require_place(moved.form, moved.venue_id, moved.link)
    if moved.venue_id:
        require_own_venue(command.at, moved.division)
    starts_at, ends_at = hours_of(moved)
    require_times(starts_at, ends_at)
    require_future(moved.day, command.at.today)
    require_room(moved.capacity, moved.reserved, command.at)
    registered = scheduled.seats.taken
    if moved.capacity is not None and moved.capacity < registered:
        raise RefusedError(
            "capacity-below-registered",
            rule="M17",
            zh=f"已有 {registered} 人报名，名额不能减至 {moved.capacity}；已报名的人不因变更失去席位。",
            en=f"{registered} are registered, and nobody loses a seat: {moved.capacity} are too few.",
            field="capacity",
        )
    require_free(command.at)


def _rescheduled(
    command: RescheduleMeeting, scheduled: Scheduled, moved: MeetingScheduled
) -> MeetingRescheduled:
    plan = scheduled.plan
    was_starts_at, was_ends_at = hours_of(plan)
    starts_at, ends_at = hours_of(moved)
    return MeetingRescheduled(
        meeting_id=plan.meeting_id,
        topic_id=plan.topic_id,
        reason=command.reason,
        was_starts_at=was_starts_at,
        was_ends_at=was_ends_at,
        was_venue_id=plan.venue_id,
        was_link=plan.link,
        starts_at=starts_at,
        ends_at=ends_at,
        day=moved.day,
        venue_id=moved.venue_id,
        link=moved.link,
        capacity=moved.capacity,
        people=scheduled.seats.people,
        sequence=scheduled.sequence + 1,
        rescheduled_on=command.at.today,
        flags=(*warnings(command.at, rules_of(plan)), *_agenda_too_long(scheduled, starts_at, ends_at)),
    )


def _agenda_too_long(scheduled: Scheduled, starts_at: datetime, ends_at: datetime) -> tuple[Flag, ...]:
    needed, there = length(scheduled.agenda), int((ends_at - starts_at).total_seconds() // 60)
    if needed <= there:
        return ()
    return (Flag(rule="M12", text=f"议程共 {needed} 分钟，超过会议时长 {there} 分钟"),)


# the notice


def send_notice(command: SendNotice, meeting: Known) -> Sequence[DomainEvent]:
    """Return what sending the notice does: late or not, it is sent (M06)."""
    scheduled = still_to_come(meeting)
    plan = scheduled.plan
    if command.at.day != plan.day:
        raise _changed_meanwhile()
    papers = tuple(paper for paper in dict.fromkeys(command.papers) if paper not in scheduled.papers)
    if scheduled.notified and not papers:
        return []
    flags = _late(command.at.working_days, rules_of(plan), first=not scheduled.notified, papers=bool(papers))
    return [
        NoticeSent(
            meeting_id=plan.meeting_id,
            topic_id=plan.topic_id,
            papers=papers,
            people=scheduled.seats.people,
            sent_on=command.at.today,
            flags=flags,
        )
    ]


def _late(working_days: int, rules: MeetingRules, *, first: bool, papers: bool) -> tuple[Flag, ...]:
    asked = [("会议通知", rules.notice_working_days)] if first else []
    if papers and rules.papers_working_days is not None:
        asked.append(("会议材料", rules.papers_working_days))
    return tuple(
        Flag(rule="M06", text=f"{title}应提前 {days} 个工作日发出（仅提前 {max(working_days, 0)} 个）")
        for title, days in asked
        if working_days < days
    )


# no meeting


def cancel(command: CancelMeeting, meeting: Known) -> Sequence[DomainEvent]:
    """Return what calling a meeting off does: everybody is to be told (M17)."""
    if meeting.situation == "cancelled":
        return []
    scheduled = still_to_come(meeting)
    return [
        MeetingCancelled(
            meeting_id=scheduled.plan.meeting_id,
            topic_id=scheduled.plan.topic_id,
            reason=command.reason,
            cancelled_on=command.today,
            people=scheduled.seats.people,
            sequence=scheduled.sequence + 1,
        )
    ]
