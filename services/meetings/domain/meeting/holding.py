"""That a meeting took place, what it agreed on, and who was there (M11, M14, M15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.meetings.domain.ballot import quorum_of
from services.meetings.domain.meeting.commands import HoldMeeting
from services.meetings.domain.meeting.states import (
    SHANGHAI,
    Held,
    Known,
    Scheduled,
    rules_of,
    taking_place,
)
from services.meetings.domain.seating import Seats
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AgreedOpinion, Attendance, MeetingHeld, MeetingScheduled
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind, Flag, MeetingRules

TITLES = {
    AttendeeKind.MEMBER: "政协委员",
    AttendeeKind.DEPARTMENT: "职能部门",
    AttendeeKind.STAKEHOLDER: "利益相关方",
    AttendeeKind.RESIDENT: "群众",
}


def hold(command: HoldMeeting, meeting: Known) -> Sequence[DomainEvent]:
    """Return what it does that the host closes the meeting."""
    if command.attendance is not None:
        raise _typed("attendance")
    if command.opinions:
        raise RefusedError(
            "opinions-typed",
            rule="M13",
            zh="协商意见在会上逐条记录，不在结束时填报。",
            en="Opinions are recorded as the meeting agrees on them, not when it ends.",
            field="opinions",
        )
    if isinstance(meeting, Held):
        return []
    going = taking_place(meeting)
    held_on = going.opened_at.astimezone(SHANGHAI).date()
    return [_held(going.plan, held_on, going.opinions, counted(going.seats))]


def counted(seats: Seats) -> Attendance:
    """Return the attendance, counted from check-ins."""
    kinds = [arrival.kind for arrival in seats.arrivals.values()]
    return Attendance(
        expected=seats.expected,
        present=len(kinds),
        members=kinds.count(AttendeeKind.MEMBER),
        departments=kinds.count(AttendeeKind.DEPARTMENT),
        stakeholders=kinds.count(AttendeeKind.STAKEHOLDER),
        residents=kinds.count(AttendeeKind.RESIDENT),
    )


# back-entry


def enter_held(command: HoldMeeting, meeting: Known) -> Sequence[DomainEvent]:
    """Return what it does to enter that a meeting was held, as its source says."""
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
        zh="到会人数由签到得出；只有补录的协商活动可以填报。",
        en="Attendance is counted from check-ins; only a meeting entered afterwards has typed figures.",
        field=field,
    )


def _as_typed(attendance: Attendance | None) -> Attendance:
    # Without a single figure there is nothing that was typed.
    said = attendance.model_dump(exclude={"typed"}, exclude_none=True) if attendance else {}
    return Attendance(**said, typed=bool(said))


def _require_sum(attendance: Attendance) -> None:
    kinds = (attendance.members, attendance.departments, attendance.stakeholders, attendance.residents)
    total = sum(number or 0 for number in kinds)
    if attendance.present is not None and total > attendance.present:
        raise RefusedError(
            "attendance-inconsistent",
            rule="M11",
            zh=f"分类人数之和 {total} 多于实到人数 {attendance.present}。",
            en=f"The kinds add up to {total}, more than the {attendance.present} present.",
            field="attendance.present",
        )


def _enter_again(command: HoldMeeting, record: MeetingHeld) -> Sequence[DomainEvent]:
    if (record.attendance, record.opinions) == (_as_typed(command.attendance), command.opinions):
        return []
    raise RefusedError(
        "meeting-held",
        rule="M15",
        zh="该协商活动已补录为已举行，内容不再改变。",
        en="The meeting was entered as held already; its record does not change.",
    )


# the record


def _held(
    plan: MeetingScheduled, held_on: date, opinions: tuple[AgreedOpinion, ...], attendance: Attendance
) -> MeetingHeld:
    rules = rules_of(plan)
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
        flags=(*_composition(attendance, rules), *_quorum(attendance, rules)),
        back_entry=plan.back_entry,
    )


def missing(attendance: Attendance, rules: MeetingRules) -> dict[AttendeeKind, tuple[int, int]]:
    """Return of which kinds fewer came than the procedure asks for: how many came, how many should (M14).

    A kind whose number is unknown is not said to be missing.
    """
    came = {
        AttendeeKind.MEMBER: attendance.members,
        AttendeeKind.DEPARTMENT: attendance.departments,
        AttendeeKind.STAKEHOLDER: attendance.stakeholders,
        AttendeeKind.RESIDENT: attendance.residents,
    }
    return {
        kind: (number, least)
        for kind, least in rules.composition.items()
        if (number := came[kind]) is not None and number < least
    }


def _composition(attendance: Attendance, rules: MeetingRules) -> tuple[Flag, ...]:
    said = [
        f"{TITLES[kind]} {number} 人（应不少于 {least} 人）"
        for kind, (number, least) in missing(attendance, rules).items()
    ]
    return (Flag(rule="M14", text=f"到会构成不足：{'、'.join(said)}"),) if said else ()


def _quorum(attendance: Attendance, rules: MeetingRules) -> tuple[Flag, ...]:
    quorum = quorum_of(rules, attendance.expected)
    if quorum is None or attendance.present is None or attendance.present >= quorum:
        return ()
    return (Flag(rule="M14", text=f"到会 {attendance.present} 人，不足法定人数 {quorum} 人"),)
