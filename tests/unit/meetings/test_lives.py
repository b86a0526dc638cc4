"""Whatever a venue or a meeting is told, in whatever order, the rules hold."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, settings
from hypothesis.strategies import SearchStrategy

from services.meetings.deciders import MEETING, VENUE
from services.meetings.domain.agenda import length
from services.meetings.domain.meeting import Cancelled, Held, Open, Scheduled
from services.meetings.domain.venue import AssessVenue
from shared.contracts.meetings import (
    AgendaSet,
    AttendeeCheckedIn,
    BallotTaken,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    NoticeSent,
    OpinionAgreed,
    SegmentStarted,
    VenueAssessed,
)
from tests.lives import (
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    read_back,
)
from tests.unit.meetings.lives import (
    MeetingLife,
    VenueLife,
    changing_lives,
    meeting_lives,
    venue_lives,
    voting_lives,
)

# venues


@for_any(venue_lives)
def test_a_command_to_a_venue_met_twice_is_silent_or_refused(life: VenueLife) -> None:
    expect_silence_or_refusal_the_second_time(VENUE, life)


@for_any(venue_lives)
def test_a_snapshot_brings_back_every_venue(life: VenueLife) -> None:
    expect_snapshots_to_bring_back_every_state(VENUE, life)


@for_any(venue_lives)
def test_a_venue_read_back_from_its_stream_is_the_venue_that_was_decided_on(life: VenueLife) -> None:
    expected = life[-1].after if life else VENUE.initial

    assert VENUE.fold(read_back(events_of(life))) == expected


@pytest.mark.rule("M02")
@for_any(venue_lives)
def test_every_assessment_is_kept_and_has_the_six_of_its_standard(life: VenueLife) -> None:
    assessments = [event for event in events_of(life) if isinstance(event, VenueAssessed)]

    assert list(life[-1].after.assessments if life else ()) == assessments
    for episode in life:
        if isinstance(episode.command, AssessVenue) and episode.events:
            (event,) = episode.events
            assert isinstance(event, VenueAssessed)
            assert [item.code for item in event.items] == [i.code for i in episode.command.standard.items]


@pytest.mark.rule("M03")
@for_any(venue_lives)
def test_what_a_live_assessment_finds_met_is_shown_by_something(life: VenueLife) -> None:
    for event in events_of(life):
        if isinstance(event, VenueAssessed) and not event.back_entry:
            assert all(item.evidence for item in event.items if item.met)


# meetings


@pytest.mark.parametrize("situation", [Scheduled, Open, Held, Cancelled])
def test_the_lives_that_are_drawn_reach_every_situation(situation: type) -> None:
    """Else what is said of all lives would say little."""
    find(
        meeting_lives,
        lambda life: isinstance(life[-1].after, situation),
        settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]),
    )


@pytest.mark.parametrize(
    ("lives", "event"),
    [
        (changing_lives, MeetingRescheduled),
        (changing_lives, NoticeSent),
        (changing_lives, AgendaSet),
        (voting_lives, SegmentStarted),
        (voting_lives, BallotTaken),
    ],
)
def test_the_lives_that_are_drawn_reach_every_event(lives: SearchStrategy[MeetingLife], event: type) -> None:
    find(
        lives,
        lambda life: any(isinstance(e, event) for e in events_of(life)),
        settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]),
    )


@for_any(meeting_lives | changing_lives | voting_lives)
def test_a_command_to_a_meeting_met_twice_is_silent_or_refused(life: MeetingLife) -> None:
    expect_silence_or_refusal_the_second_time(MEETING, life)


@for_any(meeting_lives | changing_lives | voting_lives)
def test_a_snapshot_brings_back_every_meeting(life: MeetingLife) -> None:
    expect_snapshots_to_bring_back_every_state(MEETING, life)


@for_any(meeting_lives)
def test_a_meeting_read_back_from_its_stream_is_the_meeting_that_was_decided_on(life: MeetingLife) -> None:
    assert MEETING.fold(read_back(events_of(life))) == life[-1].after


@for_any(meeting_lives)
def test_what_has_ended_takes_nothing_more(life: MeetingLife) -> None:
    for episode in life:
        if isinstance(episode.before, Held | Cancelled):
            assert not episode.events


@pytest.mark.rule("M05")
@for_any(meeting_lives)
def test_host_and_recorder_differ_unless_a_back_entry_says_otherwise_and_is_flagged(
    life: MeetingLife,
) -> None:
    for event in events_of(life):
        if isinstance(event, MeetingScheduled) and event.host and event.host == event.recorder:
            assert event.back_entry
            assert "M05" in {flag.rule for flag in event.flags}


@pytest.mark.rule("M10")
@for_any(meeting_lives)
def test_nobody_is_counted_twice(life: MeetingLife) -> None:
    people = [event.person for event in events_of(life) if isinstance(event, AttendeeCheckedIn)]

    assert len(people) == len(set(people))


@pytest.mark.rule("M11")
@for_any(meeting_lives)
def test_figures_are_counted_from_check_ins_or_marked_as_typed(life: MeetingLife) -> None:
    events = events_of(life)
    there = [event for event in events if isinstance(event, AttendeeCheckedIn)]
    for event in events:
        if not isinstance(event, MeetingHeld):
            continue
        figures = event.attendance.model_dump(exclude={"typed"}, exclude_none=True)
        if event.back_entry:
            assert event.attendance.typed == bool(figures)
        else:
            assert not event.attendance.typed
            assert event.attendance.present == len(there)
            kinds = {"members", "departments", "stakeholders", "residents"}
            assert sum(figures[kind] for kind in kinds) == len(there)


@pytest.mark.rule("M15")
@for_any(meeting_lives)
def test_a_meeting_is_held_once_after_it_was_opened_with_all_that_was_agreed(life: MeetingLife) -> None:
    events = events_of(life)
    held = [event for event in events if isinstance(event, MeetingHeld)]

    assert len(held) <= 1
    for event in held:
        assert event is events[-1]
        if not event.back_entry:
            assert any(isinstance(e, MeetingOpened) for e in events)
            assert event.opinions == tuple(e.opinion for e in events if isinstance(e, OpinionAgreed))


@pytest.mark.rule("M17")
@for_any(meeting_lives | changing_lives)
def test_every_change_of_a_meeting_has_the_next_number(life: MeetingLife) -> None:
    changes = [e for e in events_of(life) if isinstance(e, MeetingRescheduled | MeetingCancelled)]

    assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))


@pytest.mark.rule("M12")
@for_any(meeting_lives | changing_lives)
def test_an_agenda_fits_its_meeting_unless_a_move_is_flagged(life: MeetingLife) -> None:
    flagged = False
    for event in events_of(life):
        if isinstance(event, AgendaSet):
            flagged = False
        elif isinstance(event, MeetingRescheduled):
            flagged = "M12" in {flag.rule for flag in event.flags}
    if life and isinstance(life[-1].after, Scheduled | Open) and not flagged:
        plan = life[-1].after.plan
        if plan.starts_at and plan.ends_at:
            minutes = (plan.ends_at - plan.starts_at).total_seconds() / 60
            assert length(life[-1].after.agenda) <= minutes


@pytest.mark.rule("M14")
@for_any(meeting_lives | voting_lives)
def test_votes_are_taken_only_where_the_procedure_has_them_and_by_no_more_than_are_present(
    life: MeetingLife,
) -> None:
    for episode in life:
        for event in episode.events:
            if isinstance(event, BallotTaken):
                assert isinstance(episode.before, Open)
                rules = episode.before.plan.rules
                assert rules is not None
                assert rules.ballot
                there = len(episode.before.seats.present)
                assert rules.quorum is not None
                assert rules.quorum <= there
                assert event.in_favour + event.against + event.abstentions <= there


@pytest.mark.rule("M05")
@for_any(meeting_lives | changing_lives)
def test_a_live_meeting_has_one_place_and_ends_after_it_starts(life: MeetingLife) -> None:
    for event in events_of(life):
        if isinstance(event, MeetingScheduled | MeetingRescheduled) and not event.back_entry:
            assert (event.venue_id is None) != (event.link is None)
            assert event.starts_at is not None
            assert event.ends_at is not None
            assert event.starts_at < event.ends_at
