"""What a meeting does: its agenda, where it stands in it, its ballots and their quorum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from services.meetings.deciders import MEETING
from services.meetings.domain import agenda
from services.meetings.domain.ballot import passes, quorum_of
from services.meetings.domain.meeting import HoldMeeting, SetAgenda, StartSegment, TakeBallot
from services.meetings.views.console import console_of
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import AgendaItem, AgendaSet, MeetingHeld, SegmentStarted
from shared.contracts.refusal import RefusedError
from shared.contracts.types import AttendeeKind, Flag, MeetingRules
from shared.eventsourcing.testing import given
from tests.lives import for_any
from tests.unit.meetings.examples import (
    AGENDA,
    AGREED,
    ANSWERS,
    BRIEFING,
    CANCELLED,
    EVENING,
    EVERYBODY,
    HELD,
    ITEMS,
    LATER,
    OPENED,
    OPENED_AT,
    OPINION,
    PAST_SCHEDULED,
    QUESTIONS,
    SCHEDULED,
    TAKEN,
    checked_in,
    item,
)

SET = SetAgenda(ITEMS)

OVER = [
    pytest.param([SCHEDULED, OPENED, HELD], "meeting-held", "M15", id="held"),
    pytest.param([SCHEDULED, CANCELLED], "meeting-cancelled", "M17", id="cancelled"),
    pytest.param([PAST_SCHEDULED], "meeting-back-entered", "M15", id="back-entered"),
]


# agenda


@pytest.mark.rule("M12")
@pytest.mark.parametrize("past", [[SCHEDULED], [SCHEDULED, OPENED]], ids=["scheduled", "open"])
def test_an_agenda_nests_and_fills_the_meeting_exactly(past: list[DomainEvent]) -> None:
    assert agenda.length(ITEMS) == 120, "the meeting lasts two hours"

    given(MEETING, *past).when(SET).then(AGENDA)


@pytest.mark.rule("M12")
def test_the_same_agenda_again_changes_nothing_and_another_one_takes_its_place() -> None:
    shorter = AGENDA.model_copy(update={"items": (BRIEFING,)})

    given(MEETING, SCHEDULED, AGENDA).when(SET).then_nothing()
    given(MEETING, SCHEDULED, AGENDA).when(SetAgenda((BRIEFING,))).then(shorter)


@pytest.mark.rule("M12")
@pytest.mark.parametrize(
    ("items", "code", "field"),
    [
        ((item("talk", 49, QUESTIONS, ANSWERS),), "agenda-item-overfull", "items.0.minutes"),
        (
            (BRIEFING, item("a-1", 60, item("b-1", 50, item("c-1", 51)))),
            "agenda-item-overfull",
            "items.1.children.0.minutes",
        ),
        ((BRIEFING, item("long", 91)), "agenda-over-time", "items"),
        ((BRIEFING, item("talk", 60, BRIEFING)), "agenda-item-twice", "items"),
        (
            (item("a-1", 9, item("b-1", 9, item("c-1", 9, item("d-1", 9)))),),
            "agenda-too-deep",
            "items.0.children.0.children.0.children",
        ),
        ((AgendaItem(item_id="what", title="什么", minutes=5),), "agenda-segment-missing", "items.0.segment"),
    ],
    ids=["overfull", "overfull-inside", "over-time", "twice", "too-deep", "no-segment"],
)
def test_an_agenda_that_does_not_fit_is_refused_where_it_does_not(
    items: tuple[AgendaItem, ...], code: str, field: str
) -> None:
    refusal = given(MEETING, SCHEDULED).when(SetAgenda(items)).then_refused(code, rule="M12")

    assert refusal.field == field


_trees = st.recursive(
    st.builds(lambda n, m: item(f"item-{n}", m), st.integers(0, 9), st.integers(1, 60)),
    lambda inner: st.builds(
        lambda n, m, children: item(f"item-{n}", m, *children),
        st.integers(10, 19),
        st.integers(1, 90),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@pytest.mark.rule("M12")
@for_any(st.lists(_trees, min_size=1, max_size=4))
def test_whatever_agenda_is_taken_its_children_fit_and_its_items_are_one_each(
    items: list[AgendaItem],
) -> None:
    try:
        agenda.check(items, 120)
    except RefusedError:
        return
    every = list(agenda.every_item(items))
    assert len({each.item_id for each in every}) == len(every)
    assert all(agenda.length(each.children) <= each.minutes for each in every)
    assert sum(segment.minutes for segment in agenda.segments(items)) <= agenda.length(items) <= 120


@pytest.mark.rule("M12")
def test_the_meeting_comes_to_a_segment_and_may_come_back_to_it() -> None:
    def started(item_id: str) -> SegmentStarted:
        return SegmentStarted(meeting_id=EVENING, item_id=item_id, started_at=LATER)

    at_questions = (
        given(MEETING, SCHEDULED, AGENDA, OPENED)
        .when(StartSegment("questions", LATER))
        .then(started("questions"))
    )
    at_questions.when(StartSegment("questions", OPENED_AT)).then_nothing()
    at_answers = at_questions.when(StartSegment("answers", LATER)).then(started("answers"))
    at_answers.when(StartSegment("questions", LATER)).then(started("questions"))


@pytest.mark.rule("M12")
@pytest.mark.parametrize("item_id", ["nowhere", "talk"], ids=["unknown", "holds-others"])
def test_a_segment_is_one_of_the_agenda(item_id: str) -> None:
    refusal = (
        given(MEETING, SCHEDULED, AGENDA, OPENED)
        .when(StartSegment(item_id, LATER))
        .then_refused("segment-unknown", rule="M12")
    )

    assert refusal.field == "item_id"


@pytest.mark.rule("M12")
def test_a_meeting_comes_to_nothing_before_it_is_open() -> None:
    given(MEETING, SCHEDULED, AGENDA).when(StartSegment("briefing", LATER)).then_refused(
        "meeting-not-open", rule="M15"
    )


@pytest.mark.rule("M12")
def test_an_agenda_that_changes_while_the_meeting_is_open_keeps_what_it_came_to() -> None:
    past = (
        SCHEDULED,
        AGENDA,
        OPENED,
        SegmentStarted(meeting_id=EVENING, item_id="briefing", started_at=LATER),
    )

    given(MEETING, *past).when(SetAgenda((QUESTIONS,))).then_refused("agenda-without-past", rule="M12")
    given(MEETING, *past).when(SetAgenda((BRIEFING, QUESTIONS))).then(
        AgendaSet(meeting_id=EVENING, items=(BRIEFING, QUESTIONS))
    )


@pytest.mark.rule("M12")
@pytest.mark.parametrize(("past", "code", "rule"), OVER)
def test_what_is_over_gets_no_agenda(past: list[DomainEvent], code: str, rule: str) -> None:
    given(MEETING, *past).when(SET).then_refused(code, rule=rule)


# ballots


def with_rules(**rules: Any) -> DomainEvent:
    return SCHEDULED.model_copy(update={"rules": MeetingRules(**rules)})


VOTING: list[DomainEvent] = [with_rules(ballot=True), OPENED, *EVERYBODY, AGREED]
TAKE = TakeBallot("ballot-1", None, OPINION.opinion_id, 4, 1, 1, ("联络室工作人员",), LATER)


@pytest.mark.rule("M14")
def test_a_ballot_keeps_what_was_counted_by_whom_and_whether_it_passed() -> None:
    given(MEETING, *VOTING).when(TAKE).then(TAKEN)


@pytest.mark.rule("M14")
def test_a_ballot_may_have_a_question_of_its_own() -> None:
    question = replace(TAKE, question="是否先修三组", opinion_id=None, in_favour=3, abstentions=0)
    update = {
        "question": "是否先修三组",
        "opinion_id": None,
        "in_favour": 3,
        "abstentions": 0,
        "passed": False,
    }

    given(MEETING, *VOTING).when(question).then(TAKEN.model_copy(update=update))


@pytest.mark.rule("M14")
@pytest.mark.parametrize(("in_favour", "present", "passed"), [(3, 6, False), (4, 6, True), (0, 0, False)])
def test_a_question_passes_with_more_than_half_of_those_present(
    in_favour: int, present: int, passed: bool
) -> None:
    assert passes(in_favour, present) is passed


@pytest.mark.rule("M14")
def test_there_is_a_ballot_only_where_the_procedure_has_one() -> None:
    given(MEETING, SCHEDULED, OPENED, *EVERYBODY, AGREED).when(TAKE).then_refused(
        "ballot-not-provided", rule="M14"
    )


@pytest.mark.rule("M14")
@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"in_favour": 5}, "votes-over-present", "in_favour"),
        ({"tellers": ()}, "tellers-unstated", "tellers"),
        ({"opinion_id": None}, "question-unstated", "question"),
        ({"opinion_id": "opinion-9"}, "opinion-unknown", "opinion_id"),
    ],
)
def test_a_ballot_that_cannot_have_been_is_refused(changed: dict[str, Any], code: str, field: str) -> None:
    refusal = given(MEETING, *VOTING).when(replace(TAKE, **changed)).then_refused(code, rule="M14")

    assert refusal.field == field


@pytest.mark.rule("M14")
def test_the_same_ballot_again_changes_nothing_whoever_came_since_and_another_result_is_refused() -> None:
    one_more = checked_in("resident-9", AttendeeKind.RESIDENT)

    given(MEETING, *VOTING, TAKEN, one_more).when(replace(TAKE, at=OPENED_AT)).then_nothing()
    given(MEETING, *VOTING, TAKEN).when(replace(TAKE, against=0)).then_refused("ballot-exists", rule="M14")


@pytest.mark.rule("M14")
def test_nothing_is_voted_on_without_the_quorum_that_the_procedure_has() -> None:
    needed = with_rules(ballot=True, quorum=7)

    given(MEETING, needed, *VOTING[1:]).when(TAKE).then_refused("quorum-missing", rule="M14")
    one_more = checked_in("resident-9", AttendeeKind.RESIDENT)
    assert MEETING.decide(TAKE, MEETING.fold([needed, *VOTING[1:], one_more]))


@pytest.mark.rule("M14")
@pytest.mark.parametrize(
    ("rules", "expected", "quorum"),
    [
        ({}, 30, None),
        ({"quorum": 5}, None, 5),
        ({"quorum_percent": 67}, 30, 21),
        ({"quorum_percent": 67}, None, None),
        ({"quorum": 5, "quorum_percent": 50}, 30, 15),
    ],
)
def test_a_quorum_is_a_number_or_a_share_of_those_expected(
    rules: dict[str, int], expected: int | None, quorum: int | None
) -> None:
    assert quorum_of(MeetingRules(**rules), expected) == quorum


@pytest.mark.rule("M14")
@pytest.mark.parametrize(("quorum", "flagged"), [(6, False), (7, True)])
def test_a_meeting_held_without_its_quorum_is_flagged_not_refused(quorum: int, flagged: bool) -> None:
    flag = Flag(rule="M14", text="到会 6 人，不足法定人数 7 人")

    (held,) = MEETING.decide(HoldMeeting(), MEETING.fold([with_rules(quorum=quorum), OPENED, *EVERYBODY]))

    assert isinstance(held, MeetingHeld)
    assert held.flags == ((flag,) if flagged else ())


@pytest.mark.rule("M14")
def test_who_should_be_there_is_what_the_pinned_procedure_says() -> None:
    rules = with_rules(composition={AttendeeKind.MEMBER: 2, AttendeeKind.RESIDENT: 3})

    (held,) = MEETING.decide(HoldMeeting(), MEETING.fold([rules, OPENED, *EVERYBODY]))

    assert isinstance(held, MeetingHeld)
    assert [flag.text for flag in held.flags] == ["到会构成不足：政协委员 1 人（应不少于 2 人）"]


# the console


def test_the_console_shows_who_is_there_who_is_missing_and_where_the_meeting_stands() -> None:
    started = SegmentStarted(meeting_id=EVENING, item_id="questions", started_at=LATER)
    state = MEETING.fold([with_rules(ballot=True, quorum=5), AGENDA, *EVERYBODY[:3], OPENED, started, AGREED])

    shown = console_of(state)  # type: ignore[arg-type]  # open, by these events

    assert (shown.situation, shown.opened_at, shown.attendance.present) == ("open", OPENED_AT, 3)
    assert [(m.kind, m.present, m.least) for m in shown.missing] == [(AttendeeKind.RESIDENT, 0, 3)]
    assert (shown.quorum, shown.ballot) == (5, True)
    assert shown.current is not None
    assert shown.current.item_id == "questions"
    assert shown.opinions == (OPINION,)
