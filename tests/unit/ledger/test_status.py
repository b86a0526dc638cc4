"""Where an activity stands by its facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shared.contracts.types import LoopItem, MediaLevel, Origin, Rating, ReplyResult
from shared.ledger import ActivityRow
from shared.ledger.cells import Exemption, Remark
from shared.ledger.status import compare, derive_status
from shared.ledger.vocabulary import Status
from tests.unit.ledger.workbooks import DIVISIONS

PROPOSED = ActivityRow(
    sheet="协商活动台账",
    row=3,
    year=2024,
    number=1,
    town=DIVISIONS.towns[0],
    title="村道积水",
    origin=Origin.RESIDENTS,
    proposed_on=date(2024, 1, 1),
)
ADOPTED = replace(PROPOSED, adopted_on=date(2024, 1, 11))
CONSULTED = replace(ADOPTED, consulted_on=date(2024, 2, 1))
ASSIGNED = replace(CONSULTED, assigned_on=date(2024, 2, 8))
REPLIED = replace(ASSIGNED, replied_on=date(2024, 3, 1), result=ReplyResult.A)
SOLVED = replace(REPLIED, rating=Rating.SATISFIED)
CLOSED = replace(SOLVED, case_title="案例", outlet="新华网", media_level=MediaLevel.NATION)
NO_REPORT = Exemption(LoopItem.REPORT, "内部协商", "主席会议")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (PROPOSED, Status.PROPOSED),
        (ADOPTED, Status.ADOPTED),
        (CONSULTED, Status.CONSULTED),
        (ASSIGNED, Status.ASSIGNED),
        (REPLIED, Status.REPLIED),
        (replace(SOLVED, result=ReplyResult.B), Status.REPLIED),
        (replace(SOLVED, result=ReplyResult.D), Status.REPLIED),
        (replace(SOLVED, rating=Rating.DISSATISFIED), Status.REOPENED),
        (replace(SOLVED, rating=Rating.FAIRLY_SATISFIED), Status.SOLVED),
        (SOLVED, Status.SOLVED),
        (replace(CLOSED, case_title=None), Status.SOLVED),
        (replace(CLOSED, outlet=None), Status.SOLVED),
        (replace(CLOSED, consulted_on=None), Status.SOLVED),
        (CLOSED, Status.CLOSED),
        (replace(CLOSED, outlet=None, exemptions=(NO_REPORT,)), Status.CLOSED),
        (replace(CLOSED, outlet=None, exemptions=(replace(NO_REPORT, approver=None),)), Status.SOLVED),
        (replace(CLOSED, outlet=None, exemptions=(replace(NO_REPORT, reason=None),)), Status.SOLVED),
        (replace(CLOSED, rating=None), Status.REPLIED),
        (
            replace(
                CLOSED, rating=Rating.DISSATISFIED, exemptions=(replace(NO_REPORT, item=LoopItem.PROBLEM),)
            ),
            Status.REOPENED,
        ),
        (replace(PROPOSED, remark=Remark(merged_into="胡集镇 议题")), Status.MERGED),
        (replace(PROPOSED, status=Status.WITHDRAWN), Status.WITHDRAWN),
        (replace(CONSULTED, status=Status.WITHDRAWN), Status.CONSULTED),
    ],
)
def test_the_facts_tell_the_status(row: ActivityRow, expected: Status) -> None:
    assert expected is derive_status(row)


@pytest.mark.parametrize("status", Status)
def test_a_difference_has_its_reason_in_both_languages(status: Status) -> None:
    rows = [PROPOSED, ADOPTED, CONSULTED, ASSIGNED, REPLIED, SOLVED, CLOSED]
    rows += [
        replace(SOLVED, rating=Rating.DISSATISFIED),
        replace(PROPOSED, remark=Remark(merged_into="议题")),
    ]
    for row in rows:
        difference = compare(replace(row, status=status))
        if difference is not None:
            assert status.value == difference.ledger_status != difference.derived_status
            assert difference.reason.zh
            assert difference.reason.en


def test_a_ledger_that_states_no_status_differs_from_nothing() -> None:
    assert compare(SOLVED) is None


def test_a_difference_names_what_the_loop_lacks() -> None:
    difference = compare(replace(SOLVED, status=Status.CLOSED))

    assert difference is not None
    assert "尚缺：典型案例、媒体宣传" in difference.reason.zh
