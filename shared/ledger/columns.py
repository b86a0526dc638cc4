"""The three sheets: which columns they have, by which names, and how a cell of each is read.

Offices name columns differently, and two header rows (a group above its parts) make `媒体报道` + `级别` of
what another sheet calls `媒体级别`; all names of a column lead to one field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.ledger import cells
from shared.ledger.dates import FIRST_YEAR, LAST_YEAR
from shared.ledger.text import header_keys, key
from shared.ledger.vocabulary import (
    BASES,
    LEVELS,
    MEDIA_LEVELS,
    ORIGINS,
    PLATFORMS,
    QUARTERS,
    RATINGS,
    RESULTS,
    STATUSES,
    TIERS,
)


class SheetKind(StrEnum):
    """What a sheet lists."""

    ACTIVITIES = "activities"
    PLAN = "plan"
    VENUES = "venues"


class Need(StrEnum):
    """What happens without a column.

    Attributes:
        SHEET: the sheet cannot be read.
        NOTED: its field is unknown in every row, and a flag says so.
        NONE: nothing is said.
    """

    SHEET = "sheet"
    NOTED = "noted"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes:
        field: name in code.
        label: its usual header.
        also: other headers it goes by.
        read: reads a cell that is not empty.
        must: a row without it is refused.
    """

    field: str
    label: str
    read: cells.Reader
    also: tuple[str, ...] = ()
    need: Need = Need.NONE
    must: bool = False


class SheetSpec:
    """A kind of sheet.

    Attributes:
        label: what people call it.
        number: the field that numbers its rows; None where they have no numbers.
    """

    def __init__(
        self,
        kind: SheetKind,
        label: str,
        is_name: Callable[[str], bool],
        columns: tuple[Column, ...],
        *,
        number: str | None = None,
    ) -> None:
        self.kind = kind
        self.label = label
        self.columns = columns
        self.number = number
        self._is_name = is_name
        self._fields = {key(name): c.field for c in columns for name in (c.label, *c.also)}
        self.by_field = {c.field: c for c in columns}

    def is_named(self, sheet: str) -> bool:
        """Whether a sheet's name says that it is one of these."""
        return self._is_name(key(sheet))

    def field(self, header: str) -> str | None:
        """Return the field that a header means, or None."""
        return next((self._fields[k] for k in header_keys(header) if k in self._fields), None)

    def lacking(self, fields: set[str]) -> tuple[str, ...]:
        """Return the labels of needed columns that are not among the fields."""
        return tuple(c.label for c in self.columns if c.need is Need.SHEET and c.field not in fields)


def _days(*events: str) -> tuple[str, ...]:
    return tuple(f"{event}{word}" for event in events for word in ("日期", "时间", "年月日"))


_year = cells.between(FIRST_YEAR, LAST_YEAR)
_number = cells.between(1, 1_000_000)
_TOWN_NAMES = (
    *("乡镇", "镇", "镇街道", "乡镇街道", "镇办", "镇乡街道", "镇街名称", "乡镇名称"),
    *("所属镇街", "所属乡镇", "所在镇街", "所在乡镇", "镇街乡镇", "街道乡镇"),
)

