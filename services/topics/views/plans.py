"""The shape of a plan, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View
from shared.contracts.topics import ItemChange
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words


class DeferredTo(View):
    """When a deferred item is to be carried out instead."""

    year: int | None = None
    quarter: int | None = None


class ItemView(View):
    """What a plan says of an item."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: tuple[str, ...] = ()
    leader: str | None = None
    departments: tuple[str, ...] = ()
    quarter: int | None = None
    expected_outcome: str | None = None


class PlanItemView(ItemView):
    """An item of a plan as it stands.

    Attributes:
        state: `planned`, `in-progress`, `done`, `deferred`, `cancelled` or `merged`; follows from its
            topics and the amendments, nobody types it in (T05).
        topics: ids of the topics that carry it out.
        amendment: number of the last amendment that touched it.
        merged_into: the item that goes on.
    """

    state: str
    topics: tuple[str, ...] = ()
    amendment: int | None = None
    deferred_to: DeferredTo | None = None
    merged_into: int | None = None


class AmendmentView(View):
    """A document that changed the issued plan (T04)."""

    number: int
    reason: str
    body: str
    document_number: str
    amended_on: date
    changes: tuple[ItemChange, ...]


class IssuedPlanView(View):
    """A plan as it was issued (T03)."""

    plan_id: str
    division: str
    year: int
    title: str
    reviewed_on: date | None = None
    body: str | None = None
    meeting: str | None = None
    approved_on: date | None = None
    document_number: str | None = None
    issuing_bodies: tuple[str, ...] = ()
    issued_on: date | None = None
    items: tuple[ItemView, ...] = ()


class PlanView(View):
    """A year's plan as it stands.

    Attributes:
        stage: `draft`, `reviewed`, `approved` or `issued`.
        returned_on, return_reason: when and why it last went back to its draft.
        amendments: what changed it after its issue, in order.
    """

    plan_id: str
    division: str
    year: int
    title: str
    stage: str
    item_limit: int | None = None
    reviewed_on: date | None = None
    body: str | None = None
    meeting: str | None = None
    approved_on: date | None = None
    returned_on: date | None = None
    return_reason: str | None = None
    document_number: str | None = None
    issuing_bodies: tuple[str, ...] = ()
    issued_on: date | None = None
    items: tuple[PlanItemView, ...] = ()
    amendments: tuple[AmendmentView, ...] = ()


STAGES = {
    "draft": Text("草拟", "draft"),
    "reviewed": Text("主席会议已审议", "reviewed"),
    "approved": Text("党委常委会已审定", "approved"),
    "issued": Text("已印发", "issued"),
}
STATES = {
    "planned": Text("未启动", "planned"),
    "in-progress": Text("进行中", "in progress"),
    "done": Text("已完成", "done"),
    "deferred": Text("已延期", "deferred"),
    "cancelled": Text("已取消", "cancelled"),
    "merged": Text("已合并", "merged"),
}


class PlanRow(View):
    """A row of the list as a file: an item, with its plan."""

    plan: PlanView
    item: PlanItemView


PLAN_LIST = Listing(
    name="plans",
    title=Text("年度协商工作计划", "Annual plans"),
    view=PlanView,
    columns=(
        Column("plan.year", "年度", "Year"),
        Column("plan.stage", "计划阶段", "Stage", in_words(STAGES)),
        Column("plan.document_number", "文号", "Document", width=24),
        Column("item.number", "序号", "No."),
        Column("item.title", "协商议题", "Topic", width=40),
        Column("item.form", "协商形式", "Form"),
        Column("item.lead", "牵头单位", "Lead", width=24),
        Column("item.co_organisers", "协办单位", "Co-organisers", width=24),
        Column("item.leader", "牵头领导", "Leader in charge"),
        Column("item.departments", "参与部门", "Departments", width=24),
        Column("item.quarter", "季度", "Quarter"),
        Column("item.expected_outcome", "预期成果", "Expected outcome", width=32),
        Column("item.state", "办理状态", "State", in_words(STATES)),
        Column("item.amendment", "调整次序", "Amendment"),
    ),
    sorts={"year": "year"},
    default="-year",
    past=True,
    rows=lambda plan: [PlanRow(plan=plan, item=item) for item in plan.items],
)
