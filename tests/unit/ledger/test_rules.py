"""What a row states, held against what can be true."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.unit.ledger.workbooks import (
    ADOPTED,
    CLOSED,
    Row,
    activity,
    codes,
    empty_book,
    errors,
    plan_sheet,
    read,
    read_rows,
    sheet_of,
    venue_sheet,
)

UNRATED: Row = {**CLOSED, "满意度": None, "解决日期": None, "状态": "已答复"}
ASSIGNED: Row = {**UNRATED, "答复日期": None, "办理结果": None, "状态": "办理中"}
CONSULTED: Row = {
    **ASSIGNED,
    **dict.fromkeys(("问题事项", "承办单位", "协办单位", "交办日期", "办理时限")),
    "状态": "已协商",
}


@pytest.mark.parametrize("base", [CLOSED, UNRATED, ASSIGNED, CONSULTED, ADOPTED])
def test_a_row_that_breaks_no_rule_goes_in_without_a_word(tmp_path: Path, base: Row) -> None:
    reading = read_rows(tmp_path, activity(1, base))

    assert codes(reading) == []
    assert reading.differences == ()


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"序号": None}, "value-missing", "序号"),
        ({"序号": "甲"}, "number-unreadable", "序号"),
        ({"年度": None}, "value-missing", "年度"),
        ({"年度": 1924}, "number-out-of-range", "年度"),
        ({"镇街": None}, "value-missing", "镇街"),
        ({"镇街": "天宫镇"}, "town-unknown", "镇街"),
        ({"议题名称": " "}, "value-missing", "议题名称"),
        ({"议题名称": "长" * 201}, "text-too-long", "议题名称"),
        ({"议题来源": None}, "value-missing", "议题来源"),
        ({"议题来源": "网络"}, "choice-unknown", "议题来源"),
        ({"协商形式": "神仙会"}, "choice-unknown", "协商形式"),
        ({"提出日期": None}, "value-missing", "提出日期"),
        ({"提出日期": "2024-2-30"}, "date-impossible", "提出日期"),
        ({"提出日期": "#REF!"}, "cell-error", "提出日期"),
        ({"解决日期": "=TODAY()"}, "cell-uncalculated", "解决日期"),
        ({"确定日期": date(2024, 1, 31)}, "dates-reversed", "确定日期"),
        ({"协商日期": date(2024, 1, 31)}, "dates-reversed", "协商日期"),
        ({"办理时限": date(2024, 3, 8)}, "dates-reversed", "办理时限"),
        ({"答复日期": date(2024, 3, 8)}, "dates-reversed", "答复日期"),
        ({"解决日期": date(2024, 4, 3)}, "dates-reversed", "解决日期"),
        ({"满意度": "不满意", "解决日期": None, "备注": "重新办理时限:2024-4-1"}, "dates-reversed", "备注"),
        ({"交办日期": None, "办理时限": None}, "fact-without-cause", "答复日期"),
        ({"承办单位": None}, "fact-without-cause", "交办日期"),
        ({"问题事项": None}, "fact-without-cause", "交办日期"),
        ({"办理结果": None}, "fact-without-cause", "答复日期"),
        ({"媒体级别": None}, "fact-without-cause", "宣传媒体"),
        ({"办理结果": "E"}, "choice-unknown", "办理结果"),
        ({"满意度": "很满意"}, "choice-unknown", "满意度"),
        ({"状态": "已结案"}, "choice-unknown", "状态"),
        ({"实到": -1}, "number-negative", "实到"),
        ({"群众": "-2人"}, "number-negative", "群众"),
        ({"群众": 4}, "kinds-above-present", "实到"),
        ({"备注": "并入:石庙镇 没有的议题"}, "merged-into-unknown", "备注"),
        ({"备注": "并入:石庙镇 议题1"}, "merged-in-circle", "备注"),
        ({"备注": "回头看日期:十月"}, "date-unreadable", "备注"),
        ({"状态": "已并入"}, "merged-into-missing", "状态"),
        ({"不适用项": "会议纪要:无需(批准:主席会议)"}, "choice-unknown", "不适用项"),
    ],
)
def test_what_cannot_be_true_refuses_its_row_and_no_other(
    tmp_path: Path, changes: Row, code: str, column: str
) -> None:
    reading = read_rows(tmp_path, activity(1, **changes), activity(2))

    assert (code, 3, column) in errors(reading)
    assert [row.number for row in reading.activities] == [2]
    assert (reading.rows_read, reading.accepted, reading.refused) == (2, 1, 1)


def test_a_reply_that_is_missing_refuses_all_that_rests_on_it(tmp_path: Path) -> None:
    assert errors(read_rows(tmp_path, activity(答复日期=None))) == [
        ("fact-without-cause", 3, "办理结果"),
        ("fact-without-cause", 3, "满意度"),
        ("fact-without-cause", 3, "解决日期"),
    ]


def test_a_message_names_column_and_cause_in_both_languages(tmp_path: Path) -> None:
    (finding,) = read_rows(tmp_path, activity(答复日期=date(2024, 3, 8))).errors

    assert finding.message_zh == "“答复日期”（2024-03-08）早于“交办日期”（2024-03-09）"
    assert finding.message_en == "答复日期 (2024-03-08) is before 交办日期 (2024-03-09)"


def test_a_message_names_the_column_as_the_sheet_does(tmp_path: Path) -> None:
    book = empty_book()
    sheet = sheet_of(book, [activity(办理结果="E")])
    next(cell for cell in sheet[2] if cell.value == "办理结果").value = "答复\n结果"

    assert errors(read(book, tmp_path)) == [("choice-unknown", 3, "答复结果")]


def test_every_unreadable_cell_of_a_row_is_named(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(提出日期="待定", 实到="若干", 办理结果="E"))

    assert [column for _, _, column in errors(reading)] == ["提出日期", "实到", "办理结果"]
    assert reading.refused == 1


@pytest.mark.parametrize(
    ("base", "changes", "code", "column"),
    [
        (CLOSED, {"协商日期": date(2024, 2, 5)}, "dates-unusual", "协商日期"),
        (CLOSED, {"协商日期": date(2024, 3, 10)}, "dates-unusual", "交办日期"),
        (CLOSED, {"报道日期": date(2024, 3, 1)}, "dates-unusual", "报道日期"),
        (UNRATED, {"办理结果": "B", "备注": "回头看日期:2024-04-01"}, "dates-unusual", "备注"),
        (UNRATED, {"办理结果": "C"}, "not-stated", "备注"),
        (UNRATED, {"满意度": "不满意", "状态": "重新办理"}, "not-stated", "备注"),
        (CLOSED, {"解决日期": None}, "not-stated", "解决日期"),
        (CLOSED, {"办理时限": None}, "not-stated", "办理时限"),
        (UNRATED, {"解决日期": date(2024, 4, 7)}, "solved-against-rules", "解决日期"),
        (CLOSED, {"群众": 2}, "kinds-below-present", "实到"),
        (CLOSED, {"记录人": "石庙镇主任"}, "host-is-recorder", "记录人"),
        (CLOSED, {"承办单位": "石庙镇政府;县水利局"}, "several-leads", "承办单位"),
        (ADOPTED, {"协商意见": "清淤"}, "fact-alone", "协商意见"),
        (ADOPTED, {"承办单位": "石庙镇政府"}, "fact-alone", "承办单位"),
        (
            UNRATED,
            {"典型案例": None, "协商主体": None, "协商过程": None, "协商成效": None},
            "fact-alone",
            "协商背景",
        ),
        (UNRATED, {"宣传媒体": None}, "fact-alone", "报道日期"),
        (UNRATED, {"不适用项": "典型案例:无代表性"}, "exemption-incomplete", "不适用项"),
        (CLOSED, {"不适用项": "典型案例:无(批准:主席会议)"}, "exempted-yet-done", "不适用项"),
        (ADOPTED, {"状态": "已撤回"}, "not-stated", "备注"),
    ],
)
def test_what_should_have_been_otherwise_goes_in_with_a_flag(
    tmp_path: Path, base: Row, changes: Row, code: str, column: str
) -> None:
    reading = read_rows(tmp_path, activity(1, base, **changes))

    assert [(code, 3, column)] == codes(reading)
    assert (reading.accepted, reading.refused) == (1, 0)


def test_a_withdrawal_after_a_consultation_is_flagged_and_left_out(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1, CONSULTED, 状态="已撤回"))

    assert codes(reading) == [("withdrawn-after-consultation", 3, "状态")]
    assert [d.derived_status for d in reading.differences] == ["已协商"]


def test_more_people_than_expected_may_come(tmp_path: Path) -> None:
    assert codes(read_rows(tmp_path, activity(应到=5))) == []


def test_on_one_day_all_may_happen(tmp_path: Path) -> None:
    dates = ("提出日期", "确定日期", "协商日期", "交办日期", "办理时限", "答复日期", "解决日期", "报道日期")

    row = {**activity(), **dict.fromkeys(dates, date(2024, 3, 2))}

    assert codes(read_rows(tmp_path, row)) == []


def test_of_several_units_the_first_leads(tmp_path: Path) -> None:
    (row,) = read_rows(
        tmp_path, activity(承办单位="石庙镇政府、县水利局", 协办单位="县水利局;县住建局")
    ).activities

    assert (row.lead_handler, row.co_handlers) == ("石庙镇政府", ("县水利局", "县住建局"))


def test_a_fact_after_today_has_not_happened(tmp_path: Path) -> None:
    today = date(2024, 4, 10)

    assert errors(read_rows(tmp_path, activity(), today=today)) == [("date-in-future", 3, "报道日期")]
    assert errors(read_rows(tmp_path, activity(报道日期=today), today=today)) == []
    assert errors(read_rows(tmp_path, activity(1, ASSIGNED, 报道日期=None), today=today)) == []


def test_a_plan_item_must_be_in_the_years_plan(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(
        book, [activity(1, 计划编号=1), activity(2, 计划编号=9), activity(3, ADOPTED, 年度=2025, 计划编号=9)]
    )
    plan_sheet(book, {"计划编号": 1, "议题": "托育服务"})

    assert errors(read(book, tmp_path)) == [("plan-item-unknown", 4, "计划编号")]


def test_a_plan_item_that_was_refused_is_not_in_the_plan(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity(1, 计划编号=1)])
    plan_sheet(book, {"计划编号": 1, "议题": "托育服务", "季度": "五季度"}, {"计划编号": 2, "议题": "冷链"})

    assert {"plan-item-unknown", "choice-unknown"} == {code for code, _, _ in errors(read(book, tmp_path))}


def test_a_venue_that_is_not_on_the_sheet_is_flagged(tmp_path: Path) -> None:
    book = empty_book()
    sheet_of(book, [activity(1), activity(2, 协商阵地="石庙镇 文化广场")])
    venue_sheet(
        book,
        {
            **{"镇街": "石庙镇", "类型": "站", "名称": "石庙镇协商议事站"},
            **dict.fromkeys(("有阵地", "有标识", "有制度", "有流程", "有活动", "有实效"), "是"),
        },
    )

    assert codes(read(book, tmp_path)) == [("venue-unknown", 4, "协商阵地")]


def test_the_same_topic_under_two_numbers_is_flagged(tmp_path: Path) -> None:
    reading = read_rows(
        tmp_path, activity(1), activity(2, 议题名称="议 题1"), activity(3, 议题名称="议题1", 镇街="胡集镇")
    )

    assert codes(reading) == [("title-twice", 4, None)]


def _merged(number: int, into: str, **changes: object) -> Row:
    return activity(number, ADOPTED, 备注=f"并入:{into}", 状态="已并入", **changes)


@pytest.mark.parametrize(
    "into", ["石庙镇 议题1", "石庙镇议题1", "惠民县石庙镇 议题1", "议题1", "石庙镇 议题1,由其一并办理"]
)
def test_a_merged_topic_finds_its_survivor(tmp_path: Path, into: str) -> None:
    reading = read_rows(tmp_path, activity(1), _merged(2, into))

    assert [row.merged_into for row in reading.activities] == [None, 1]
    assert codes(reading) == []


def test_a_survivors_title_may_contain_a_comma(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1, 议题名称="清淤,补亮"), _merged(2, "石庙镇 清淤,补亮"))

    assert reading.activities[1].merged_into == 1


def test_of_two_topics_of_one_title_the_towns_is_meant(tmp_path: Path) -> None:
    rows = (activity(1), activity(2, 议题名称="议题1", 镇街="胡集镇"))

    assert read_rows(tmp_path, *rows, _merged(3, "胡集镇 议题1")).activities[2].merged_into == 2
    assert codes(read_rows(tmp_path, *rows, _merged(3, "议题1"))) == [("merged-into-ambiguous", 5, "备注")]


def test_a_refused_survivor_takes_along_what_was_merged_into_it(tmp_path: Path) -> None:
    reading = read_rows(
        tmp_path, activity(1, 办理结果="E"), _merged(2, "议题1"), _merged(3, "议题2"), activity(4)
    )

    assert [row.number for row in reading.activities] == [4]
    assert [row for _, row, _ in errors(reading)] == [3, 4, 5]


def test_topics_merged_in_a_circle_are_refused(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, _merged(1, "议题2"), _merged(2, "议题1"), activity(3))

    assert codes(reading) == [("merged-in-circle", 3, "备注"), ("merged-in-circle", 4, "备注")]


def test_a_topic_merged_into_a_merged_one_goes_in(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, activity(1), _merged(2, "议题1"), _merged(3, "议题2"))

    assert [row.merged_into for row in reading.activities] == [None, 1, 2]
