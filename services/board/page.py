"""The page: the board as HTML, in the reader's language. Pure: board in, text out.

Templates, style and script are in `pages/`. The page works without the script and carries nothing inline,
so that it lives under `default-src 'self'`. Every light is a shape, a word and a number, never a colour
alone. Only what is public is on it: titles, towns, departments; no persons.
"""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode

from services.board.lights import Light
from services.board.status import DueKind, ItemState, Status
from services.board.summary import Board, Counts, Line, Town
from services.board.tables import Table
from services.board.words import ITEM_STATES, LOOP_ITEMS, LOOP_LETTERS, PAGE, STATUSES
from shared.contracts.types import LoopItem
from shared.eventsourcing.progress import Freshness
from shared.platform.language import Language, Text
from shared.platform.lights import Colour
from shared.platform.pages import Pages
from shared.platform.working_days import SHANGHAI

PAGES = Pages("services.board")
LIGHT_SHAPES = {Colour.RED: "▲", Colour.YELLOW: "●", Colour.GREEN: "○", Colour.NONE: ""}
LINES_AT_ONCE = 200
"""Activities on a page. A board of more shows its towns, each of which leads to its own."""
LATE_AT_ONCE = 10
"""Overdue activities named first on a page, and as many of those that are due soon."""
ITEM_SHAPES = {ItemState.DONE: "✓", ItemState.OPEN: "○", ItemState.EXEMPTED: "◇"}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """What the page is asked to show.

    Attributes:
        as_of: the day whose end is shown; None for the present, whichever day it is.
        town: a division's code; None for the whole county.
        year: the ledger's; None for the newest.
        page: of a town's activities where they are many, from 1; None for the first.
    """

    as_of: date | None = None
    town: str | None = None
    year: int | None = None
    page: int | None = None

    def text(self, **changes: date | str | int | None) -> str:
        """Return the query as part of an address, with some of it changed; empty where nothing is asked."""
        asked = {"as_of": self.as_of, "town": self.town, "year": self.year, "page": self.page, **changes}
        said = urlencode({name: str(value) for name, value in asked.items() if value is not None})
        return f"?{said}" if said else ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page is rendered from.

    Attributes:
        version: of the board, so that the script knows whether there is a newer one.
        county: its name.
        town: name of the division that is shown alone; None for the whole county.
        year: that is shown; None where there is nothing to show yet.
        years: that could be, newest first.
        stale: how many activities wait for a record that an operator has to look at.
        towns: code and name of those to choose from, in the official order.
        tables: figures beside the activities.
    """

    board: Board
    query: PageQuery
    version: str
    county: str
    town: str | None
    year: int | None
    years: Sequence[int]
    stale: int
    towns: Sequence[tuple[str, str]]
    freshness: Freshness
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Extract:
    """Which of a board's activities are on a page.

    Attributes:
        towns: all of the board's, each with those of its activities that are.
        number: of the page, from 1.
        pages: how many there are.
    """

    towns: Sequence[tuple[Town, Sequence[Line]]]
    number: int = 1
    pages: int = 1

    @property
    def has_lines(self) -> bool:
        """Whether there are activities on it."""
        return any(lines for _, lines in self.towns)


def extract_of(board: Board, number: int) -> Extract:
    """Return what a page of a board shows: all; of many, a town's by pages, and of several towns their names.

    Args:
        board: of the county or of a town.
        number: of the page, from 1; past the last one that.
    """
    if board.counts.activities <= LINES_AT_ONCE:
        return Extract([(town, town.lines) for town in board.towns])
    if len(board.towns) > 1:
        return Extract([(town, ()) for town in board.towns])
    (town,) = board.towns
    pages = ceil(len(town.lines) / LINES_AT_ONCE)
    number = min(number, pages)
    return Extract([(town, town.lines[(number - 1) * LINES_AT_ONCE :][:LINES_AT_ONCE])], number, pages)


# sentences


def day_text(day: date, language: Language) -> str:
    """Return a day in words."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {month_name[day.month]} {day.year}"


def moment_text(moment: datetime, language: Language) -> str:
    """Return a moment as it is in Asia/Shanghai."""
    there = moment.astimezone(SHANGHAI)
    zone = "（北京时间）" if language == "zh" else " Beijing time"
    return f"{day_text(there.date(), language)} {there:%H:%M}{zone}"


def headline(counts: Counts, language: Language) -> str:
    """Return the board in one sentence."""
    if not counts.activities:
        return Text("还没有协商活动", "No activities yet").in_(language)
    zh_late = f"{counts.red} 项逾期" if counts.red else "没有逾期"
    en_late = f"{counts.red} overdue" if counts.red else "none overdue"
    return Text(
        f"{counts.activities} 项活动，闭环 {counts.loops_closed} 项，{zh_late}",
        f"{counts.activities} activities, {counts.loops_closed} loops closed, {en_late}",
    ).in_(language)


