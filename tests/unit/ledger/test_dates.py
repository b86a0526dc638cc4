"""Dates in the forms that offices write."""

from __future__ import annotations

import contextlib
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from shared.ledger.dates import DateError, chinese_number, read_date
from tests.unit.ledger.workbooks import moment

DAY = date(2024, 3, 2)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


def _read(value: object, year: int | None = 2024, epoch: datetime = CALENDAR_WINDOWS_1900) -> date:
    return read_date(value, year=year, epoch=epoch)


def _numeral(number: int) -> str:
    digits = "〇一二三四五六七八九"
    tens, units = divmod(number, 10)
    if not tens:
        return digits[units]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[units] if units else "")


def _chinese(day: date) -> str:
    year = "".join("〇一二三四五六七八九"[int(c)] for c in str(day.year))
    return f"{year}年{_numeral(day.month)}月{_numeral(day.day)}日"


@pytest.mark.parametrize(
    "written",
    [
        "2024-3-2",
        "2024-03-02",
        "2024/03/02",
        "2024.3.2",
        "2024. 3. 2",
        "2024年3月2日",
        "2024 年 3 月 2 日",
        "2024年3月2号",
        "24年3月2日",
        "２０２４年３月２日",
        "2024－3－2",
        "2024—3—2",
        "二〇二四年三月二日",
        "二零二四年三月二日",
        "3月2日",
        "三月二日",
        "3.2",
        "3/2",
        "20240302",
        "20240302 ",
        "2024-3-2 14:30",
        "2024-03-02 14:30:00",
        "2024-03-02T14:30:00",
        "2024年3月2日14时30分",
        "2024年3月2日下午3:00",
        "2024年3月2日上午",
        "2024年3月2日(周六)",
        "2024年3月2日（周六）",
        "2024年3月2日 星期六",
        "2024-3-2(星期六)9:30",
        "2024-3-2 周六 上午9点半",
        "45353",
        "45353.5",
        45353,
        45353.6,
        20240302,
        moment(2024, 3, 2, 9, 30),
        DAY,
    ],
)
def test_the_second_of_march_is_read(written: object) -> None:
    assert _read(written) == DAY


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2024-2-30", "date-impossible"),
        ("2023年2月29日", "date-impossible"),
        ("2024-13-1", "date-impossible"),
        ("20240231", "date-impossible"),
        ("二〇二四年十三月一日", "date-impossible"),
        ("1924-3-2", "date-out-of-range"),
        ("2204-3-2", "date-out-of-range"),
        (moment(1900, 1, 1), "date-out-of-range"),
        ("待定", "date-unreadable"),
        ("2024年3月", "date-unreadable"),
        ("2024-3-2至2024-3-4", "date-unreadable"),
        ("3/2/24", "date-unreadable"),
        ("2024-3/2", "date-unreadable"),
        ("二十十年一月一日", "date-unreadable"),
        (3.2, "date-unreadable"),
        (2024, "date-unreadable"),
        (-5, "date-unreadable"),
        (10**7 - 1, "date-unreadable"),
        (True, "date-unreadable"),
        (time(9, 30), "date-unreadable"),
        (float("nan"), "date-unreadable"),
    ],
)
def test_what_is_no_day_is_refused(written: object, code: str) -> None:
    with pytest.raises(DateError) as refusal:
        _read(written)

    assert code == refusal.value.kind.code


def test_a_day_without_its_year_needs_the_rows_year() -> None:
    assert date(2023, 3, 2) == _read("3月2日", year=2023)
    with pytest.raises(DateError) as refusal:
        _read("3月2日", year=None)

    assert refusal.value.kind.code == "date-without-year"


@given(
    DAYS,
    st.sampled_from(
        [
            "{d.year}-{d.month}-{d.day}",
            "{d:%Y-%m-%d}",
            "{d.year}/{d.month}/{d.day}",
            "{d.year}.{d.month}.{d.day}",
            "{d.year}年{d.month}月{d.day}日",
            "{d:%Y%m%d}",
        ]
    ),
    st.sampled_from(["", " 14:30", " 09:05:00", "(周六)", " 星期日", " 上午9:00"]),
)
def test_any_day_comes_back_from_any_form(day: date, form: str, tail: str) -> None:
    assert day == _read(form.format(d=day) + tail)


@given(DAYS)
def test_any_day_comes_back_from_chinese_numerals(day: date) -> None:
    assert day == _read(_chinese(day))


@given(DAYS)
def test_any_day_comes_back_without_its_year(day: date) -> None:
    assert day == _read(f"{day.month}月{day.day}日", year=day.year)


@given(DAYS, st.sampled_from([CALENDAR_WINDOWS_1900, CALENDAR_MAC_1904]), st.booleans())
def test_any_day_comes_back_from_its_serial_number_in_either_epoch(
    day: date, epoch: datetime, as_text: bool
) -> None:
    serial = (datetime.combine(day, time()) - epoch).days

    assert day == _read(str(serial) if as_text else serial, epoch=epoch)


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers()))
def test_anything_else_is_a_day_or_refused(written: object) -> None:
    with contextlib.suppress(DateError):
        assert isinstance(_read(written), date)


@given(st.integers(1, 39))
def test_chinese_numerals_are_read(number: int) -> None:
    assert number == chinese_number(_numeral(number))


@pytest.mark.parametrize("written", ["", "abc", "十十", "二三十", "百"])
def test_what_is_no_numeral_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=f"^{written}$"):
        chinese_number(written)
