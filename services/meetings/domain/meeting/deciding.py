"""What each command does to a meeting."""

from __future__ import annotations

from collections.abc import Sequence

from services.meetings.domain.meeting import changes, holding, proceedings, scheduling
from services.meetings.domain.meeting.commands import (
    AgreeOpinion,
    CancelMeeting,
    HoldMeeting,
    MeetingCommand,
    OpenMeeting,
    RescheduleMeeting,
    ScheduleMeeting,
    SendNotice,
    SetAgenda,
    StartSegment,
    TakeBallot,
)
from services.meetings.domain.meeting.states import Meeting, Unknown, not_over, room_of
from services.meetings.domain.seating import decide_seating
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError


def decide(command: MeetingCommand, meeting: Meeting) -> Sequence[DomainEvent]:
    """Return what a command does to a meeting.

    Raises:
        NotThereError: nothing was scheduled under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, ScheduleMeeting):
        return scheduling.schedule(command, meeting)
    if isinstance(meeting, Unknown):
        raise NotThereError("meeting-unknown", zh="没有这次协商活动。", en="There is no such meeting.")
    match command:
        case RescheduleMeeting():
            return changes.reschedule(command, meeting)
        case CancelMeeting():
            return changes.cancel(command, meeting)
        case SendNotice():
            return changes.send_notice(command, meeting)
        case SetAgenda():
            return proceedings.set_agenda(command, meeting)
        case OpenMeeting():
            return proceedings.open_meeting(command, meeting)
        case StartSegment():
            return proceedings.start_segment(command, meeting)
        case AgreeOpinion():
            return proceedings.agree(command, meeting)
        case TakeBallot():
            return proceedings.take_ballot(command, meeting)
        case HoldMeeting() if command.back_entry:
            return holding.enter_held(command, meeting)
        case HoldMeeting():
            return holding.hold(command, meeting)
        case _:
            going = not_over(meeting)
            return decide_seating(command, going.seats, room_of(going))
