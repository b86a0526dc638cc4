"""Hypothesis strategies: what a topic or a plan may be told, in any order, sensible or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from services.topics.deciders import PLAN, TOPIC
from services.topics.domain import plan, topic
from services.topics.domain.procedures import Procedure
from services.topics.presets import load_procedures
from shared.contracts.topics import ItemChange, ItemChangeKind, ItemText, Paper
from shared.contracts.types import Basis, Channel, Level, Origin, TopicClass
from tests.lives import Episode, live
from tests.unit.topics.examples import DIVISION, FOUR_STEPS, LAMPS, NO_MEETING, PLAN_2024

PROCEDURES: list[Procedure] = [
    *(versions[-1] for versions in load_procedures().by_code.values()),
    FOUR_STEPS,
    NO_MEETING,
    replace(FOUR_STEPS, surveys_required=2),
]
STEP_CODES = sorted({step.code for procedure in PROCEDURES for step in procedure.steps})


TopicLife = list[Episode[topic.TopicCommand, topic.Topic]]
PlanLife = list[Episode[plan.PlanCommand, plan.Plan]]

_days = st.dates(date(2024, 1, 1), date(2024, 12, 31))
_perhaps_days = st.none() | _days
_others = st.sampled_from(["village-roads", "school-bus", LAMPS])
_steps = st.sampled_from(STEP_CODES)
_ALL_PAPERS = tuple(
    Paper(kind=kind, title=f"{kind}.pdf")
    for kind in sorted({kind for procedure in PROCEDURES for step in procedure.steps for kind in step.papers})
)
_papers = st.sampled_from([(), _ALL_PAPERS[:1], _ALL_PAPERS])
_back_entry = st.booleans()
_people = st.sampled_from(["person-1", "person-2", "person-3"])
_groups = st.sampled_from(["group-1", "group-2"])
_towns = st.none() | st.sampled_from([DIVISION, "371621002", "371622001"])
_YEAR_END = date(2024, 12, 31)
_others_stand = st.one_of(
    st.just(topic.OtherTopic()),
    st.just(topic.OtherTopic()),
    st.none(),
    st.builds(topic.OtherTopic, st.sampled_from(topic.Ending), st.none() | _others),
)
_SHANGHAI = timezone(timedelta(hours=8))
_moments = _days.map(lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=_SHANGHAI))

_propose = st.builds(
    topic.ProposeTopic,
    topic_id=st.just(LAMPS),
    division=st.just(DIVISION),
    title=st.just("路灯补亮"),
    origin=st.sampled_from(Origin),
    channel=st.sampled_from(Channel),
    proposed_on=_days,
    basis=st.none() | st.sampled_from(Basis),
    level=st.none() | st.sampled_from(Level),
    proposer=st.none() | _people,
    back_entry=_back_entry,
    at=_moments.map(lambda moment: topic.Receiving(moment, _YEAR_END)),
)


def _adoption(procedure: Procedure, **said: Any) -> topic.AdoptTopic:
    takes_topics = said.pop("takes_topics", False)
    at = topic.Circumstances(procedure, takes_topics, today=_YEAR_END)
    return topic.AdoptTopic(procedure.code, at=at, **said)


_adopt = st.builds(
    _adoption,
    st.sampled_from(PROCEDURES),
    adopted_on=_days,
    plan_id=st.sampled_from([None, PLAN_2024]),
    plan_item=st.sampled_from([None, 1]),
    back_entry=_back_entry,
    takes_topics=st.booleans(),
)
_triage = st.builds(
    topic.TriageTopic,
    st.sampled_from(TopicClass),
    st.just(_YEAR_END),
    division=_towns,
    duplicate_of=st.none() | _others,
    at=_others_stand,
)
_survey = st.builds(
    topic.RecordSurvey,
    survey_id=st.sampled_from(["survey-1", "survey-2", "survey-3"]),
    surveyed_on=_days,
    place=st.just("三组"),
    findings=st.just("三盏灯不亮"),
    today=st.just(_YEAR_END),
    people=st.sampled_from([(), ("person-1",)]),
)
_meetings = st.sampled_from(["meeting-1", "meeting-2", "meeting-3"])
_loops = st.none() | _meetings
_reopen = st.builds(
    topic.ReopenTopic,
    st.just("群众不满意"),
    st.sampled_from([(), (topic.TRACK,), (topic.CONVERT, topic.TRACK)]),
    _loops,
)
_on_the_way = st.one_of(
    st.builds(topic.CompleteStep, _steps, _perhaps_days, _papers, back_entry=_back_entry),
    st.builds(topic.WaiveStep, _steps, st.just("县里已办"), st.just("主席会议"), _days),
    st.builds(topic.RecordConsultation, _meetings, _days, _back_entry),
    st.builds(topic.RecordSolution, _perhaps_days, _back_entry),
    st.builds(
        topic.AbsorbTopic,
        _others,
        st.lists(_people).map(tuple),
        st.lists(_people).map(tuple),
        open_loops=st.sampled_from([(), ("meeting-3",)]),
    ),
    st.builds(topic.ConcludeTopic, _perhaps_days, meeting_id=_meetings),
    _reopen,
    _triage,
    _survey,
    st.builds(topic.SupportTopic, _people, st.just(_YEAR_END)),
    st.builds(
        topic.SupplementTopic, _others, st.just("另有一处"), st.just(_YEAR_END), _people, st.booleans()
    ),
    st.builds(topic.ClaimTopic, _groups, st.just("农业界别组"), st.just(_YEAR_END), _perhaps_days),
    st.builds(topic.ReleaseClaim, _groups, st.just("力量不足"), st.just(_YEAR_END), _perhaps_days),
    st.builds(
        topic.SplitTopic,
        st.sampled_from(["part-1", "part-2"]).map(lambda part: (topic.Part(part, "路面修补"),)),
        st.just("两件事"),
        st.just(_YEAR_END),
    ),
)
_endings = st.one_of(
    st.builds(
        topic.MergeTopic,
        _others,
        _perhaps_days,
        back_entry=_back_entry,
        at=_others_stand,
        today=st.just(_YEAR_END),
    ),
    st.builds(
        topic.WithdrawTopic,
        st.none() | st.just("已解决"),
        _perhaps_days,
        _back_entry,
        by=st.none() | _people,
        at=st.none() | _moments,
        today=st.just(_YEAR_END),
    ),
    st.builds(topic.RejectTopic, st.just("不属协商范围"), st.just(_YEAR_END), _perhaps_days),
    st.builds(topic.ConcludeTopic, _perhaps_days, _back_entry, _loops),
    _reopen,
)
_merge = st.builds(topic.MergeTopic, st.just("village-roads"), _days, at=st.just(topic.OtherTopic()))
_any: st.SearchStrategy[topic.TopicCommand] = st.one_of(_propose, _adopt, _on_the_way, _endings, _merge)


def _good_order(procedure: Procedure) -> list[st.SearchStrategy[topic.TopicCommand]]:
    adopt = _adoption(procedure, adopted_on=_YEAR_END)
    papers = st.sampled_from([_ALL_PAPERS, _ALL_PAPERS, _ALL_PAPERS, ()])
    by_hand = [
        st.builds(topic.CompleteStep, st.just(step.code), st.just(_YEAR_END), papers)
        for step in procedure.steps
        if step.code not in (topic.RAISE, topic.ADOPT, topic.CONSULT)
    ]
    held = st.builds(topic.RecordConsultation, st.just("meeting-1"), _days)
    conclude, reopen = (
        st.builds(topic.ConcludeTopic, _days, meeting_id=st.none() | st.just("meeting-1")),
        st.just(topic.ReopenTopic("群众不满意", (topic.CONVERT,), "meeting-1")),
    )
    surveys = [_survey] * (procedure.surveys_required or 0)
    return [_propose, st.just(adopt), *surveys, *by_hand[:1], held, *by_hand[1:], conclude, reopen]


_ORDERS = st.sampled_from([_good_order(procedure) for procedure in PROCEDURES])
_some_on_the_way, _some = st.lists(_on_the_way, max_size=2), st.lists(_any, max_size=2)
_what_comes_last = st.lists(_any, min_size=1, max_size=8)
_left_out = st.integers(0, 9).map(lambda number: number == 0)


@st.composite
def _topic_commands(draw: st.DrawFn) -> list[topic.TopicCommand]:
    """Draw commands in good order, some left out, and others in between: many find a topic to take them."""
    commands: list[topic.TopicCommand] = []
    for expected in draw(_ORDERS):
        commands += draw(_some_on_the_way)
        commands += draw(_some) if draw(_left_out) else [draw(expected)]
    return commands + draw(_what_comes_last)


@st.composite
def _possible_change(draw: st.DrawFn) -> ItemChange:
    """Draw a change that says what its kind has to say."""
    kind = draw(st.sampled_from(ItemChangeKind))
    said: dict[ItemChangeKind, dict[str, Any]] = {
        ItemChangeKind.ADD: {"item": ItemText(title="乡村医生")},
        ItemChangeKind.REVISE: {"item": ItemText(title="农村供水管网")},
        ItemChangeKind.DEFER: {"quarter": 4},
        ItemChangeKind.CANCEL: {},
        ItemChangeKind.MERGE: {"into": draw(st.integers(1, 4))},
    }
    return ItemChange(kind=kind, number=draw(st.integers(1, 8)), **said[kind])


_add = st.builds(
    plan.AddPlanItem,
    number=st.integers(1, 6),
    title=st.just("农村供水"),
    quarter=st.none() | st.integers(1, 4),
    back_entry=_back_entry,
)
_draft = st.builds(
    plan.DraftPlan,
    plan_id=st.just(PLAN_2024),
    division=st.just("371621"),
    year=st.just(2024),
    title=st.just("2024 年度协商工作计划"),
    item_limit=st.none() | st.integers(1, 4),
    back_entry=_back_entry,
)
_today = st.just(date(2024, 12, 31))
_review = st.builds(plan.ReviewPlan, _days, _today)
_approve = st.builds(plan.ApprovePlan, st.just("县委常委会"), st.just("第 12 次会议"), _days, _today)
_revise = st.builds(plan.ReviseItem, st.integers(1, 6), st.just(ItemText(title="农村供水管网")))
_remove = st.builds(plan.RemoveItem, st.integers(1, 6))
_return = st.builds(plan.ReturnPlan, st.just("需再议"), _days, _today)
_item_change = st.builds(
    ItemChange,
    kind=st.sampled_from(ItemChangeKind),
    number=st.integers(1, 8),
    item=st.none() | st.just(ItemText(title="乡村医生")),
    quarter=st.none() | st.just(4),
    into=st.none() | st.integers(1, 8),
)
_amend = st.builds(
    plan.AmendPlan,
    reason=st.just("上级已统一实施"),
    body=st.just("县委常委会"),
    document_number=st.sampled_from(["惠办发〔2024〕9号", "惠办发〔2024〕11号", "惠办发〔2024〕12号"]),
    amended_on=_days,
    changes=st.lists(_possible_change() | _item_change, min_size=1, max_size=3).map(tuple),
    today=_today,
)
_issue = st.builds(
    plan.IssuePlan,
    document_number=st.sampled_from(["惠办发〔2024〕3号", None]),
    issuing_bodies=st.sampled_from([("县委办公室",), ()]),
    issued_on=_days | st.none(),
    today=_today,
    back_entry=_back_entry,
)
_any_for_a_plan: st.SearchStrategy[plan.PlanCommand] = st.one_of(
    _add, _draft, _revise, _remove, _review, _approve, _return, _issue, _amend, _amend
)
_steps_to_issue: list[st.SearchStrategy[plan.PlanCommand]] = [_draft, _add, _add, _review, _approve, _issue]


@st.composite
def _plan_commands(draw: st.DrawFn) -> list[plan.PlanCommand]:
    """Draw commands in good order, some left out, and others in between."""
    commands: list[plan.PlanCommand] = []
    for expected in _steps_to_issue:
        commands += [draw(expected)] if draw(st.integers(0, 9)) else []
        commands += draw(st.lists(_any_for_a_plan, max_size=2))
    return [*commands, draw(_any_for_a_plan)]


topic_lives: st.SearchStrategy[TopicLife] = _topic_commands().map(lambda commands: live(TOPIC, commands))
plan_lives: st.SearchStrategy[PlanLife] = _plan_commands().map(lambda commands: live(PLAN, commands))
