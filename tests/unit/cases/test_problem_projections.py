"""What is shown of a problem, and of the topic that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.cases.calendar import CALENDAR
from services.cases.deciders import PROBLEM
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS
from services.cases.views.problems import ProblemView
from shared.contracts.base import DomainEvent
from shared.contracts.topics import (
    MergerUndone,
    TopicAbsorbed,
    TopicMerged,
    TopicProposed,
    TopicTriaged,
)
from shared.contracts.types import Channel, Origin, Rating, ReplyResult, TopicClass
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.cases.examples import (
    ASSIGNED,
    AUGUST_13,
    CONTACTED,
    CORNER,
    DECIDED,
    EXTENDED,
    HOUSING,
    LAMPS,
    MAY_13,
    MAY_16,
    MAY_17,
    NEXT_TOWN,
    NOVEMBER_13,
    PROGRESSED,
    REASSIGNED,
    REFERRED,
    RETURNED,
    SEPTEMBER_2,
    TOWN,
    TRANSPORT,
    rated,
    reopened,
    replied,
)

PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=TOWN,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.WEB,
    proposer="person-1",
    proposed_on=MAY_13,
    receipt="HM-7F3K9-QWX4T",
)
ABSORBED = TopicAbsorbed(topic_id=LAMPS, absorbed="lamps-too", proposers=("person-2",))


def problem_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(PROBLEMS, stream_of(PROBLEM.stream(CORNER), *events))[CORNER]


def topic_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(KNOWN_TOPICS, stream_of(f"topic-{LAMPS}", *events))[LAMPS]


@pytest.mark.rule("C03")
def test_a_problem_assigned_anew_keeps_both_assignments() -> None:
    shown = problem_after(ASSIGNED, RETURNED, REASSIGNED)

    assert (shown["status"], shown["lead"], shown["due_on"]) == ("handling", TRANSPORT, "2024-08-19")
    first, second = ProblemView.of(shown, MAY_17, CALENDAR).assignments
    assert (first.lead, first.assigned_on, first.returned_on, first.reason) == (
        HOUSING,
        MAY_13,
        MAY_16,
        "村道归交通运输局管养",
    )
    assert (second.lead, second.assigned_on, second.returned_on) == (TRANSPORT, MAY_17, None)


@pytest.mark.rule("C05")
@pytest.mark.rule("C06")
def test_contacts_progress_and_extensions_are_all_shown() -> None:
    fell = PROGRESSED.model_copy(update={"percent": 30, "reason": "返工"})
    shown = ProblemView.of(
        problem_after(ASSIGNED, CONTACTED, PROGRESSED, fell, EXTENDED), NOVEMBER_13, CALENDAR
    )

    assert shown.percent == 30
    assert [(step.percent, step.reason) for step in shown.progress] == [(40, None), (30, "返工")]
    assert [contact.means for contact in shown.contacts] == ["phone"]
    assert [(e.due_before, e.due_on) for e in shown.extensions] == [(AUGUST_13, NOVEMBER_13)]
    assert shown.due_on == NOVEMBER_13


@pytest.mark.rule("C10")
def test_what_the_office_gives_to_somebody_else_is_one_more_assignment() -> None:
    past = [ASSIGNED, replied(), rated(Rating.DISSATISFIED), REFERRED]
    decided = DECIDED.model_copy(update={"lead": TRANSPORT})
    other = reopened(3, on=SEPTEMBER_2).model_copy(update={"lead": TRANSPORT, "co_handlers": ()})

    same = problem_after(*past, DECIDED, reopened(3, on=SEPTEMBER_2))
    shown = problem_after(*past, decided, other)

    assert (same["assigned_on"], len(same["assignments"])) == ("2024-05-13", 1)
    assert (shown["lead"], shown["co_handlers"], shown["assigned_on"]) == (TRANSPORT, [], "2024-09-02")
    assert [given["lead"] for given in shown["assignments"]] == [HOUSING, TRANSPORT]
    assert (same["result"], shown["result"], shown["replied_on"]) == ("A", None, None)
    assert [reply["result"] for reply in shown["replies"]] == ["A"]


def test_a_problem_s_document_agrees_with_its_state_at_a_decision_of_the_office_too() -> None:
    past = [ASSIGNED, replied(), rated(Rating.DISSATISFIED), REFERRED]

    for lead in (HOUSING, TRANSPORT):
        decided = [*past, DECIDED.model_copy(update={"lead": lead})]
        state = PROBLEM.fold(decided)
        shown = problem_after(*decided)
        assert shown["assigned_on"] == str(state.assigned_on)
        assert (shown["result"], shown["replied_on"]) == (
            state.result,
            str(state.replied_on) if state.replied_on else None,
        )


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("events", "day", "expected"),
    [
        ([], date(2024, 8, 14), ("red", -1)),
        ([], AUGUST_13, ("yellow", 0)),
        ([], date(2024, 8, 2), ("yellow", 7)),
        ([], date(2024, 8, 1), ("green", 8)),
        ([EXTENDED], date(2024, 8, 14), ("green", 61)),
        ([replied(ReplyResult.B)], date(2024, 7, 2), ("red", -1)),
        ([replied(ReplyResult.C)], date(2024, 6, 20), ("yellow", 7)),
        ([replied()], date(2024, 8, 14), ("none", None)),
        ([RETURNED], date(2024, 8, 14), ("none", None)),
    ],
    ids=[
        *("the day after", "the day itself", "7 working days", "8 working days", "extended"),
        *("follow-up missed", "follow-up near", "answered", "returned"),
    ],
)
def test_a_light_is_of_the_date_that_counts_that_day(
    events: list[DomainEvent], day: date, expected: tuple[str, int | None]
) -> None:
    shown = ProblemView.of(problem_after(ASSIGNED, *events), day, CALENDAR)

    assert (shown.light, shown.working_days_left) == expected
    assert not shown.provisional


@pytest.mark.rule("C12")
def test_past_the_years_that_the_calendar_knows_a_light_is_provisional() -> None:
    far = ASSIGNED.model_copy(update={"due_on": date(2199, 1, 4)})

    assert ProblemView.of(problem_after(far), AUGUST_13, CALENDAR).provisional


@pytest.mark.rule("C08")
def test_the_people_of_a_topic_are_those_of_what_was_merged_into_it_too() -> None:
    shown = topic_after(PROPOSED, ABSORBED)

    assert shown["proposers"] == ["person-1", "person-2"]


def test_a_topic_is_known_by_where_it_lies_and_where_it_went_on() -> None:
    sorted_ = TopicTriaged(
        topic_id=LAMPS, topic_class=TopicClass.CONSTRUCTION, division=NEXT_TOWN, triaged_on=MAY_13
    )
    merged = TopicMerged(topic_id=LAMPS, into="roads", merged_on=MAY_16)

    shown = topic_after(PROPOSED, sorted_, merged)

    assert (shown["division"], shown["merged_into"]) == (NEXT_TOWN, "roads")
    undone = MergerUndone(topic_id=LAMPS, into="roads")
    assert topic_after(PROPOSED, sorted_, merged, undone)["merged_into"] is None


def test_what_is_known_of_topics_does_not_depend_on_how_their_streams_interleave() -> None:
    other = PROPOSED.model_copy(update={"topic_id": "roads", "receipt": None})

    documents = assert_interleaving_does_not_matter(
        KNOWN_TOPICS, stream_of(f"topic-{LAMPS}", PROPOSED, ABSORBED), stream_of("topic-roads", other)
    )

    assert documents.keys() == {LAMPS, "roads"}


def test_a_topic_is_proposed_before_anything_else() -> None:
    with pytest.raises(OutOfOrderError):
        topic_after(ABSORBED)
