"""What a typical case says on paper, by the Chinese names that templates use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.cases.domain.typical_case import DIMENSIONS, CaseText
from services.cases.lists import SELECTION_LEVELS
from shared.contracts.types import SelectionLevel
from shared.platform.papers import Fields, Paper, chinese_day

PACKAGED = Path(__file__).parents[1] / "templates"

CASE = Paper(
    "case.docx",
    "典型案例",
    frozenset({"标题", *DIMENSIONS.values(), "议题", "区划", "协商日期", "稿次", "状态", "更正原因", "评选"}),
    PACKAGED,
)


@dataclass(frozen=True)
class PrintedCase:
    """A version of a typical case, as it is printed.

    Attributes:
        version: its part of the read model.
        topic: the topic's title; empty where it is not known.
        division: name of the town or county.
        held_on: the day of the consultation.
        selections: that the case had, as the read model has them.
    """

    version: Mapping[str, Any]
    text: CaseText
    topic: str
    division: str
    held_on: date
    selections: Sequence[Mapping[str, Any]]


def case_fields(case: PrintedCase) -> Fields:
    """Return the fields of a typical case; each dimension is a list of its paragraphs."""
    published_on = case.version["published_on"]
    return {
        "标题": case.text.title,
        **{word: getattr(case.text, each).split("\n") for each, word in DIMENSIONS.items()},
        "议题": case.topic,
        "区划": case.division,
        "协商日期": chinese_day(case.held_on),
        "稿次": case.version["number"],
        "状态": f"{chinese_day(date.fromisoformat(published_on))}发布" if published_on else "未发布稿",
        "更正原因": case.version["reason"] or "",
        "评选": [_selection(selection) for selection in case.selections],
    }


def _selection(selection: Mapping[str, Any]) -> str:
    level = SELECTION_LEVELS[SelectionLevel(selection["level"])].zh
    body = f"（{selection['body']}）" if selection["body"] else ""
    return f"{selection['year']}年{level}优秀案例{body}"
