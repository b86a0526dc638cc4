"""What topics answers from says what its streams say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.topics.deciders import PLAN, TOPIC
from services.topics.domain.topic import Adopted, Ended, Topic, Unknown
from services.topics.projections import ALL
from services.topics.projections.plans import PLAN_EVENTS, PLANS, fold_plan
from services.topics.projections.topics import TOPIC_EVENTS, TOPICS, fold_topic
from shared.contracts.base import DomainEvent, registry
from shared.contracts.topics import (
    Fact,
    FactPassedOn,
    PlanDrafted,
    PlanItemAdded,
    Step,
    StepCompleted,
    StepWaived,
    TopicAbsorbed,
    TopicProposed,
    TopicReopened,
)
from shared.contracts.types import Flag
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from tests.lives import events_of, for_any
from tests.unit.topics.examples import (
    ADOPTED,
    APPROVED,
    CONCLUDED,
    CONSULTED,
    CONVERTED,
    DRAFTED,
    FOUR_STEPS,
    ISSUED,
    ITEM_1,
    JULY_1,
    LAMPS,
    MARCH_20,
    MERGED,
    PLAN_2024,
    PROPOSED,
    REVIEWED,
    ROADS,
    SURVEYED,
    WITHDRAWN,
    adopted,
)
from tests.unit.topics.lives import PlanLife, TopicLife, plan_lives, topic_lives

DEVIATION = Flag(rule="T16", text="协商时议题尚未立项")
EARLY = CONSULTED.model_copy(update={"deviation": DEVIATION})
REOPENED = TopicReopened(topic_id=LAMPS, reason="群众不满意")


def topic_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(TOPICS, stream_of(TOPIC.stream(LAMPS), *events))[LAMPS]


def plan_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(PLANS, stream_of(PLAN.stream(PLAN_2024), *events))[PLAN_2024]


def step_after(code: str, *events: DomainEvent) -> dict[str, Any]:
    (step,) = [step for step in topic_after(*events)["steps"] if step["code"] == code]
    assert isinstance(step, dict)
    return step


# topics


@pytest.mark.rule("T07")
def test_a_proposed_topic_shows_what_its_proposal_said() -> None:
    shown = topic_after(PROPOSED)

    said = PROPOSED.model_dump(mode="json")
    assert {name: shown[name] for name in said} == said
    assert (shown["situation"], shown["triage"], shown["supporters"]) == ("proposed", None, 0)


@pytest.mark.rule("T10")
def test_an_adopted_topic_shows_its_procedure_and_plan_item() -> None:
    in_plan = ADOPTED.model_copy(update={"plan_id": PLAN_2024, "plan_item": 1, "due_on": MARCH_20})

    shown = topic_after(PROPOSED, in_plan)

    assert shown["situation"] == "adopted"
    assert (shown["adopted_on"], shown["due_on"]) == ("2024-03-04", "2024-03-20")
    assert shown["procedure"] == {"code": "four-steps", "version": 1}
    assert (shown["plan_id"], shown["plan_item"]) == (PLAN_2024, 1)


@pytest.mark.rule("T15")
def test_the_steps_of_an_adopted_topic_are_open_but_for_the_proposal() -> None:
    shown = topic_after(PROPOSED, ADOPTED)["steps"]

    assert [(step["code"], step["title"], step["status"]) for step in shown] == [
        ("raise", "确立主题", "done"),
        ("survey", "调查研究", "open"),
        ("consult", "面对面协商", "open"),
        ("convert", "成果转化", "open"),
    ]
    assert shown[0]["on"] == "2024-03-01"


@pytest.mark.rule("T15")
def test_the_step_of_the_adoption_is_done_on_its_day() -> None:
    adopt = Step(code="adopt", title="议题确定", phase="事前")
    procedure = replace(FOUR_STEPS, steps=(adopt, *FOUR_STEPS.steps))

    shown = step_after("adopt", PROPOSED, adopted(procedure))

    assert (shown["status"], shown["on"]) == ("done", "2024-03-04")


def test_a_completed_step_shows_the_papers_asked_for_and_those_given() -> None:
    assert step_after("survey", PROPOSED, ADOPTED, SURVEYED) == {
        "code": "survey",
        "title": "调查研究",
        "phase": "事前",
        "papers": ["调研报告"],
        "status": "done",
        "on": "2024-03-20",
        "given": [{"kind": "调研报告", "title": "调研报告.pdf"}],
    }


def test_a_step_of_a_back_entry_shows_what_is_known_of_it() -> None:
    known = StepCompleted(topic_id=LAMPS, step="survey", completed_on=None, surveys=3, back_entry=True)

    shown = step_after("survey", PROPOSED, ADOPTED, known)

    assert (shown["status"], shown["on"], shown["surveys"]) == ("done", None, 3)


@pytest.mark.rule("T15")
def test_a_waived_step_shows_reason_and_approver() -> None:
    waived = StepWaived(
        topic_id=LAMPS, step="survey", reason="县里已调研", approver="主席会议", waived_on=MARCH_20
    )

    shown = step_after("survey", PROPOSED, ADOPTED, waived)

    assert (shown["status"], shown["on"]) == ("waived", "2024-03-20")
    assert (shown["reason"], shown["approver"]) == ("县里已调研", "主席会议")


@pytest.mark.rule("T16")
def test_a_meeting_before_the_adoption_is_shown_and_named_as_a_step_once_the_topic_is_adopted() -> None:
    assert step_after("consult", PROPOSED, EARLY, ADOPTED) == {
        "code": "consult",
        "title": "面对面协商",
        "phase": "事中",
        "papers": [],
        "status": "done",
        "on": "2024-05-10",
        "meeting_id": "meeting-in-may",
        "deviation": {"rule": "T16", "text": "协商时议题尚未立项"},
    }


def test_a_second_meeting_is_not_shown_with_the_deviation_of_the_first() -> None:
    second = CONSULTED.model_copy(update={"meeting_id": "meeting-in-july", "completed_on": JULY_1})

    shown = step_after("consult", PROPOSED, ADOPTED, EARLY, second)

    assert (shown["meeting_id"], shown["on"]) == ("meeting-in-july", "2024-07-01")
    assert shown["title"] == "面对面协商"
    assert "deviation" not in shown


def test_a_meeting_held_although_it_was_waived_is_shown_as_done_without_the_waiver() -> None:
    waived = StepWaived(
        topic_id=LAMPS, step="consult", reason="电话征求", approver="主席会议", waived_on=MARCH_20
    )

    shown = step_after("consult", PROPOSED, ADOPTED, SURVEYED, waived, CONSULTED)

    assert shown["status"] == "done"
    assert not {"reason", "approver"} & shown.keys()


@pytest.mark.rule("T12")
def test_a_merged_topic_shows_where_it_goes_on_and_the_survivor_what_it_absorbed() -> None:
    merged = topic_after(PROPOSED, MERGED)
    survivor = topic_after(
        PROPOSED,
        TopicAbsorbed(topic_id=LAMPS, absorbed=ROADS),
        TopicAbsorbed(topic_id=LAMPS, absorbed="school-bus"),
    )

    assert (merged["situation"], merged["merged_into"]) == ("merged", ROADS)
    assert (survivor["situation"], survivor["absorbed"]) == ("proposed", [ROADS, "school-bus"])


@pytest.mark.rule("T08")
def test_a_withdrawn_topic_shows_the_reason() -> None:
    shown = topic_after(PROPOSED, ADOPTED, WITHDRAWN)

    assert (shown["situation"], shown["withdrawal_reason"]) == ("withdrawn", "已由村里解决")


@pytest.mark.rule("T19")
@pytest.mark.parametrize("past", [[PROPOSED], [PROPOSED, ADOPTED]], ids=["proposed", "adopted"])
def test_a_reopened_topic_shows_what_it_was_before_its_conclusion(past: list[DomainEvent]) -> None:
    concluded = topic_after(*past, CONCLUDED)
    reopened = topic_after(*past, CONCLUDED, REOPENED)

    assert (concluded["situation"], concluded["concluded_on"]) == ("concluded", "2024-07-01")
    assert (reopened["situation"], reopened["concluded_on"]) == (topic_after(*past)["situation"], None)


@pytest.mark.parametrize("first", [e for e in TOPIC_EVENTS if e is not TopicProposed], ids=lambda e: e.name)
def test_a_topic_s_document_begins_with_its_proposal(first: type[DomainEvent]) -> None:
    event = recorded(first.model_construct(), TOPIC.stream(LAMPS), 1)

    with pytest.raises(OutOfOrderError):
        fold_topic(None, event, LAMPS)


@pytest.mark.rule("T15")
def test_titles_of_papers_of_the_time_before_they_had_kinds_are_shown_still() -> None:
    old = SURVEYED.model_copy(update={"given": ()})

    assert step_after("survey", PROPOSED, ADOPTED, old)["given"] == [{"kind": None, "title": "调研报告.pdf"}]


@pytest.mark.rule("T19")
def test_what_is_to_be_done_again_is_open_and_says_nothing_of_the_first_time() -> None:
    undone = REOPENED.model_copy(update={"undone": ("convert",)})

    shown = topic_after(PROPOSED, ADOPTED, SURVEYED, CONSULTED, CONVERTED, CONCLUDED, undone)

    assert shown["next_step"] == "convert"
    assert shown["steps"][3] == {
        "code": "convert",
        "title": "成果转化",
        "phase": "事后",
        "papers": [],
        "status": "open",
    }


@pytest.mark.rule("T20")
def test_a_merged_topic_shows_the_meeting_that_its_survivor_was_told_of() -> None:
    told = FactPassedOn(
        topic_id=LAMPS, to=ROADS, fact=Fact.CONSULTATION, happened_on=JULY_1, meeting_id="meeting-in-july"
    )

    shown = step_after("consult", PROPOSED, ADOPTED, MERGED, told)

    assert (shown["status"], shown["on"], shown["meeting_id"]) == ("done", "2024-07-01", "meeting-in-july")


def test_a_topic_is_searched_by_its_title_and_description() -> None:
    shown = topic_after(PROPOSED.model_copy(update={"description": "三组一段"}))["grams"]

    assert {"路灯", "补亮", "三组"} <= set(shown)


# plans


def test_a_drafted_plan_shows_what_it_is() -> None:
    assert plan_after(DRAFTED) == {
        "plan_id": PLAN_2024,
        "division": "371621",
        "year": 2024,
        "title": "2024 年度协商工作计划",
        "item_limit": None,
        "stage": "draft",
        "items": [],
        "amendments": [],
    }


@pytest.mark.rule("T02")
def test_items_are_shown_by_number_in_whatever_order_they_were_added() -> None:
    item_3 = PlanItemAdded(plan_id=PLAN_2024, number=3, title="停车难", lead="县住建局", quarter=2)

    shown = plan_after(DRAFTED, item_3, ITEM_1)["items"]

    assert [item["number"] for item in shown] == [1, 3]
    assert shown[1] == {**item_3.model_dump(mode="json", exclude={"plan_id", "back_entry"}), "change": None}


@pytest.mark.rule("T03")
def test_an_issued_plan_shows_how_it_came_about() -> None:
    shown = plan_after(DRAFTED, ITEM_1, REVIEWED, APPROVED, ISSUED)

    assert shown["stage"] == "issued"
    assert shown["reviewed_on"] == "2024-03-01"
    assert (shown["body"], shown["meeting"], shown["approved_on"]) == (
        "县委常委会",
        "第 12 次会议",
        "2024-03-04",
    )
    assert shown["document_number"] == "惠办发〔2024〕3号"
    assert shown["issuing_bodies"] == ["县委办公室", "县政府办公室", "县政协办公室"]
    assert shown["issued_on"] == "2024-03-20"
    assert len(shown["items"]) == 1


@pytest.mark.parametrize("first", [e for e in PLAN_EVENTS if e is not PlanDrafted], ids=lambda e: e.name)
def test_a_plan_s_document_begins_with_its_draft(first: type[DomainEvent]) -> None:
    event = recorded(first.model_construct(), PLAN.stream(PLAN_2024), 1)

    with pytest.raises(OutOfOrderError):
        fold_plan(None, event, PLAN_2024)


# any life


def settled_in(document: Mapping[str, Any]) -> set[str]:
    return {step["code"] for step in document["steps"] if step["status"] in ("done", "waived")}


def expect_agreement(document: Mapping[str, Any], state: Topic) -> None:
    assert not isinstance(state, Unknown)
    going = state.before if isinstance(state, Ended) else state
    assert document["situation"] == (state.ending if isinstance(state, Ended) else state.situation)
    assert set(document["absorbed"]) == going.absorbed
    assert document["division"] == going.division
    assert document["supporters"] == len(going.supporters)
    assert {survey["survey_id"] for survey in document["surveys"]} == going.surveys
    assert {said["supplement_id"] for said in document["supplements"]} == going.supplements
    assert set(document["parts"]) == going.parts
    assert document["merged_into"] == (state.into if isinstance(state, Ended) else None)
    if isinstance(going, Adopted):
        codes = {step.code for step in going.steps}
        assert settled_in(document) & codes == going.settled
        assert document["next_step"] == (going.next_step.code if going.next_step else None)
        assert (document["claim"] or {}).get("group_id") == (going.claim.group_id if going.claim else None)
        assert all({"title", "phase"} <= step.keys() for step in document["steps"] if step["code"] in codes)


@for_any(topic_lives)
def test_a_topic_s_document_agrees_with_its_state_after_every_event(life: TopicLife) -> None:
    events = stream_of(TOPIC.stream(LAMPS), *events_of(life))

    for n in range(1, len(events) + 1):
        document = fold_all(TOPICS, events[:n])[LAMPS]
        expect_agreement(document, TOPIC.fold(event.event for event in events[:n]))


@for_any(plan_lives)
def test_a_plan_s_document_agrees_with_its_state_after_every_event(life: PlanLife) -> None:
    events = stream_of(PLAN.stream(PLAN_2024), *events_of(life))

    for n in range(1, len(events) + 1):
        document = fold_all(PLANS, events[:n])[PLAN_2024]
        state = PLAN.fold(event.event for event in events[:n])
        assert document["stage"] == state.stage
        assert [item["number"] for item in document["items"]] == sorted(state.items)
        gone = {item["number"] for item in document["items"] if item["change"] in ("cancelled", "merged")}
        assert gone == state.gone
        assert [a["document_number"] for a in document["amendments"]] == list(state.amendments)


@for_any(topic_lives, topic_lives, plan_lives, examples=25)
def test_documents_do_not_depend_on_how_streams_interleave(
    lamps: TopicLife, roads: TopicLife, plan: PlanLife
) -> None:
    streams = (
        stream_of(TOPIC.stream(LAMPS), *events_of(lamps)),
        stream_of(TOPIC.stream(ROADS), *events_of(roads)),
        stream_of(PLAN.stream(PLAN_2024), *events_of(plan)),
    )

    for projection in ALL:
        assert_interleaving_does_not_matter(projection, *streams, tries=3)


def test_every_event_of_the_service_is_read_by_one_of_its_projections() -> None:
    read = {event for projection in ALL for event in projection.events}

    assert read >= set(registry.of_service("topics"))
