"""Who is there: checked in by a code or by hand (M10, M11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.meetings.domain.seats import Arrival, Room, Seats
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AttendeeCheckedIn
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind

SHANGHAI = ZoneInfo("Asia/Shanghai")

CHECK_IN_BEFORE = timedelta(hours=2)
"""How long before the meeting people can check in."""


@dataclass(frozen=True)
class ShownCode:
    """The code that somebody showed; whose and which meeting's it is was verified (M10).

    Attributes:
        shown_from, valid_until: when it holds.
    """

    shown_from: datetime
    valid_until: datetime


@dataclass(frozen=True)
class CheckIn:
    """Somebody is there (M10).

    Attributes:
        person: opaque id.
        kind: as what; None for what they have their seat or invitation as.
        helper: official role of who checks in by hand; None for a code.
        code: None by hand.
    """

    person: str
    kind: AttendeeKind | None
    helper: str | None
    at: datetime
    code: ShownCode | None = None


def check_in(command: CheckIn, seats: Seats, room: Room) -> Sequence[DomainEvent]:
    """Return what a check-in does; a second one changes nothing.

    Raises:
        RefusedError: too early; a code that was used, has expired, or whose person has no seat.
    """
    if command.person in seats.arrivals:
        if command.code:
            _require_unused(command.code, seats.arrivals[command.person])
        return []
    _require_time(command.at, room)
    if command.code:
        _require_good(command.code, command, seats)
    return [
        AttendeeCheckedIn(
            meeting_id=room.meeting_id,
            person=command.person,
            kind=_kind_of(command, seats),
            helper=command.helper,
            checked_in_at=command.at,
        )
    ]


def _require_unused(code: ShownCode, arrival: Arrival) -> None:
    """Refuse a code that was there when its person checked in: it may be a picture of it (M10)."""
    if code.shown_from <= arrival.at:
        clock = arrival.at.astimezone(SHANGHAI).strftime("%H:%M")
        raise RefusedError(
            "code-used",
            rule="M10",
            zh=f"签到码已使用：此人已于 {clock} 签到。",
            en=f"The code was used: this person checked in at {clock}.",
            field="code",
        )


def _require_time(at: datetime, room: Room) -> None:
    # People sign in at the door, before the host opens; but not on another day.
    if room.is_open:
        return
    early = room.starts_at is not None and at < room.starts_at - CHECK_IN_BEFORE
    if early or at.astimezone(SHANGHAI).date() != room.day:
        hours = CHECK_IN_BEFORE // timedelta(hours=1)
        raise RefusedError(
            "check-in-not-open",
            rule="M10",
            zh=f"签到在开会当天（{room.day}）、会前 {hours} 小时内开始。",
            en=f"People check in on the day of the meeting, {room.day}, from {hours} hours before it.",
        )


def _require_good(code: ShownCode, command: CheckIn, seats: Seats) -> None:
    if command.at >= code.valid_until:
        raise RefusedError(
            "code-expired",
            rule="M10",
            zh="签到码已过期，请刷新后再出示。",
            en="The code has expired; refresh it and show it again.",
            field="code",
        )
    if command.person not in seats.seated:
        raise RefusedError(
            "no-seat",
            rule="M10",
            zh="此人没有席位，请由工作人员手工签到。",
            en="This person has no seat; a helper may check them in by hand.",
            field="code",
        )


def _kind_of(command: CheckIn, seats: Seats) -> AttendeeKind:
    known = seats.place(command.person) or seats.invited.get(command.person)
    kind = command.kind or (known.kind if known else None)
    if kind is None:
        raise RefusedError(
            "kind-unstated",
            rule="M11",
            zh="未报名人员签到须写明参加身份。",
            en="Somebody who did not register checks in as a kind; state it.",
            field="kind",
        )
    return kind
