"""Published by meetings: venues and meetings (streams `venue-<id>`, `meeting-<id>`).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import (
    AttendeeKind,
    DivisionCode,
    Flag,
    HostPlatform,
    Id,
    Line,
    MeetingForm,
    Text,
    Tier,
    Value,
)


class MeetingsEvent(DomainEvent, service="meetings"):
    """An event of the meetings service."""


class AssessedItem(Value):
    """One of a standard's six.

    Attributes:
        code: e.g. `signage`.
        title: in Chinese, e.g. 有标识.
    """

    code: str
    title: str
    met: bool
    evidence: Text | None = None


class Dissent(Value):
    """Who did not agree to an opinion, and why (M13)."""

    by: Line
    explanation: Text


class AgreedOpinion(Value):
    """协商意见: what the meeting agreed (M13).

    Attributes:
        agreed_by: kinds of participants or organisations; empty where a back-entry does not say.
    """

    opinion_id: Id
    text: Text
    agreed_by: tuple[Line, ...] = ()
    dissents: tuple[Dissent, ...] = ()


class Attendance(Value):
    """How many came; counted from check-ins, typed only in a back-entry (M11).

    Attributes:
        expected: 应到; None where unknown.
        present: 实到.
        typed: the figures were typed in, not counted.
    """

    expected: int | None = Field(default=None, ge=0)
    present: int | None = Field(default=None, ge=0)
    members: int | None = Field(default=None, ge=0)
    departments: int | None = Field(default=None, ge=0)
    stakeholders: int | None = Field(default=None, ge=0)
    residents: int | None = Field(default=None, ge=0)
    typed: bool = False


# venues


class VenueOpened(MeetingsEvent):
    """A consultation venue was opened (M01)."""

    venue_id: Id
    division: DivisionCode
    title: Line
    tier: Tier
    host_platform: HostPlatform | None = None
    address: Line | None = None
    capacity: int | None = Field(default=None, ge=1)
    functions: tuple[Line, ...] = ()
    opened_on: date | None = None


class VenueAssessed(MeetingsEvent):
    """A venue was held against a published standard, all six items of it (M02).

    Attributes:
        standard, standard_version: e.g. `longkou`, 1.
        assessor: organisation or official role; None where a back-entry does not say.
    """

    venue_id: Id
    standard: str
    standard_version: int
    items: tuple[AssessedItem, ...] = Field(min_length=6, max_length=6)
    assessor: Line | None = None
    assessed_on: date | None = None


class VenueClosed(MeetingsEvent):
    """A venue takes no further meetings (M04)."""

    venue_id: Id
    reason: Text
    closed_on: date


# meetings


class MeetingScheduled(MeetingsEvent):
    """A meeting got its day, place and people (M05).

    Attributes:
        venue_id: None for a meeting with a link, or whose venue a back-entry does not know.
        starts_at, ends_at: UTC; None where a back-entry knows the day only.
        day: in Asia/Shanghai.
        convener, host, recorder: by office; host and recorder differ.
        flags: rules of good order not kept, e.g. a short notice (M06) or a venue below standard (M04).
    """

    meeting_id: Id
    topic_id: Id
    division: DivisionCode
    form: MeetingForm
    form_title: Line | None = None
    venue_id: Id | None = None
    link: Line | None = None
    day: date
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    convener: Line | None = None
    host: Line | None = None
    recorder: Line | None = None
    capacity: int | None = Field(default=None, ge=1)
    flags: tuple[Flag, ...] = ()


class MeetingOpened(MeetingsEvent):
    """The host opened the meeting (M15)."""

    meeting_id: Id
    opened_at: AwareDatetime


class AttendeeCheckedIn(MeetingsEvent):
    """Somebody is there (M10).

    Attributes:
        person: opaque id.
        helper: official role of who checked them in by hand; None for a code.
    """

    meeting_id: Id
    person: Id
    kind: AttendeeKind
    helper: Line | None = None
    checked_in_at: AwareDatetime


class OpinionAgreed(MeetingsEvent):
    """The meeting agreed on an opinion (M13)."""

    meeting_id: Id
    opinion: AgreedOpinion


class MeetingHeld(MeetingsEvent):
    """The consultation took place; its host closed it (M15).

    Attributes:
        held_on: the day, in Asia/Shanghai.
        opinions: all that were agreed, in order.
        flags: e.g. its composition (M14).
    """

    meeting_id: Id
    topic_id: Id
    division: DivisionCode
    form: MeetingForm
    form_title: Line | None = None
    venue_id: Id | None = None
    held_on: date
    convener: Line | None = None
    host: Line | None = None
    recorder: Line | None = None
    opinions: tuple[AgreedOpinion, ...] = ()
    attendance: Attendance
    flags: tuple[Flag, ...] = ()


class MeetingCancelled(MeetingsEvent):
    """The meeting will not take place (M17)."""

    meeting_id: Id
    topic_id: Id
    reason: Text
    cancelled_on: date
