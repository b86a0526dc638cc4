"""What a ledger entry does, refuses and leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.cases.deciders import ENTRY
from services.cases.domain.entry import EntryCommand
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError
from shared.contracts.types import LoopItem, MediaLevel
from shared.eventsourcing.testing import given
from tests.unit.cases.examples import (
    ARCHIVED,
    CLOSED,
    DONE,
    DONE_TOO,
    EXEMPT,
    GIVEN_UP,
    JULY_1,
    JUNE_7,
    LOOP_REOPENED,
    NOTE_ARCHIVED,
    NOTE_CLOSED,
    NOTE_PUBLISHED,
    NOTE_REOPENED,
    NOTE_SOLVED,
    OPEN,
    OPENED,
    PATH,
    PUBLISHED,
    REPORT,
    REPORTED,
    UNDONE,
    WRITE,
    WRITTEN,
    exempted,
)

ON_ENTRIES = [
    NOTE_SOLVED,
    NOTE_REOPENED,
    NOTE_CLOSED,
    NOTE_PUBLISHED,
    WRITE,
    REPORT,
    EXEMPT,
    NOTE_ARCHIVED,
]
NO_PROBLEM = exempted(LoopItem.PROBLEM)


def back_entered(event: DomainEvent) -> DomainEvent:
    return event.model_copy(update={"back_entry": True})


@pytest.mark.parametrize("command", ON_ENTRIES, ids=lambda c: type(c).__name__)
def test_nothing_can_be_done_to_an_entry_that_was_never_opened(command: EntryCommand) -> None:
    refusal = given(ENTRY).when(command).then_refused("entry-unknown")

    assert isinstance(refusal, NotThereError)


# opening


@pytest.mark.rule("C01")
def test_a_consultation_gets_its_entry() -> None:
    given(ENTRY).when(OPEN).then(OPENED)


@pytest.mark.rule("C01")
def test_a_consultation_gets_one_entry_whoever_opens_it_first() -> None:
    given(ENTRY, OPENED).when(OPEN).then_nothing()
    given(ENTRY, OPENED).when(replace(OPEN, held_on=date(2024, 5, 11), evidence=())).then_nothing()


# problems solved and open again


@pytest.mark.rule("C17")
def test_a_solved_problem_is_one_of_the_five() -> None:
    given(ENTRY, OPENED).when(NOTE_SOLVED).then(DONE)


def test_a_problem_counts_as_solved_once() -> None:
    given(ENTRY, OPENED, DONE).when(NOTE_SOLVED).then_nothing()


@pytest.mark.rule("C17")
def test_each_solved_problem_is_evidence() -> None:
    command = replace(NOTE_SOLVED, problem_id=PATH, evidence=f"problem-{PATH}:4")

    given(ENTRY, OPENED, DONE).when(command).then(DONE_TOO)


@pytest.mark.rule("C18")
def test_a_reopened_problem_is_no_longer_one_of_the_five() -> None:
    given(ENTRY, OPENED, DONE, WRITTEN).when(NOTE_REOPENED).then(UNDONE)


@pytest.mark.rule("C18")
def test_a_problem_reopened_before_it_was_solved_changes_nothing() -> None:
    given(ENTRY, OPENED, DONE_TOO).when(NOTE_REOPENED).then_nothing()


def test_a_problem_is_undone_once() -> None:
    given(ENTRY, OPENED, DONE, UNDONE).when(NOTE_REOPENED).then_nothing()


@pytest.mark.rule("C11")
@pytest.mark.rule("C18")
def test_a_reopened_problem_that_is_closed_without_a_solution_is_waited_for_no_longer() -> None:
    """Another solved problem is one of the five then: nothing is a dead end."""
    past = [OPENED, DONE, DONE_TOO, WRITTEN, REPORTED, CLOSED, UNDONE, LOOP_REOPENED]

    given(ENTRY, *past).when(NOTE_CLOSED).then(GIVEN_UP, CLOSED)


@pytest.mark.rule("C11")
@pytest.mark.rule("C18")
def test_a_loop_whose_only_problem_was_not_solved_in_the_end_takes_another_or_an_exemption() -> None:
    past = [OPENED, DONE, WRITTEN, REPORTED, CLOSED, UNDONE, LOOP_REOPENED]
    given_up = given(ENTRY, *past).when(NOTE_CLOSED).then(GIVEN_UP)

    another = replace(NOTE_SOLVED, problem_id=PATH, evidence=f"problem-{PATH}:4")
    given_up.when(another).then(DONE_TOO, CLOSED)
    exempt = replace(EXEMPT, item=LoopItem.PROBLEM)
    given_up.when(exempt).then(NO_PROBLEM, CLOSED.model_copy(update={"exempted": (LoopItem.PROBLEM,)}))


@pytest.mark.rule("C11")
def test_a_problem_closed_without_ever_being_solved_changes_nothing() -> None:
    given(ENTRY, OPENED, DONE_TOO).when(NOTE_CLOSED).then_nothing()
    given(ENTRY, OPENED, DONE, UNDONE, GIVEN_UP).when(NOTE_CLOSED).then_nothing()


# case, report, exemption


@pytest.mark.rule("C13")
@pytest.mark.rule("C17")
def test_a_published_case_is_one_of_the_five_and_its_correction_changes_nothing() -> None:
    published = given(ENTRY, OPENED).when(NOTE_PUBLISHED).then(PUBLISHED)

    published.when(replace(NOTE_PUBLISHED, evidence="case-lamps:6")).then_nothing()


@pytest.mark.rule("C13")
def test_a_typical_case_is_written() -> None:
    given(ENTRY, OPENED).when(WRITE).then(WRITTEN)


@pytest.mark.rule("C16")
def test_an_outlet_reports() -> None:
    given(ENTRY, OPENED).when(REPORT).then(REPORTED)


@pytest.mark.rule("C16")
def test_more_than_one_outlet_may_report() -> None:
    command = replace(REPORT, outlet="人民政协报", level=MediaLevel.NATION)
    event = REPORTED.model_copy(update={"outlet": "人民政协报", "level": MediaLevel.NATION})

    given(ENTRY, OPENED, REPORTED).when(command).then(event)


@pytest.mark.rule("C17")
def test_an_item_is_exempted_with_reason_and_approver() -> None:
    given(ENTRY, OPENED).when(EXEMPT).then(exempted())


@pytest.mark.rule("C17")
def test_an_exemption_is_of_today_unless_said_and_never_of_tomorrow() -> None:
    dayless = replace(EXEMPT, exempted_on=None)

    given(ENTRY, OPENED).when(replace(dayless, today=JULY_1)).then(exempted())
    yesterday = replace(EXEMPT, today=date(2024, 6, 30))
    refusal = given(ENTRY, OPENED).when(yesterday).then_refused("day-in-future", rule="C17")
    assert refusal.field == "exempted_on"


@pytest.mark.rule("C17")
@pytest.mark.parametrize("item", [LoopItem.TOPIC, LoopItem.CONSULTATION])
def test_what_every_entry_has_is_not_exempted(item: LoopItem) -> None:
    refusal = (
        given(ENTRY, OPENED).when(replace(EXEMPT, item=item)).then_refused("item-not-exemptible", rule="C17")
    )

    assert refusal.field == "item"


def test_an_item_is_exempted_once() -> None:
    given(ENTRY, OPENED, exempted()).when(EXEMPT).then_nothing()


@pytest.mark.rule("C17")
def test_what_is_done_needs_no_exemption() -> None:
    given(ENTRY, OPENED, REPORTED).when(EXEMPT).then_nothing()


# the loop


@pytest.mark.rule("C18")
@pytest.mark.parametrize(
    ("past", "command", "event"),
    [
        ([WRITTEN, REPORTED], NOTE_SOLVED, DONE),
        ([DONE, REPORTED], WRITE, WRITTEN),
        ([DONE, WRITTEN], REPORT, REPORTED),
    ],
    ids=["problem", "case", "report"],
)
def test_the_loop_closes_by_itself_with_the_last_of_the_five(
    past: list[DomainEvent], command: EntryCommand, event: DomainEvent
) -> None:
    """On the day of what came last, which need not be what was recorded last."""
    assert CLOSED.closed_on == JULY_1

    given(ENTRY, OPENED, *past).when(command).then(event, CLOSED)


@pytest.mark.rule("C18")
def test_a_loop_did_not_close_before_what_it_lacked_was_there() -> None:
    again_on = date(2024, 8, 1)
    found_later = replace(REPORT, reported_on=JUNE_7)
    further = REPORTED.model_copy(update={"reported_on": date(2024, 9, 2)})
    closed_again = CLOSED.model_copy(update={"closed_on": again_on})

    closed = given(ENTRY, OPENED, DONE, WRITTEN).when(found_later)
    reopened = [REPORTED.model_copy(update={"reported_on": JUNE_7}), CLOSED, further, UNDONE, LOOP_REOPENED]

    closed.then(*reopened[:2])
    given(ENTRY, OPENED, DONE, WRITTEN, *reopened).when(replace(NOTE_SOLVED, solved_on=again_on)).then(
        DONE.model_copy(update={"done_on": again_on}), closed_again
    )


@pytest.mark.rule("C18")
def test_exempted_items_close_the_loop_and_are_counted_apart() -> None:
    closed = CLOSED.model_copy(update={"exempted": (LoopItem.REPORT,)})

    given(ENTRY, OPENED, DONE, WRITTEN).when(EXEMPT).then(exempted(), closed)


def test_a_loop_closed_by_what_an_old_record_tells_is_marked_as_that() -> None:
    command = replace(REPORT, reported_on=None, back_entry=True)
    reported = back_entered(REPORTED.model_copy(update={"reported_on": None}))
    closed = back_entered(CLOSED.model_copy(update={"closed_on": None}))

    given(ENTRY, OPENED, DONE, WRITTEN).when(command).then(reported, closed)


@pytest.mark.rule("C18")
def test_a_closed_loop_is_not_closed_again() -> None:
    past = [OPENED, DONE, WRITTEN, REPORTED, CLOSED]

    given(ENTRY, *past).when(WRITE).then(WRITTEN)
    given(ENTRY, *past).when(replace(NOTE_SOLVED, problem_id=PATH, evidence=f"problem-{PATH}:4")).then(
        DONE_TOO
    )


@pytest.mark.rule("C18")
def test_what_reopens_a_problem_reopens_its_loop_until_it_is_solved_again() -> None:
    reopened = (
        given(ENTRY, OPENED, DONE, WRITTEN, REPORTED, CLOSED).when(NOTE_REOPENED).then(UNDONE, LOOP_REOPENED)
    )

    reopened.when(NOTE_SOLVED).then(DONE, CLOSED)


@pytest.mark.rule("C18")
def test_one_of_two_solved_problems_reopens_the_loop() -> None:
    past = [OPENED, DONE, DONE_TOO, WRITTEN, REPORTED, CLOSED]

    given(ENTRY, *past).when(NOTE_REOPENED).then(UNDONE, LOOP_REOPENED)


@pytest.mark.rule("C17")
@pytest.mark.rule("C18")
def test_an_exemption_is_over_once_the_item_is_there() -> None:
    """Else the reopened problem would leave a loop open that lacks nothing."""
    past = [OPENED, NO_PROBLEM, WRITTEN, REPORTED, CLOSED, DONE]

    reopened = given(ENTRY, *past).when(NOTE_REOPENED).then(UNDONE, LOOP_REOPENED)

    exempt_again = replace(EXEMPT, item=LoopItem.PROBLEM)
    reopened.when(exempt_again).then(NO_PROBLEM, CLOSED.model_copy(update={"exempted": (LoopItem.PROBLEM,)}))


@pytest.mark.rule("C18")
def test_a_loop_that_is_closed_without_a_problem_stays_closed_when_one_is_reopened() -> None:
    past = [OPENED, DONE, UNDONE, NO_PROBLEM, WRITTEN, REPORTED, CLOSED, DONE_TOO]
    reopened = replace(NOTE_REOPENED, problem_id=PATH)

    given(ENTRY, *past).when(reopened).then(UNDONE.model_copy(update={"problem_id": PATH}))


@pytest.mark.rule("C18")
def test_no_old_record_has_a_day_on_which_its_loop_closed() -> None:
    """Which of its entries is entered last says nothing about what came last."""
    last = replace(WRITE, back_entry=True)
    written, closed = ENTRY.decide(last, ENTRY.fold([OPENED, DONE, REPORTED]))

    assert written.back_entry
    assert closed.model_dump()["closed_on"] is None


# filing


@pytest.mark.rule("C19")
def test_an_entry_is_filed_once_and_keeps_its_number_when_its_loop_reopens() -> None:
    past = [OPENED, DONE, WRITTEN, REPORTED, CLOSED]
    filed = given(ENTRY, *past).when(NOTE_ARCHIVED).then(ARCHIVED)

    reopened = filed.when(NOTE_REOPENED).then(UNDONE, LOOP_REOPENED)

    reopened.when(replace(NOTE_ARCHIVED, file_number="371621001-2024-0002")).then_nothing()
    assert reopened.state.file_number == "371621001-2024-0001"
