"""The lists of cases: how they are sorted, and what is in their files."""

from __future__ import annotations

from services.cases.views.archive import FileView
from services.cases.views.entries import EntryView
from services.cases.views.problems import ProblemView
from services.cases.views.typical_cases import CaseSummary, DraftSummary
from shared.contracts.types import LoopItem, Rating, SelectionLevel
from shared.platform.language import Text
from shared.platform.lights import Colour
from shared.platform.lists import Column, Listing, in_words

LOOP_STATUSES = {
    "open": Text("待", "open"),
    "done": Text("有", "done"),
    "exempted": Text("免", "exempted"),
}
PROBLEM_STATUSES = {
    "handling": Text("办理中", "in hand"),
    "returned": Text("已退回", "returned"),
    "replied": Text("已答复", "answered"),
    "solved": Text("已解决", "solved"),
    "closed": Text("已办结", "closed"),
    "referred": Text("报办公室", "referred"),
}
RATINGS = {
    Rating.SATISFIED: Text("满意", "satisfied"),
    Rating.FAIRLY_SATISFIED: Text("基本满意", "fairly satisfied"),
    Rating.DISSATISFIED: Text("不满意", "dissatisfied"),
}
SELECTION_LEVELS = {
    SelectionLevel.COUNTY: Text("县级", "county"),
    SelectionLevel.CITY: Text("市级", "city"),
    SelectionLevel.PROVINCE: Text("省级", "province"),
    SelectionLevel.NATION: Text("国家级", "nation"),
}
LIGHTS = {
    Colour.RED: Text("红", "red"),
    Colour.YELLOW: Text("黄", "yellow"),
    Colour.GREEN: Text("绿", "green"),
    Colour.NONE: Text("", ""),
}
LOOP_ITEMS = {
    LoopItem.TOPIC: Text("协商议题", "Topic"),
    LoopItem.CONSULTATION: Text("协商活动", "Consultation"),
    LoopItem.PROBLEM: Text("解决问题", "Problem solved"),
    LoopItem.CASE: Text("典型案例", "Typical case"),
    LoopItem.REPORT: Text("媒体宣传", "Media report"),
}

ENTRY_LIST = Listing(
    name="entries",
    title=Text("协商活动台账", "Ledger"),
    view=EntryView,
    columns=(
        Column("entry_id", "台账编号", "Entry", width=38),
        Column("topic_id", "议题编号", "Topic id", width=38),
        Column("division", "区划代码", "Division", width=16),
        Column("held_on", "协商日期", "Held on"),
        Column("opinions", "协商意见", "Opinions", width=60),
        *(
            Column(f"items.{item}.status", words.zh, words.en, in_words(LOOP_STATUSES))
            for item, words in LOOP_ITEMS.items()
        ),
        Column("cases.title", "案例标题", "Case titles", width=40),
        Column("reports.outlet", "报道媒体", "Outlets", width=30),
        Column("closed", "已闭环", "Closed"),
        Column("closed_on", "闭环日期", "Closed on"),
        Column("file_number", "档号", "File number", width=24),
        Column("back_entry", "补录", "Entered afterwards"),
    ),
    sorts={"held_on": "held_on"},
    default="-held_on",
    past=True,
)
ARCHIVE_LIST = Listing(
    name="archive",
    title=Text("归档目录", "Filed entries"),
    view=FileView,
    columns=(
        Column("file_number", "档号", "File number", width=24),
        Column("town", "区划代码", "Division", width=16),
        Column("year", "年度", "Year"),
        Column("number", "序号", "Number"),
        Column("entry_id", "台账编号", "Entry", width=38),
        Column("topic_id", "议题编号", "Topic id", width=38),
        Column("assigned_on", "归档日期", "Filed on"),
    ),
    sorts={"file_number": "file_number", "assigned_on": "assigned_on"},
    default="file_number",
)
PROBLEM_LIST = Listing(
    name="problems",
    title=Text("问题交办", "Problems"),
    view=ProblemView,
    columns=(
        Column("problem_id", "问题编号", "Problem", width=38),
        Column("entry_id", "台账编号", "Entry", width=38),
        Column("division", "区划代码", "Division", width=16),
        Column("text", "问题", "Problem text", width=60),
        Column("lead", "承办单位", "Lead", width=24),
        Column("co_handlers", "协办单位", "Co-handlers", width=30),
        Column("status", "状态", "Status", in_words(PROBLEM_STATUSES)),
        Column("assigned_on", "交办日期", "Assigned on"),
        Column("due_on", "办理时限", "Due on"),
        Column("light", "亮灯", "Light", in_words(LIGHTS)),
        Column("working_days_left", "剩余工作日", "Working days left"),
        Column("attempt", "办理次数", "Attempts"),
        Column("percent", "进度（%）", "Progress (%)"),
        Column("result", "办理结果", "Result"),
        Column("replied_on", "答复日期", "Answered on"),
        Column("follow_up_on", "回头看日期", "Follow-up on"),
        Column("rating", "满意度", "Rating", in_words(RATINGS)),
        Column("solved_on", "销号日期", "Solved on"),
        Column("back_entry", "补录", "Entered afterwards"),
    ),
    sorts={"assigned_on": "assigned_on", "due_on": "due_on", "next_due_on": "next_due_on"},
    default="-assigned_on",
    past=True,
)
CASE_LIST = Listing(
    name="cases",
    title=Text("典型案例", "Typical cases"),
    view=CaseSummary,
    columns=(
        Column("case_id", "案例编号", "Case", width=38),
        Column("title", "标题", "Title", width=60),
        Column("division", "区划代码", "Division", width=16),
        Column("published_on", "发布日期", "Published on"),
        Column("selections.year", "评选年度", "Selected for"),
        Column("selections.level", "评选级别", "Selected by level", in_words(SELECTION_LEVELS)),
        Column("entry_id", "台账编号", "Entry", width=38),
        Column("topic_id", "议题编号", "Topic id", width=38),
    ),
    sorts={"published_on": "published_on"},
    default="-published_on",
    searchable=True,
)
DRAFT_LIST = Listing(
    name="case-drafts",
    title=Text("典型案例草稿", "Drafts of typical cases"),
    view=DraftSummary,
    columns=(
        Column("case_id", "案例编号", "Case", width=38),
        Column("title", "标题", "Title", width=60),
        Column("division", "区划代码", "Division", width=16),
        Column("number", "稿次", "Version"),
        Column("drafted_on", "起草日期", "Drafted on"),
        Column("published", "已发布稿次", "Published version"),
    ),
    sorts={"drafted_on": "drafted_on"},
    default="-drafted_on",
)
