"""What has happened already when a test begins, written into the service's own store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Meta
from shared.contracts.meetings import AttendeeCheckedIn, MeetingScheduled
from shared.contracts.topics import TopicProposed
from shared.contracts.types import AttendeeKind, Channel, Origin
from shared.eventsourcing.commit import GENESIS, new_commit
from shared.eventsourcing.http import person_id
from tests.http import Log
from tests.unit.meetings.examples import AGREED, EVENING, HELD, LAMPS, OPENED, SCHEDULED, TOWN, VENUE_OPENED

HOST, RECORDER, PARTICIPANT = "the-host", "the-recorder", "somebody-there"
"""Subjects of three people with accounts."""

WITH_PEOPLE = SCHEDULED.model_copy(update={"host_id": person_id(HOST), "recorder_id": person_id(RECORDER)})
THERE = AttendeeCheckedIn(
    meeting_id=EVENING,
    person=person_id(PARTICIPANT),
    kind=AttendeeKind.MEMBER,
    checked_in_at=OPENED.opened_at,
)
TOPIC = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    proposed_on=date(2024, 3, 1),
)


async def write(log: Log, stream: str, *events: DomainEvent, division: str = TOWN) -> None:
    """Write the beginning of a stream of the service's own."""
    meta = Meta(division=division, actor="a-test", correlation_id="a-test", causation_id="a-test")
    now = datetime(2024, 5, 6, tzinfo=UTC)
    await log.append(
        new_commit(
            stream,
            1,
            events,
            meta=meta,
            command_id=str(uuid4()),
            command_digest="",
            now=now,
            previous_hash=GENESIS,
        )
    )


async def meeting_to_come(log: Log, scheduled: MeetingScheduled = WITH_PEOPLE, *then: DomainEvent) -> None:
    """Let a meeting on street lamps be scheduled at the station."""
    log.hear(f"topic-{LAMPS}", TOPIC)
    await write(log, f"venue-{VENUE_OPENED.venue_id}", VENUE_OPENED)
    await write(log, f"meeting-{EVENING}", scheduled, *then)


async def meeting_held(log: Log, scheduled: MeetingScheduled = WITH_PEOPLE) -> None:
    """Let the meeting on street lamps be held, one participant of which has an account."""
    await meeting_to_come(log, scheduled, THERE, OPENED, AGREED, HELD)