def light_text(light: Light, language: Language) -> str:
    """Return a light in a word and a number; empty for none."""
    days = light.working_days
    several = "" if days == 1 else "s"
    if light.colour is Colour.RED:
        late = Text(f"逾期 {days} 个工作日", f"{days} working day{several} overdue")
        said = late if days else Text("逾期不足 1 个工作日", "overdue by less than a working day")
        word = Text("红灯", "Red")
    elif light.colour is Colour.NONE:
        return ""
    else:
        left = Text(f"还剩 {days} 个工作日", f"{days} working day{several} left")
        said = left if days else Text("还剩不足 1 个工作日", "less than a working day left")
        said = Text("今天到期", "due today") if light.today else said
        word = Text("黄灯", "Yellow") if light.colour is Colour.YELLOW else Text("绿灯", "Green")
    unsure = (
        Text("（暂按周一至周五计）", " (holidays not published yet)") if light.provisional else Text("", "")
    )
    return f"{word.in_(language)} · {said.in_(language)}{unsure.in_(language)}"


def due_text(light: Light, language: Language) -> str:
    """Return which date a light counts, and of what."""
    if light.on is None:
        return ""
    what = Text("回头看", "Look again on") if light.kind is DueKind.FOLLOW_UP else Text("办理时限", "Due on")
    return f"{what.in_(language)} {light.on.isoformat()}"


def not_named_text(counts: Counts, language: Language) -> str:
    """Return how many are overdue or due soon and not named first on the page; empty for none."""
    red, yellow = max(counts.red - LATE_AT_ONCE, 0), max(counts.yellow - LATE_AT_ONCE, 0)
    if not red and not yellow:
        return ""
    return Text(
        f"另有逾期 {red} 项、临期 {yellow} 项，见各镇街。",
        f"Another {red} overdue and {yellow} due soon are with their towns.",
    ).in_(language)


def freshness_text(freshness: Freshness, language: Language) -> str:
    """Return as of when the figures are, and how far they are behind."""
    if freshness.as_of is None:
        return Text("还没有收到记录", "Nothing received yet").in_(language)
    at = moment_text(freshness.as_of, language)
    if not freshness.behind_events and not freshness.behind_seconds:
        return Text(f"数据截至 {at}，没有滞后", f"Figures as of {at}, nothing outstanding").in_(language)
    behind = _seconds_text(freshness.behind_seconds)
    return Text(
        f"数据截至 {at}，滞后 {freshness.behind_events} 条记录、约 {behind.zh}",
        f"Figures as of {at}, {freshness.behind_events} records and about {behind.en} behind",
    ).in_(language)


def _seconds_text(seconds: float) -> Text:
    for size, zh, en in ((86_400, "天", "d"), (3_600, "小时", "h"), (60, "分钟", "min")):
        if seconds >= size:
            return Text(f"{seconds // size:.0f} {zh}", f"{seconds // size:.0f} {en}")
    return Text(f"{max(seconds, 1):.0f} 秒", f"{max(seconds, 1):.0f} s")


# lines


def _cells(line: Line, language: Language) -> list[dict[str, str]]:
    return [_cell(item, line, language) for item in LoopItem]


def _cell(item: LoopItem, line: Line, language: Language) -> dict[str, str]:
    said = {"letter": LOOP_LETTERS[item].in_(language), "item": LOOP_ITEMS[item].in_(language)}
    state = ItemState(line.activity["loop"][item]["state"])
    if line.ended and state is not ItemState.DONE:  # no loop is expected of it any more
        return {**said, "state": "none", "shape": "–", "word": ""}
    return {**said, "state": state, "shape": ITEM_SHAPES[state], "word": ITEM_STATES[state].in_(language)}


def _line(line: Line, language: Language) -> dict[str, Any]:
    activity = line.activity
    return {
        "title": activity["title"],
        "town": line.town_name,
        "town_code": line.town,
        "leads": ("、" if language == "zh" else ", ").join(activity["leads"]),
        "status": activity["status"],
        "status_text": STATUSES[Status(activity["status"])].in_(language),
        "cells": _cells(line, language),
        "colour": line.light.colour,
        "shape": LIGHT_SHAPES[line.light.colour],
        "light": light_text(line.light, language),
        "due": due_text(line.light, language),
        "handler": line.light.lead,
        "stale": "_stale" in activity,
    }


def _lines(lines: Iterable[Line], language: Language) -> list[dict[str, Any]]:
    return [_line(line, language) for line in lines]


# the page


def render(page: Page, language: Language, *, fragment: bool = False) -> str:
    """Return the page as HTML.

    Args:
        page: what is on it.
        language: of the words; titles and names stay as they were recorded.
        fragment: only the part that changes, for the script to put in place.
    """
    board, extract = page.board, extract_of(page.board, page.query.page or 1)
    return PAGES.render(
        "fragment.html" if fragment else "board.html",
        page=page,
        board=board,
        counts=board.counts,
        language=language,
        say={name: text.in_(language) for name, text in PAGE.items()},
        headline=headline(board.counts, language),
        as_of=day_text(board.as_of, language),
        freshness=freshness_text(page.freshness, language),
        late=_lines([*board.red[:LATE_AT_ONCE], *board.yellow[:LATE_AT_ONCE]], language),
        not_named=not_named_text(board.counts, language),
        extract=extract,
        towns=[
            {"code": town.code, "name": town.name, "counts": town.counts, "lines": _lines(lines, language)}
            for town, lines in extract.towns
        ],
        loop_items=[(LOOP_LETTERS[i].in_(language), LOOP_ITEMS[i].in_(language)) for i in LoopItem],
        item_states=[(ITEM_SHAPES[s], ITEM_STATES[s].in_(language)) for s in ITEM_SHAPES],
    )