ACTIVITIES = SheetSpec(
    SheetKind.ACTIVITIES,
    "协商活动台账",
    lambda name: "台账" in name or "台帐" in name,
    (
        # The year stands in the title where it has no column of its own.
        Column("year", "年度", _year, ("年份", "年", "所属年度", "工作年度"), must=True),
        Column(
            "number", "序号", _number, ("编号", "序", "活动编号", "台账编号", "活动序号"), Need.SHEET, True
        ),
        Column(
            "plan_item",
            "计划编号",
            _number,
            ("计划序号", "年度计划编号", "对应计划编号", "计划号", "计划项目编号"),
        ),
        Column("town", "镇街", cells.town, _TOWN_NAMES, Need.SHEET, True),
        Column("level", "级别", cells.one_of(LEVELS), ("层级", "协商级别", "协商层级", "活动级别")),
        Column("venue", "协商阵地", cells.line, ("阵地", "阵地名称", "协商地点", "协商场所", "活动地点")),
        Column("form_title", "协商形式", cells.form, ("形式", "协商方式", "活动形式", "协商类型")),
        Column(
            "title",
            "议题名称",
            cells.line,
            ("议题", "协商议题", "协商议题名称", "议题题目", "协商题目", "议题标题"),
            Need.SHEET,
            True,
        ),
        Column(
            "origin",
            "议题来源",
            cells.one_of(ORIGINS),
            ("来源", "选题来源", "议题提出方", "提出方"),
            Need.SHEET,
            True,
        ),
        Column("basis", "选题依据", cells.one_of(BASES), ("依据", "议题依据", "议题选题依据")),
        Column("proposed_on", "提出日期", cells.day, _days("提出", "议题提出", "议题征集"), Need.SHEET, True),
        Column(
            "adopted_on", "确定日期", cells.day, _days("确定", "议题确定", "立项", "议题立项"), Need.NOTED
        ),
        Column("lead", "牵头单位", cells.line, ("牵头部门", "组织单位", "牵头")),
        Column("convener", "召集人", cells.line, ("会议召集人", "协商召集人")),
        Column("surveys", "调研次数", cells.count, ("调研", "调查研究次数", "调研活动次数", "调查研究")),
        Column(
            "consulted_on",
            "协商日期",
            cells.day,
            _days("协商", "协商活动", "活动", "召开", "会议", "协商会议", "协商召开"),
            Need.SHEET,
        ),
        Column("host", "主持人", cells.line, ("会议主持人", "协商主持人")),
        Column("recorder", "记录人", cells.line, ("记录员", "会议记录人")),
        Column("expected", "应到", cells.count, ("应到人数", "应参加人数", "应参会人数")),
        Column(
            "present", "实到", cells.count, ("实到人数", "参加人数", "参会人数", "到会人数", "实际到会人数")
        ),
        Column("members", "委员", cells.count, ("委员人数", "委员数", "政协委员", "参会委员")),
        Column("departments", "部门", cells.count, ("部门人数", "部门代表", "职能部门", "部门负责人")),
        Column("stakeholders", "利益相关方", cells.count, ("利益相关方人数", "利益相关方代表", "利益相关者")),
        Column("residents", "群众", cells.count, ("群众人数", "群众代表", "居民群众", "群众代表人数")),
        Column(
            "opinions", "协商意见", cells.sentences, ("意见建议", "协商成果", "达成意见", "协商共识", "意见")
        ),
        Column("problem", "问题事项", cells.text, ("问题", "具体问题", "交办问题", "交办事项", "需解决问题")),
        Column(
            "lead_handler",
            "承办单位",
            cells.names,
            ("承办部门", "主办单位", "责任单位", "责任部门"),
            Need.NOTED,
        ),
        Column("co_handlers", "协办单位", cells.names, ("协办部门", "会办单位", "配合单位")),
        Column("assigned_on", "交办日期", cells.day, _days("交办", "问题交办"), Need.NOTED),
        Column(
            "due_on",
            "办理时限",
            cells.day,
            ("办理期限", "办结时限", "办结期限", "完成时限", "限办日期", *_days("办理截止", "办理到期")),
            Need.NOTED,
        ),
        Column("replied_on", "答复日期", cells.day, _days("答复", "回复", "办理答复"), Need.NOTED),
        Column(
            "result",
            "办理结果",
            cells.one_of(RESULTS),
            ("答复结果", "办理类别", "结果", "结果类别"),
            Need.NOTED,
        ),
        Column(
            "rating",
            "满意度",
            cells.one_of(RATINGS),
            ("评价", "满意情况", "测评结果", "群众满意度", "评价结果", "满意度评价", "满意度测评"),
            Need.NOTED,
        ),
        Column("solved_on", "解决日期", cells.day, _days("解决", "问题解决", "销号", "问题销号", "办结")),
        Column(
            "case_title",
            "典型案例",
            cells.line,
            ("案例", "案例名称", "案例题目", "典型案例名称", "典型案例题目", "典型案例标题"),
            Need.NOTED,
        ),
        Column("case_background", "协商背景", cells.text, ("背景", "案例背景", "典型案例背景")),
        Column("case_participants", "协商主体", cells.text, ("主体", "案例主体", "典型案例主体")),
        Column("case_process", "协商过程", cells.text, ("过程", "案例过程", "典型案例过程")),
        Column("case_results", "协商成效", cells.text, ("成效", "案例成效", "典型案例成效")),
        Column(
            "outlet",
            "宣传媒体",
            cells.line,
            (
                *("媒体", "媒体名称", "报道媒体", "宣传报道媒体", "媒体宣传", "媒体报道", "宣传报道"),
                *("媒体宣传名称", "媒体报道名称", "宣传报道名称", "媒体宣传媒体", "媒体报道媒体"),
            ),
            Need.NOTED,
        ),
        Column(
            "media_level",
            "媒体级别",
            cells.one_of(MEDIA_LEVELS),
            ("媒体层级", "报道级别", "宣传级别", "媒体宣传级别", "媒体报道级别", "宣传报道级别"),
        ),
        Column(
            "reported_on",
            "报道日期",
            cells.day,
            _days("报道", "宣传", "媒体宣传", "媒体报道", "宣传报道", "刊发"),
        ),
        Column("exemptions", "不适用项", cells.exemptions, ("不适用", "豁免项", "不适用事项")),
        Column("status", "状态", cells.one_of(STATUSES), ("当前状态", "办理状态", "活动状态"), Need.NOTED),
        Column("source", "资料来源", cells.line, ("数据来源", "出处")),
        Column("remark", "备注", cells.remark, ("附注", "说明")),
    ),
    number="number",
)

