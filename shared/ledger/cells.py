"""One cell at a time: from what Excel holds to a typed value.

A reader is called with the content of a cell that is not empty, and raises `CellError` for what it cannot
take.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from shared.contracts.types import LoopItem
from shared.ledger.dates import DateError, chinese_number, read_date
from shared.ledger.divisions import Divisions, Town
from shared.ledger.findings import (
    CELL_ERROR,
    CELL_UNCALCULATED,
    CHOICE_UNKNOWN,
    NUMBER_NEGATIVE,
    NUMBER_OUT_OF_RANGE,
    NUMBER_UNREADABLE,
    TEXT_TOO_LONG,
    TOWN_UNKNOWN,
    Kind,
)
from shared.ledger.text import key, one_line, tidy
from shared.ledger.vocabulary import FORMS, LOOP_ITEMS, NOTHING, YES_NO, Words

T = TypeVar("T")

LINE_LIMIT = 200  # characters, as `shared.contracts.types.Line`
TEXT_LIMIT = 4000  # as `shared.contracts.types.Text`

UNCALCULATED = "=?"
"""Stands for a formula that nothing has calculated, in a file that a program wrote: it is not blank."""

_FORMULA_ERRORS = frozenset({"#ref!", "#n/a", "#value!", "#name?", "#div/0!", "#num!", "#null!"})
_NUMBER = re.compile(
    r"(?:共|计|第|no\.?)?(?P<digits>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+))(?:\.0*)?"
    r"(?:人次|人|名|位|次|个|场|家|户|项|件|条|号|年度?)?"
)
_CHINESE_NUMBER = re.compile(
    r"第?(?P<digits>[〇零○一二两三四五六七八九十廿卅]+)(?:人次|人|名|位|次|个|场|家|户|项|件|条|号|年度?)?"
)
# Half-width and full-width forms of the marks that people separate things with.
_SEMI, _COMMA, _COLON, _OPEN, _CLOSE = ";\uff1b", ",\uff0c", ":\uff1a", "(\uff08", ")\uff09"
_ITEM = (
    rf"(?:\d{{1,2}}(?:[、{_CLOSE}\uff0e]|\.(?!\d))|[{_OPEN}](?:\d{{1,2}}|[一二三四五六七八九十]+)[{_CLOSE}]"
    r"|[①-⑳]|[一二三四五六七八九十]+、)"
)
_SENTENCES = re.compile(rf"[{_SEMI}]|\n(?={_ITEM})|(?<=。)\n")
_ENUMERATION = re.compile(rf"^\s*{_ITEM}\s*")
_NAMES = re.compile(rf"[、{_SEMI}{_COMMA}/\uff0f\n]+")
_PARTS = re.compile(rf"[{_SEMI}]|\n(?![{_OPEN}])")
# A date ends at a comma; a title may contain one.
_REMARK = re.compile(
    rf"(?P<what>回头看(?:日期|时间)?|重新办理(?:时限|期限))\s*[{_COLON}]\s*(?P<date>[^{_SEMI}{_COMMA}。\n]+)"
    rf"|并入\s*[{_COLON}]\s*(?P<topic>[^{_SEMI}\n]+)"
    r"|(?<!\w)续第\s*(?P<main>\d{1,6})\s*号"
    rf"|未评价确认\s*[{_COLON}]\s*(?P<confirmed>[^{_SEMI}\n]+)"
)
_REMARK_EDGES = re.compile(rf"^[{_SEMI}{_COMMA}。\s]+|[{_SEMI}{_COMMA}\s]+$")
_EXEMPTION = re.compile(
    rf"(?P<item>[^{_COLON}{_OPEN}]+?)\s*(?:[{_COLON}]\s*(?P<reason>.*?))?\s*"
    rf"(?:[{_OPEN}]\s*经?批准(?:单位|机关)?\s*[{_COLON}]\s*(?P<approver>[^{_CLOSE}]+?)\s*[{_CLOSE}])?\s*"
)


class CellError(ValueError):
    """A cell holds what its column cannot take.

    Attributes:
        kind: the finding it makes.
        facts: what its texts name.
    """

    def __init__(self, kind: Kind, **facts: object) -> None:
        self.kind = kind
        self.facts: dict[str, Any] = facts
        super().__init__(kind.code)


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a cell takes beside the cell.

    Attributes:
        epoch: the workbook's day 0.
        year: of the row, once it is read.
    """

    divisions: Divisions
    epoch: datetime
    year: int | None = None


