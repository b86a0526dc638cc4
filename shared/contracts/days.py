"""The day on which an event happened, as it says itself.

By its name: what `TopicAdopted` says is `adopted_on`, what `AttendeeCheckedIn` says is `checked_in_at`, a
moment. The events that keep it elsewhere are listed here. None where an event does not say: it is taken to
have happened when it was recorded, unless it was entered afterwards (`back_entry`).
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from shared.contracts.base import DomainEvent

_SHANGHAI = ZoneInfo("Asia/Shanghai")

_ELSEWHERE = {
    "FactPassedOn": "happened_on",
    "LedgerEntryOpened": "held_on",  # the consultation that the entry is about
    "MemberActivityRecorded": "done_on",
    "MemberPosted": "from_on",
    "ParticipantWaitlisted": "registered_at",
    "SectorBranchActivityRecorded": "done_on",
    "SurveyRecorded": "surveyed_on",
}
_IN_BACK_ENTRY = {
    # When it was called is known of what is scheduled now; of an old meeting only when it was held.
    "MeetingScheduled": "day",
}


@cache
def day_field(event: type[DomainEvent]) -> str | None:
    """Return the field in which an event says when it happened."""
    if event.name in _ELSEWHERE:
        return _ELSEWHERE[event.name]
    name = event.name.lower()
    for field in event.model_fields:
        stem, _, ending = field.rpartition("_")
        if stem and ending in ("on", "at") and name.endswith(stem.replace("_", "")):
            return field
    return None


def day_of(event: DomainEvent) -> date | None:
    """Return the day on which an event says that it happened, in Asia/Shanghai."""
    field = day_field(type(event)) or (_IN_BACK_ENTRY.get(event.name) if event.back_entry else None)
    said = getattr(event, field) if field else None
    if isinstance(said, datetime):
        return said.astimezone(_SHANGHAI).date()
    return said if isinstance(said, date) else None
