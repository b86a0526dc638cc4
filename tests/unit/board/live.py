"""Streams of a live activity, from the proposal to the archive, step by step; the year is 2024."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    EntryArchived,
    LedgerEntryOpened,
    LoopItemDone,
    TypicalCaseDrafted,
    TypicalCasePublished,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    InvitationAnswered,
    MeetingOpened,
    MeetingScheduled,
    MinutesDrafted,
    MinutesPublished,
    MinutesSigned,
    NoticeSent,
    ParticipantInvited,
)
from shared.contracts.topics import StepCompleted, StepWaived, TopicConcluded, TopicTriaged
from shared.contracts.types import AttendeeKind, LoopItem, MeetingForm, TopicClass
from shared.eventsourcing.testing import stream_of
from tests.unit.board.streams import TOWN, OfTopic, Streams, adopted, day, held, proposed

ITS = OfTopic()
PROPOSER, HOST, RECORDER, GUEST = "person-1", "host-1", "recorder-1", "guest-1"
HASH = "a" * 64


def moment(text: str) -> datetime:
    """Return nine o'clock of a day of 2024 in Shanghai."""
    month, of_month = text.split("-")
    return datetime(2024, int(month), int(of_month), 1, tzinfo=UTC)


def triaged(division: str = TOWN, on: str = "04-18") -> TopicTriaged:
    """Return a triage."""
    return TopicTriaged(
        topic_id="t-1", topic_class=TopicClass.CONSTRUCTION, division=division, triaged_on=day(on)
    )


def step_done(step: str = "survey", on: str = "05-02") -> StepCompleted:
    """Return a completed step."""
    return StepCompleted(topic_id="t-1", step=step, completed_on=day(on))


def scheduled(**more: Any) -> MeetingScheduled:
    """Return a meeting that is to take place on 15 May."""
    said: dict[str, Any] = {"form": MeetingForm.MEETING, "venue_id": "v-1", "day": day("05-15")}
    said |= {"starts_at": moment("05-15"), "host_id": HOST, "recorder_id": RECORDER}
    return MeetingScheduled(meeting_id="m-1", topic_id="t-1", division=TOWN, **{**said, **more})


def noticed() -> NoticeSent:
    """Return the notice of the meeting."""
    return NoticeSent(meeting_id="m-1", topic_id="t-1", sent_on=day("05-08"))


def invited(person: str = GUEST) -> ParticipantInvited:
    """Return an invitation."""
    return ParticipantInvited(
        meeting_id="m-1",
        topic_id="t-1",
        person=person,
        kind=AttendeeKind.RESIDENT,
        invited_at=moment("05-08"),
    )


def answered(person: str = GUEST) -> InvitationAnswered:
    """Return an answer to an invitation."""
    return InvitationAnswered(
        meeting_id="m-1", topic_id="t-1", person=person, accepts=False, answered_at=moment("05-09")
    )


def opened() -> MeetingOpened:
    """Return the opening of the meeting."""
    return MeetingOpened(meeting_id="m-1", opened_at=moment("05-15"))


def drafted(number: int = 1, reason: str | None = None) -> MinutesDrafted:
    """Return a version of the minutes."""
    return MinutesDrafted(
        meeting_id="m-1",
        topic_id="t-1",
        division=TOWN,
        number=number,
        sha256=HASH,
        reason=reason,
        drafted_on=day("05-17"),
    )


def signed(role: str) -> MinutesSigned:
    """Return the host's or the recorder's signature."""
    who = HOST if role == "host" else RECORDER
    return MinutesSigned(
        meeting_id="m-1", number=1, sha256=HASH, person=who, role=role, signed_at=moment("05-18")
    )


def published() -> MinutesPublished:
    """Return the publication of the minutes."""
    return MinutesPublished(
        meeting_id="m-1", topic_id="t-1", division=TOWN, number=1, sha256=HASH, published_on=day("05-20")
    )


def entry_opened(opinions: int = 1) -> LedgerEntryOpened:
    """Return the opening of the entry with so many opinions."""
    texts = tuple(f"意见 {n}" for n in range(1, opinions + 1))
    return LedgerEntryOpened(**ITS.entry, held_on=day("05-15"), opinions=texts)


def case_drafted(number: int = 1) -> TypicalCaseDrafted:
    """Return a draft of the typical case."""
    return TypicalCaseDrafted(**ITS.entry, case_id="c-1", number=number, sha256=HASH, drafted_on=day("06-23"))


def case_published(number: int = 1, reason: str | None = None) -> TypicalCasePublished:
    """Return the publication of the typical case."""
    texts = dict.fromkeys(("background", "participants", "process", "opinions", "results"), "见正文")
    return TypicalCasePublished(
        **ITS.entry,
        **texts,
        case_id="c-1",
        number=number,
        sha256=HASH,
        title="村道不再积水",
        reason=reason,
        published_on=day("06-24"),
    )


def case_done() -> LoopItemDone:
    """Return the entry's note that its case is published."""
    return LoopItemDone(**ITS.entry, item=LoopItem.CASE, evidence=("case-c-1:2",), done_on=day("06-24"))


def archived() -> EntryArchived:
    """Return the archiving of the entry."""
    return EntryArchived(**ITS.entry, file_number="371621101-2024-0001", archived_on=day("07-01"))


def of_topic(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a topic."""
    return stream_of("topic-t-1", *events)


def of_meeting(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a meeting."""
    return stream_of("meeting-m-1", *events)


def of_minutes(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a meeting's minutes."""
    return stream_of("minutes-m-1", *events)


def of_entry(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a ledger entry."""
    return stream_of("entry-m-1", *events)


def of_problem(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a problem."""
    return stream_of("problem-p-1", *events)


def whole_life() -> Streams:
    """Return an activity in which everything was done that there was to do."""
    waived = StepWaived(
        topic_id="t-1", step="prepare", reason="从简", approver="县政协办公室", waived_on=day("05-03")
    )
    return [
        of_topic(
            proposed(proposer=PROPOSER),
            triaged(),
            adopted(),
            step_done(),
            waived,
            step_done("consult", "05-15"),
            TopicConcluded(topic_id="t-1", concluded_on=day("06-27")),
        ),
        of_meeting(scheduled(), noticed(), invited(), answered(), opened(), held()),
        of_minutes(drafted(), signed("recorder"), signed("host"), published()),
        of_problem(ITS.assigned(opinion=1), ITS.replied(), ITS.rated(), ITS.solved()),
        stream_of("case-c-1", case_drafted(), case_published()),
        of_entry(entry_opened(), ITS.done(), case_done(), ITS.reported(), ITS.closed(), archived()),
    ]