Reader = Callable[[Any, Context], Any]


@dataclass(frozen=True, slots=True)
class Exemption:
    """One of the five items that is not asked for (C17).

    Attributes:
        reason, approver: None where the ledger does not say; then it is no exemption yet.
    """

    item: LoopItem
    reason: str | None
    approver: str | None

    @property
    def counts(self) -> bool:
        """Whether both reason and approver are stated."""
        return self.reason is not None and self.approver is not None


@dataclass(frozen=True, slots=True)
class Remark:
    """备注, taken apart.

    Attributes:
        follow_up_on: 回头看日期 of a B or C reply.
        redo_due_on: 重新办理时限 after 不满意.
        merged_into: 并入, the target as written: TOWN TITLE, perhaps with words after a comma.
        continues: 续第…号, the 序号 of the row whose topic has a further problem or meeting in this row.
        confirmed: 未评价确认, why a reply that nobody rated counts as solving the problem (C09).
        note: whatever else it says, e.g. why a topic was withdrawn.
    """

    follow_up_on: date | None = None
    redo_due_on: date | None = None
    merged_into: str | None = None
    note: str | None = None
    continues: int | None = None
    confirmed: str | None = None


def as_text(value: object) -> str:
    """Return a cell's content as text, as a person sees it in the sheet."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    return str(value)


def is_blank(value: object) -> bool:
    """Whether a cell says nothing: empty, blanks, or a dash in its place."""
    return value is None or (isinstance(value, str) and key(value) in NOTHING)


def refuse_formula_error(value: object) -> None:
    """Raise for `#REF!` and its like, and for a formula without a result.

    Raises:
        CellError: the cell holds a formula's error, or nothing of what it would show.
    """
    if value == UNCALCULATED:
        raise CellError(CELL_UNCALCULATED)
    if isinstance(value, str) and key(value) in _FORMULA_ERRORS:
        raise CellError(CELL_ERROR, value=value)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise CellError(TEXT_TOO_LONG, limit=limit, length=len(text))
    return text


def line(value: Any, _: Context) -> str:  # noqa: ANN401 - a cell holds anything
    """Read one line: a title, an organisation, an official role."""
    return _limited(one_line(as_text(value)), LINE_LIMIT)


def text(value: Any, _: Context) -> str:  # noqa: ANN401 - a cell holds anything
    """Read text of any number of lines."""
    return _limited(as_text(value), TEXT_LIMIT)


def names(value: Any, _: Context) -> tuple[str, ...]:  # noqa: ANN401 - a cell holds anything
    """Read organisations, separated by `、`, `;`, `,`, `/` or line breaks; each once, in order."""
    parts = (one_line(part) for part in _NAMES.split(as_text(value)))
    return tuple(dict.fromkeys(_limited(part, LINE_LIMIT) for part in parts if part))


def sentences(value: Any, _: Context) -> tuple[str, ...]:  # noqa: ANN401 - a cell holds anything
    """Read opinions: separated by `;`, or by line breaks where the lines are numbered or end with `。`."""
    parts = (one_line(_ENUMERATION.sub("", part)) for part in _SENTENCES.split(as_text(value)))
    return tuple(_limited(part, TEXT_LIMIT) for part in parts if part)


def day(value: Any, context: Context) -> date:  # noqa: ANN401 - a cell holds anything
    """Read a date."""
    try:
        return read_date(value, year=context.year, epoch=context.epoch)
    except DateError as error:
        raise CellError(error.kind, value=as_text(value)) from None


def _whole(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer():
        return int(value)
    shown = as_text(value)
    plain = key(shown)
    try:
        if isinstance(value, str):
            if found := _NUMBER.fullmatch(plain):
                return int(found["digits"].replace(",", ""))
            if found := _CHINESE_NUMBER.fullmatch(plain):
                return chinese_number(found["digits"].replace("两", "二"))
    except ValueError:
        raise CellError(NUMBER_UNREADABLE, value=shown) from None
    raise CellError(NUMBER_UNREADABLE, value=shown)


def count(value: Any, _: Context) -> int:  # noqa: ANN401 - a cell holds anything
    """Read how many there were: 12, 12人, 3次, 1,200, 三次."""
    found = _whole(value)
    if found < 0:
        raise CellError(NUMBER_NEGATIVE, value=found)
    return found


def between(low: int, high: int) -> Reader:
    """Return a reader of whole numbers in a range, both ends included."""

    def read(value: Any, _: Context) -> int:  # noqa: ANN401 - a cell holds anything
        found = _whole(value)
        if not low <= found <= high:
            raise CellError(NUMBER_OUT_OF_RANGE, value=found, low=low, high=high)
        return found

    return read


def one_of(words: Words[T]) -> Reader:
    """Return a reader of a closed list's values."""

    def read(value: Any, _: Context) -> T:  # noqa: ANN401 - a cell holds anything
        shown = one_line(as_text(value))
        found = words.find(shown)
        if found is None:
            raise CellError(CHOICE_UNKNOWN, value=shown, allowed=words.allowed)
        return found

    return read


