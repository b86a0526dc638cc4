"""What cases does when a meeting was held, and when one of its own problems or cases got on."""

from __future__ import annotations

from services.cases.deciders import ENTRY
from services.cases.domain.entry import (
    NoteArchived,
    NoteCasePublished,
    NoteProblemClosed,
    NoteProblemReopened,
    NoteProblemSolved,
    OpenEntry,
)
from shared.contracts.cases import (
    ArchiveNumberAssigned,
    ProblemClosed,
    ProblemReopened,
    ProblemSolved,
    TypicalCasePublished,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingHeld
from shared.eventsourcing.reactions import Reaction, Send


def open_entry(recorded: Recorded) -> list[Send]:
    """A consultation gets its line in the ledger (C01), under the meeting's id."""
    event = recorded.event
    assert isinstance(event, MeetingHeld)  # noqa: S101 - all that this reaction reads
    command = OpenEntry(
        entry_id=event.meeting_id,
        topic_id=event.topic_id,
        division=event.division,
        held_on=event.held_on,
        opinions=tuple(opinion.text for opinion in event.opinions),
        # A topic's first event is its proposal.
        evidence=(f"topic-{event.topic_id}:1", recorded.id),
        back_entry=event.back_entry,
    )
    return [Send(ENTRY.stream(event.meeting_id), command)]


def note_problem_solved(recorded: Recorded) -> list[Send]:
    """The entry's loop has its problem (C17)."""
    event = recorded.event
    assert isinstance(event, ProblemSolved)  # noqa: S101 - all that this reaction reads
    command = NoteProblemSolved(event.problem_id, event.solved_on, recorded.id, event.back_entry)
    return [Send(ENTRY.stream(event.entry_id), command)]


def note_problem_reopened(recorded: Recorded) -> list[Send]:
    """What reopens a problem reopens its loop (C18)."""
    event = recorded.event
    assert isinstance(event, ProblemReopened)  # noqa: S101 - all that this reaction reads
    command = NoteProblemReopened(event.problem_id, event.reason, recorded.id, event.back_entry)
    return [Send(ENTRY.stream(event.entry_id), command)]


def note_problem_closed(recorded: Recorded) -> list[Send]:
    """What was solved once and is closed without a solution is no longer waited for (C11, C18)."""
    event = recorded.event
    assert isinstance(event, ProblemClosed)  # noqa: S101 - all that this reaction reads
    command = NoteProblemClosed(event.problem_id, event.closed_on, recorded.id, event.back_entry)
    return [Send(ENTRY.stream(event.entry_id), command)]


def note_case_published(recorded: Recorded) -> list[Send]:
    """The entry's loop has its case (C14, C17); a correction of the case changes nothing there."""
    event = recorded.event
    assert isinstance(event, TypicalCasePublished)  # noqa: S101 - all that this reaction reads
    command = NoteCasePublished(event.published_on, recorded.id, event.back_entry)
    return [Send(ENTRY.stream(event.entry_id), command)]


def archive_entry(recorded: Recorded) -> list[Send]:
    """An entry learns the file number that it was given (C19)."""
    event = recorded.event
    assert isinstance(event, ArchiveNumberAssigned)  # noqa: S101 - all that this reaction reads
    command = NoteArchived(event.file_number, event.assigned_on)
    return [Send(ENTRY.stream(event.entry_id), command, division=event.division)]


ALL = (
    Reaction("open_entry", (MeetingHeld,), open_entry),
    Reaction("note_problem_solved", (ProblemSolved,), note_problem_solved),
    Reaction("note_problem_reopened", (ProblemReopened,), note_problem_reopened),
    Reaction("note_problem_closed", (ProblemClosed,), note_problem_closed),
    Reaction("note_case_published", (TypicalCasePublished,), note_case_published),
    Reaction("archive_entry", (ArchiveNumberAssigned,), archive_entry),
)
