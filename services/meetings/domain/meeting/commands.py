"""What a meeting can be told. What comes from outside at that moment is in a field `at`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from services.meetings.domain.meeting.states import SHANGHAI
from services.meetings.domain.seating import SeatingCommand
from services.meetings.domain.venue import Venue
from shared.contracts.meetings import (
    AgendaItem,
    AgreedOpinion,
    Attendance,
    ReservedSeats,
)
from shared.contracts.types import MeetingForm, MeetingRules


@dataclass(frozen=True)
class KnownTopic:
    """What meetings knows of a topic.

    Attributes:
        title: None where it is not known.
        adopted: it was, whatever became of it.
        ended: withdrawn, rejected, merged or concluded (T20).
        rules: what the procedure that it pinned asks of its meetings, where it says so.
    """

    division: str
    adopted: bool = False
    ended: bool = False
    rules: MeetingRules | None = None
    title: str | None = None


@dataclass(frozen=True)
class Circumstances:
    """What a scheduling or rescheduling meets when it arrives.

    Attributes:
        now: UTC.
        topic: None where no topic of that id is known to the caller.
        venue: of the command; an empty one where there is none.
        taken: fields of the command that name what another meeting has at that time: `venue_id`, `host`,
            `recorder`.
        notice: whole working days between today and the meeting; None where it has no hour yet.
        sequence: of the meeting that is rescheduled, as all this was looked up for; None where it could not
            be rescheduled then.
    """

    now: datetime
    topic: KnownTopic | None = None
    venue: Venue = field(default_factory=Venue)
    taken: tuple[str, ...] = ()
    notice: int | None = None
    sequence: int | None = None

    @property
    def today(self) -> date:
        """Return the day, in Asia/Shanghai."""
        return self.now.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class ScheduleMeeting:
    """Give a meeting its day, place and people (M05).

    Attributes:
        division: the topic's, or one inside it.
        day: in Asia/Shanghai, for a back-entry that does not know the hour.
        starts_at, ends_at: aware, to the second.
        convener, host, recorder: official roles; `…_id`: opaque ids of the persons, where known.
        capacity: as many as the venue holds unless said.
        reserved: seats kept for kinds of participants.
        at: see `Circumstances`. No part of what was asked, so that a repeated request is the same
            command (`digest_of` leaves `at` out).
    """

    meeting_id: str
    topic_id: str
    division: str
    form: MeetingForm
    at: Circumstances
    form_title: str | None = None
    venue_id: str | None = None
    link: str | None = None
    day: date | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    convener: str | None = None
    host: str | None = None
    recorder: str | None = None
    convener_id: str | None = None
    host_id: str | None = None
    recorder_id: str | None = None
    capacity: int | None = None
    reserved: tuple[ReservedSeats, ...] = ()
    back_entry: bool = False


@dataclass(frozen=True)
class RescheduleMeeting:
    """Give a meeting another time, place or size; None leaves it as it is (M17).

    Attributes:
        starts_at: without `ends_at` the meeting stays as long as it was.
    """

    reason: str
    at: Circumstances
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    venue_id: str | None = None
    link: str | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class CancelMeeting:
    """Call the meeting off (M17)."""

    reason: str
    today: date


@dataclass(frozen=True)
class NoticeTime:
    """When a notice is sent.

    Attributes:
        today: in Asia/Shanghai.
        day: the meeting's, as the working days were counted for.
        working_days: whole ones between the two.
    """

    today: date
    day: date
    working_days: int


@dataclass(frozen=True)
class SendNotice:
    """Send the notice of the meeting, or further papers for it (M06).

    Attributes:
        papers: titles.
    """

    at: NoticeTime
    papers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SetAgenda:
    """Give the meeting an agenda, in place of any that it has (M12)."""

    items: tuple[AgendaItem, ...]


@dataclass(frozen=True)
class OpenMeeting:
    """The host opens the meeting (M15)."""

    at: datetime


@dataclass(frozen=True)
class StartSegment:
    """The meeting comes to an item of its agenda (M12)."""

    item_id: str
    at: datetime


@dataclass(frozen=True)
class AgreeOpinion:
    """The meeting agrees on an opinion (M13)."""

    opinion: AgreedOpinion


@dataclass(frozen=True)
class TakeBallot:
    """Those present have voted (M14).

    Attributes:
        question: None for the text of the opinion.
        opinion_id: the opinion that was put to the vote, where one was.
        tellers: official roles of who counted.
    """

    ballot_id: str
    question: str | None
    opinion_id: str | None
    in_favour: int
    against: int
    abstentions: int
    tellers: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class HoldMeeting:
    """The host closes the meeting (M15).

    Attributes:
        attendance, opinions: only in a back-entry, as its source gives them (M11).
    """

    attendance: Attendance | None = None
    opinions: tuple[AgreedOpinion, ...] = ()
    back_entry: bool = False


MeetingCommand = (
    ScheduleMeeting
    | RescheduleMeeting
    | CancelMeeting
    | SendNotice
    | SetAgenda
    | OpenMeeting
    | StartSegment
    | AgreeOpinion
    | TakeBallot
    | HoldMeeting
    | SeatingCommand
)
