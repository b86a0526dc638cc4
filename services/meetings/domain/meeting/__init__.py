"""A meeting from its scheduling until it was held or cancelled (M04–M06, M12–M15, M17).

| module | holds |
| --- | --- |
| `states.py` | what a meeting can be, and `evolve` |
| `commands.py` | what it can be told |
| `scheduling.py` | day, place and people |
| `changes.py` | another day or place, the notice, no meeting at all |
| `proceedings.py` | agenda, opinions, ballots |
| `holding.py` | that it took place, and who was there |
| `deciding.py` | `decide` |

Its seats are decided on in `seating.py`, in the same stream. The names and fields of its events are stored
for good (`shared/contracts/meetings.py`).
"""

from services.meetings.domain.meeting.changes import moved_by
from services.meetings.domain.meeting.commands import (
    AgreeOpinion,
    CancelMeeting,
    Circumstances,
    HoldMeeting,
    KnownTopic,
    MeetingCommand,
    NoticeTime,
    OpenMeeting,
    RescheduleMeeting,
    ScheduleMeeting,
    SendNotice,
    SetAgenda,
    StartSegment,
    TakeBallot,
)
from services.meetings.domain.meeting.deciding import decide
from services.meetings.domain.meeting.holding import missing
from services.meetings.domain.meeting.states import (
    Cancelled,
    Held,
    Meeting,
    Open,
    Scheduled,
    Unknown,
    evolve,
    needs_of,
    room_of,
    rules_of,
)
from services.meetings.domain.seating import CheckIn

__all__ = [
    "AgreeOpinion",
    "CancelMeeting",
    "Cancelled",
    "CheckIn",
    "Circumstances",
    "Held",
    "HoldMeeting",
    "KnownTopic",
    "Meeting",
    "MeetingCommand",
    "NoticeTime",
    "Open",
    "OpenMeeting",
    "RescheduleMeeting",
    "ScheduleMeeting",
    "Scheduled",
    "SendNotice",
    "SetAgenda",
    "StartSegment",
    "TakeBallot",
    "Unknown",
    "decide",
    "evolve",
    "missing",
    "moved_by",
    "needs_of",
    "room_of",
    "rules_of",
]
