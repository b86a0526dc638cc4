"""Whatever a ledger entry or a problem is told, in whatever order, the rules hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import Phase, find, settings
from hypothesis import strategies as st

from services.cases.calendar import CALENDAR
from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain.entry import ReportInMedia, WriteTypicalCase
from services.cases.domain.problem import (
    Clock,
    ConfirmSolution,
    DecideReferral,
    Problem,
    ProblemCommand,
    ReassignProblem,
    RecordContact,
    ReopenProblem,
    ReplyToProblem,
    ReportProgress,
    Status,
)
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    LoopClosed,
    LoopReopened,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ProgressReported,
    ReferralDecided,
    ReplyRated,
)
from shared.contracts.days import day_of
from shared.contracts.refusal import RefusedError
from shared.contracts.types import LoopItem, Rating, ReferralDecision, ReplyResult
from tests.lives import (
    events_of,
    expect_silence_or_refusal_the_second_time,
    expect_snapshots_to_bring_back_every_state,
    for_any,
    read_back,
)
from tests.unit.cases.examples import EVENING, HOUSING, LAMPS, MAY_10, TOWN
from tests.unit.cases.lives import EntryLife, ProblemLife, entry_lives, problem_lives

CONTENT = (Rating.SATISFIED, Rating.FAIRLY_SATISFIED)
_NOW = Clock(date(2025, 6, 30), CALENDAR)
WAYS_OUT: tuple[ProblemCommand, ...] = (
    ReassignProblem(HOUSING, at=_NOW),
    ReplyToProblem(ReplyResult.A, _NOW.today, "已装好", no_contact_reason="联系不上", at=_NOW),
    ConfirmSolution("电话核实", _NOW.today, at=_NOW),
    DecideReferral(ReferralDecision.HANDLE_AGAIN, "经研究", at=_NOW),
    ReopenProblem("又不亮了", date(2025, 9, 30), at=_NOW),
)
"""What those responsible do: assign anew, answer, confirm, decide, open again."""


# ledger entries


@for_any(entry_lives)
def test_a_command_to_an_entry_met_twice_is_silent_but_for_what_there_may_be_several_of(
    life: EntryLife,
) -> None:
    once = [e for e in life if not isinstance(e.command, WriteTypicalCase | ReportInMedia)]

    expect_silence_or_refusal_the_second_time(ENTRY, once)


@for_any(entry_lives)
def test_a_snapshot_brings_back_every_entry(life: EntryLife) -> None:
    expect_snapshots_to_bring_back_every_state(ENTRY, life)


@for_any(entry_lives)
def test_an_entry_read_back_from_its_stream_is_the_entry_that_was_decided_on(life: EntryLife) -> None:
    assert ENTRY.fold(read_back(events_of(life))) == life[-1].after


@for_any(entry_lives)
def test_every_event_of_an_entry_names_entry_topic_and_division(life: EntryLife) -> None:
    for event in events_of(life):
        said = event.model_dump()
        assert (said["entry_id"], said["topic_id"], said["division"]) == (EVENING, LAMPS, TOWN)


@pytest.mark.rule("C18")
@for_any(entry_lives)
def test_a_loop_is_closed_if_and_only_if_it_lacks_nothing(life: EntryLife) -> None:
    for entry in (episode.after for episode in life):
        assert entry.closed == entry.complete


@pytest.mark.rule("C18")
@for_any(entry_lives)
def test_a_loop_closes_and_reopens_in_turn(life: EntryLife) -> None:
    turns = [type(event) for event in events_of(life) if isinstance(event, LoopClosed | LoopReopened)]

    assert turns == [LoopReopened if n % 2 else LoopClosed for n in range(len(turns))]


@pytest.mark.rule("C17")
@for_any(entry_lives)
def test_what_is_exempted_is_never_done(life: EntryLife) -> None:
    for entry in (episode.after for episode in life):
        assert not entry.exempted & entry.done
        assert entry.exempted.isdisjoint({LoopItem.TOPIC, LoopItem.CONSULTATION})


@pytest.mark.rule("C18")
@for_any(entry_lives)
def test_a_closing_names_what_was_exempted(life: EntryLife) -> None:
    for episode in life:
        for event in episode.events:
            if isinstance(event, LoopClosed):
                assert set(event.exempted) == episode.after.exempted


def test_the_lives_that_are_drawn_reach_a_loop_that_is_closed_again_without_its_problem() -> None:
    """Else what is said of all lives would say little."""

    def reached(life: EntryLife) -> bool:
        turns = [e for e in events_of(life) if isinstance(e, LoopClosed | LoopReopened)]
        return len(turns) > 2 and LoopItem.PROBLEM in life[-1].after.exempted

    find(entry_lives, reached, settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]))


# problems


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.NONE])
def test_the_lives_that_are_drawn_reach_every_status(status: Status) -> None:
    find(
        problem_lives,
        lambda life: life[-1].after.status is status,
        settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]),
    )


@pytest.mark.parametrize(
    "event_type",
    [
        *(ProblemReassigned, ProgressReported, DueDateExtended, ProblemConfirmed),
        *(ReferralDecided, ProblemReopened, ProblemClosed),
    ],
)
def test_the_lives_that_are_drawn_have_every_kind_of_event(event_type: type[DomainEvent]) -> None:
    find(
        problem_lives,
        lambda life: any(isinstance(event, event_type) for event in events_of(life)),
        settings=settings(max_examples=5000, deadline=None, phases=[Phase.generate]),
    )


@for_any(problem_lives)
def test_a_command_to_a_problem_met_twice_is_silent_or_refused_but_for_what_there_may_be_several_of(
    life: ProblemLife,
) -> None:
    once = [e for e in life if not isinstance(e.command, RecordContact | ReportProgress)]

    expect_silence_or_refusal_the_second_time(PROBLEM, once)


@for_any(problem_lives)
def test_a_snapshot_brings_back_every_problem(life: ProblemLife) -> None:
    expect_snapshots_to_bring_back_every_state(PROBLEM, life)


@for_any(problem_lives)
def test_a_problem_read_back_from_its_stream_is_the_problem_that_was_decided_on(life: ProblemLife) -> None:
    assert PROBLEM.fold(read_back(events_of(life))) == life[-1].after


@for_any(problem_lives)
def test_every_event_of_a_problem_names_entry_topic_and_division(life: ProblemLife) -> None:
    for event in events_of(life):
        said = event.model_dump()
        assert (said["entry_id"], said["topic_id"], said["division"]) == (EVENING, LAMPS, TOWN)


def before(events: Sequence[DomainEvent], event: DomainEvent) -> Sequence[DomainEvent]:
    return events[: next(n for n, other in enumerate(events) if other is event)]


@pytest.mark.rule("C09")
@for_any(problem_lives)
def test_only_an_a_reply_that_satisfied_or_was_confirmed_solves_a_problem(life: ProblemLife) -> None:
    events = events_of(life)
    for event in events:
        if isinstance(event, ProblemSolved):
            *_, reply, why = before(events, event)
            assert isinstance(reply, ProblemReplied)
            assert reply.result is ReplyResult.A
            assert isinstance(why, ProblemConfirmed) or (
                isinstance(why, ReplyRated) and why.rating in CONTENT
            )


@pytest.mark.rule("C08")
@for_any(problem_lives)
def test_a_rating_comes_right_after_the_reply_so_that_none_has_two(life: ProblemLife) -> None:
    # After a B or C reply its handlers may go on before it is rated.
    said = [event for event in events_of(life) if isinstance(event, ProblemReplied | ReplyRated)]
    for reply, event in pairwise(said):
        if isinstance(event, ReplyRated):
            assert isinstance(reply, ProblemReplied)


@pytest.mark.rule("C10")
@for_any(problem_lives)
def test_what_does_not_satisfy_is_handled_once_more_and_then_referred(life: ProblemLife) -> None:
    events = events_of(life)
    for event, then in pairwise(events):
        if isinstance(event, ReplyRated) and event.rating is Rating.DISSATISFIED:
            reopenings = [e for e in before(events, event) if isinstance(e, ProblemReopened)]
            assert isinstance(then, ProblemReferred if reopenings else ProblemReopened)


@pytest.mark.rule("C09")
@for_any(problem_lives)
def test_an_a_reply_waits_only_while_it_has_no_rating(life: ProblemLife) -> None:
    for problem in (episode.after for episode in life):
        if problem.status is Status.REPLIED and problem.result is ReplyResult.A:
            assert not problem.rated


@pytest.mark.rule("C10")
@for_any(problem_lives)
def test_attempts_are_counted_from_two(life: ProblemLife) -> None:
    attempts = [event.attempt for event in events_of(life) if isinstance(event, ProblemReopened)]

    assert attempts == list(range(2, 2 + len(attempts)))
    assert life[-1].after.attempt == 1 + len(attempts)


@pytest.mark.rule("C11")
@for_any(problem_lives)
def test_what_was_closed_takes_nothing_more(life: ProblemLife) -> None:
    for episode in life:
        if episode.before.status is Status.CLOSED:
            assert not episode.events


@pytest.mark.rule("C10")
@for_any(problem_lives)
def test_what_was_referred_waits_for_the_decision_and_for_nothing_else(life: ProblemLife) -> None:
    for episode in life:
        if episode.before.status is Status.REFERRED and episode.events:
            decided, then = episode.events
            assert isinstance(decided, ReferralDecided)
            assert isinstance(then, ProblemReopened | ProblemClosed)


@pytest.mark.rule("C10")
@pytest.mark.rule("C11")
@for_any(problem_lives)
def test_a_reply_for_reference_or_the_office_closes_and_nothing_else_does(life: ProblemLife) -> None:
    for episode in life:
        closed = any(isinstance(event, ProblemClosed) for event in episode.events)
        for_reference = any(
            isinstance(event, ProblemReplied) and event.result is ReplyResult.D for event in episode.events
        )
        given_up = any(
            isinstance(event, ReferralDecided) and event.decision is ReferralDecision.CLOSE
            for event in episode.events
        )
        assert closed == (for_reference or given_up)


@pytest.mark.rule("C03")
@for_any(problem_lives)
def test_what_was_returned_is_assigned_anew_before_anything_else(life: ProblemLife) -> None:
    for event, then in pairwise(events_of(life)):
        assert isinstance(event, ProblemReturned) == isinstance(then, ProblemReassigned)


@pytest.mark.rule("C03")
@for_any(problem_lives)
def test_a_problem_is_returned_within_three_working_days_or_says_that_it_was_late(life: ProblemLife) -> None:
    for episode in life:
        for event in episode.events:
            if isinstance(event, ProblemReturned):
                assert episode.before.assigned_on is not None
                days = CALENDAR.working_days_between(episode.before.assigned_on, event.returned_on)
                late = days > 3 or (days == 3 and not CALENDAR.is_working_day(event.returned_on))
                assert bool(event.flags) == late
                assert not late or event.back_entry


@pytest.mark.rule("C05")
@for_any(problem_lives)
def test_progress_falls_only_with_a_reason(life: ProblemLife) -> None:
    for episode in life:
        for event in episode.events:
            if isinstance(event, ProgressReported) and event.percent < episode.before.percent:
                assert event.reason or event.flags
                assert event.back_entry or not event.flags


@pytest.mark.rule("C06")
@for_any(problem_lives)
def test_no_extension_goes_past_six_months_after_the_first_assignment(life: ProblemLife) -> None:
    for event in events_of(life):
        if isinstance(event, DueDateExtended) and event.due_before is not None:
            assert event.due_on > event.due_before
            assert event.due_on <= CALENDAR.months_after(MAY_10, 6) or event.flags


@pytest.mark.rule("C10")
@for_any(problem_lives)
def test_nothing_but_a_closed_problem_is_a_dead_end(life: ProblemLife) -> None:
    """Whatever has happened, there is something that the people responsible can do today."""
    for problem in (episode.after for episode in life):
        if problem.status not in (Status.NONE, Status.CLOSED):
            assert any(moves_on(command, problem) for command in WAYS_OUT), problem.status


def moves_on(command: ProblemCommand, problem: Problem) -> bool:
    try:
        return bool(PROBLEM.decide(command, problem))
    except RefusedError:
        return False


@for_any(problem_lives)
def test_nothing_happens_tomorrow(life: ProblemLife) -> None:
    for episode in life:
        for event in episode.events:
            happened_on = day_of(event)
            assert happened_on is None or happened_on <= episode.command.at.today


@pytest.mark.rule("C07")
@for_any(problem_lives)
def test_replies_are_in_the_order_of_their_days(life: ProblemLife) -> None:
    days = [event.replied_on for event in events_of(life) if isinstance(event, ProblemReplied)]

    assert days == sorted(days)


# both together


@for_any(st.lists(st.one_of(entry_lives, problem_lives), max_size=2), examples=50)
def test_no_fold_minds_what_it_does_not_know(lives: list[EntryLife | ProblemLife]) -> None:
    """An aggregate passes over an event of a later version of the program, or of another aggregate."""
    for events in ([e for episode in life for e in episode.events] for life in lives):
        assert ENTRY.fold(events) is not None
        assert PROBLEM.fold(events) is not None
