"""The shape of what meetings answers, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from shared.contracts.meetings import AgreedOpinion, AssessedItem, Attendance
from shared.contracts.types import Flag, HostPlatform, MeetingForm, Tier


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore")


class AssessmentView(View):
    """A venue, held against a version of a standard."""

    standard: str
    standard_version: int
    items: tuple[AssessedItem, ...]
    assessor: str | None = None
    assessed_on: date | None = None
    back_entry: bool = False


class VenueView(View):
    """A venue as it stands.

    Attributes:
        situation: `open` or `closed`.
        met: how many of the six the latest assessment found met; null for a venue never assessed.
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()
    opened_on: date | None = None
    situation: str
    closed_on: date | None = None
    closing_reason: str | None = None
    met: int | None = None
    assessments: tuple[AssessmentView, ...] = ()
    back_entry: bool = False


class MeetingView(View):
    """A meeting as it stands.

    Attributes:
        situation: `scheduled`, `open`, `held` or `cancelled`.
        attendance: who is there so far; once held, who was; null while nobody is known to be.
        flags: rules of good order that its scheduling or holding did not keep.
    """

    meeting_id: str
    topic_id: str
    division: str
    form: MeetingForm
    form_title: str | None = None
    venue_id: str | None = None
    link: str | None = None
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    convener: str | None = None
    host: str | None = None
    recorder: str | None = None
    capacity: int | None = None
    situation: str
    opened_at: datetime | None = None
    held_on: date | None = None
    attendance: Attendance | None = None
    opinions: tuple[AgreedOpinion, ...] = ()
    flags: tuple[Flag, ...] = ()
    cancelled_on: date | None = None
    cancel_reason: str | None = None
    back_entry: bool = False


class StandardItemView(View):
    """One of a standard's six.

    Attributes:
        computed: what it is counted from, `meetings` or `solutions`; null where it needs evidence.
        at_least: how many a computed item takes in twelve months.
    """

    code: str
    title: str
    computed: str | None = None
    at_least: int


class StandardView(View):
    """A published version of a venue standard; `official` is False for presets."""

    code: str
    version: int
    title: str
    official: bool
    source: str
    items: tuple[StandardItemView, ...]
