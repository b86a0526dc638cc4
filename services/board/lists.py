"""The board's lists: how they are sorted, and what is in their files."""

from __future__ import annotations

from services.board.views.activities import ActivityView
from services.board.views.departments import DepartmentView
from services.board.views.ledger import LedgerView
from services.board.views.plans import PlanView
from services.board.views.statistics import StatisticsRowView
from services.board.views.todo import DutyView
from services.board.views.venues import VenueView
from services.board.words import HOST_PLATFORMS, ITEM_STATES, LOOP_ITEMS, RATINGS, STAGES, TIERS
from shared.contracts.types import ReplyResult
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words
from shared.platform.words import ORIGINS

ACTIVITY_LIST = Listing(
    name="activities",
    title=Text("五个一看板", "Five-one board"),
    view=ActivityView,
    columns=(
        Column("year", "年度", "Year"),
        Column("ledger_number", "台账序号", "Ledger no."),
        Column("town_name", "镇街", "Town", width=16),
        Column("title", "议题", "Topic", width=40),
        Column("origin", "议题来源", "Origin", in_words(ORIGINS), width=16),
        Column("lead", "牵头单位", "Lead", width=20),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("adopted_on", "立项日期", "Adopted on"),
        Column("status_text", "状态", "Status"),
        *(
            Column(f"loop.{item}.state", words.zh, words.en, in_words(ITEM_STATES))
            for item, words in LOOP_ITEMS.items()
        ),
        Column("closed", "已闭环", "Closed"),
        Column("closed_on", "闭环日期", "Closed on"),
        Column("problems.lead", "承办单位", "Handlers", width=24),
        Column("solved", "已解决问题", "Problems solved"),
        Column("entries.file_number", "档号", "File no.", width=24),
        Column("light.text", "时限", "Due", width=30),
        Column("light.on", "到期日期", "Due on"),
        Column("topic_id", "议题编号", "Topic id", width=38),
    ),
    sorts={"topic_id": "_id", "due_on": "next_due.on"},
    default="topic_id",
)

DUTY_LIST = Listing(
    name="todo",
    title=Text("待办", "To do"),
    view=DutyView,
    columns=(
        Column("due_on", "到期日期", "Due on"),
        Column("light.text", "时限", "Light", width=30),
        Column("what", "事项", "What", width=30),
        Column("about", "议题", "About", width=40),
        Column("text", "问题", "Problem", width=40),
        Column("town_name", "镇街", "Town", width=16),
        Column("lead", "承办单位", "Lead", width=20),
        Column("recipients", "由谁办理", "Recipients", width=24),
        Column("since", "起始日期", "Since"),
        Column("where.path", "办理地址", "Where", width=48),
    ),
    sorts={"due_on": "due_key", "since": "since"},
    default="due_on",
)

LEDGER_LIST = Listing(
    name="ledger",
    title=Text("协商活动台账", "Ledger"),
    view=LedgerView,
    columns=(
        Column("file_number", "档号", "File no.", width=24),
        Column("year", "年度", "Year"),
        Column("ledger_number", "台账序号", "Ledger no."),
        Column("town_name", "镇街", "Town", width=16),
        Column("title", "议题", "Topic", width=40),
        Column("class_text", "类别", "Class", width=12),
        Column("origin", "议题来源", "Origin", in_words(ORIGINS), width=16),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("held_on", "协商日期", "Held on"),
        Column("days_to_consultation", "提出至协商（天）", "Days to consultation"),
        Column("form_text", "协商形式", "Form", width=14),
        Column("attendance.present", "实到人数", "Present"),
        Column("opinions", "协商意见", "Opinions"),
        Column("assigned", "交办问题", "Problems assigned"),
        Column("solved", "已解决问题", "Problems solved"),
        Column("leads", "承办单位", "Handlers", width=24),
        *(
            Column(f"loop.{item}.state", words.zh, words.en, in_words(ITEM_STATES))
            for item, words in LOOP_ITEMS.items()
        ),
        Column("case_title", "案例标题", "Case", width=30),
        Column("outlets", "报道媒体", "Outlets", width=24),
        Column("closed", "已闭环", "Closed"),
        Column("closed_on", "闭环日期", "Closed on"),
        Column("days_to_closing", "提出至闭环（天）", "Days to closing"),
    ),
    sorts={"held_on": "held_on", "closed_on": "closed_on", "file_number": "file_number"},
    default="held_on",
)