PLAN = SheetSpec(
    SheetKind.PLAN,
    "年度协商工作计划",
    lambda name: "计划" in name and "台账" not in name,
    (
        Column("year", "年度", _year, ("年份", "年", "计划年度"), must=True),
        Column("number", "计划编号", _number, ("编号", "序号", "序", "计划序号", "计划号"), Need.SHEET, True),
        Column(
            "title",
            "议题",
            cells.line,
            ("议题名称", "协商议题", "协商议题名称", "计划议题", "协商课题", "重点议题"),
            Need.SHEET,
            True,
        ),
        Column("form_title", "协商形式", cells.line, ("形式", "协商方式", "协商类型")),
        Column("lead", "牵头单位", cells.line, ("牵头部门", "牵头", "牵头委室")),
        Column(
            "departments",
            "承办部门",
            cells.names,
            ("承办单位", "参与部门", "责任部门", "责任单位", "协办单位", "部门"),
        ),
        Column("leader", "分管领导", cells.line, ("负责领导", "带队领导", "牵头领导")),
        Column("quarter", "季度", cells.one_of(QUARTERS), ("计划季度", "实施季度", "时间安排", "安排季度")),
        Column("source", "资料来源", cells.line, ("数据来源", "出处")),
    ),
    number="number",
)

# The six of each published standard (M02): the default's, and the one of Zhongshan.
STANDARDS = {
    "longkou": ("有阵地", "有标识", "有制度", "有流程", "有活动", "有实效"),
    "zhongshan": ("有工作平台", "有办公场所", "有工作人员", "有工作经费", "有工作内容", "有工作制度"),
}

VENUES = SheetSpec(
    SheetKind.VENUES,
    "协商阵地",
    lambda name: "阵地" in name or "议事厅" in name,
    (
        Column("town", "镇街", cells.town, _TOWN_NAMES, Need.SHEET, True),
        Column(
            "tier",
            "类型",
            cells.one_of(TIERS),
            ("阵地类型", "类别", "阵地类别", "层级", "级别"),
            Need.SHEET,
            True,
        ),
        Column("title", "名称", cells.line, ("阵地名称", "协商阵地", "协商阵地名称"), Need.SHEET, True),
        Column("host_platform", "依托平台", cells.one_of(PLATFORMS), ("平台", "依托", "依托场所")),
        *(Column(item, item, cells.mark) for items in STANDARDS.values() for item in items),
        Column("source", "资料来源", cells.line, ("数据来源", "出处")),
    ),
)

SPECS = (ACTIVITIES, PLAN, VENUES)
