"""Calendar files (RFC 5545): what all of ours have in common, whichever service writes them.

A meeting has one UID for ever and in every calendar: in the file and the feeds of `meetings`, in the
invitations that `notify` sends. Whatever a calendar took in from one of them, the others update (N11, M17).
"""

from __future__ import annotations

from icalendar import Calendar, vCalAddress, vText

MEDIA_TYPE = "text/calendar; charset=utf-8"


def meeting_uid(meeting_id: str, division: str) -> str:
    """Return the identity of a meeting's entry.

    Args:
        meeting_id: which meeting.
        division: that it belongs to; the county's part of it counts.
    """
    return f"meeting-{meeting_id}@{division[:6]}"


def new_calendar(product: str) -> Calendar:
    """Return a calendar without entries.

    Args:
        product: which of our services writes it, e.g. `meetings`.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//huixieshang//{product}//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def organizer(division_name: str, address: str) -> vCalAddress:
    """Return who organises a meeting, as calendars spell it.

    Args:
        division_name: of the county or town.
        address: a mail address, to which calendars send their answers.
    """
    found = vCalAddress(f"mailto:{address}")
    found.params["CN"] = vText(division_name)
    return found


def written(calendar: Calendar) -> bytes:
    """Return a calendar as a file: UTF-8, lines folded at 75 octets and ended by CRLF."""
    content: bytes = calendar.to_ical()
    return content
