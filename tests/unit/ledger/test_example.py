"""The example county's year reads as its README says."""

from __future__ import annotations

from collections import Counter
from datetime import date

from shared.cli.ledger.identity import RowIdentity
from shared.contracts.types import LoopItem, Origin, ReplyResult
from shared.ledger import LedgerReading, read_ledger
from shared.ledger.status import derive_status, is_closed, is_solved, missing_items
from tests.unit.ledger.workbooks import DIVISIONS, EXAMPLE, codes


def _reading() -> LedgerReading:
    return read_ledger(EXAMPLE, DIVISIONS, today=date(2024, 9, 5))


def test_every_row_goes_in() -> None:
    reading = _reading()

    assert (len(reading.activities), len(reading.plan_items), len(reading.venues)) == (36, 16, 31)
    assert (reading.rows_read, reading.accepted, reading.refused, reading.repeated) == (83, 83, 0, 0)
    assert reading.errors == ()


def test_what_is_odd_is_flagged_and_nothing_else() -> None:
    assert codes(_reading()) == [
        ("dates-unusual", 10, "备注"),
        ("not-stated", 19, "解决日期"),
    ]


def test_the_status_of_each_activity_is_counted_as_the_ledger_writes_it() -> None:
    written = Counter(row.status for row in _reading().activities)

    assert written == {
        "已闭环": 9,
        "已解决": 9,
        "已答复": 7,
        "办理中": 4,
        "已协商": 2,
        "重新办理": 1,
        "已立项": 1,
        "已提出": 1,
        "已并入": 1,
        "已撤回": 1,
    }


def test_the_rules_and_the_ledger_differ_on_one_activity() -> None:
    (difference,) = _reading().differences

    assert difference.title == "姜楼镇 村级养老互助点"
    assert (difference.ledger_status, difference.derived_status) == ("已答复", "已解决")
    assert difference.row == 19


def test_nine_loops_are_closed_one_of_them_with_an_exemption() -> None:
    closed = [row for row in _reading().activities if is_closed(row)]

    assert len(closed) == 9
    assert [{LoopItem.REPORT}] == [row.exempted for row in closed if row.exempted]


def test_nineteen_problems_are_solved() -> None:
    assert sum(is_solved(row) for row in _reading().activities) == 19


def test_the_solved_ones_lack_what_the_readme_says() -> None:
    lacking = {row.title: missing_items(row) for row in _reading().activities if row.status == "已解决"}

    assert lacking.pop("路灯补亮") == (LoopItem.REPORT,)
    assert lacking.pop("村道积水") == (LoopItem.CASE,)
    assert {(LoopItem.CASE, LoopItem.REPORT)} == set(lacking.values())
    assert len(lacking) == 7


def test_the_remarks_are_taken_apart() -> None:
    rows = {row.number: row for row in _reading().activities}

    assert date(2024, 8, 1) == rows[8].remark.follow_up_on
    assert date(2024, 10, 31) == rows[15].remark.redo_due_on
    assert rows[33].merged_into == 10
    assert rows[36].remark.note == "改由部门听证"


def test_an_activity_has_typed_fields() -> None:
    row = _reading().activities[0]

    assert (row.town.code, row.title) == ("371621001", "慢性病患者购药")
    assert (date(2024, 2, 1), Origin.RESIDENTS, ReplyResult.A) == (row.proposed_on, row.origin, row.result)
    assert row.opinions == ("社区卫生服务站设慢性病用药登记点", "一次登记、全年有效")
    assert (row.present, row.members) == (10, 3)


def test_a_plan_item_and_a_venue_have_typed_fields() -> None:
    reading = _reading()
    item, venue = reading.plan_items[0], reading.venues[1]

    assert (item.year, item.number, item.title, item.quarter) == (2024, 1, "企业梯度培育", 1)
    assert item.departments == ("县工信局", "县科技局")
    assert (venue.tier, venue.host_platform, venue.standard) == ("room", "liaison-office", "longkou")
    assert [met for _, met in venue.marks] == [True, True, True, True, False, False]


def test_the_ids_of_a_row_never_change() -> None:
    """They are stored for good: with others, a second import would enter everything again."""
    identity = RowIdentity.of_activity("371621", 2024, 17)

    assert str(identity.id("topic")) == "e3b718c1-24f0-56c7-863f-31b53acdfca7"
    assert identity.id("topic") != identity.id("meeting")
    assert RowIdentity.of_venue("371621102", "石庙镇 议事站") == RowIdentity.of_venue(
        "371621102", "石庙镇议事站"
    )


def test_each_derived_status_but_one_is_the_ledgers() -> None:
    agreeing = sum(derive_status(row) is row.status for row in _reading().activities)

    assert agreeing == 35
