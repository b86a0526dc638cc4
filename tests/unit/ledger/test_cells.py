"""Single cells as offices fill them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from shared.contracts.types import LoopItem, Rating
from shared.ledger import cells
from shared.ledger.cells import CellError, Context, Exemption, Remark
from shared.ledger.text import header_keys, key, one_line
from shared.ledger.vocabulary import QUARTERS, RATINGS, RESULTS
from tests.unit.ledger.workbooks import DIVISIONS, moment

CONTEXT = Context(DIVISIONS, CALENDAR_WINDOWS_1900, year=2024)


def _refusal(reader: cells.Reader, value: Any) -> str:
    with pytest.raises(CellError) as refusal:
        reader(value, CONTEXT)
    return refusal.value.kind.code


@pytest.mark.parametrize(
    "written",
    [
        12,
        12.0,
        "12",
        " 12 ",
        "12人",
        "12人次",
        "共12人",
        "12 名",
        "12.0",
        "12.00",
        "１２人",
        "十二",
        "十二人",
        "12\n人",
    ],
)
def test_twelve_is_read(written: object) -> None:
    assert cells.count(written, CONTEXT) == 12


def test_thousands_may_have_a_comma_half_or_full_width() -> None:
    assert cells.count("1,200", CONTEXT) == 1200
    assert cells.count("1\uff0c200", CONTEXT) == 1200


def test_times_are_read() -> None:
    assert (cells.count("3次", CONTEXT), cells.count("三次", CONTEXT)) == (3, 3)


@pytest.mark.parametrize(
    "written", ["约50人", "3-5人", "12.5", 12.5, "若干", "12,00", True, moment(2024, 1, 1)]
)
def test_what_is_no_whole_number_is_refused(written: object) -> None:
    assert _refusal(cells.count, written) == "number-unreadable"


def test_a_negative_count_is_refused() -> None:
    assert _refusal(cells.count, -1) == "number-negative"
    assert _refusal(cells.count, "-3人") == "number-negative"


@pytest.mark.parametrize("written", [7, "7", "007", "7.", "7号", "第7号", "No.7", "七"])
def test_a_number_of_a_row_is_read(written: object) -> None:
    assert cells.between(1, 99)(written, CONTEXT) == 7


def test_a_number_outside_its_range_is_refused() -> None:
    assert _refusal(cells.between(1, 99), 0) == "number-out-of-range"


@pytest.mark.parametrize("written", ["2024", "2024年", "2024年度", 2024.0, "二〇二四年"])
def test_a_year_is_read(written: object) -> None:
    assert cells.between(2000, 2100)(written, CONTEXT) == 2024


@pytest.mark.parametrize(
    "written", ["石庙镇", "石庙", " 石庙镇\n", "石 庙 镇", "惠民县石庙镇", "371621101", 371621101]
)
def test_a_town_is_known_by_its_name_its_stem_and_its_code(written: object) -> None:
    assert cells.town(written, CONTEXT).code == "371621101"


def test_a_subdistrict_is_known_by_its_office() -> None:
    assert cells.town("孙武街道办事处", CONTEXT).name == "孙武街道"


@pytest.mark.parametrize("written", ["天宫镇", "无棣县", "镇", "371622101"])
def test_another_countys_town_is_refused(written: str) -> None:
    assert _refusal(cells.town, written) == "town-unknown"


@pytest.mark.parametrize("written", ["A", "a", "A类", "A 类", "Ａ"])
def test_a_result_is_read(written: str) -> None:
    assert cells.one_of(RESULTS)(written, CONTEXT) == "A"


def test_a_value_outside_its_list_is_refused_and_the_list_is_named() -> None:
    with pytest.raises(CellError) as refusal:
        cells.one_of(RESULTS)("E", CONTEXT)

    assert refusal.value.facts == {"value": "E", "allowed": "A、B、C、D"}


def test_a_rating_with_blanks_is_read() -> None:
    assert Rating.FAIRLY_SATISFIED is cells.one_of(RATINGS)("基本 满意", CONTEXT)


@pytest.mark.parametrize("written", [3, "3", "第三季度", "三季度", "3季度", "Q3", "三"])
def test_a_quarter_is_read(written: object) -> None:
    assert cells.one_of(QUARTERS)(written, CONTEXT) == 3


@pytest.mark.parametrize(
    "written",
    [
        "县水利局、县住建局",
        "县水利局;县住建局",
        "县水利局\uff1b 县住建局",
        "县水利局\n县住建局",
        "县水利局,县住建局,",
    ],
)
def test_departments_are_told_apart(written: str) -> None:
    assert cells.names(written, CONTEXT) == ("县水利局", "县住建局")


def test_a_department_named_twice_is_one() -> None:
    assert cells.names("县水利局、县水利局", CONTEXT) == ("县水利局",)


@pytest.mark.parametrize(
    "written",
    [
        "清淤排水沟;划定责任段",
        "清淤排水沟\uff1b划定责任段\uff1b",
        "1.清淤排水沟\n2.划定责任段",
        "1、清淤排水沟\n2、划定责任段",
        "(1)清淤排水沟\n(2)划定责任段",
        "\uff081\uff09清淤排水沟\n\uff082\uff09划定责任段",
        "一、清淤排水沟\n二、划定责任段",
        "①清淤排水沟\r\n②划定责任段",
        "清淤\n排水沟;划定责\n任段",
    ],
)
def test_opinions_are_told_apart(written: str) -> None:
    assert cells.sentences(written, CONTEXT) == ("清淤排水沟", "划定责任段")


def test_an_opinion_that_begins_with_a_measure_keeps_it() -> None:
    assert cells.sentences("1.5米护栏", CONTEXT) == ("1.5米护栏",)


def test_an_enumerating_comma_does_not_end_an_opinion() -> None:
    assert cells.sentences("一次登记、全年有效", CONTEXT) == ("一次登记、全年有效",)


@pytest.mark.parametrize(
    "written",
    [
        "媒体宣传:内部协商(批准:主席会议)",
        "媒体报道\uff1a内部协商\uff08批准\uff1a主席会议\uff09",
        "媒体宣传: 内部协商 (批准单位: 主席会议)",
        "媒体宣传:内部协商\n(批准:主席会议)",
    ],
)
def test_an_exemption_is_taken_apart(written: str) -> None:
    assert (Exemption(LoopItem.REPORT, "内部协商", "主席会议"),) == cells.exemptions(written, CONTEXT)


def test_several_exemptions_are_told_apart() -> None:
    found = cells.exemptions("媒体宣传:内部(批准:主席会议);典型案例:无代表性", CONTEXT)

    assert [(e.item, e.counts) for e in found] == [(LoopItem.REPORT, True), (LoopItem.CASE, False)]


def test_an_exempted_item_that_is_none_of_the_five_is_refused() -> None:
    assert _refusal(cells.exemptions, "会议纪要:无(批准:主席会议)") == "choice-unknown"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("回头看日期:2024-12-01", Remark(follow_up_on=date(2024, 12, 1))),
        ("回头看日期\uff1a2024年12月1日\uff0c请关注", Remark(follow_up_on=date(2024, 12, 1), note="请关注")),
        ("重新办理时限:10月31日", Remark(redo_due_on=date(2024, 10, 31))),
        ("并入:桑落墅镇 夜间急诊", Remark(merged_into="桑落墅镇 夜间急诊")),
        ("改由部门听证", Remark(note="改由部门听证")),
        (
            "资金未到位;回头看日期:2024.12.1;重新办理时限:2024.10.31",
            Remark(date(2024, 12, 1), date(2024, 10, 31), None, "资金未到位"),
        ),
    ],
)
def test_a_remark_is_taken_apart(written: str, expected: Remark) -> None:
    assert expected == cells.remark(written, CONTEXT)


def test_an_impossible_day_in_a_remark_is_refused() -> None:
    assert _refusal(cells.remark, "回头看日期:2024-02-30") == "date-impossible"


@pytest.mark.parametrize("written", [None, "", "  ", "\u3000", "/", "-", "——", "无", " 无 ", "N/A", "\u200b"])
def test_a_cell_that_says_nothing_is_blank(written: object) -> None:
    assert cells.is_blank(written)


@pytest.mark.parametrize("written", [0, "0", False, "无障碍坡道"])
def test_a_cell_that_says_something_is_not_blank(written: object) -> None:
    assert not cells.is_blank(written)


def test_a_line_break_in_a_title_is_layout() -> None:
    assert cells.line("农村生活\n污水治理 ", CONTEXT) == "农村生活污水治理"
    assert one_line("污水_x000D_\n_治理") == "污水_治理"
    assert one_line("Wi-Fi\ncoverage") == "Wi-Fi coverage"


def test_a_number_typed_as_a_title_stays_as_seen() -> None:
    assert tuple(cells.line(value, CONTEXT) for value in (12345.0, 1.5, moment(2024, 3, 2))) == (
        "12345",
        "1.5",
        "2024-03-02",
    )


def test_text_that_is_too_long_is_refused() -> None:
    assert _refusal(cells.line, "长" * 201) == "text-too-long"
    assert _refusal(cells.text, "长" * 4001) == "text-too-long"


@pytest.mark.parametrize("written", ["√", "是", "有", "Y", 1, True])
def test_a_tick_is_yes(written: object) -> None:
    assert cells.mark(written, CONTEXT) is True


@pytest.mark.parametrize("written", ["×", "否", "N", 0, False])
def test_a_cross_is_no(written: object) -> None:
    assert cells.mark(written, CONTEXT) is False


def test_spellings_of_one_word_share_a_key() -> None:
    assert key("实 到\n(人)") == key("实到\uff08人\uff09")


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ("镇(街道)", "镇街道"),
        ("实到\n(人)", "实到"),
        ("*议题名称:", "议题名称"),
        ("8.议题名称", "议题名称"),
        ("状态【必填】", "状态"),
    ],
)
def test_a_header_is_known_without_its_trimmings(written: str, known_as: str) -> None:
    assert known_as in header_keys(written)
