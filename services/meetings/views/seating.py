"""The shapes of who takes part in a meeting, as OpenAPI shows them: ids and kinds, no names."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from services.meetings.views.base import View
from shared.contracts.types import AttendeeKind, MeetingForm
from shared.eventsourcing.http import Written
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words
from shared.platform.words import KINDS


class Standing(StrEnum):
    """Where somebody stands with a meeting; whether they came is told apart."""

    INVITED = "invited"
    DECLINED = "declined"
    REGISTERED = "registered"
    WAITLISTED = "waitlisted"
    WITHDRAWN = "withdrawn"
    WALK_IN = "walk-in"


STANDINGS = {
    Standing.INVITED: Text("已邀请", "invited"),
    Standing.DECLINED: Text("谢绝", "declined"),
    Standing.REGISTERED: Text("已报名", "registered"),
    Standing.WAITLISTED: Text("候补", "waitlisted"),
    Standing.WITHDRAWN: Text("已退出", "withdrawn"),
    Standing.WALK_IN: Text("现场到会", "walk-in"),
}


class AnswerView(View):
    """One answer to an invitation."""

    accepts: bool
    answered_at: datetime


class AttendeeView(View):
    """Somebody's part in a meeting.

    Attributes:
        person: opaque id.
        number: of the registration, by which the waitlist is ordered; null without a place.
        answers: to the invitation, the latest last.
        helper: official role of who checked them in by hand.
    """

    person: str
    kind: AttendeeKind
    standing: Standing
    number: int | None = None
    invited_at: datetime | None = None
    answers: tuple[AnswerView, ...] = ()
    registered_at: datetime | None = None
    promoted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    checked_in_at: datetime | None = None
    helper: str | None = None


ATTENDEE_LIST = Listing(
    name="attendees",
    title=Text("参会人员", "Attendees"),
    view=AttendeeView,
    columns=(
        Column("number", "报名序号", "Number"),
        Column("person", "人员编号", "Person"),
        Column("kind", "参会身份", "Kind", in_words(KINDS)),
        Column("standing", "状态", "Standing", in_words(STANDINGS)),
        Column("invited_at", "邀请时间", "Invited at"),
        Column("registered_at", "报名时间", "Registered at"),
        Column("promoted_at", "递补时间", "Promoted at"),
        Column("withdrawn_at", "退出时间", "Withdrawn at"),
        Column("checked_in_at", "签到时间", "Checked in at"),
        Column("helper", "签到人员", "Checked in by"),
    ),
    sorts={"number": "number", "checked_in_at": "checked_in_at"},
    default="number",
)


class OwnPlace(View):
    """The caller's own place; seats left are not shown to who has one (M09).

    Attributes:
        number: of the registration.
        position: among those waiting, from 1; null with a seat.
    """

    standing: Literal["registered", "waitlisted"]
    kind: AttendeeKind
    number: int
    position: int | None = None


class SeatsLeft(View):
    """The seats that the caller might have.

    Attributes:
        standing: `invited` or `none`.
        kind: as what the caller would register.
        registration: closed once the meeting has begun, or was cancelled.
        seats_left: for this kind; null for no limit.
        waiting: how many wait.
    """

    standing: Literal["invited", "none"]
    kind: AttendeeKind
    registration: Literal["open", "closed"]
    seats_left: int | None
    waiting: int


class MyMeeting(View):
    """A meeting that the caller is invited to, registered for, or waits for.

    Attributes:
        situation: `scheduled`, `open`, `held` or `cancelled`.
        number: of the registration; null without a place.
    """

    meeting_id: str
    topic_id: str
    division: str
    form: MeetingForm
    day: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    venue_id: str | None = None
    link: str | None = None
    situation: str
    cancel_reason: str | None = None
    standing: Standing
    kind: AttendeeKind
    number: int | None = None
    checked_in_at: datetime | None = None


class MyMeetings(View):
    """The caller's meetings, the next one first."""

    items: list[MyMeeting]


class CodeView(View):
    """What somebody shows at the door; to be asked for again when it has expired.

    Attributes:
        code: for a QR code.
        short_code: the same, to read out and to type in.
    """

    code: str
    short_code: str
    valid_until: datetime


class CheckedIn(Written):
    """Who is there.

    Attributes:
        already_there: they had been checked in before, at `checked_in_at`; nothing changed.
    """

    person: str
    kind: AttendeeKind
    checked_in_at: datetime
    already_there: bool


class InvitedPeople(Written):
    """Whom a command was about, in the order of the request; those without an account under a new id."""

    people: list[str]


class RegisteredPerson(Written):
    """Whom a command registered; somebody without an account under a new id."""

    person: str


class NamedAttendee(View):
    """A line of the sign-in sheet.

    Attributes:
        name, phone: null where nothing is known, or the person was erased.
    """

    person: str
    kind: AttendeeKind
    standing: Standing
    number: int | None = None
    name: str | None = None
    phone: str | None = None
    checked_in_at: datetime | None = None


class SignInSheet(View):
    """Who is expected and who came, with names; that it was looked at is logged."""

    items: list[NamedAttendee]
