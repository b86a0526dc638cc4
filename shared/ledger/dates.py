"""Dates as offices write them.

Chinese order only (year, month, day): `3/2/24` could be three different days and is refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from openpyxl.utils.datetime import from_excel

from shared.ledger.findings import (
    DATE_IMPOSSIBLE,
    DATE_OUT_OF_RANGE,
    DATE_UNREADABLE,
    DATE_WITHOUT_YEAR,
    Kind,
)

FIRST_YEAR, LAST_YEAR = 2000, 2100

_DIGITS = {
    c: n
    for n, chars in enumerate(("〇零○", "一", "二", "三", "四", "五", "六", "七", "八", "九"))
    for c in chars
}
_NUMERAL = "〇零○一二三四五六七八九十廿卅"
_TENS = re.compile("(?P<tens>[一二三四五六七八九]?)十(?P<units>[一二三四五六七八九]?)")
_CHINESE_PART = re.compile(rf"([{_NUMERAL}]+)(?=\s*[年月日号])")
_SEPARATORS = str.maketrans("‐‑‒–—−。", "------.")

_WEEKDAY = r"\(?(?:周|星期|礼拜)[一二三四五六日天]\)?"
_CLOCK = r"(?:\d{1,2}(?::\d{1,2}){1,2}(?:\.\d+)?|\d{1,2}[时点](?:半|\d{1,2}分?(?:\d{1,2}秒)?)?)"
_TIME = rf"\(?T?(?:(?:凌晨|早上|早|上午|中午|下午|晚上|晚)\s*(?:{_CLOCK})?|{_CLOCK})\)?"
_TAIL = rf"(?:\s*{_WEEKDAY})?(?:\s*{_TIME})?(?:\s*{_WEEKDAY})?"
_DAY = r"(?P<day>\d{1,2})\s*[日号]?"
_FORMS = tuple(
    re.compile(form + _TAIL)
    for form in (
        rf"(?P<year>\d{{4}}|\d{{2}})\s*年\s*(?P<month>\d{{1,2}})\s*月\s*{_DAY}",
        rf"(?P<year>\d{{4}})\s*(?P<sep>[-/.])\s*(?P<month>\d{{1,2}})\s*(?P=sep)\s*{_DAY}",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?P<month>\d{{1,2}})\s*(?:月|[-/.])\s*{_DAY}",
    )
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")


class DateError(ValueError):
    """A value is no date, or none that can be.

    Attributes:
        kind: the finding it makes.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        super().__init__(kind.code)


def chinese_number(text: str) -> int:
    """Return a number written in Chinese numerals: 二〇二四, 十二, 二十一, 廿三.

    Raises:
        ValueError: it is not made of numerals.
    """
    plain = text.replace("廿", "二十").replace("卅", "三十")
    if plain and set(plain) <= _DIGITS.keys():
        return int("".join(str(_DIGITS[c]) for c in plain))
    found = _TENS.fullmatch(plain)
    if found is None:
        raise ValueError(text)
    return _DIGITS.get(found["tens"], 1) * 10 + _DIGITS.get(found["units"], 0)


def _in_arabic(found: re.Match[str]) -> str:
    try:
        return str(chinese_number(found[1]))
    except ValueError:
        raise DateError(DATE_UNREADABLE) from None


def _plausible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DateError(DATE_OUT_OF_RANGE)
    return day


def _from_serial(serial: float, epoch: datetime) -> date:
    try:
        found = from_excel(serial, epoch=epoch)
    except (OverflowError, ValueError):
        raise DateError(DATE_UNREADABLE) from None
    if not isinstance(found, datetime):
        raise DateError(DATE_UNREADABLE)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise DateError(DATE_UNREADABLE)  # a number typed into the wrong column rather than a day
    return found.date()


def _from_text(text: str, year: int | None, epoch: datetime) -> date:
    text = unicodedata.normalize("NFKC", text).translate(_SEPARATORS).strip()
    if _SERIAL.fullmatch(text):
        return _from_serial(float(text), epoch)
    text = _CHINESE_PART.sub(_in_arabic, text)
    for form in _FORMS:
        if found := form.fullmatch(text):
            break
    else:
        raise DateError(DATE_UNREADABLE)
    parts = found.groupdict()
    written = parts.get("year")
    if written is None:
        if year is None:
            raise DateError(DATE_WITHOUT_YEAR)
        written = str(year)
    try:
        day = date(int(written) + (2000 if len(written) == 2 else 0), int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise DateError(DATE_IMPOSSIBLE) from None
    return _plausible(day)


def read_date(value: object, *, year: int | None, epoch: datetime) -> date:
    """Return the day a cell means; a time of day is dropped.

    Args:
        value: what the cell holds: a date, an Excel serial number, or text in one of the usual forms.
        year: of the row, for `3月2日`.
        epoch: the workbook's day 0 (Excel for Mac once counted from 1904).

    Raises:
        DateError: no day can be read from it.
    """
    if isinstance(value, datetime):
        return _plausible(value.date())
    if isinstance(value, date):
        return _plausible(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise DateError(DATE_UNREADABLE)
    if isinstance(value, str):
        return _from_text(value, year, epoch)
    if isinstance(value, int) and value >= 10_000_000:
        return _from_text(str(value), year, epoch)
    return _from_serial(value, epoch)
