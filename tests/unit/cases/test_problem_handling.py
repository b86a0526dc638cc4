"""What happens to a problem between assignment and reply, and after two replies that did not satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from services.cases.deciders import PROBLEM
from services.cases.domain.problem import Clock, ProblemCommand
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemClosed
from shared.contracts.types import FileRef, Flag, RatedBy, Rating, ReplyResult
from shared.eventsourcing.application import digest_of
from shared.eventsourcing.testing import given
from tests.unit.cases.examples import (
    AGAIN,
    ASSIGN,
    ASSIGNED,
    AT,
    AUGUST_13,
    CLOSURE_DECIDED,
    CONFIRM,
    CONTACT,
    CONTACTED,
    DECIDED,
    ENDED,
    EXTEND,
    EXTENDED,
    GIVE_UP,
    HOUSING,
    JULY_1,
    JUNE_3,
    JUNE_7,
    MAY_10,
    MAY_13,
    MAY_16,
    MAY_17,
    NOVEMBER_13,
    POWER,
    PROGRESS,
    PROGRESSED,
    RATE,
    REASSIGN,
    REASSIGNED,
    REFERRED,
    REOPEN,
    REPLY,
    RETURN,
    RETURNED,
    SEPTEMBER_2,
    SOLVED,
    TRANSPORT,
    rated,
    reopened,
    replied,
)

AUGUST_1, DECEMBER_2, DECEMBER_2025 = date(2024, 8, 1), date(2024, 12, 2), date(2025, 12, 1)
TOMORROW = date(2025, 1, 1)
ONCE_REOPENED = [ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened()]
TWICE: list[DomainEvent] = [
    *ONCE_REOPENED,
    replied(on=AUGUST_1),
    rated(Rating.DISSATISFIED, AUGUST_1),
    REFERRED,
]

SITUATIONS: dict[str, list[DomainEvent]] = {
    "handling": [ASSIGNED],
    "returned": [ASSIGNED, RETURNED],
    "replied A": [ASSIGNED, replied()],
    "replied B": [ASSIGNED, replied(ReplyResult.B)],
    "solved": [ASSIGNED, replied(), rated(), SOLVED],
    "closed": [ASSIGNED, replied(ReplyResult.D), ENDED],
    "referred": TWICE,
}


def except_in(*situations: str) -> list[str]:
    return [situation for situation in SITUATIONS if situation not in situations]


# returned, and assigned anew


@pytest.mark.rule("C03")
@pytest.mark.parametrize("day", [MAY_13, MAY_16])
def test_a_wrong_addressee_returns_a_problem_within_three_working_days(day: date) -> None:
    returned = RETURNED.model_copy(update={"returned_on": day})

    given(PROBLEM, ASSIGNED).when(replace(RETURN, returned_on=day)).then(returned)


@pytest.mark.rule("C03")
def test_after_three_working_days_the_refusal_names_the_day_on_which_they_ended() -> None:
    refusal = (
        given(PROBLEM, ASSIGNED)
        .when(replace(RETURN, returned_on=MAY_17))
        .then_refused("returned-too-late", rule="C03")
    )

    assert refusal.field == "returned_on"
    assert "2024-05-16" in refusal.zh
    assert "2024-05-16" in refusal.en


@pytest.mark.rule("C03")
def test_holidays_do_not_count_among_the_three_working_days() -> None:
    """30 September 2024 is a Monday; the National Day holiday lasts until 7 October."""
    assigned = ASSIGNED.model_copy(update={"assigned_on": date(2024, 9, 30)})
    past = given(PROBLEM, assigned)

    past.when(replace(RETURN, returned_on=date(2024, 10, 10))).then(
        RETURNED.model_copy(update={"returned_on": date(2024, 10, 10)})
    )
    past.when(replace(RETURN, returned_on=date(2024, 10, 11))).then_refused("returned-too-late", rule="C03")


@pytest.mark.rule("C03")
def test_an_old_record_may_have_been_returned_late_and_is_flagged() -> None:
    flag = Flag(rule="C03", text="退回晚于期限（2024-05-16）")
    late = RETURNED.model_copy(update={"returned_on": MAY_17, "flags": (flag,), "back_entry": True})

    given(PROBLEM, ASSIGNED).when(replace(RETURN, returned_on=MAY_17, back_entry=True)).then(late)


@pytest.mark.rule("C03")
def test_a_day_that_is_not_said_is_today() -> None:
    command = replace(RETURN, returned_on=None, at=Clock(MAY_16, AT.calendar))

    given(PROBLEM, ASSIGNED).when(command).then(RETURNED)


@pytest.mark.rule("C03")
@pytest.mark.parametrize("situation", except_in("handling"))
def test_only_what_is_in_hand_is_returned(situation: str) -> None:
    given(PROBLEM, *SITUATIONS[situation]).when(RETURN).then_refused("problem-status", rule="C03")


@pytest.mark.rule("C03")
@pytest.mark.parametrize("day", [MAY_13, JUNE_7], ids=["within three working days", "later"])
def test_what_did_not_satisfy_is_not_returned_by_those_who_answered_it(day: date) -> None:
    again = [replied(on=day), rated(Rating.DISSATISFIED, on=day), reopened(on=day)]
    command = replace(RETURN, returned_on=day)

    given(PROBLEM, ASSIGNED, *again).when(command).then_refused("returned-after-reply", rule="C03")


@pytest.mark.rule("C03")
def test_what_was_returned_is_assigned_anew_and_the_clock_starts_again() -> None:
    after = given(PROBLEM, ASSIGNED, RETURNED).when(REASSIGN).then(REASSIGNED)

    assert (after.state.lead, after.state.co_handlers) == (TRANSPORT, (POWER,))
    assert (after.state.first_assigned_on, after.state.assigned_on) == (MAY_13, MAY_17)
    again = replace(RETURN, returned_on=date(2024, 5, 22))
    after.when(again).then(RETURNED.model_copy(update={"lead": TRANSPORT, "returned_on": date(2024, 5, 22)}))


@pytest.mark.rule("C03")
@pytest.mark.parametrize(
    ("change", "code", "rule", "field"),
    [
        ({"assigned_on": MAY_13}, "day-too-early", "C03", "assigned_on"),
        ({"assigned_on": TOMORROW}, "day-in-future", "C03", "assigned_on"),
        ({"due_on": MAY_16}, "due-before-assignment", "C02", "due_on"),
        ({"co_handlers": (TRANSPORT,)}, "lead-is-co-handler", "C02", "co_handlers"),
    ],
)
def test_an_assignment_anew_is_looked_at_as_the_first_one(
    change: dict[str, object], code: str, rule: str, field: str
) -> None:
    command = replace(REASSIGN, **change)  # type: ignore[arg-type]  # fields by name

    refusal = given(PROBLEM, ASSIGNED, RETURNED).when(command).then_refused(code, rule=rule)

    assert refusal.field == field


@pytest.mark.rule("C03")
@pytest.mark.parametrize("situation", except_in("returned"))
def test_only_what_was_returned_is_assigned_anew(situation: str) -> None:
    given(PROBLEM, *SITUATIONS[situation]).when(REASSIGN).then_refused("problem-status", rule="C03")


# contact with the proposer


@pytest.mark.rule("C04")
def test_a_reply_after_a_recorded_contact_need_not_state_it() -> None:
    silent = replace(REPLY, contacted_on=None)
    said = replied().model_copy(update={"contacted_on": MAY_17})

    given(PROBLEM, ASSIGNED).when(CONTACT).then(CONTACTED).when(silent).then(said)


@pytest.mark.rule("C04")
@pytest.mark.parametrize(
    "past",
    [
        [CONTACTED.model_copy(update={"contacted_on": JUNE_7})],
        [CONTACTED, RETURNED, REASSIGNED.model_copy(update={"assigned_on": MAY_17})],
    ],
    ids=["after the reply's day", "by whom it was not for"],
)
def test_a_contact_counts_for_the_reply_that_follows_it(past: Sequence[DomainEvent]) -> None:
    silent = replace(REPLY, contacted_on=None)

    given(PROBLEM, ASSIGNED, *past).when(silent).then_refused("contact-missing", rule="C04")


@pytest.mark.rule("C04")
def test_each_reply_has_a_contact_of_its_own() -> None:
    silent = replace(REPLY, replied_on=AUGUST_1, contacted_on=None)

    given(PROBLEM, ASSIGNED, CONTACTED, replied(ReplyResult.B)).when(silent).then_refused(
        "contact-missing", rule="C04"
    )


@pytest.mark.rule("C04")
@pytest.mark.rule("C05")
@pytest.mark.parametrize("command", [CONTACT, PROGRESS], ids=["contact", "progress"])
@pytest.mark.parametrize("situation", except_in("handling", "replied B"))
def test_only_what_is_in_its_handlers_hands_is_worked_on(situation: str, command: ProblemCommand) -> None:
    rule = "C04" if command is CONTACT else "C05"

    given(PROBLEM, *SITUATIONS[situation]).when(command).then_refused("problem-status", rule=rule)


# progress


@pytest.mark.rule("C05")
def test_progress_is_reported_with_note_and_evidence() -> None:
    photo = FileRef(file_id="photo-1", media_type="image/jpeg", size=9, sha256="0" * 64)
    shown = PROGRESSED.model_copy(update={"files": (photo,)})

    given(PROBLEM, ASSIGNED).when(replace(PROGRESS, files=(photo,))).then(shown)


@pytest.mark.rule("C05")
def test_progress_falls_only_with_a_reason() -> None:
    past = given(PROBLEM, ASSIGNED, PROGRESSED)
    fallen = replace(PROGRESS, percent=30)
    told = PROGRESSED.model_copy(update={"percent": 30, "reason": "返工"})

    refusal = past.when(fallen).then_refused("progress-fell", rule="C05")

    assert refusal.field == "reason"
    past.when(replace(fallen, reason="返工")).then(told)
    past.when(PROGRESS).then(PROGRESSED)


@pytest.mark.rule("C05")
def test_in_an_old_record_progress_may_have_fallen_without_a_reason_and_is_flagged() -> None:
    flag = Flag(rule="C05", text="进度下降未说明原因")
    fell = PROGRESSED.model_copy(update={"percent": 30, "flags": (flag,), "back_entry": True})

    given(PROBLEM, ASSIGNED, PROGRESSED).when(replace(PROGRESS, percent=30, back_entry=True)).then(fell)


@pytest.mark.rule("C05")
def test_whoever_gets_a_problem_anew_begins_at_nothing() -> None:
    begun = replace(PROGRESS, percent=10, by=TRANSPORT, reported_on=JUNE_3)
    shown = PROGRESSED.model_copy(
        update={"lead": TRANSPORT, "by": TRANSPORT, "percent": 10, "reported_on": JUNE_3}
    )

    given(PROBLEM, ASSIGNED, PROGRESSED, RETURNED, REASSIGNED).when(begun).then(shown)


# extension


@pytest.mark.rule("C06")
def test_the_last_day_is_put_off_with_reason_and_approver() -> None:
    after = given(PROBLEM, ASSIGNED).when(EXTEND).then(EXTENDED)

    assert after.state.due_on == NOVEMBER_13


@pytest.mark.rule("C06")
def test_no_extension_goes_past_six_months_after_the_first_assignment() -> None:
    """Also where the problem was returned and assigned anew; 13 November 2024 is a Wednesday."""
    for past in ([ASSIGNED], [ASSIGNED, RETURNED, REASSIGNED]):
        refusal = (
            given(PROBLEM, *past)
            .when(replace(EXTEND, due_on=date(2024, 11, 14)))
            .then_refused("extension-too-long", rule="C06")
        )
        assert refusal.field == "due_on"
        assert "2024-11-13" in refusal.zh


@pytest.mark.rule("C06")
@pytest.mark.parametrize(
    ("past", "command"),
    [
        pytest.param([], replace(ASSIGN, due_on=date(2024, 11, 14)), id="assigned"),
        pytest.param([ASSIGNED, RETURNED], replace(REASSIGN, due_on=DECEMBER_2), id="assigned anew"),
        pytest.param(
            [ASSIGNED, replied(), rated(), SOLVED], replace(REOPEN, due_on=DECEMBER_2025), id="came back"
        ),
        pytest.param(
            [ASSIGNED, replied()],
            replace(RATE, rating=Rating.DISSATISFIED, reason="还是太暗", due_on=DECEMBER_2025),
            id="dissatisfied",
        ),
        pytest.param(TWICE, replace(AGAIN, due_on=DECEMBER_2025), id="decided"),
    ],
)
def test_no_last_day_is_set_to_which_none_could_be_put_off(
    past: Sequence[DomainEvent], command: ProblemCommand
) -> None:
    """Else who assigns it would need neither reason nor approver."""
    refusal = given(PROBLEM, *past).when(command).then_refused("due-too-late", rule="C06")
    assert refusal.field == "due_on"


@pytest.mark.rule("C10")
def test_what_did_not_satisfy_is_not_due_before_that_was_said() -> None:
    early = replace(RATE, rating=Rating.DISSATISFIED, reason="还是太暗", due_on=JUNE_3)
    past = (ASSIGNED, replied())
    refusal = given(PROBLEM, *past).when(early).then_refused("due-before-rating", rule="C10")
    assert refusal.field == "due_on"


@pytest.mark.rule("C04")
def test_a_contact_before_the_assignment_is_not_one_about_its_reply() -> None:
    refusal = (
        given(PROBLEM, ASSIGNED)
        .when(replace(REPLY, contacted_on=MAY_10))
        .then_refused("contact-too-early", rule="C04")
    )
    assert refusal.field == "contacted_on"


@pytest.mark.rule("C06")
def test_six_months_end_on_a_working_day() -> None:
    """Assigned on 1 April 2024: 1 October is a holiday until the 7th."""
    early = ASSIGNED.model_copy(update={"assigned_on": date(2024, 4, 1)})
    last = date(2024, 10, 8)

    given(PROBLEM, early).when(replace(EXTEND, due_on=last)).then(
        EXTENDED.model_copy(update={"due_on": last})
    )


@pytest.mark.rule("C06")
@pytest.mark.parametrize("day", [AUGUST_13, AUGUST_1])
def test_an_extension_ends_later_than_what_it_extends(day: date) -> None:
    refusal = (
        given(PROBLEM, ASSIGNED)
        .when(replace(EXTEND, due_on=day))
        .then_refused("extension-not-later", rule="C06")
    )

    assert refusal.field == "due_on"


@pytest.mark.rule("C06")
def test_an_old_record_may_have_been_extended_further_and_is_flagged() -> None:
    flag = Flag(rule="C06", text="延期超过首次交办后 6 个月")
    late = EXTENDED.model_copy(update={"due_on": DECEMBER_2, "flags": (flag,), "back_entry": True})

    given(PROBLEM, ASSIGNED).when(replace(EXTEND, due_on=DECEMBER_2, back_entry=True)).then(late)


@pytest.mark.rule("C06")
@pytest.mark.rule("C10")
def test_a_last_day_that_an_old_reopening_did_not_set_is_set() -> None:
    past = [*ONCE_REOPENED[:-1], reopened(due_on=None, on=None)]
    first = EXTENDED.model_copy(update={"due_before": None, "due_on": DECEMBER_2})

    given(PROBLEM, *past).when(replace(EXTEND, due_on=DECEMBER_2)).then(first)


@pytest.mark.rule("C06")
@pytest.mark.parametrize("situation", except_in("handling"))
def test_only_what_is_in_hand_is_extended(situation: str) -> None:
    given(PROBLEM, *SITUATIONS[situation]).when(EXTEND).then_refused("problem-status", rule="C06")


# what cannot be true


@pytest.mark.parametrize(
    ("past", "command", "rule"),
    [
        pytest.param([], replace(ASSIGN, assigned_on=TOMORROW, due_on=TOMORROW), "C02", id="assignment"),
        pytest.param([ASSIGNED], replace(RETURN, returned_on=TOMORROW), "C03", id="return"),
        pytest.param([ASSIGNED], replace(CONTACT, contacted_on=TOMORROW), "C04", id="contact"),
        pytest.param([ASSIGNED], replace(PROGRESS, reported_on=TOMORROW), "C05", id="progress"),
        pytest.param([ASSIGNED], replace(EXTEND, extended_on=TOMORROW), "C06", id="extension"),
        pytest.param([ASSIGNED], replace(REPLY, replied_on=TOMORROW), "C07", id="reply"),
        pytest.param([ASSIGNED, replied()], replace(RATE, rated_on=TOMORROW), "C08", id="rating"),
        pytest.param(
            [ASSIGNED, replied()], replace(CONFIRM, confirmed_on=TOMORROW), "C09", id="confirmation"
        ),
        pytest.param(SITUATIONS["solved"], replace(REOPEN, reopened_on=TOMORROW), "C10", id="reopening"),
        pytest.param(TWICE, replace(AGAIN, decided_on=TOMORROW), "C10", id="decision"),
    ],
)
@pytest.mark.rule("C02")
@pytest.mark.rule("C07")
@pytest.mark.rule("C09")
def test_nothing_happened_tomorrow(past: Sequence[DomainEvent], command: ProblemCommand, rule: str) -> None:
    refusal = given(PROBLEM, *past).when(command).then_refused("day-in-future", rule=rule)

    assert refusal.field is not None


@pytest.mark.parametrize(
    ("past", "command", "rule"),
    [
        pytest.param([ASSIGNED], replace(RETURN, returned_on=MAY_10), "C03", id="return"),
        pytest.param([ASSIGNED], replace(CONTACT, contacted_on=MAY_10), "C04", id="contact"),
        pytest.param([ASSIGNED], replace(PROGRESS, reported_on=MAY_10), "C05", id="progress"),
        pytest.param([ASSIGNED], replace(EXTEND, extended_on=MAY_10), "C06", id="extension"),
        pytest.param(SITUATIONS["solved"], replace(REOPEN, reopened_on=JUNE_3), "C10", id="reopening"),
        pytest.param(TWICE, replace(AGAIN, decided_on=JULY_1), "C10", id="decision"),
    ],
)
@pytest.mark.rule("C03")
def test_nothing_happened_before_what_it_follows(
    past: Sequence[DomainEvent], command: ProblemCommand, rule: str
) -> None:
    given(PROBLEM, *past).when(command).then_refused("day-too-early", rule=rule)


@pytest.mark.parametrize(
    "command",
    [RETURN, REASSIGN, CONTACT, PROGRESS, EXTEND, REPLY, RATE, CONFIRM, REOPEN, AGAIN],
    ids=lambda c: type(c).__name__,
)
def test_a_request_sent_again_on_another_day_is_the_same_command(command: ProblemCommand) -> None:
    assert digest_of(command) == digest_of(replace(command, at=Clock(TOMORROW, AT.calendar)))


# rated by whom


@pytest.mark.rule("C08")
def test_a_rating_says_who_gave_it() -> None:
    by_proposer = rated().model_copy(update={"rated_by": RatedBy.PROPOSER})

    given(PROBLEM, ASSIGNED, replied()).when(replace(RATE, rated_by=RatedBy.PROPOSER)).then(
        by_proposer, SOLVED
    )


@pytest.mark.rule("C08")
def test_a_rating_without_its_day_is_of_today() -> None:
    command = replace(RATE, rated_on=None, at=Clock(JUNE_7, AT.calendar))

    given(PROBLEM, ASSIGNED, replied()).when(command).then(rated(), SOLVED)


@pytest.mark.rule("C10")
def test_what_does_not_satisfy_is_due_after_three_months_on_a_working_day() -> None:
    """7 September 2024 is a Saturday."""
    command = replace(RATE, rating=Rating.DISSATISFIED, reason="还是太暗")

    given(PROBLEM, ASSIGNED, replied()).when(command).then(
        rated(Rating.DISSATISFIED), reopened(due_on=date(2024, 9, 9))
    )


# the office decides


@pytest.mark.rule("C10")
def test_the_office_has_a_referred_problem_handled_again() -> None:
    """By the same handlers, three months later, on a working day."""
    again = reopened(3, "确未解决，重新办理", DECEMBER_2, on=SEPTEMBER_2)

    given(PROBLEM, *TWICE).when(AGAIN).then(DECIDED, again)


@pytest.mark.rule("C10")
def test_the_office_may_give_a_referred_problem_to_somebody_else_who_may_return_it() -> None:
    command = replace(AGAIN, lead=TRANSPORT, co_handlers=(HOUSING,), due_on=NOVEMBER_13)
    decided = DECIDED.model_copy(update={"lead": TRANSPORT})
    again = reopened(3, "确未解决，重新办理", NOVEMBER_13, on=SEPTEMBER_2)
    again = again.model_copy(update={"lead": TRANSPORT, "co_handlers": (HOUSING,)})
    returned_on = date(2024, 9, 5)

    given(PROBLEM, *TWICE).when(command).then(decided, again).when(
        replace(RETURN, returned_on=returned_on)
    ).then(RETURNED.model_copy(update={"lead": TRANSPORT, "returned_on": returned_on}))


@pytest.mark.rule("C03")
@pytest.mark.rule("C10")
def test_who_handles_a_problem_again_cannot_say_that_it_is_not_theirs() -> None:
    again = reopened(3, "确未解决，重新办理", DECEMBER_2, on=SEPTEMBER_2)
    command = replace(RETURN, returned_on=SEPTEMBER_2)

    given(PROBLEM, *TWICE, DECIDED, again).when(command).then_refused("returned-after-reply", rule="C03")


@pytest.mark.rule("C10")
def test_what_the_office_has_handled_again_comes_back_to_it_if_it_does_not_satisfy() -> None:
    again = reopened(3, "确未解决，重新办理", DECEMBER_2, on=SEPTEMBER_2)
    command = replace(RATE, rating=Rating.DISSATISFIED, reason="还是太暗", rated_on=NOVEMBER_13)

    given(PROBLEM, *TWICE, DECIDED, again, replied(on=NOVEMBER_13)).when(command).then(
        rated(Rating.DISSATISFIED, NOVEMBER_13), REFERRED.model_copy(update={"referred_on": NOVEMBER_13})
    )


@pytest.mark.rule("C10")
@pytest.mark.rule("C11")
def test_the_office_may_end_a_referred_problem_with_reasons_which_solves_nothing() -> None:
    ended = ProblemClosed.model_validate(
        {**ENDED.model_dump(), "closed_on": SEPTEMBER_2, "reason": "受规划所限，近期无法安装"}
    )

    given(PROBLEM, *TWICE).when(GIVE_UP).then(CLOSURE_DECIDED, ended)


@pytest.mark.rule("C10")
@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(GIVE_UP, lead=TRANSPORT), "closed-with-handlers", "lead"),
        (replace(GIVE_UP, due_on=DECEMBER_2), "closed-with-handlers", "due_on"),
        (replace(AGAIN, due_on=AUGUST_1), "due-before-decision", "due_on"),
        (replace(AGAIN, lead=HOUSING, co_handlers=(HOUSING,)), "lead-is-co-handler", "co_handlers"),
    ],
    ids=["closed for somebody", "closed until", "due before", "lead helps itself"],
)
def test_a_decision_that_contradicts_itself_is_refused(
    command: ProblemCommand, code: str, field: str
) -> None:
    refusal = given(PROBLEM, *TWICE).when(command).then_refused(code, rule="C10")

    assert refusal.field == field


@pytest.mark.rule("C10")
@pytest.mark.parametrize("situation", except_in("referred"))
@pytest.mark.parametrize("command", [AGAIN, GIVE_UP], ids=["again", "close"])
def test_only_what_was_referred_is_decided_on(situation: str, command: ProblemCommand) -> None:
    given(PROBLEM, *SITUATIONS[situation]).when(command).then_refused("problem-status", rule="C10")
