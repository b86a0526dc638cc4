"""The work queue: a duty is there as long as something is to be done, and nobody ticks it off."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.board.duties.kinds import Kind, last_day_for_notice
from services.board.duties.words import ENDPOINTS, TITLES
from services.board.projections import DUTIES
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReturned,
    ReferralDecided,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingCancelled, MeetingRescheduled
from shared.contracts.topics import (
    MergerUndone,
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanReturned,
    PlanReviewed,
    Step,
    TopicAbsorbed,
    TopicMerged,
    TopicRejected,
    TopicReopened,
    TopicWithdrawn,
)
from shared.contracts.types import LoopItem, MeetingRules, Rating
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.board.live import (
    GUEST,
    HOST,
    ITS,
    PROPOSER,
    RECORDER,
    answered,
    archived,
    case_done,
    case_drafted,
    case_published,
    drafted,
    entry_opened,
    invited,
    moment,
    noticed,
    of_entry,
    of_meeting,
    of_minutes,
    of_problem,
    of_topic,
    opened,
    published,
    scheduled,
    signed,
    step_done,
    triaged,
    whole_life,
)
from tests.unit.board.streams import OfTopic, Streams, adopted, day, example_year, held, proposed

LIAISON, OFFICE = "liaison:371621101", "office:371621"


def duties(*streams: list[Recorded]) -> dict[str, dict[str, Any]]:
    """Return all duties after these streams, by id."""
    documents = fold_all(DUTIES, [event for stream in streams for event in stream])
    return {duty["_id"]: duty for document in documents.values() for duty in document["duties"]}


def said(*streams: list[Recorded]) -> list[tuple[str, list[str], str | None]]:
    """Return kind, recipients and due date of all duties."""
    return [(duty["kind"], duty["recipients"], duty["due_on"]) for duty in duties(*streams).values()]


def kinds(*streams: list[Recorded]) -> list[str]:
    """Return the kinds of all duties."""
    return [duty["kind"] for duty in duties(*streams).values()]


# plans

DRAFT = PlanDrafted(plan_id="y-2024", division="371621", year=2024, title="年度协商工作计划")
REVIEWED = PlanReviewed(plan_id="y-2024", reviewed_on=day("01-10"))
APPROVED = PlanApproved(plan_id="y-2024", body="县委常委会", meeting="第 3 次", approved_on=day("01-15"))
RETURNED = PlanReturned(plan_id="y-2024", reason="再议", returned_on=day("01-16"))
ISSUED = PlanIssued(plan_id="y-2024", document_number="惠字1号", issuing_bodies=(), issued_on=day("01-20"))


@pytest.mark.rule("T01")
@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([DRAFT], Kind.REVIEW_PLAN),
        ([DRAFT, REVIEWED], Kind.APPROVE_PLAN),
        ([DRAFT, REVIEWED, APPROVED], Kind.ISSUE_PLAN),
        ([DRAFT, REVIEWED, APPROVED, RETURNED], Kind.REVIEW_PLAN),
        ([DRAFT, REVIEWED, APPROVED, ISSUED], None),
    ],
)
def test_a_plan_waits_for_the_office_at_each_of_its_stages(
    events: list[DomainEvent], kind: Kind | None
) -> None:
    assert said(stream_of("plan-y-2024", *events)) == ([(kind, [OFFICE], None)] if kind else [])


# topics


@pytest.mark.rule("T09")
def test_a_proposed_topic_waits_to_be_triaged_then_to_be_adopted_where_its_triage_put_it() -> None:
    assert said(of_topic(proposed())) == [("triage", [LIAISON], None)]
    assert said(of_topic(proposed(), triaged("371621002"))) == [("adopt", ["liaison:371621002"], None)]
    assert said(of_topic(proposed(division="371621"))) == [("triage", [OFFICE], None)]


@pytest.mark.rule("T15")
def test_an_adopted_topic_waits_for_its_next_step_then_for_its_consultation() -> None:
    survey = duties(of_topic(proposed(), adopted(due_on=day("05-15"))))["topic-t-1:step:survey"]

    assert (survey["step_title"], survey["due_on"]) == ("调查研究", "2024-05-15")
    assert kinds(of_topic(proposed(), adopted(), step_done())) == ["schedule"]
    assert kinds(of_topic(proposed(), adopted(), step_done()), of_meeting(scheduled(), noticed())) == ["hold"]


def test_a_cancelled_meeting_leaves_the_topic_waiting_for_another() -> None:
    cancelled = MeetingCancelled(meeting_id="m-1", topic_id="t-1", reason="暴雨", cancelled_on=day("05-14"))

    assert kinds(of_topic(proposed(), adopted(), step_done()), of_meeting(scheduled(), cancelled)) == [
        "schedule"
    ]


@pytest.mark.rule("T16")
def test_what_did_not_come_before_a_consultation_is_nobodys_duty_after_it() -> None:
    past = held(back_entry=True)

    assert kinds(of_topic(proposed(), adopted()), of_meeting(past)) == []


def test_steps_of_its_own_after_the_consultation_wait_and_those_that_cases_bring_about_do_not() -> None:
    steps = [
        Step(code=code, title=code, phase="-") for code in ("adopt", "consult", "publish", "convert", "track")
    ]
    topic = [proposed(), adopted(steps=steps), step_done("consult")]

    assert kinds(of_topic(*topic)) == ["step"]
    assert kinds(of_topic(*topic, step_done("publish"))) == []


@pytest.mark.rule("T20")
@pytest.mark.parametrize(
    "ending",
    [
        TopicRejected(topic_id="t-1", reason="个人纠纷", rejected_on=day("04-20")),
        TopicWithdrawn(topic_id="t-1", reason="已解决", withdrawn_on=day("04-20")),
        TopicMerged(topic_id="t-1", into="t-9", merged_on=day("04-20")),
    ],
)
def test_a_topic_that_ended_waits_for_nothing(ending: DomainEvent) -> None:
    assert kinds(of_topic(proposed(), ending)) == []


def test_a_topic_that_goes_on_again_waits_again() -> None:
    merged = TopicMerged(topic_id="t-1", into="t-9", merged_on=None)
    undone = MergerUndone(topic_id="t-1", into="t-9")
    again = TopicReopened(topic_id="t-1", reason="复发", undone=("survey",))

    assert kinds(of_topic(proposed(), merged, undone)) == ["triage"]
    assert kinds(of_topic(proposed(), adopted(), step_done(), again)) == ["step"]


# meetings


@pytest.mark.rule("M06")
def test_a_scheduled_meeting_waits_for_its_notice_as_many_whole_working_days_before_as_is_asked() -> None:
    found = duties(of_meeting(scheduled(rules=MeetingRules(notice_working_days=3))))

    assert found["meeting-m-1:send-notice"]["due_on"] == "2024-05-10"  # 11 (a Saturday made up), 13, 14 May
    assert found["meeting-m-1:hold"]["recipients"] == [f"person:{HOST}", LIAISON][::-1]
    assert found["meeting-m-1:hold"]["due_on"] == "2024-05-15"


def test_the_last_day_for_a_notice_passes_over_holidays() -> None:
    # 1–7 October off, Saturday 12 October worked.
    assert last_day_for_notice("2024-10-09", 3) == "2024-09-28"
    assert last_day_for_notice("2024-10-14", 1) == "2024-10-11"


@pytest.mark.rule("M17")
def test_a_rescheduled_meeting_waits_for_a_notice_anew() -> None:
    moved = MeetingRescheduled(
        meeting_id="m-1",
        topic_id="t-1",
        reason="暴雨",
        was_starts_at=moment("05-15"),
        was_ends_at=moment("05-15"),
        starts_at=moment("05-22"),
        ends_at=moment("05-22"),
        day=day("05-22"),
        sequence=1,
        rescheduled_on=day("05-14"),
    )
    found = duties(of_meeting(scheduled(), noticed(), moved))

    assert {duty["kind"]: duty["due_on"] for duty in found.values()} == {
        "hold": "2024-05-22",
        "send-notice": "2024-05-16",
    }


@pytest.mark.rule("M07")
def test_an_invitation_waits_for_those_who_have_not_answered_yet() -> None:
    two = of_meeting(scheduled(), noticed(), invited(), invited("guest-2"), answered("guest-2"))
    found = duties(two)["meeting-m-1:answer-invitation"]

    assert (found["recipients"], found["whose"], found["due_on"]) == (
        [f"person:{GUEST}"],
        "person",
        "2024-05-15",
    )
    assert kinds(of_meeting(scheduled(), noticed(), invited(), opened())) == ["hold"]


@pytest.mark.rule("M16")
def test_minutes_wait_to_be_drafted_signed_by_both_and_published_within_seven_working_days() -> None:
    meeting = of_meeting(scheduled(), noticed(), opened(), held())
    due = "2024-05-24"

    assert said(meeting) == [("draft-minutes", [LIAISON, f"person:{RECORDER}"], due)]
    assert said(meeting, of_minutes(drafted())) == [
        ("sign-minutes", [f"person:{HOST}"], due),
        ("sign-minutes", [f"person:{RECORDER}"], due),
    ]
    assert said(meeting, of_minutes(drafted(), signed("host"))) == [
        ("sign-minutes", [f"person:{RECORDER}"], due)
    ]
    both = (drafted(), signed("host"), signed("recorder"))
    assert said(meeting, of_minutes(*both)) == [("publish-minutes", [LIAISON], due)]
    assert said(meeting, of_minutes(*both, published())) == []


def test_where_a_meeting_names_nobody_the_liaison_office_has_the_minutes_signed() -> None:
    meeting = of_meeting(scheduled(host_id=None, recorder_id=None), opened(), held())

    assert {tuple(told) for _, told, _ in said(meeting, of_minutes(drafted()))} == {(LIAISON,)}


def test_a_correction_of_minutes_waits_for_its_signatures_without_a_due_date() -> None:
    meeting = of_meeting(scheduled(), opened(), held())
    once = (drafted(), signed("host"), signed("recorder"), published())

    assert [due for *_, due in said(meeting, of_minutes(*once, drafted(2, "笔误")))] == [None, None]


def test_a_meeting_of_the_past_waits_for_nobody() -> None:
    past = of_meeting(scheduled(back_entry=True), held(back_entry=True))

    assert kinds(past) == []
    assert kinds(of_meeting(held(back_entry=True))) == []


# entries


@pytest.mark.rule("C01")
def test_an_entry_waits_until_a_problem_came_of_each_opinion() -> None:
    of_first = of_problem(ITS.assigned(opinion=1))
    of_second = stream_of("problem-p-2", OfTopic(problem="p-2").assigned(opinion=2))

    assert duties(of_entry(entry_opened(2)))["entry-m-1:assign"]["count"] == 2
    assert duties(of_entry(entry_opened(2)), of_first)["entry-m-1:assign"]["count"] == 1
    assert "assign" not in kinds(of_entry(entry_opened(2)), of_first, of_second)


def test_an_old_line_of_the_ledger_waits_for_one_problem_only() -> None:
    old = entry_opened(3).model_copy(update={"back_entry": True})

    assert "assign" in kinds(of_entry(old))
    assert "assign" not in kinds(of_entry(old), of_problem(ITS.assigned()))


@pytest.mark.rule("C11", "C18")
def test_an_entry_whose_problems_all_ended_unsolved_waits_for_another_or_an_exemption() -> None:
    closed = of_problem(
        ITS.assigned(opinion=1), ITS.replied("D"), ProblemClosed(**ITS.problem, closed_on=day("06-19"))
    )

    assert duties(of_entry(entry_opened()), closed)["entry-m-1:assign"]["count"] == 0
    exempted = of_entry(entry_opened(), ITS.exempted(LoopItem.PROBLEM))
    assert kinds(exempted, closed) == ["write-case", "add-report"]


@pytest.mark.rule("C17")
def test_an_exemption_does_not_outlive_the_solution_that_came_after_all() -> None:
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    over = LoopProblemClosed(**ITS.entry, problem_id="p-1", evidence=("problem-p-1:6",), closed_on=None)
    entry = of_entry(entry_opened(), ITS.exempted(LoopItem.PROBLEM), ITS.done(), undone, over)
    problem = of_problem(
        *(ITS.assigned(opinion=1), ITS.replied(), ITS.rated(), ITS.solved(), ITS.reopened("10-31")),
        *(ITS.replied("D"), ProblemClosed(**ITS.problem, closed_on=day("06-29"))),
    )

    assert kinds(entry, problem) == ["assign"]


@pytest.mark.rule("C13", "C14", "C16", "C18", "C19")
def test_a_solved_problem_lets_the_entry_wait_for_its_case_its_report_and_the_archive() -> None:
    solved = of_problem(ITS.assigned(opinion=1), ITS.replied(), ITS.rated(), ITS.solved())
    draft = stream_of("case-c-1", case_drafted())
    case = stream_of("case-c-1", case_drafted(), case_published())
    so_far = [entry_opened(), ITS.done()]

    assert kinds(of_entry(*so_far), solved) == ["write-case", "add-report"]
    assert kinds(of_entry(*so_far), solved, draft) == ["publish-case", "add-report"]
    assert kinds(of_entry(*so_far, case_done()), solved, case) == ["add-report"]
    so_far += [case_done(), ITS.reported(), ITS.closed()]
    assert kinds(of_entry(*so_far), solved, case) == ["archive"]
    assert kinds(of_entry(*so_far, archived()), solved, case) == []


@pytest.mark.rule("C18")
def test_a_reopened_loop_waits_for_its_problem_and_not_for_the_archive() -> None:
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    again = LoopReopened(**ITS.entry, item=LoopItem.PROBLEM, reason="仍有积水")
    entry = of_entry(entry_opened(), ITS.done(), case_done(), ITS.reported(), ITS.closed(), undone, again)
    problem = of_problem(
        ITS.assigned(opinion=1), ITS.replied(), ITS.rated(), ITS.solved(), ITS.reopened("10-31")
    )

    assert said(entry, problem) == [("reply", ["department:石庙镇政府"], "2024-10-31")]


# problems


@pytest.mark.rule("C02", "C06")
def test_a_problem_waits_for_the_reply_of_its_lead_and_the_help_of_its_co_handlers() -> None:
    assigned = ITS.assigned(co_handlers=("县水利局", "县住建局"))
    extended = DueDateExtended(
        **ITS.problem,
        lead="石庙镇政府",
        reason="汛期",
        approver="县政协办公室",
        due_before=day("08-20"),
        due_on=day("10-20"),
        extended_on=day("08-01"),
    )

    assert said(of_problem(assigned)) == [
        ("reply", ["department:石庙镇政府"], "2024-08-20"),
        ("help", ["department:县住建局", "department:县水利局"], None),
    ]
    assert said(of_problem(assigned, extended))[0][2] == "2024-10-20"


@pytest.mark.rule("C03")
def test_a_returned_problem_waits_for_another_assignment() -> None:
    returned = ProblemReturned(**ITS.problem, lead="石庙镇政府", reason="属水利", returned_on=day("05-24"))
    anew = ProblemReassigned(
        **ITS.problem,
        lead="县水利局",
        previous_lead="石庙镇政府",
        assigned_on=day("05-27"),
        due_on=day("08-27"),
    )

    assert said(of_problem(ITS.assigned(), returned)) == [("reassign", [LIAISON], None)]
    assert said(of_problem(ITS.assigned(), returned, anew)) == [
        ("reply", ["department:县水利局"], "2024-08-27")
    ]


@pytest.mark.rule("C07")
@pytest.mark.parametrize("result", ["B", "C"])
def test_a_promise_waits_to_be_looked_at_again(result: str) -> None:
    assert said(of_problem(ITS.assigned(), ITS.replied(result, "09-02"))) == [
        ("follow-up", ["department:石庙镇政府"], "2024-09-02")
    ]


@pytest.mark.rule("C08")
def test_a_reply_waits_for_its_proposers_rating_for_fifteen_working_days() -> None:
    problem = of_problem(ITS.assigned(), ITS.replied())
    topic = of_topic(proposed(proposer=PROPOSER), TopicMerged(topic_id="t-1", into="t-9", merged_on=None))
    unknown = of_topic(proposed(), TopicMerged(topic_id="t-1", into="t-9", merged_on=None))

    assert said(topic, problem)[0] == ("rate", [f"person:{PROPOSER}"], "2024-07-10")
    assert said(unknown, problem)[0] == ("rate", [LIAISON], "2024-07-10")
    assert duties(unknown, problem)["topic-t-1:rate:p-1"]["for_conveners"]
    rated = of_problem(ITS.assigned(), ITS.replied("B", "09-02"), ITS.rated())
    assert kinds(topic, rated) == ["follow-up"]


@pytest.mark.rule("C08", "T12")
def test_whoever_proposed_it_may_rate_and_a_clerk_for_those_without_an_account() -> None:
    absorbed = TopicAbsorbed(topic_id="t-1", absorbed="t-9", proposers=("person-9",))
    problem = of_problem(ITS.assigned(), ITS.replied())
    both = duties(of_topic(proposed(proposer=PROPOSER), absorbed), problem)["topic-t-1:rate:p-1"]
    on_paper = duties(of_topic(proposed(proposer=PROPOSER, receipt="HX-1")), problem)["topic-t-1:rate:p-1"]

    assert both["recipients"] == [f"person:{PROPOSER}", "person:person-9"]
    assert (on_paper["recipients"], on_paper["whose"]) == ([LIAISON, f"person:{PROPOSER}"], "office")
    assert not on_paper["for_conveners"]


@pytest.mark.rule("C09")
def test_an_unrated_solution_waits_to_be_confirmed_once_the_fifteen_days_are_over() -> None:
    problem = [ITS.assigned(), ITS.replied()]
    confirm = duties(of_problem(*problem))["problem-p-1:confirm"]
    confirmed = ProblemConfirmed(**ITS.problem, reason="回访属实", confirmed_on=day("07-11"))

    assert (confirm["recipients"], confirm["since"]) == ([LIAISON], "2024-07-10")
    assert kinds(of_problem(*problem, confirmed, ITS.solved())) == []


@pytest.mark.rule("C10")
def test_a_problem_that_did_not_satisfy_waits_for_its_lead_for_a_date_or_for_the_office() -> None:
    reopened = [ITS.assigned(), ITS.replied(), ITS.rated(Rating.DISSATISFIED)]
    without_date = kinds(of_problem(*reopened, ITS.reopened(None)))
    referred = [*reopened, ITS.reopened(), ProblemReferred(**ITS.problem, reason="仍不满意")]
    decided = ReferralDecided(
        **ITS.problem, decision="handle-again", reason="换单位", lead="县水利局", decided_on=day("09-01")
    )
    again = ProblemReopened(**ITS.problem, lead="县水利局", reason="换单位", due_on=day("11-01"), attempt=3)

    assert said(of_problem(*reopened, ITS.reopened())) == [("reply", ["department:石庙镇政府"], "2024-10-31")]
    assert without_date == ["reply", "set-due-date"]
    assert said(of_problem(*referred)) == [("decide", [OFFICE], None)]
    assert said(of_problem(*referred, decided, again)) == [("reply", ["department:县水利局"], "2024-11-01")]


# all of it


def test_when_everything_is_done_nothing_waits() -> None:
    assert duties(*whole_life()) == {}


def test_from_the_proposal_to_the_archive_there_is_always_somebody_who_has_something_to_do() -> None:
    topic, meeting, minutes, problem, case, entry = whole_life()
    one_by_one = [[event] for event in (*topic[:5], *meeting, topic[5], entry[0], *minutes, *problem[:2])]
    # What one commit holds, or a reaction adds to it, comes together.
    together = [[*problem[2:], entry[1]], case[:1], [case[1], entry[2]], entry[3:5]]
    so_far: list[Recorded] = []
    for commit in [*one_by_one, *together]:
        so_far += commit
        assert duties(so_far), so_far[-1].id

    assert not duties([*so_far, topic[6], entry[5]])


def test_every_kind_of_duty_has_a_title_and_a_place_where_it_is_done() -> None:
    assert set(TITLES) == set(ENDPOINTS) == set(Kind)


def test_no_two_duties_have_one_id_and_each_says_who_may_do_it() -> None:
    documents = fold_all(DUTIES, example_year()).values()
    found = [duty for document in documents for duty in document["duties"]]

    assert len({duty["_id"] for duty in found}) == len(found)
    assert all(duty["recipients"] for duty in found)


def test_the_example_year_has_the_boards_open_dates() -> None:
    """What is due on the board is due in the queue: four in hand, one reopened, the follow-ups."""
    documents = fold_all(DUTIES, example_year()).values()
    late = sorted(
        duty["due_on"]
        for document in documents
        for duty in document["duties"]
        if duty["kind"] in ("reply", "follow-up") and duty["due_on"] and duty["due_on"] < "2024-09-05"
    )

    assert late == ["2024-07-10", "2024-08-01"]


@pytest.mark.parametrize(
    ("stream", "event"),
    [
        ("topic-t-1", adopted()),
        ("meeting-m-1", noticed()),
        ("minutes-m-1", published()),
        ("entry-m-1", ITS.done()),
        ("problem-p-1", ITS.solved()),
    ],
)
def test_a_stream_that_lacks_its_beginning_is_refused(stream: str, event: DomainEvent) -> None:
    with pytest.raises(OutOfOrderError):
        fold_all(DUTIES, stream_of(stream, event))


def test_a_light_is_not_kept() -> None:
    documents = fold_all(DUTIES, [event for stream in whole_life()[:4] for event in stream[:2]])

    assert "colour" not in str(documents)
    assert "red" not in str(documents)


def _lengths(streams: Streams) -> st.SearchStrategy[list[int]]:
    return st.tuples(*(st.integers(0, len(stream)) for stream in streams)).map(list)


@settings(max_examples=60, deadline=None)
@given(lengths=_lengths(whole_life()), seed=st.integers(0, 10_000))
def test_as_far_as_each_stream_has_come_the_order_between_them_does_not_matter(
    lengths: list[int], seed: int
) -> None:
    so_far = [stream[:length] for stream, length in zip(whole_life(), lengths, strict=True)]

    assert_interleaving_does_not_matter(DUTIES, *so_far, tries=4, seed=seed)


def test_the_last_day_of_the_month_is_a_day() -> None:
    assert date.fromisoformat(last_day_for_notice("2024-03-01", 1)) == day("02-28")
