"""The ledger's lines and the handlings of a problem: what is kept for lists, records and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.board.lights import OFF
from services.board.projections import ACTIVITIES, HANDLINGS, LEDGER
from services.board.views.activities import ActivityView
from services.board.views.ledger import LedgerView
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    ProblemClosed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReturned,
    ProgressReported,
    TypicalCaseSelected,
)
from shared.contracts.envelope import Recorded
from shared.contracts.types import LoopItem, Rating
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from shared.platform.divisions import load_divisions
from tests.unit.board.live import (
    ITS,
    archived,
    case_done,
    case_drafted,
    case_published,
    entry_opened,
    of_entry,
    of_problem,
    whole_life,
)
from tests.unit.board.streams import Streams, closed_activity, day, held
from tests.unit.board.test_activities import busy_topic

RETURNED = ProblemReturned(**ITS.problem, lead="石庙镇政府", reason="属水利", returned_on=day("05-24"))
REASSIGNED = ProblemReassigned(
    **ITS.problem,
    lead="县水利局",
    previous_lead="石庙镇政府",
    assigned_on=day("05-27"),
    due_on=day("08-27"),
)
EXTENDED = DueDateExtended(
    **ITS.problem,
    lead="石庙镇政府",
    reason="汛期",
    approver="县政协办公室",
    due_before=day("08-20"),
    due_on=day("10-20"),
    extended_on=day("08-01"),
)
AGAIN = ProblemReopened(
    **ITS.problem, reason="仍有积水", due_on=day("10-31"), attempt=2, reopened_on=day("06-21")
)


def line(*streams: list[Recorded]) -> Mapping[str, Any]:
    """Return the line of the consultation."""
    return fold_all(LEDGER, [event for stream in streams for event in stream])["m-1"]


def shown(*streams: list[Recorded]) -> LedgerView:
    """Return the line as it is shown."""
    events = [event for stream in streams for event in stream]
    activity = fold_all(ACTIVITIES, events).get("t-1")
    return LedgerView.of(fold_all(LEDGER, events)["m-1"], activity, load_divisions(), "zh")


# the ledger


def test_a_line_says_what_became_of_a_consultation() -> None:
    found = shown(*whole_life())

    assert (found.title, found.town_name, found.class_text) == ("村道积水", "石庙镇", "城乡建设")
    assert (found.year, found.held_on, found.done, found.closed) == (2024, day("05-15"), 5, True)
    assert (found.assigned, found.solved, found.leads) == (1, 1, ["石庙镇政府"])
    assert (found.days_to_consultation, found.days_to_closing) == (30, 73)
    assert (found.case_title, found.outlets) == ("村道不再积水", ["惠民县融媒体中心"])


@pytest.mark.rule("C19")
def test_a_line_keeps_its_file_number_when_its_loop_reopens() -> None:
    again = LoopReopened(**ITS.entry, item=LoopItem.PROBLEM, reason="仍有积水")
    entry = of_entry(entry_opened(), ITS.done(), case_done(), ITS.reported(), ITS.closed(), archived(), again)

    assert (line(entry)["file_number"], line(entry)["closed"]) == ("371621101-2024-0001", False)


@pytest.mark.rule("C17")
def test_an_exempted_item_is_not_among_those_done() -> None:
    entry = of_entry(entry_opened(), ITS.done(), case_done(), ITS.exempted(), ITS.closed(LoopItem.REPORT))

    assert (line(entry)["done"], line(entry)["exempted"]) == (4, ["report"])


def test_a_line_is_partial_until_meeting_or_entry_are_known() -> None:
    assert line(of_problem(ITS.assigned()))["held_on"] is None
    assert line(stream_of("meeting-m-1", held()))["held_on"] == "2024-05-15"


def test_any_interleaving_gives_the_same_lines() -> None:
    assert_interleaving_does_not_matter(LEDGER, *whole_life())
    assert_interleaving_does_not_matter(LEDGER, *busy_topic())


# what the five-one board says of new facts


@pytest.mark.rule("C15", "C17")
def test_a_published_case_is_one_of_the_five_and_its_selection_is_kept() -> None:
    selected = TypicalCaseSelected(
        **ITS.entry, case_id="c-1", year=2024, level="province", number=1, selected_on=day("12-01")
    )
    case = stream_of("case-c-1", case_drafted(), case_published(), selected)
    streams = [of_entry(entry_opened(), case_done()), case]
    document = fold_all(ACTIVITIES, [event for stream in streams for event in stream])["t-1"]

    assert document["loop"]["case"] == {"state": "done", "evidence": ["case-c-1:2"]}
    assert document["cases"]["c-1"]["selected"] == [{"year": 2024, "level": "province"}]


@pytest.mark.rule("C10", "C18")
def test_a_loop_does_not_wait_for_a_problem_that_was_closed_unsolved() -> None:
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-2", evidence=("problem-p-2:5",))
    closed = LoopProblemClosed(
        **ITS.entry, problem_id="p-2", evidence=("problem-p-2:7",), closed_on=day("09-01")
    )
    open_, done = (
        fold_all(ACTIVITIES, of_entry(entry_opened(), ITS.done(), *events))["t-1"]["loop"]["problem"]
        for events in ((undone,), (undone, closed))
    )

    assert (open_["state"], done["state"]) == ("open", "done")


@pytest.mark.rule("C03", "C05", "C06")
def test_a_problem_in_hand_shows_who_has_it_how_far_it_is_and_until_when() -> None:
    progress = ProgressReported(
        **ITS.problem, lead="县水利局", percent=60, note="已清淤", reported_on=day("06-01")
    )

    def problem(*events: DomainEvent) -> Mapping[str, Any]:
        document = fold_all(ACTIVITIES, of_problem(ITS.assigned(), *events))["t-1"]
        return {**document["problems"]["p-1"], "next_due": document["next_due"]}

    assert problem(RETURNED)["situation"] == "returned"
    assert problem(RETURNED)["next_due"] is None
    again = problem(RETURNED, REASSIGNED, progress)
    assert (again["lead"], again["due_on"], again["returned"], again["percent"]) == (
        "县水利局",
        "2024-08-27",
        1,
        60,
    )
    assert problem(EXTENDED)["next_due"]["on"] == "2024-10-20"


@pytest.mark.rule("C14", "C19")
def test_an_activity_shows_its_published_case_and_its_file_number() -> None:
    events = [event for stream in whole_life() for event in stream]
    document = fold_all(ACTIVITIES, events)["t-1"]

    view = ActivityView.of(document, OFF, load_divisions(), "zh")

    assert (view.entries[0].case_title, view.entries[0].file_number) == (
        "村道不再积水",
        "371621101-2024-0001",
    )
    assert (view.problems[0].situation, view.problems[0].returned) == ("solved", 0)


# handlings


def handlings(*events: DomainEvent) -> list[Mapping[str, Any]]:
    """Return who had the problem in hand."""
    found: list[Mapping[str, Any]] = fold_all(HANDLINGS, of_problem(*events))["p-1"]["handlings"]
    return found


@pytest.mark.rule("C03")
def test_a_returned_assignment_stays_with_who_returned_it() -> None:
    first, second = handlings(ITS.assigned(), RETURNED, REASSIGNED)

    assert (first["lead"], first["returned_on"]) == ("石庙镇政府", "2024-05-24")
    assert (second["lead"], second["assigned_on"], second["due_on"]) == (
        "县水利局",
        "2024-05-27",
        "2024-08-27",
    )


@pytest.mark.rule("C06")
def test_a_reply_counts_against_the_due_date_that_held() -> None:
    [found] = handlings(ITS.assigned(), EXTENDED, ITS.replied())

    assert (found["due_on"], found["replied_on"], found["days"]) == ("2024-10-20", "2024-06-19", 28)


@pytest.mark.rule("C07")
def test_a_follow_up_changes_the_result_and_not_the_day_of_the_reply() -> None:
    later = ITS.replied("A").model_copy(update={"replied_on": day("09-02")})
    [found] = handlings(ITS.assigned(), ITS.replied("B", "09-02"), later)

    assert (found["replied_on"], found["result"]) == ("2024-06-19", "A")


@pytest.mark.rule("C10", "C11")
def test_a_reopened_problem_is_in_hand_once_more() -> None:
    first, second = handlings(ITS.assigned(), ITS.replied(), ITS.rated(Rating.DISSATISFIED), AGAIN)
    *_, closed = handlings(
        ITS.assigned(), ITS.replied("D"), ProblemClosed(**ITS.problem, closed_on=day("06-19"))
    )

    assert (first["reopened"], first["rating"]) == (True, "dissatisfied")
    assert (second["assigned_on"], second["replied_on"], second["year"]) == ("2024-06-21", None, 2024)
    assert closed["ended"] == "closed"


@pytest.mark.rule("C10")
def test_what_was_referred_to_the_office_is_no_longer_the_departments_to_look_at_again() -> None:
    promised = [
        ITS.assigned(),
        ITS.replied(),
        ITS.rated(Rating.DISSATISFIED),
        AGAIN,
        ITS.replied("B", "09-02"),
    ]
    referred = ProblemReferred(**ITS.problem, reason="仍不满意", referred_on=day("07-01"))

    assert handlings(*promised)[-1]["follow_up_on"] == "2024-09-02"
    newest = handlings(*promised, ITS.rated(Rating.DISSATISFIED), referred)[-1]
    assert (newest["follow_up_on"], newest["result"], newest["ended"]) == (None, "B", None)


def test_where_a_record_does_not_say_when_a_reopening_began_no_days_are_counted() -> None:
    *_, second = handlings(
        ITS.assigned(), ITS.replied(), ITS.reopened(), ITS.replied().model_copy(update={"result": "A"})
    )

    assert (second["replied_on"], second["days"]) == ("2024-06-19", None)


def test_a_problem_that_was_not_assigned_is_refused() -> None:
    with pytest.raises(OutOfOrderError):
        handlings(ITS.replied())


def _lengths(streams: Streams) -> st.SearchStrategy[list[int]]:
    return st.tuples(*(st.integers(0, len(stream)) for stream in streams)).map(list)


@settings(max_examples=40, deadline=None)
@given(lengths=_lengths(closed_activity()), seed=st.integers(0, 10_000))
def test_as_far_as_each_stream_has_come_the_order_between_them_does_not_matter(
    lengths: list[int], seed: int
) -> None:
    so_far = [stream[:length] for stream, length in zip(closed_activity(), lengths, strict=True)]

    for projection in (LEDGER, HANDLINGS):
        assert_interleaving_does_not_matter(projection, *so_far, tries=3, seed=seed)
