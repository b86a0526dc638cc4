"""A meeting as its stream tells it to notify, with its venue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    MeetingScheduled,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
    SeatPromoted,
    VenueChanged,
    VenueOpened,
)
from shared.contracts.types import AttendeeKind, MeetingForm, Tier
from shared.eventsourcing.testing import stream_of

TOWN = "371621001"
EVENING, LAMPS, STATION, HALL = "evening-talk", "street-lamps", "station-one", "town-hall"
STARTS_AT = datetime(2024, 9, 10, 6, 30, tzinfo=UTC)
ENDS_AT = STARTS_AT + timedelta(hours=2)
LATER = timedelta(days=3)
RESIDENT = "a-resident"

OPENED = VenueOpened(
    venue_id=STATION, division=TOWN, title="孙武街道协商议事站", tier=Tier.STATION, address="文安路 8 号"
)
CHANGED = VenueChanged(
    venue_id=STATION,
    title="孙武街道协商议事站",
    address="文安路 18 号",
    reason="搬迁",
    changed_on=date(2024, 9, 6),
)
HALL_OPENED = VenueOpened(venue_id=HALL, division=TOWN, title="孙武街道协商议事厅", tier=Tier.HALL)
SCHEDULED = MeetingScheduled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MEETING,
    venue_id=STATION,
    day=date(2024, 9, 10),
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    convener="孙武街道政协联络室主任",
    host="县政协委员",
    recorder="联络室干事",
    capacity=30,
    topic_title="路灯补亮",
)
_SEAT = {"meeting_id": EVENING, "topic_id": LAMPS, "person": RESIDENT, "kind": AttendeeKind.RESIDENT}
INVITED = ParticipantInvited.model_validate({**_SEAT, "invited_at": STARTS_AT - timedelta(days=5)})
REGISTERED = ParticipantRegistered.model_validate(
    {**_SEAT, "number": 1, "registered_at": STARTS_AT - timedelta(days=4)}
)
PROMOTED = SeatPromoted.model_validate({**_SEAT, "number": 1, "promoted_at": STARTS_AT - timedelta(days=3)})
WITHDRAWN = RegistrationWithdrawn.model_validate(
    {**_SEAT, "number": 1, "had_seat": True, "withdrawn_at": STARTS_AT - timedelta(days=2)}
)
MOVED = MeetingRescheduled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    reason="暴雨",
    was_starts_at=STARTS_AT,
    was_ends_at=ENDS_AT,
    was_venue_id=STATION,
    starts_at=STARTS_AT + LATER,
    ends_at=ENDS_AT + LATER,
    day=date(2024, 9, 13),
    venue_id=HALL,
    capacity=30,
    people=(RESIDENT,),
    sequence=1,
    rescheduled_on=date(2024, 9, 6),
)
OFF = MeetingCancelled(
    meeting_id=EVENING,
    topic_id=LAMPS,
    reason="议题另行协商",
    cancelled_on=date(2024, 9, 7),
    people=(RESIDENT,),
    sequence=2,
)
MEETING_STREAM = stream_of(f"meeting-{EVENING}", SCHEDULED, INVITED, REGISTERED, MOVED, PROMOTED, OFF)
VENUE_STREAM = stream_of(f"venue-{STATION}", OPENED, CHANGED)
HALL_STREAM = stream_of(f"venue-{HALL}", HALL_OPENED)