def form(value: Any, context: Context) -> str:  # noqa: ANN401 - a cell holds anything
    """Read 协商形式; the word itself is kept, since 专题协商 says more than that it is a meeting."""
    one_of(FORMS)(value, context)
    return line(value, context)


def town(value: Any, context: Context) -> Town:  # noqa: ANN401 - a cell holds anything
    """Read a town of the county."""
    shown = one_line(as_text(value))
    found = context.divisions.town(shown)
    if found is None:
        raise CellError(TOWN_UNKNOWN, value=shown, county=context.divisions.name)
    return found


def mark(value: Any, context: Context) -> bool:  # noqa: ANN401 - a cell holds anything
    """Read 是 or 否, or a tick or cross in their place."""
    found: bool = one_of(YES_NO)(value, context)
    return found


def exemptions(value: Any, _: Context) -> tuple[Exemption, ...]:  # noqa: ANN401 - a cell holds anything
    """Read 不适用项: `ITEM:REASON(批准:BODY)`, several separated by `;` or line breaks."""
    found = []
    for part in map(one_line, _PARTS.split(as_text(value))):
        if not part:
            continue
        parts = _EXEMPTION.fullmatch(part)
        item = LOOP_ITEMS.find(parts["item"]) if parts else None
        if parts is None or item is None:
            raise CellError(CHOICE_UNKNOWN, value=part, allowed=LOOP_ITEMS.allowed)
        found.append(Exemption(item, parts["reason"] or None, parts["approver"] or None))
    return tuple(found)


def remark(value: Any, context: Context) -> Remark:  # noqa: ANN401 - a cell holds anything
    """Read 备注; its known parts may stand in any order among free text."""
    whole = _limited(as_text(value), TEXT_LIMIT)
    follow_up_on = redo_due_on = None
    merged_into = confirmed = None
    continues = None
    for part in _REMARK.finditer(whole):
        if part["topic"]:
            merged_into = one_line(part["topic"])
        elif part["main"]:
            continues = int(part["main"])
        elif part["confirmed"]:
            confirmed = one_line(part["confirmed"])
        elif part["what"].startswith("回头看"):
            follow_up_on = day(part["date"].strip(), context)
        else:
            redo_due_on = day(part["date"].strip(), context)
    note = one_line(_REMARK_EDGES.sub("", _REMARK.sub("", whole)))
    return Remark(follow_up_on, redo_due_on, merged_into, note or None, continues, confirmed)
