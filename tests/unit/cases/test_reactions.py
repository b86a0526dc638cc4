"""What cases does about what happened: pure functions of the event."""

from __future__ import annotations

import pytest

from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain.entry import NoteProblemReopened, NoteProblemSolved, OpenEntry
from services.cases.reactions import ALL
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AgreedOpinion, Attendance, MeetingHeld
from shared.contracts.types import MeetingForm
from shared.eventsourcing.reactions import Send
from shared.eventsourcing.testing import given, recorded
from tests.unit.cases.examples import (
    ARCHIVED,
    CORNER,
    DONE,
    ENDED,
    EVENING,
    GIVEN_UP,
    JULY_1,
    JUNE_7,
    LAMPS,
    MAY_10,
    NUMBERED,
    OPEN,
    OPENED,
    SOLVED,
    TOWN,
    UNDONE,
    reopened,
)

STREAM = ENTRY.stream(EVENING)
HELD = MeetingHeld(
    meeting_id=EVENING,
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MICRO,
    held_on=MAY_10,
    opinions=(AgreedOpinion(opinion_id="opinion-1", text="补装六盏路灯", agreed_by=("群众", "县住建局")),),
    attendance=Attendance(present=6),
)


def reactions_to(event: DomainEvent, stream: str, version: int) -> list[Send]:
    happened = recorded(event, stream, version)
    return [
        send
        for reaction in ALL
        if isinstance(event, reaction.events)
        for send in reaction.to_commands(happened)
    ]


def back_entered(event: DomainEvent) -> DomainEvent:
    return event.model_copy(update={"back_entry": True})


@pytest.mark.rule("C01")
def test_a_held_meeting_opens_the_entry_of_the_same_id_with_its_opinions() -> None:
    (send,) = reactions_to(HELD, f"meeting-{EVENING}", 10)

    assert send == Send(STREAM, OPEN)


@pytest.mark.rule("C17")
def test_the_entry_names_the_proposal_and_the_meeting_as_evidence() -> None:
    (send,) = reactions_to(HELD, f"meeting-{EVENING}", 10)

    given(ENTRY).when(send.command).then(OPENED)
    assert OPENED.evidence == ("topic-street-lamps:1", "meeting-meeting-on-lamps:10")


@pytest.mark.rule("C17")
def test_a_solved_problem_is_noted_in_its_entry_with_its_event_as_evidence() -> None:
    (send,) = reactions_to(SOLVED, PROBLEM.stream(CORNER), 4)

    assert send == Send(STREAM, NoteProblemSolved(CORNER, JUNE_7, "problem-dark-corner:4"))
    given(ENTRY, OPENED).when(send.command).then(DONE)


@pytest.mark.rule("C18")
def test_a_reopened_problem_is_noted_in_its_entry_with_the_reason() -> None:
    (send,) = reactions_to(reopened(reason="又不亮了"), PROBLEM.stream(CORNER), 5)

    assert send == Send(STREAM, NoteProblemReopened(CORNER, "又不亮了", "problem-dark-corner:5"))
    given(ENTRY, OPENED, DONE).when(send.command).then(UNDONE)


@pytest.mark.rule("C11")
@pytest.mark.rule("C18")
def test_a_problem_closed_without_a_solution_is_noted_in_its_entry() -> None:
    (send,) = reactions_to(ENDED.model_copy(update={"closed_on": JULY_1}), PROBLEM.stream(CORNER), 8)

    given(ENTRY, OPENED, DONE, UNDONE).when(send.command).then(GIVEN_UP)


@pytest.mark.rule("C19")
def test_a_file_number_is_noted_in_its_entry() -> None:
    (send,) = reactions_to(NUMBERED, f"archive-{TOWN}-2024", 1)

    assert send.stream == STREAM
    given(ENTRY, OPENED).when(send.command).then(ARCHIVED)


@pytest.mark.parametrize("event", [HELD, SOLVED, reopened()], ids=lambda e: e.name)
def test_what_comes_of_an_old_record_is_marked_as_that(event: DomainEvent) -> None:
    (send,) = reactions_to(back_entered(event), "stream-1", 1)

    assert isinstance(send.command, OpenEntry | NoteProblemSolved | NoteProblemReopened)
    assert send.command.back_entry


def test_reactions_keep_their_names_which_the_ids_of_commands_are_made_of() -> None:
    assert {reaction.name for reaction in ALL} >= {
        "open_entry",
        "note_problem_solved",
        "note_problem_reopened",
        "note_problem_closed",
        "archive_entry",
    }
