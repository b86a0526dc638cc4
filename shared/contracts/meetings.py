"""Published by meetings: venues, meetings, members, sector branches (streams `venue-<id>`, `meeting-<id>` …).

Names and fields are stored for good; see `base.py` for how they may grow.
"""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from shared.contracts.base import DomainEvent
from shared.contracts.types import (
    ActivityDirection,
    ActivityKind,
    AttendeeKind,
    BranchActivityKind,
    DivisionCode,
    FileRef,
    Flag,
    HostPlatform,
    Id,
    Line,
    MeetingForm,
    MeetingRules,
    SegmentKind,
    Sha256,
    SignerRole,
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
        files: e.g. photographs that show it.
    """

    code: str
    title: str
    met: bool
    evidence: Text | None = None
    files: tuple[FileRef, ...] = ()


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


class ReservedSeats(Value):
    """Seats kept for a kind of participants (M05, M08)."""

    kind: AttendeeKind
    seats: int = Field(ge=1)


class AgendaItem(Value):
    """One item of an agenda; items nest (M12).

    Attributes:
        segment: what is done in it; None for an item that only holds others.
        minutes: its length; its children fit into it.
        presenter: organisation or official role.
    """

    item_id: Id
    title: Line
    segment: SegmentKind | None = None
    minutes: int = Field(ge=1)
    presenter: Line | None = None
    children: tuple[AgendaItem, ...] = ()


# standards


class StandardItem(Value):
    """One of a venue standard's six.

    Attributes:
        code: e.g. `signage`.
        title: in Chinese, e.g. 有标识.
        computed: what it is counted from, `meetings` or `solutions`; None where it needs evidence (M03).
        at_least: how many a computed item takes in twelve months.
    """

    code: str
    title: Line
    computed: str | None = None
    at_least: int = Field(default=1, ge=1)


class StandardPublished(MeetingsEvent):
    """A county published a version of a venue standard, which never changes (T06).

    Attributes:
        division: the county.
        standard: its code.
        standard_version: one more than the version before it, a preset's included.
        source: where its wording comes from.
    """

    division: DivisionCode
    standard: str
    standard_version: int = Field(ge=1)
    title: Line
    items: tuple[StandardItem, ...] = Field(min_length=6, max_length=6)
    source: Text | None = None
    published_on: date


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


class VenueChanged(MeetingsEvent):
    """A venue's description was put right; this is all of it now (M01).

    Division and tier never change: a venue that becomes another one is closed, and the other opened.

    Attributes:
        reason: why, e.g. that it moved.
        changed_on: since when it is so, in Asia/Shanghai.
    """

    venue_id: Id
    title: Line
    host_platform: HostPlatform | None = None
    address: Line | None = None
    capacity: int | None = Field(default=None, ge=1)
    functions: tuple[Line, ...] = ()
    reason: Text
    changed_on: date


class VenueReopened(MeetingsEvent):
    """A closed venue takes meetings again (M04)."""

    venue_id: Id
    reason: Text
    reopened_on: date


# meetings


class MeetingScheduled(MeetingsEvent):
    """A meeting got its day, place and people (M05).

    Attributes:
        venue_id: None for a meeting with a link, or whose venue a back-entry does not know.
        starts_at, ends_at: UTC; None where a back-entry knows the day only.
        day: in Asia/Shanghai.
        convener, host, recorder: by office; host and recorder differ.
        convener_id, host_id, recorder_id: opaque ids of these persons, where they have an account.
        topic_title: the topic's, as it was known.
        reserved: seats kept for kinds of participants, in all no more than the capacity.
        rules: what the topic's pinned procedure asks of its meetings (T10); None where nothing was pinned.
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
    convener_id: Id | None = None
    host_id: Id | None = None
    recorder_id: Id | None = None
    topic_title: Line | None = None
    reserved: tuple[ReservedSeats, ...] = ()
    rules: MeetingRules | None = None


class MeetingRescheduled(MeetingsEvent):
    """The meeting got another time, place or size (M17); what is not named here stays as it was.

    Attributes:
        was_starts_at, was_ends_at, was_venue_id, was_link: as it stood before.
        starts_at, ends_at: UTC.
        day: in Asia/Shanghai.
        people: opaque ids of everybody to be told: invited and not declined, registered, or waiting.
        sequence: how often the meeting has changed, this change included; calendars go by it.
        flags: rules of good order not kept.
    """

    meeting_id: Id
    topic_id: Id
    reason: Text
    was_starts_at: AwareDatetime
    was_ends_at: AwareDatetime
    was_venue_id: Id | None = None
    was_link: Line | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    day: date
    venue_id: Id | None = None
    link: Line | None = None
    capacity: int | None = Field(default=None, ge=1)
    people: tuple[Id, ...] = ()
    sequence: int = Field(ge=1)
    rescheduled_on: date
    flags: tuple[Flag, ...] = ()


class NoticeSent(MeetingsEvent):
    """Those concerned were sent the notice of the meeting, or papers for it (M06).

    Attributes:
        papers: titles of the papers that went with it.
        people: opaque ids of those invited and not declined, registered, or waiting.
        flags: rules of good order not kept: it was late.
    """

    meeting_id: Id
    topic_id: Id
    papers: tuple[Line, ...] = ()
    people: tuple[Id, ...] = ()
    sent_on: date
    flags: tuple[Flag, ...] = ()


class AgendaSet(MeetingsEvent):
    """The meeting has an agenda, in place of any before it (M12)."""

    meeting_id: Id
    items: tuple[AgendaItem, ...]


class SegmentStarted(MeetingsEvent):
    """The open meeting came to an item of its agenda (M12)."""

    meeting_id: Id
    item_id: Id
    started_at: AwareDatetime


class BallotTaken(MeetingsEvent):
    """Those present voted, as the procedure provides for (M14).

    Attributes:
        question: what was put to the vote.
        opinion_id: the agreed opinion that it was about, where one was.
        in_favour, against, abstentions: votes; in all no more than were present.
        present: how many were there.
        tellers: official roles of who counted.
        passed: more than half of those present voted for it.
    """

    meeting_id: Id
    ballot_id: Id
    question: Text
    opinion_id: Id | None = None
    in_favour: int = Field(ge=0)
    against: int = Field(ge=0)
    abstentions: int = Field(ge=0)
    present: int = Field(ge=0)
    tellers: tuple[Line, ...]
    passed: bool
    taken_at: AwareDatetime


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
    """The meeting will not take place (M17).

    Attributes:
        people: opaque ids of everybody to be told: invited and not declined, registered, or waiting.
        sequence: how often the meeting has changed, this change included; calendars go by it.
    """

    meeting_id: Id
    topic_id: Id
    reason: Text
    cancelled_on: date
    people: tuple[Id, ...] = ()
    sequence: int = Field(default=1, ge=1)


# seats


class ParticipantInvited(MeetingsEvent):
    """Somebody was invited to a meeting (M07); they take no seat before they accept.

    Attributes:
        person: opaque id.
        kind: as whom they are to come.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    kind: AttendeeKind
    invited_at: AwareDatetime


class InvitationAnswered(MeetingsEvent):
    """Somebody who was invited accepted or declined; the latest of their answers counts (M07).

    What it does to their seat follows in the same commit.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    accepts: bool
    answered_at: AwareDatetime


class ParticipantRegistered(MeetingsEvent):
    """Somebody has a seat (M08).

    Attributes:
        person: opaque id.
        number: of the registration: who registered earlier, for a seat or to wait, has a smaller one. No
            number is given twice in a meeting.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    kind: AttendeeKind
    number: int = Field(ge=1)
    registered_at: AwareDatetime


class ParticipantWaitlisted(MeetingsEvent):
    """Somebody waits for a seat: there was none for their kind (M08).

    Attributes:
        number: see `ParticipantRegistered`.
        position: how many waited then, this one included.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    kind: AttendeeKind
    number: int = Field(ge=1)
    position: int = Field(ge=1)
    registered_at: AwareDatetime


class SeatPromoted(MeetingsEvent):
    """The first of those waiting whom a free seat may seat has it now (M08).

    Attributes:
        number: of the registration, which stays theirs.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    kind: AttendeeKind
    number: int = Field(ge=1)
    promoted_at: AwareDatetime


class RegistrationWithdrawn(MeetingsEvent):
    """Somebody gave up their seat, or their place among those waiting (M08).

    Attributes:
        had_seat: whether it freed a seat.
    """

    meeting_id: Id
    topic_id: Id
    person: Id
    kind: AttendeeKind
    number: int = Field(ge=1)
    had_seat: bool
    withdrawn_at: AwareDatetime


# minutes (streams `minutes-<meeting id>`)


class MinutesDrafted(MeetingsEvent):
    """A version of a meeting's minutes was written (M16); the text itself is kept outside the record.

    Before publication a version replaces the one before it, whose signatures count no more; after it, a
    version corrects what is published, and has a reason.

    Attributes:
        number: of the version, from 1.
        sha256: of the text in UTF-8, lower-case hexadecimal.
        reason: of a correction; None before the first publication.
        drafted_on: in Asia/Shanghai.
        flags: minutes later than the procedure's working days after the meeting.
    """

    meeting_id: Id
    topic_id: Id
    division: DivisionCode
    number: int = Field(ge=1)
    sha256: Sha256
    reason: Text | None = None
    drafted_on: date
    flags: tuple[Flag, ...] = ()


class MinutesSigned(MeetingsEvent):
    """Somebody who was there signed one version of the minutes, and no other (M16).

    Attributes:
        person: opaque id.
        sha256: of the text that they read.
        signed_at: UTC.
    """

    meeting_id: Id
    number: int = Field(ge=1)
    sha256: Sha256
    person: Id
    role: SignerRole
    signed_at: AwareDatetime


class MinutesPublished(MeetingsEvent):
    """A version of the minutes, signed by host and recorder, counts from now on (M16).

    Attributes:
        published_on: in Asia/Shanghai.
    """

    meeting_id: Id
    topic_id: Id
    division: DivisionCode
    number: int = Field(ge=1)
    sha256: Sha256
    published_on: date


# members: streams `member-<id>`. No Party membership, here or below: it stands in no event (M18)


class MemberEnrolled(MeetingsEvent):
    """Somebody is a CPPCC member of the county (M18).

    Attributes:
        person: opaque id under which their name and phone are kept, outside of events; it never changes.
        account: opaque id under which they act themselves; None as long as they have no account.
        sector: 界别, as the committee publishes it.
        liaison_office: 委员联络室 that looks after them.
        skills: 专长.
        term: 届次.
    """

    member_id: Id
    division: DivisionCode
    person: Id
    account: Id | None = None
    sector: Line
    liaison_office: Line
    skills: tuple[Line, ...] = ()
    term: Line | None = None
    enrolled_on: date


class MemberChanged(MeetingsEvent):
    """What the roster says of a member was put right; this is all of it now (M18).

    Attributes:
        account, sector, liaison_office, skills, term: as in `MemberEnrolled`.
    """

    member_id: Id
    account: Id | None = None
    sector: Line
    liaison_office: Line
    skills: tuple[Line, ...] = ()
    term: Line | None = None
    changed_on: date


class MemberPosted(MeetingsEvent):
    """委员下沉: a member is posted to a town or community by specialty (M18).

    Attributes:
        posted_to: a later posting to the same place replaces the earlier one, e.g. to end it.
        until: the last day; None where none is set.
    """

    member_id: Id
    posted_to: DivisionCode
    specialty: Line
    from_on: date
    until: date | None = None


class MemberRetired(MeetingsEvent):
    """Somebody is no longer a member (M18).

    Attributes:
        retired_on: the first day on which they are none.
    """

    member_id: Id
    reason: Line
    retired_on: date


# members' activities: streams `activity-<id>`


class MemberActivityRecorded(MeetingsEvent):
    """Members inspected, briefed, advised, or showed who they are among the people (M19).

    Attributes:
        division: where it took place.
        done_on: the day, in Asia/Shanghai.
        members: ids of the members who took part.
        people_met: how many, where it was counted.
        issues: what was taken home, in the order in which it was noted.
        direction, showed_member_identity: of a 双亮双进 alone. Who showed Party identity is Party
            membership, and so stands in no event (M18).
    """

    activity_id: Id
    division: DivisionCode
    kind: ActivityKind
    done_on: date
    place: Line
    members: tuple[Id, ...] = Field(min_length=1)
    people_met: int | None = Field(default=None, ge=0)
    issues: tuple[Text, ...] = ()
    direction: ActivityDirection | None = None
    showed_member_identity: bool | None = None


class MemberActivityCorrected(MeetingsEvent):
    """A recorded activity was put right; this is all of it now (M19).

    Attributes:
        reason: what was wrong.
        kind, done_on, place, members, people_met, issues, direction, showed_member_identity: as in
            `MemberActivityRecorded`.
    """

    activity_id: Id
    reason: Text
    kind: ActivityKind
    done_on: date
    place: Line
    members: tuple[Id, ...] = Field(min_length=1)
    people_met: int | None = Field(default=None, ge=0)
    issues: tuple[Text, ...] = ()
    direction: ActivityDirection | None = None
    showed_member_identity: bool | None = None


class MemberActivityStruck(MeetingsEvent):
    """An activity was recorded by mistake, e.g. twice: it counts as never recorded (M19)."""

    activity_id: Id
    reason: Text


# sector branches: streams `branch-<id>`. Their secretary and members are Party members: in no event (M18)


class SectorBranchFounded(MeetingsEvent):
    """界别功能型党支部: a branch built on one or several sectors was founded (M20).

    Attributes:
        base: where it meets.
        venue_id: of the base, where it is a venue.
        sectors: 界别 whose members its work covers.
    """

    branch_id: Id
    division: DivisionCode
    title: Line
    base: Line
    venue_id: Id | None = None
    sectors: tuple[Line, ...] = Field(min_length=1)
    founded_on: date


class SectorBranchChanged(MeetingsEvent):
    """What is said of a branch was put right; this is all of it now (M20).

    Attributes:
        title, base, venue_id, sectors: as in `SectorBranchFounded`.
    """

    branch_id: Id
    title: Line
    base: Line
    venue_id: Id | None = None
    sectors: tuple[Line, ...] = Field(min_length=1)
    changed_on: date


class SectorBranchActivityRecorded(MeetingsEvent):
    """A branch held its quarterly activity or its yearly meeting (M20).

    Whether one is done, due or overdue is derived from the clock, never stored. Who came is not in it.
    """

    branch_id: Id
    kind: BranchActivityKind
    done_on: date
    title: Line


class SectorBranchDissolved(MeetingsEvent):
    """A branch is no more (M20).

    Attributes:
        dissolved_on: the first day without it.
    """

    branch_id: Id
    reason: Text
    dissolved_on: date
