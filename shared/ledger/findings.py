"""What the reader has to say about a ledger: findings, differences, and the texts of both.

Severities: an `error` refuses its row (what it states cannot be true, or cannot be entered); a `flag` lets
the row in and notes what is odd about it; a `notice` says what the reader did with something.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.platform.language import Text


class Severity(StrEnum):
    """What a finding does to its row."""

    ERROR = "error"
    FLAG = "flag"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the workbook.

    Attributes:
        row: as Excel numbers it; None for a whole sheet.
    """

    sheet: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one place.

    Attributes:
        column: the header as the sheet writes it; None for a whole row or sheet.
        code: stable, kebab-case.
    """

    sheet: str
    row: int | None
    column: str | None
    code: str
    severity: Severity
    message_zh: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The ledger's 状态 is not what the rules make of the same row.

    Attributes:
        ledger_status, derived_status: 已提出, 已立项, … as the ledger writes them.
    """

    sheet: str
    row: int
    title: str
    ledger_status: str
    derived_status: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding: its code, and its texts as `str.format` templates.

    A header or a value is quoted as it stands in either language, so both templates take the same facts.
    """

    code: str
    severity: Severity
    zh: str
    en: str

    def at(
        self, place: Place, column: str | None = None, *, label: str | None = None, **facts: object
    ) -> Finding:
        """Return a finding of this kind.

        Args:
            place: where it is.
            column: the header of the cell, a fact of the templates too.
            label: what the texts say in its place, for a part of a cell.
            **facts: what else the templates name.
        """
        facts["column"] = label or column
        return Finding(
            sheet=place.sheet,
            row=place.row,
            column=column,
            code=self.code,
            severity=self.severity,
            message_zh=self.zh.format(**facts),
            message_en=self.en.format(**facts),
        )


def _error(code: str, zh: str, en: str) -> Kind:
    return Kind(code, Severity.ERROR, zh, en)


def _flag(code: str, zh: str, en: str) -> Kind:
    return Kind(code, Severity.FLAG, zh, en)


def _notice(code: str, zh: str, en: str) -> Kind:
    return Kind(code, Severity.NOTICE, zh, en)


# a cell that cannot be read

VALUE_MISSING = _error("value-missing", "缺少“{column}”", "{column} is missing")
CELL_ERROR = _error(
    "cell-error", "“{column}”是公式错误值 {value}", "{column} holds the formula error {value}"
)
CELL_UNCALCULATED = _error(
    "cell-uncalculated",
    "“{column}”是公式，文件里没有它的计算结果：请用 Excel 或 WPS 打开并保存后再导入",
    "{column} is a formula whose result is not in the file; open it in Excel or WPS, save, and import again",
)
DATE_UNREADABLE = _error(
    "date-unreadable",
    "“{column}”的“{value}”不是能识别的日期，请写成 2024-03-02",
    "{column}: {value!r} is no date we can read; write it like 2024-03-02",
)
DATE_IMPOSSIBLE = _error(
    "date-impossible",
    "“{column}”的“{value}”不存在这一天",
    "{column}: there is no such day as {value!r}",
)
DATE_OUT_OF_RANGE = _error(
    "date-out-of-range",
    "“{column}”的“{value}”不在 2000 年至 2100 年之间",
    "{column}: {value!r} is not between 2000 and 2100",
)
DATE_WITHOUT_YEAR = _error(
    "date-without-year",
    "“{column}”的“{value}”没有年份，本行又没有年度",
    "{column}: {value!r} has no year, and neither has the row",
)
NUMBER_UNREADABLE = _error(
    "number-unreadable",
    "“{column}”的“{value}”不是整数",
    "{column}: {value!r} is not a whole number",
)
NUMBER_NEGATIVE = _error(
    "number-negative", "“{column}”不能是负数（{value}）", "{column} cannot be negative ({value})"
)
NUMBER_OUT_OF_RANGE = _error(
    "number-out-of-range",
    "“{column}”的 {value} 不在 {low} 至 {high} 之间",
    "{column}: {value} is not between {low} and {high}",
)
CHOICE_UNKNOWN = _error(
    "choice-unknown",
    "“{column}”的“{value}”不在可选值内：{allowed}",
    "{column}: {value!r} is none of {allowed}",
)
TEXT_TOO_LONG = _error(
    "text-too-long",
    "“{column}”超过 {limit} 字（现有 {length} 字）",
    "{column} is longer than {limit} characters ({length})",
)
TOWN_UNKNOWN = _error(
    "town-unknown",
    "“{column}”的“{value}”不是{county}的镇街",
    "{column}: {value!r} is not a town of {county}",
)

# a row that cannot be true

IDENTITY_TWICE = _error(
    "identity-twice",
    "与第 {first} 行的“{column}”相同（{number}），内容却不同",
    "{column} {number} is row {first}'s already, with other content",
)
DATES_REVERSED = _error(
    "dates-reversed",
    "“{column}”（{later}）早于“{other}”（{earlier}）",
    "{column} ({later}) is before {other} ({earlier})",
)
DATE_IN_FUTURE = _error(
    "date-in-future",
    "“{column}”（{value}）晚于今天（{today}），尚未发生",
    "{column} ({value}) is after today ({today})",
)
FACT_WITHOUT_CAUSE = _error(
    "fact-without-cause", "有“{column}”而没有“{other}”", "{column} is given, {other} is not"
)
KINDS_ABOVE_PRESENT = _error(
    "kinds-above-present",
    "委员、部门、利益相关方、群众合计 {total} 人，超过“{column}”{present} 人",
    "the four kinds of participants add up to {total}, more than {column} ({present})",
)
PLAN_ITEM_UNKNOWN = _error(
    "plan-item-unknown",
    "“{column}”{number} 不在年度协商工作计划中",
    "{column} {number} is not in the year's plan",
)
CONTINUED_UNKNOWN = _error(
    "continued-unknown",
    "“{column}”写明续第 {target} 号，台账中没有该行（或未被接受，或其自身也是续行），或本行没有协商日期",
    "{column}: goes on with row number {target}, which is not in the ledger, was refused or goes on with "
    "another itself; or this row has no day of a consultation",
)
MERGED_INTO_UNKNOWN = _error(
    "merged-into-unknown",
    "“{column}”写明并入“{target}”，台账中没有这个议题（或该行未被接受）",
    "{column}: merged into {target!r}, which is not in the ledger (or its row was refused)",
)
MERGED_INTO_AMBIGUOUS = _error(
    "merged-into-ambiguous",
    "“{column}”写明并入“{target}”，台账中不止一个议题同名，请写明镇街",
    "{column}: more than one topic is called {target!r}; write its town too",
)
MERGED_IN_CIRCLE = _error(
    "merged-in-circle",
    "“{column}”写明并入“{target}”，绕回了自身",
    "{column}: merged into {target!r}, which leads back to itself",
)
MERGED_INTO_MISSING = _error(
    "merged-into-missing",
    "“{column}”为已并入，备注没有写明并入哪个议题（并入：镇街 议题）",
    "{column} says merged, no remark says into which topic",
)
SHEET_UNREADABLE = _error(
    "sheet-unreadable",
    "这张表缺少必需的列（{columns}），未读取",
    "this sheet lacks needed columns ({columns}) and was not read",
)

# a row that goes in, with something odd about it

DATES_UNUSUAL = _flag(
    "dates-unusual",
    "“{column}”（{later}）早于“{other}”（{earlier}），照录",
    "{column} ({later}) is before {other} ({earlier}); recorded as it stands",
)
FACT_ALONE = _flag(
    "fact-alone",
    "有“{column}”而没有“{other}”，“{column}”未能录入",
    "{column} is given, {other} is not; {column} was left out",
)
NOT_STATED = _flag("not-stated", "没有写明“{column}”，按未知处理", "{column} is not stated; unknown")
KINDS_BELOW_PRESENT = _flag(
    "kinds-below-present",
    "委员、部门、利益相关方、群众合计 {total} 人，少于“{column}”{present} 人",
    "the four kinds of participants add up to {total}, fewer than {column} ({present})",
)
SAME_PERSON = _flag(
    "host-is-recorder", "“{column}”与“{other}”是同一人（M05）", "{column} and {other} are one person (M05)"
)
VENUE_UNKNOWN = _flag(
    "venue-unknown",
    "“{column}”的“{value}”不在协商阵地表中",
    "{column}: {value!r} is not on the venue sheet",
)
TITLE_TWICE = _flag(
    "title-twice",
    "与第 {first} 行是同一镇街的同名议题，可能重复登记",
    "same town and title as row {first}: perhaps entered twice",
)
SEVERAL_LEADS = _flag(
    "several-leads",
    "“{column}”有多个单位，以“{lead}”为承办单位，其余为协办",
    "{column} names several; {lead} leads, the others help",
)
SOLVED_AGAINST_RULES = _flag(
    "solved-against-rules",
    "有“{column}”，但办理结果或满意度不足以销号（C09），未作为已解决录入",
    "{column} is given, but result and rating do not make it solved (C09); left out",
)
NOT_WITHDRAWN = _flag(
    "withdrawn-after-consultation",
    "“{column}”为已撤回，但已有协商或交办，撤回未录入",
    "{column} says withdrawn, yet it was consulted on or assigned; the withdrawal was left out",
)
EXEMPTION_INCOMPLETE = _flag(
    "exemption-incomplete",
    "“{column}”的“{item}”没有写明理由或批准单位（C17），不作为不适用",
    "{column}: {item} lacks its reason or approver (C17) and does not count as exempted",
)
EXEMPTED_YET_DONE = _flag(
    "exempted-yet-done",
    "“{column}”的“{item}”实际已有，按已有计",
    "{column}: {item} is there all the same and counts as done",
)

# what the reader did

ROW_REPEATED = _notice(
    "row-repeated", "与第 {first} 行完全相同，只计一次", "the same as row {first}; counted once"
)
ROW_SKIPPED = _notice("row-skipped", "{what}，不是数据，已跳过", "skipped, no data: {what}")
SHEET_IGNORED = _notice("sheet-ignored", "不是台账、计划或阵地表，未读取", "no sheet of ours; not read")
COLUMN_UNKNOWN = _notice("column-unknown", "不认识“{column}”这一列，未读取", "column {column} was not read")
COLUMN_TWICE = _flag(
    "column-twice",
    "“{column}”与“{other}”是同一项，只读取“{other}”",
    "{column} means the same as {other}; only {other} was read",
)
COLUMN_MISSING = _flag(
    "column-missing",
    "没有“{column}”这一列，各行该项按未知处理",
    "there is no column {column}; unknown in every row",
)
