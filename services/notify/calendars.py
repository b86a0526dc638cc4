"""Invitations to meetings for the addressee's calendar (RFC 5545, sent as RFC 6047 wants it). Pure.

A meeting has one UID for ever, the same as in the calendars of `meetings`; each change raises its SEQUENCE,
and a cancellation takes the entry away (N11, M17). So does giving one's place back, which changes nothing for
others: within one SEQUENCE the later stamp counts, also where somebody takes a place again. An invitation
names one attendee: whom it is sent to.
Offices and places are named, no other people. Moments are in Asia/Shanghai, with the zone's definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Event, Timezone, TimezoneStandard, vCalAddress, vText

from services.notify.meeting_facts import Meeting
from shared.platform.calendar import meeting_uid, new_calendar, organizer, written
from shared.platform.working_days import SHANGHAI

PRODUCT = "notify"
_HAS_A_SEAT = frozenset({"ParticipantRegistered", "SeatPromoted"})


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is sent to one person about one meeting.

    Attributes:
        attendee: their mail address.
        answers_to: the mail address to which their calendar may answer.
        organizer: name of the county or town.
        because: name of the event that they are told of; with a seat they need not answer any more, and
            without one the meeting leaves their calendar.
        written_at: aware; later ones of one sequence replace earlier ones.
    """

    meeting: Meeting
    attendee: str
    answers_to: str
    organizer: str
    because: str | None
    written_at: datetime

    @property
    def method(self) -> str:
        """Return what a calendar is to do with it."""
        return "CANCEL" if self.is_off else "REQUEST"

    @property
    def is_off(self) -> bool:
        """Whether the entry is to leave the calendar."""
        return self.meeting.is_off(self.because)


def invitation(sent: Invitation) -> bytes:
    """Return an invitation as a calendar file."""
    calendar = new_calendar(PRODUCT)
    calendar.add("method", sent.method)
    if sent.meeting.starts_at is not None:
        calendar.add_component(_shanghai())
    calendar.add_component(_event(sent))
    return written(calendar)


def _shanghai() -> Timezone:
    """Return Asia/Shanghai as it has been since 1991: UTC+8, no summer time."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "Asia/Shanghai")
    standard.add("dtstart", datetime(1991, 9, 15, 1))  # noqa: DTZ001 - local by definition (RFC 5545, 3.6.5)
    standard.add("tzoffsetfrom", timedelta(hours=9))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(sent: Invitation) -> Event:
    meeting = sent.meeting
    event = Event()
    event.add("uid", meeting_uid(meeting.meeting_id, meeting.division))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", sent.written_at.replace(microsecond=0))
    event.add("status", "CANCELLED" if sent.is_off else "CONFIRMED")
    _add_time(event, meeting)
    event.add("summary", f"协商：{meeting.title}")
    event.add("location", meeting.place)
    event.add("description", "\n".join([f"形式：{meeting.form}", *map("：".join, meeting.offices.items())]))
    if meeting.link:
        event.add("url", meeting.link)
    event.add("organizer", organizer(sent.organizer, sent.answers_to))
    event.add("attendee", _attendee(sent))
    return event


def _add_time(event: Event, meeting: Meeting) -> None:
    if meeting.starts_at is None:
        event.add("dtstart", meeting.day)
        return
    event.add("dtstart", meeting.starts_at.astimezone(SHANGHAI))
    if meeting.ends_at is not None:
        event.add("dtend", meeting.ends_at.astimezone(SHANGHAI))


def _attendee(sent: Invitation) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{sent.attendee}")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED" if sent.because in _HAS_A_SEAT else "NEEDS-ACTION")
    # Answers are given in the system, where seats are: a calendar's own would reach nobody there.
    attendee.params["RSVP"] = vText("FALSE")
    return attendee
