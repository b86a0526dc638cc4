"""The shape of a topic, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View
from shared.contracts.types import Basis, Channel, FileRef, Flag, Level, MeetingRules, Origin, TopicClass
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words
from shared.platform.words import BASES, CHANNELS, CLASSES, ORIGINS


class ProcedureVersion(View):
    """A procedure, pinned to a version."""

    code: str
    version: int


class PaperView(View):
    """A paper that a step got; an old record does not say of what kind it is."""

    kind: str | None = None
    title: str
    file: FileRef | None = None


class StepView(View):
    """A step of a topic's procedure.

    Attributes:
        status: `open`, `done` or `waived`.
        on: the day it was done or waived.
        papers: kinds of papers it asks for.
        given: the papers it got.
        surveys: their number, where a back-entry knows no more of them.
    """

    code: str
    title: str | None = None
    phase: str | None = None
    status: str
    on: date | None = None
    papers: tuple[str, ...] = ()
    given: tuple[PaperView, ...] = ()
    surveys: int | None = None
    meeting_id: str | None = None
    reason: str | None = None
    approver: str | None = None
    deviation: Flag | None = None


class TriageView(View):
    """What a clerk said of a topic when it came in (T09)."""

    topic_class: TopicClass
    division: str
    duplicate_of: str | None = None
    triaged_on: date


class ClaimView(View):
    """Which member group looks after a topic, since when (T14)."""

    group_id: str
    group: str
    claimed_on: date


class SurveyView(View):
    """A survey on a topic (T17); who of the members took part is not shown."""

    survey_id: str
    surveyed_on: date
    place: str
    by: tuple[str, ...] = ()
    findings: str
    files: tuple[FileRef, ...] = ()


class SupplementView(View):
    """What was added to a proposal (T08)."""

    supplement_id: str
    text: str
    supplemented_on: date


class TopicView(View):
    """A topic as it stands.

    Attributes:
        situation: `proposed`, `adopted`, `rejected`, `merged`, `withdrawn` or `concluded`.
        next_step: code of the first step that is open; None before the adoption and behind the last.
        due_on: of a topic with a limit in days (T21).
        surveys_required: before the consultation (T17).
        rules: that the procedure has for the topic's meetings.
        supporters: how many stand behind it (T13).
        absorbed, parts: ids of the topics merged into it, and split off it (T12).
    """

    topic_id: str
    division: str
    title: str
    description: str | None = None
    origin: Origin
    channel: Channel
    basis: Basis | None = None
    level: Level | None = None
    situation: str
    proposed_on: date
    on_behalf: bool = False
    venue_id: str | None = None
    activity_id: str | None = None
    triage: TriageView | None = None
    adopted_on: date | None = None
    concluded_on: date | None = None
    due_on: date | None = None
    lead: str | None = None
    convener: str | None = None
    procedure: ProcedureVersion | None = None
    steps: tuple[StepView, ...] = ()
    next_step: str | None = None
    surveys_required: int | None = None
    surveys: tuple[SurveyView, ...] = ()
    rules: MeetingRules | None = None
    plan_id: str | None = None
    plan_item: int | None = None
    claim: ClaimView | None = None
    supporters: int = 0
    supplements: tuple[SupplementView, ...] = ()
    rejection_reason: str | None = None
    rejected_on: date | None = None
    merged_into: str | None = None
    merged_on: date | None = None
    merger_reason: str | None = None
    absorbed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    split_from: str | None = None
    withdrawal_reason: str | None = None
    withdrawn_on: date | None = None
    ledger_year: int | None = None
    ledger_number: int | None = None
    back_entry: bool = False


SITUATIONS = {
    "proposed": Text("已提出", "proposed"),
    "adopted": Text("已立项", "adopted"),
    "rejected": Text("不予立项", "rejected"),
    "merged": Text("已并入", "merged"),
    "withdrawn": Text("已撤回", "withdrawn"),
    "concluded": Text("已办结", "concluded"),
}

TOPIC_LIST = Listing(
    name="topics",
    title=Text("议题", "Topics"),
    view=TopicView,
    columns=(
        Column("topic_id", "编号", "Id"),
        Column("title", "议题", "Topic", width=40),
        Column("division", "区划代码", "Division"),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("triage.topic_class", "类别", "Class", in_words(CLASSES)),
        Column("origin", "来源", "Origin", in_words(ORIGINS)),
        Column("channel", "渠道", "Channel", in_words(CHANNELS)),
        Column("basis", "选题依据", "Basis", in_words(BASES)),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("adopted_on", "立项日期", "Adopted on"),
        Column("concluded_on", "办结日期", "Concluded on"),
        Column("due_on", "期限", "Due on"),
        Column("procedure.code", "程序", "Procedure"),
        Column("next_step", "下一步骤", "Next step"),
        Column("plan_item", "计划条目", "Item of the plan"),
        Column("lead", "牵头单位", "Lead"),
        Column("convener", "召集人", "Convener"),
        Column("claim.group", "认领", "Claimed by"),
        Column("supporters", "附议人数", "Supporters"),
        Column("merged_into", "并入", "Merged into"),
        Column("split_from", "拆分自", "Split from"),
        Column("rejection_reason", "不予立项理由", "Why rejected", width=30),
        Column("withdrawal_reason", "撤回理由", "Why withdrawn", width=30),
    ),
    sorts={"proposed_on": "proposed_on", "due_on": "due_on", "title": "title", "id": "_id"},
    default="-proposed_on",
    searchable=True,
    past=True,
)
