"""Meetings as calendar entries (RFC 5545): one, a venue's, a person's.

A meeting has one UID for ever; each change raises its SEQUENCE, and a cancelled one stays, as cancelled, so
that calendars take it away (N11, M17). Entries name offices and places, no people. Moments are in UTC, which
every calendar shows in its own zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from icalendar import Event

from services.meetings.documents.fields import About
from shared.platform.calendar import meeting_uid, new_calendar, organizer, written

PRODUCT = "meetings"
REFRESH = timedelta(hours=1)


class Certainty(StrEnum):
    """How sure it is that the calendar's owner takes part."""

    CERTAIN = "CONFIRMED"
    TENTATIVE = "TENTATIVE"  # invited and not answered yet, or waiting for a seat


@dataclass(frozen=True)
class Entry:
    """A meeting as it is to stand in a calendar.

    Attributes:
        about: what is known of it.
        standing: put before the title, e.g. 候补; empty for nothing.
        in_full: the reader may see more than that the venue is taken.
    """

    about: About
    certainty: Certainty = Certainty.CERTAIN
    standing: str = ""
    in_full: bool = True


def one_meeting(entry: Entry, now: datetime) -> bytes:
    """Return a meeting as a file that a calendar takes in; a cancelled one takes itself away."""
    is_cancelled = entry.about.meeting["situation"] == "cancelled"
    calendar = new_calendar(PRODUCT)
    calendar.add("method", "CANCEL" if is_cancelled else "PUBLISH")
    calendar.add_component(_event(entry, now))
    return written(calendar)


def feed(name: str, entries: Sequence[Entry], now: datetime) -> bytes:
    """Return meetings as a calendar to subscribe to.

    Args:
        name: what the calendar is called where it is shown.
        entries: the cancelled ones too.
        now: for entries whose last change is unknown.
    """
    calendar = new_calendar(PRODUCT)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Shanghai")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for entry in entries:
        calendar.add_component(_event(entry, now))
    return written(calendar)


def _event(entry: Entry, now: datetime) -> Event:
    about, meeting = entry.about, entry.about.meeting
    changed_at = (meeting.get("_as_of") or now).astimezone(UTC).replace(microsecond=0)
    is_cancelled = meeting["situation"] == "cancelled"
    event = Event()
    event.add("uid", meeting_uid(meeting["meeting_id"], meeting["division"]))
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", meeting.get("sequence") or 0)
    event.add("status", "CANCELLED" if is_cancelled else entry.certainty)
    _add_time(event, about)
    event.add("summary", _summary(entry))
    # Files for calendars must have one (RFC 5546): a mail address, which leads nowhere (RFC 2606).
    event.add("organizer", organizer(about.division, f"no-reply@{meeting['division'][:6]}.invalid"))
    if entry.in_full:
        event.add("location", about.place)
        event.add("description", _description(about))
        if meeting.get("link"):
            event.add("url", meeting["link"])
    return event


def _add_time(event: Event, about: About) -> None:
    if about.starts_at is None:
        event.add("dtstart", about.day)  # a back-entry knows the day only
        return
    event.add("dtstart", about.starts_at.astimezone(UTC))
    if about.ends_at is not None:
        event.add("dtend", about.ends_at.astimezone(UTC))


def _summary(entry: Entry) -> str:
    if not entry.in_full:
        return "已预订"
    standing = f"〔{entry.standing}〕" if entry.standing else ""
    return f"{standing}协商：{entry.about.title}"


def _description(about: About) -> str:
    known = about.common()
    lines = [f"{name}：{known[name]}" for name in ("形式", "召集人", "主持人", "记录人")]
    if reason := about.meeting.get("cancel_reason"):
        lines.insert(0, f"已取消：{reason}")
    return "\n".join(lines)
