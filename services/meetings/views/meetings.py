"""The shape of a meeting, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date, datetime

from services.meetings.views.base import View
from shared.contracts.meetings import AgreedOpinion, Attendance
from shared.contracts.types import Flag, MeetingForm


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