DEPARTMENT_LIST = Listing(
    name="departments",
    title=Text("承办单位办理情况", "Departments"),
    view=DepartmentView,
    columns=(
        Column("year", "年度", "Year"),
        Column("department", "承办单位", "Department", width=24),
        Column("assigned", "交办", "Assigned"),
        Column("open", "在办", "Open"),
        Column("overdue", "逾期", "Overdue"),
        Column("answered", "已答复", "Answered"),
        Column("on_time_percent", "按期答复率（%）", "On time (%)"),
        *(Column(f"results.{result}", f"{result} 类", f"Result {result}") for result in ReplyResult),
        *(Column(f"ratings.{rating}", words.zh, words.en) for rating, words in RATINGS.items()),
        Column("returned", "退回", "Returned"),
        Column("reopened", "重新办理", "Reopened"),
        Column("solved", "已解决", "Solved"),
        Column("median_days", "答复用时中位数（天）", "Median days to reply"),
    ),
    sorts={"department": "department"},
    default="department",
)

STATISTICS_LIST = Listing(
    name="statistics",
    title=Text("协商活动统计", "Statistics"),
    view=StatisticsRowView,
    columns=(
        Column("name", "项目", "Row", width=20),
        Column("proposed", "提出议题", "Proposed"),
        Column("adopted", "立项", "Adopted"),
        Column("meetings", "协商活动", "Meetings"),
        Column("attendance", "参会人次", "Attendance"),
        Column("problems_assigned", "交办问题", "Problems assigned"),
        Column("problems_solved", "已解决问题", "Problems solved"),
        Column("loops_closed", "闭环", "Loops closed"),
    ),
    sorts={"key": "key"},
    default="key",
)

PLAN_LIST = Listing(
    name="plans",
    title=Text("年度计划进度", "Plan progress"),
    view=PlanView,
    columns=(
        Column("plan.year", "年度", "Year"),
        Column("plan.title", "计划", "Plan", width=36),
        Column("plan.document_number", "文号", "Document no.", width=20),
        Column("plan.stage", "阶段", "Stage", in_words(STAGES)),
        Column("item.number", "序号", "No."),
        Column("item.title", "议题", "Item", width=40),
        Column("item.form", "协商形式", "Form", width=14),
        Column("item.lead", "牵头单位", "Lead", width=20),
        Column("item.departments", "责任部门", "Departments", width=30),
        Column("item.quarter", "季度", "Quarter"),
        Column("item.progress_text", "进度", "Progress"),
        Column("item.topic_ids", "议题编号", "Topic ids", width=38),
    ),
    sorts={"plan_id": "_id", "year": "year"},
    default="plan_id",
    rows=lambda plan: [{"plan": plan, "item": item} for item in plan.items] or [{"plan": plan, "item": None}],
)

VENUE_LIST = Listing(
    name="venues",
    title=Text("协商阵地", "Venues"),
    view=VenueView,
    columns=(
        Column("town_name", "镇街", "Town", width=16),
        Column("title", "名称", "Title", width=32),
        Column("tier", "层级", "Tier", in_words(TIERS), width=16),
        Column("host_platform", "依托平台", "Housed in", in_words(HOST_PLATFORMS), width=20),
        Column("address", "地址", "Address", width=32),
        Column("capacity", "容纳人数", "Capacity"),
        Column("open", "在用", "Open"),
        Column("met", "六有达标项", "Met of six"),
        Column("assessed_on", "评估日期", "Assessed on"),
        Column("venue_id", "编号", "Id", width=38),
    ),
    sorts={"venue_id": "_id", "division": "division", "met": "met"},
    default="venue_id",
)
