"""What a problem does, refuses and leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.cases.deciders import PROBLEM
from services.cases.domain.problem import ProblemCommand
from shared.contracts.base import DomainEvent
from shared.contracts.refusal import NotThereError
from shared.contracts.types import Flag, Rating, ReplyResult
from shared.eventsourcing.testing import given
from tests.unit.cases.examples import (
    ASSIGN,
    ASSIGNED,
    BACK_REPLIED,
    CONFIRM,
    CONFIRMED,
    ENDED,
    HOUSING,
    JULY_1,
    JUNE_7,
    MAY_10,
    MAY_13,
    RATE,
    REFERRED,
    REOPEN,
    REPLY,
    SEPTEMBER_2,
    SOLVED,
    rated,
    reopened,
    replied,
)

JUNE_2, AUGUST_1 = date(2024, 6, 2), date(2024, 8, 1)
LATER = [ReplyResult.B, ReplyResult.C]
RATE_BAD = replace(RATE, rating=Rating.DISSATISFIED, reason="还是太暗", due_on=SEPTEMBER_2)
SOLVED_ONCE: list[DomainEvent] = [ASSIGNED, replied(), rated(), SOLVED]

SITUATIONS: dict[str, list[DomainEvent]] = {
    "handling": [ASSIGNED],
    "replied A": [ASSIGNED, replied()],
    "replied B": [ASSIGNED, replied(ReplyResult.B)],
    "replied C": [ASSIGNED, replied(ReplyResult.C)],
    "solved": SOLVED_ONCE,
    "closed": [ASSIGNED, replied(ReplyResult.D), ENDED],
    "reopened": [ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened()],
    "referred": [
        *(ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened()),
        *(replied(on=AUGUST_1), rated(Rating.DISSATISFIED, on=AUGUST_1), REFERRED),
    ],
}


def except_in(*situations: str) -> list[str]:
    return [situation for situation in SITUATIONS if situation not in situations]


@pytest.mark.parametrize("command", [REPLY, RATE, CONFIRM, REOPEN], ids=lambda c: type(c).__name__)
def test_nothing_can_be_done_to_a_problem_that_was_never_assigned(command: ProblemCommand) -> None:
    refusal = given(PROBLEM).when(command).then_refused("problem-unknown")

    assert isinstance(refusal, NotThereError)


# assignment


@pytest.mark.rule("C02")
def test_a_problem_is_assigned_to_lead_and_co_handlers_with_a_due_date() -> None:
    given(PROBLEM).when(ASSIGN).then(ASSIGNED)


@pytest.mark.rule("C02")
def test_a_reply_may_be_due_on_the_day_of_the_assignment() -> None:
    given(PROBLEM).when(replace(ASSIGN, due_on=MAY_13)).then(ASSIGNED.model_copy(update={"due_on": MAY_13}))


@pytest.mark.rule("C02")
def test_no_reply_is_due_before_the_assignment() -> None:
    refusal = (
        given(PROBLEM).when(replace(ASSIGN, due_on=MAY_10)).then_refused("due-before-assignment", rule="C02")
    )

    assert refusal.field == "due_on"


@pytest.mark.rule("C02")
def test_the_lead_handler_is_not_its_own_co_handler() -> None:
    command = replace(ASSIGN, co_handlers=("县供电公司", HOUSING))

    refusal = given(PROBLEM).when(command).then_refused("lead-is-co-handler", rule="C02")

    assert refusal.field == "co_handlers"


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_problem_is_assigned_once(situation: str) -> None:
    refusal = given(PROBLEM, *SITUATIONS[situation]).when(ASSIGN).then_refused("problem-exists")

    assert refusal.field == "problem_id"


# reply


@pytest.mark.rule("C07")
def test_a_department_replies() -> None:
    given(PROBLEM, ASSIGNED).when(REPLY).then(replied())


@pytest.mark.rule("C07")
@pytest.mark.parametrize("result", LATER)
def test_a_reply_that_promises_a_solution_says_when_it_is_looked_at_again(result: ReplyResult) -> None:
    promised = replied(result)
    command = replace(REPLY, result=result)

    given(PROBLEM, ASSIGNED).when(replace(command, follow_up_on=promised.follow_up_on)).then(promised)
    refusal = given(PROBLEM, ASSIGNED).when(command).then_refused("follow-up-date-missing", rule="C07")
    assert refusal.field == "follow_up_on"


@pytest.mark.rule("C07")
def test_nothing_is_looked_at_again_before_the_reply() -> None:
    command = replace(REPLY, result=ReplyResult.B, follow_up_on=JUNE_2)

    refusal = given(PROBLEM, ASSIGNED).when(command).then_refused("follow-up-before-reply", rule="C07")

    assert refusal.field == "follow_up_on"


@pytest.mark.rule("C07")
@pytest.mark.parametrize("before", LATER)
@pytest.mark.parametrize("rating", [[], [rated()]], ids=["unrated", "rated"])
def test_a_follow_up_gives_a_new_result(before: ReplyResult, rating: list[DomainEvent]) -> None:
    command = replace(REPLY, replied_on=AUGUST_1)

    given(PROBLEM, ASSIGNED, replied(before), *rating).when(command).then(replied(on=AUGUST_1))


@pytest.mark.rule("C07")
@pytest.mark.parametrize("result", LATER)
def test_the_same_result_on_the_same_day_is_no_follow_up(result: ReplyResult) -> None:
    promised = replied(result)
    command = replace(REPLY, result=result, follow_up_on=promised.follow_up_on)

    given(PROBLEM, ASSIGNED, promised).when(command).then_refused("reply-repeated", rule="C07")


@pytest.mark.rule("C11")
def test_a_reply_for_reference_closes_the_problem_without_solving_it() -> None:
    given(PROBLEM, ASSIGNED).when(replace(REPLY, result=ReplyResult.D)).then(replied(ReplyResult.D), ENDED)


@pytest.mark.rule("C11")
def test_a_follow_up_may_close_the_problem_without_solving_it() -> None:
    command = replace(REPLY, result=ReplyResult.D, replied_on=AUGUST_1)
    ended = ENDED.model_copy(update={"closed_on": AUGUST_1})

    given(PROBLEM, ASSIGNED, replied(ReplyResult.C)).when(command).then(
        replied(ReplyResult.D, AUGUST_1), ended
    )


@pytest.mark.rule("C07")
@pytest.mark.parametrize("situation", except_in("handling", "reopened", "replied B", "replied C"))
def test_only_what_is_open_or_looked_at_again_is_replied_to(situation: str) -> None:
    command = replace(REPLY, replied_on=SEPTEMBER_2)

    given(PROBLEM, *SITUATIONS[situation]).when(command).then_refused("problem-status", rule="C07")


@pytest.mark.rule("C07")
@pytest.mark.parametrize(
    ("past", "day"),
    [([ASSIGNED], MAY_10), ([ASSIGNED, replied(ReplyResult.B)], JUNE_2)],
    ids=["the assignment", "the reply before"],
)
@pytest.mark.parametrize("back_entry", [False, True])
def test_no_reply_is_earlier_than_what_it_replies_to(
    past: Sequence[DomainEvent], day: date, back_entry: bool
) -> None:
    command = replace(REPLY, replied_on=day, contacted_on=day, back_entry=back_entry)

    refusal = given(PROBLEM, *past).when(command).then_refused("reply-too-early", rule="C07")

    assert refusal.field == "replied_on"


@pytest.mark.rule("C07")
@pytest.mark.parametrize("text", [None, ""])
def test_a_reply_has_a_text(text: str | None) -> None:
    refusal = (
        given(PROBLEM, ASSIGNED)
        .when(replace(REPLY, text=text))
        .then_refused("reply-without-text", rule="C07")
    )

    assert refusal.field == "text"


@pytest.mark.rule("C04")
def test_the_proposer_is_contacted_before_the_reply_or_the_reply_says_why_not() -> None:
    silent = replace(REPLY, contacted_on=None)
    said = replied().model_copy(update={"contacted_on": None, "no_contact_reason": "号码已停用"})

    refusal = given(PROBLEM, ASSIGNED).when(silent).then_refused("contact-missing", rule="C04")

    assert refusal.field == "contacted_on"
    given(PROBLEM, ASSIGNED).when(replace(silent, no_contact_reason="号码已停用")).then(said)


@pytest.mark.rule("C04")
def test_contact_after_the_reply_comes_too_late() -> None:
    command = replace(REPLY, contacted_on=JUNE_7)

    refusal = given(PROBLEM, ASSIGNED).when(command).then_refused("contact-after-reply", rule="C04")

    assert refusal.field == "contacted_on"


def test_an_old_record_of_a_reply_may_know_no_more_than_result_and_day() -> None:
    command = replace(REPLY, text=None, contacted_on=None, back_entry=True)

    given(PROBLEM, ASSIGNED).when(command).then(BACK_REPLIED)


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"result": ReplyResult.C}, Flag(rule="C07", text="C 类答复未记载回头看日期")),
        ({"contacted_on": JUNE_7}, Flag(rule="C04", text="与提出人沟通晚于答复")),
    ],
    ids=["follow-up-date-missing", "contact-after-reply"],
)
def test_what_an_old_record_did_not_keep_to_is_flagged(change: dict[str, Any], flag: Flag) -> None:
    command = replace(REPLY, back_entry=True, **change)

    then = given(PROBLEM, ASSIGNED).when(command)

    then.then(replied().model_copy(update={**change, "back_entry": True, "flags": (flag,)}))


# rating


@pytest.mark.rule("C09")
@pytest.mark.parametrize("rating", [Rating.SATISFIED, Rating.FAIRLY_SATISFIED])
def test_an_a_reply_that_satisfies_solves_the_problem(rating: Rating) -> None:
    given(PROBLEM, ASSIGNED, replied()).when(replace(RATE, rating=rating)).then(rated(rating), SOLVED)


@pytest.mark.rule("C09")
@pytest.mark.parametrize("result", LATER)
def test_a_promise_that_satisfies_solves_nothing_yet(result: ReplyResult) -> None:
    given(PROBLEM, ASSIGNED, replied(result)).when(RATE).then(rated())


@pytest.mark.rule("C10")
@pytest.mark.parametrize("result", [ReplyResult.A, *LATER])
def test_a_reply_that_does_not_satisfy_reopens_the_problem_with_a_new_due_date(result: ReplyResult) -> None:
    given(PROBLEM, ASSIGNED, replied(result)).when(RATE_BAD).then(rated(Rating.DISSATISFIED), reopened())


@pytest.mark.rule("C10")
def test_a_second_reply_that_does_not_satisfy_goes_to_the_office() -> None:
    past = [ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened(), replied(on=AUGUST_1)]
    command = replace(RATE_BAD, rated_on=AUGUST_1)

    given(PROBLEM, *past).when(command).then(rated(Rating.DISSATISFIED, AUGUST_1), REFERRED)


@pytest.mark.rule("C10")
def test_the_second_reply_may_solve_the_problem() -> None:
    past = [ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened(), replied(on=AUGUST_1)]
    solved = SOLVED.model_copy(update={"solved_on": AUGUST_1})

    given(PROBLEM, *past).when(replace(RATE, rated_on=AUGUST_1)).then(rated(on=AUGUST_1), solved)


@pytest.mark.rule("C08")
def test_a_rating_of_dissatisfied_says_why() -> None:
    command = replace(RATE_BAD, reason=None)

    refusal = given(PROBLEM, ASSIGNED, replied()).when(command).then_refused("reason-missing", rule="C08")

    assert refusal.field == "reason"


@pytest.mark.rule("C08")
@pytest.mark.parametrize(
    "past", [[replied(ReplyResult.B), rated()], [replied(), rated(Rating.DISSATISFIED), reopened()]]
)
def test_a_reply_is_rated_once(past: Sequence[DomainEvent]) -> None:
    given(PROBLEM, ASSIGNED, *past).when(RATE).then_refused("already-rated", rule="C08")


@pytest.mark.rule("C08")
@pytest.mark.parametrize(
    "past",
    [SITUATIONS["handling"], SITUATIONS["closed"], [ASSIGNED, replied(), CONFIRMED, SOLVED]],
    ids=["no reply yet", "for reference", "confirmed"],
)
def test_only_a_reply_that_waits_for_it_is_rated(past: Sequence[DomainEvent]) -> None:
    given(PROBLEM, *past).when(RATE).then_refused("problem-status", rule="C08")


@pytest.mark.parametrize(
    ("command", "code", "rule"),
    [
        pytest.param(
            replace(RATE, rated_on=JUNE_2), "rated-before-reply", "C08", marks=pytest.mark.rule("C08")
        ),
        pytest.param(
            replace(RATE_BAD, due_on=JUNE_2), "due-before-reply", "C10", marks=pytest.mark.rule("C10")
        ),
        pytest.param(
            replace(RATE, solved_on=JUNE_2, back_entry=True),
            *("solved-before-reply", "C09"),
            marks=pytest.mark.rule("C09"),
        ),
    ],
    ids=["rated", "due", "solved"],
)
def test_nothing_that_follows_a_reply_is_earlier_than_it(
    command: ProblemCommand, code: str, rule: str
) -> None:
    given(PROBLEM, ASSIGNED, replied()).when(command).then_refused(code, rule=rule)


@pytest.mark.rule("C09")
@pytest.mark.parametrize("rated_on", [JUNE_7, None])
@pytest.mark.parametrize("solved_on", [AUGUST_1, None])
def test_an_old_record_alone_says_when_the_problem_was_solved(
    rated_on: date | None, solved_on: date | None
) -> None:
    command = replace(RATE, rated_on=rated_on, solved_on=solved_on, back_entry=True)
    said = {"back_entry": True}

    given(PROBLEM, ASSIGNED, BACK_REPLIED).when(command).then(
        rated(on=rated_on).model_copy(update=said), SOLVED.model_copy(update={**said, "solved_on": solved_on})
    )


@pytest.mark.rule("C09")
def test_a_problem_is_struck_off_on_the_day_of_its_rating() -> None:
    given(PROBLEM, ASSIGNED, replied()).when(replace(RATE, solved_on=AUGUST_1)).then(rated(), SOLVED)


@pytest.mark.rule("C10")
def test_an_old_record_need_not_say_why_it_did_not_satisfy_or_until_when_it_was_handled() -> None:
    command = replace(RATE_BAD, rated_on=None, reason=None, due_on=None, back_entry=True)
    said = {"back_entry": True}

    given(PROBLEM, ASSIGNED, BACK_REPLIED).when(command).then(
        rated(Rating.DISSATISFIED, on=None).model_copy(update={**said, "reason": None}),
        reopened(reason="不满意", due_on=None, on=None).model_copy(update=said),
    )


# confirmation


@pytest.mark.rule("C09")
@pytest.mark.parametrize("day", [date(2024, 6, 25), AUGUST_1])
def test_an_a_reply_unrated_for_15_working_days_is_confirmed(day: date) -> None:
    """From 3 June 2024, over the Dragon Boat Festival on Monday 10 June."""
    confirmed = CONFIRMED.model_copy(update={"confirmed_on": day})
    solved = SOLVED.model_copy(update={"solved_on": day})

    given(PROBLEM, ASSIGNED, replied()).when(replace(CONFIRM, confirmed_on=day)).then(confirmed, solved)


@pytest.mark.rule("C09")
@pytest.mark.parametrize("day", [date(2024, 6, 24), JUNE_2, MAY_10])
def test_a_reply_is_not_confirmed_before_15_working_days(day: date) -> None:
    command = replace(CONFIRM, confirmed_on=day)

    refusal = (
        given(PROBLEM, ASSIGNED, replied()).when(command).then_refused("confirmed-too-early", rule="C09")
    )

    assert refusal.field == "confirmed_on"


@pytest.mark.rule("C09")
@pytest.mark.parametrize(
    "past",
    [*(SITUATIONS[s] for s in except_in("replied A")), [ASSIGNED, replied(ReplyResult.B), rated()]],
    ids=[*except_in("replied A"), "rated B"],
)
def test_nothing_but_an_unrated_a_reply_is_confirmed(past: Sequence[DomainEvent]) -> None:
    given(PROBLEM, *past).when(CONFIRM).then_refused("problem-status", rule="C09")


# reopening


@pytest.mark.rule("C10")
def test_a_solved_problem_that_came_back_is_opened_again() -> None:
    given(PROBLEM, *SOLVED_ONCE).when(REOPEN).then(reopened(reason="又不亮了", on=JULY_1))


@pytest.mark.rule("C10")
def test_a_problem_that_came_back_may_be_solved_again_or_goes_to_the_office() -> None:
    past = [*SOLVED_ONCE, reopened(reason="又不亮了"), replied(on=AUGUST_1)]
    solved = SOLVED.model_copy(update={"solved_on": AUGUST_1})

    given(PROBLEM, *past).when(replace(RATE, rated_on=AUGUST_1)).then(rated(on=AUGUST_1), solved)
    given(PROBLEM, *past).when(replace(RATE_BAD, rated_on=AUGUST_1)).then(
        rated(Rating.DISSATISFIED, AUGUST_1), REFERRED
    )


@pytest.mark.rule("C10")
def test_each_reopening_is_counted() -> None:
    again = [reopened(reason="又不亮了"), replied(on=AUGUST_1), rated(on=AUGUST_1), SOLVED]

    given(PROBLEM, *SOLVED_ONCE, *again).when(replace(REOPEN, reopened_on=AUGUST_1)).then(
        reopened(attempt=3, reason="又不亮了", on=AUGUST_1)
    )


@pytest.mark.rule("C10")
@pytest.mark.parametrize("situation", except_in("solved"))
def test_only_a_solved_problem_is_opened_again(situation: str) -> None:
    given(PROBLEM, *SITUATIONS[situation]).when(REOPEN).then_refused("problem-status", rule="C10")


@pytest.mark.rule("C10")
def test_a_reopened_problem_is_not_due_before_its_reopening() -> None:
    refusal = (
        given(PROBLEM, *SOLVED_ONCE)
        .when(replace(REOPEN, due_on=JUNE_2))
        .then_refused("due-before-reopening", rule="C10")
    )

    assert refusal.field == "due_on"
