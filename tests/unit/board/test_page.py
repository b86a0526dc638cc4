"""The page: in words first, never by colour alone, nothing inline, nothing unescaped."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest

from services.board.lights import Light
from services.board.page import (
    PAGES,
    Page,
    PageQuery,
    due_text,
    freshness_text,
    headline,
    light_text,
    moment_text,
    render,
)
from services.board.projections import ACTIVITIES
from services.board.status import DueKind
from services.board.summary import Board, board_of, counts_of
from services.board.words import PAGE
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.divisions import load_divisions
from shared.platform.lights import Colour
from shared.platform.pages import COMMON
from shared.platform.working_days import WorkCalendar
from tests.unit.board.streams import OfTopic, adopted, day, proposed
from tests.unit.board.test_summary import example_board

NOW = datetime(2024, 9, 5, 7, 4, tzinfo=UTC)
FRESH = Freshness(NOW, 0, 0.0)


def page_of(board: Board, **more: Any) -> Page:
    """Return a page of a board."""
    said: dict[str, Any] = {"query": PageQuery(), "version": "v1", "county": "惠民县", "town": None}
    said |= {"year": 2024, "years": [2024], "stale": 0, "freshness": FRESH}
    said |= {"towns": [(town.code, town.name) for town in board.towns]}
    return Page(board=board, **{**said, **more})


def board_of_one(title: str = "村道积水", **more: Any) -> Board:
    """Return the board of one activity in hand, due on 11 September, as of the 5th."""
    its = OfTopic()
    streams = [
        *stream_of("topic-t-1", proposed(title=title), adopted()),
        *stream_of("problem-p-1", its.assigned("09-11", **more)),
    ]
    documents = fold_all(ACTIVITIES, streams).values()
    return board_of(documents, as_of=day("09-05"), calendar=WorkCalendar(), divisions=load_divisions())


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(html: str) -> _Text:
    """Return a page's tags and text."""
    parser = _Text()
    parser.feed(html)
    return parser


def text_of(html: str) -> str:
    """Return what a person reads, on one line."""
    return re.sub(r"\s+", " ", "".join(parsed(html).text))


EXAMPLE = render(page_of(example_board(), query=PageQuery(as_of=day("09-05"))), "zh")


def test_first_comes_the_board_in_one_sentence_then_what_is_late_then_the_towns() -> None:
    text = text_of(EXAMPLE)
    order = [
        text.index("36 项活动，闭环 9 项，2 项逾期"),
        text.index("▲ 红灯 · 逾期 41 个工作日 农田机井维修 大年陈镇 · 办理时限 2024-07-10 · 承办 县水利局"),
        text.index("▲ 红灯 · 逾期 25 个工作日 重大项目与高端人才引进 孙武街道 · 回头看 2024-08-01"),
        text.index("● 黄灯 · 还剩 4 个工作日 农村生活污水治理"),
        text.index("各镇街活动"),
    ]

    assert order == sorted(order)


def test_every_activity_is_there_under_its_town_in_the_official_order() -> None:
    tags = parsed(EXAMPLE).tags
    rows = [attributes["class"] or "" for tag, attributes in tags if tag == "tr" and attributes.get("class")]
    towns = re.findall(r'id="town-(\d+)"', EXAMPLE)

    assert sum(row.startswith("activity") for row in rows) == 36
    assert towns == sorted(towns)
    assert len(towns) == 15


def test_it_says_as_of_when_and_how_far_behind_it_is() -> None:
    text = text_of(EXAMPLE)

    assert "截至 2024年9月5日" in text
    assert "数据截至 2024年9月5日 15:04（北京时间），没有滞后" in text


def test_an_exempted_item_says_so_and_is_not_shown_as_done() -> None:
    row = EXAMPLE[EXAMPLE.index("提升教育质量") :]
    cells = re.findall(r'<td role="cell" class="item (\w+)">(.*?)</td>', row)[:5]

    assert [state for state, _ in cells] == ["done", "done", "done", "done", "exempted"]
    assert text_of(cells[4][1]) == "宣媒体宣传 ◇免"


def test_what_was_withdrawn_is_not_asked_for_its_five() -> None:
    row = EXAMPLE[EXAMPLE.index("学区划分意见征求") :]

    assert re.findall(r'class="item (\w+)"', row)[:5] == ["none"] * 5


def test_nothing_on_the_page_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for tag, attributes in parsed(EXAMPLE).tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not re.match(r"(?:https?:|javascript:|data:|//)", attributes.get(name) or "")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", EXAMPLE, re.DOTALL)

    assert scripts == [""]


def test_a_title_is_text_whatever_it_holds() -> None:
    html = render(page_of(board_of_one("<script>alert(1)</script>", lead='"><img src=x onerror=y>')), "zh")
    tags = parsed(html).tags

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert sum(tag == "script" for tag, _ in tags) == 1
    assert not [tag for tag, _ in tags if tag == "img"]


def test_it_needs_no_script() -> None:
    tags = parsed(EXAMPLE).tags
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]

    assert "?as_of=2024-09-05" in links  # 刷新
    assert ("form", "get") in [(tag, attributes.get("method")) for tag, attributes in tags]
    assert any(tag == "table" for tag, _ in tags)


def test_a_screen_reader_gets_words_for_every_cell_and_hears_of_changes() -> None:
    tags = parsed(EXAMPLE).tags
    live = [attributes for _, attributes in tags if attributes.get("aria-live")]

    assert [attributes["role"] for attributes in live] == ["status"]
    assert {attributes.get("scope") for tag, attributes in tags if tag == "th"} == {"col", "row", "rowgroup"}
    for shape in ("▲", "●", "✓", "◇"):
        without_legend = EXAMPLE.replace(f"<span>{shape} ", "")
        assert not re.search(rf'(?<!aria-hidden="true">){shape}', without_legend), shape


def test_a_light_is_a_shape_a_word_and_a_number() -> None:
    lights = re.findall(r'<span class="light \w+">(.*?)</span> (.*?)</span>', EXAMPLE)

    assert len(lights) > 3
    for shape, words in lights:
        assert shape[-1] in "▲●○"
        assert re.fullmatch(r"(红灯|黄灯|绿灯) · (逾期|还剩) \d+ 个工作日", words)


@pytest.mark.parametrize(
    ("light", "zh", "en"),
    [
        (Light(Colour.RED, 3), "红灯 · 逾期 3 个工作日", "Red · 3 working days overdue"),
        (Light(Colour.RED, 1), "红灯 · 逾期 1 个工作日", "Red · 1 working day overdue"),
        (Light(Colour.RED, 0), "红灯 · 逾期不足 1 个工作日", "Red · overdue by less than a working day"),
        (Light(Colour.YELLOW, 4), "黄灯 · 还剩 4 个工作日", "Yellow · 4 working days left"),
        (Light(Colour.YELLOW, 0, today=True), "黄灯 · 今天到期", "Yellow · due today"),
        (Light(Colour.YELLOW, 0), "黄灯 · 还剩不足 1 个工作日", "Yellow · less than a working day left"),
        (Light(Colour.GREEN, 9), "绿灯 · 还剩 9 个工作日", "Green · 9 working days left"),
        (
            Light(Colour.GREEN, 9, provisional=True),
            "绿灯 · 还剩 9 个工作日（暂按周一至周五计）",
            "Green · 9 working days left (holidays not published yet)",
        ),
        (Light(Colour.NONE), "", ""),
    ],
)
def test_a_light_in_words(light: Light, zh: str, en: str) -> None:
    assert (light_text(light, "zh"), light_text(light, "en")) == (zh, en)


def test_a_date_says_what_it_asks_for() -> None:
    follow_up = Light(Colour.RED, on=date(2024, 8, 1), kind=DueKind.FOLLOW_UP)
    reply = Light(Colour.RED, on=date(2024, 7, 10), kind=DueKind.REPLY)

    assert (due_text(follow_up, "zh"), due_text(reply, "zh")) == ("回头看 2024-08-01", "办理时限 2024-07-10")
    assert due_text(Light(Colour.NONE), "zh") == ""


@pytest.mark.parametrize(
    ("freshness", "zh"),
    [
        (Freshness(None, 0, 0.0), "还没有收到记录"),
        (FRESH, "数据截至 2024年9月5日 15:04（北京时间），没有滞后"),
        (Freshness(NOW, 12, 3.2), "数据截至 2024年9月5日 15:04（北京时间），滞后 12 条记录、约 3 秒"),
        (Freshness(NOW, 0, 7300.0), "数据截至 2024年9月5日 15:04（北京时间），滞后 0 条记录、约 2 小时"),
        (Freshness(NOW, 2, 0.0), "数据截至 2024年9月5日 15:04（北京时间），滞后 2 条记录、约 1 秒"),
    ],
)
def test_freshness_in_words(freshness: Freshness, zh: str) -> None:
    assert freshness_text(freshness, "zh") == zh


def test_moments_are_shown_as_they_are_in_shanghai() -> None:
    assert moment_text(datetime(2024, 12, 31, 16, 30, tzinfo=UTC), "zh") == "2025年1月1日 00:30（北京时间）"
    assert (
        moment_text(datetime(2024, 12, 31, 16, 30, tzinfo=UTC), "en") == "1 January 2025 00:30 Beijing time"
    )


def test_a_board_with_nothing_late_says_so() -> None:
    board = board_of_one()
    no_counts = counts_of([])

    assert headline(board.counts, "zh") == "1 项活动，闭环 0 项，没有逾期"
    assert headline(no_counts, "zh") == "还没有协商活动"
    assert headline(no_counts, "en") == "No activities yet"


def test_an_empty_board_invites_the_first_entry() -> None:
    board = board_of([], as_of=day("09-05"), calendar=WorkCalendar(), divisions=load_divisions())
    html = render(page_of(board, year=None, years=[], towns=[], freshness=Freshness(None, 0, 0.0)), "zh")

    assert "这里会自动出现" in html
    assert "<table" not in html


def test_english_has_english_words_and_keeps_chinese_titles() -> None:
    html = render(page_of(example_board()), "en")
    text = text_of(html)

    assert '<html lang="en">' in html
    assert "36 activities, 9 loops closed, 2 overdue" in text
    assert "▲ Red · 41 working days overdue 农田机井维修" in text
    left = text.replace("惠", "")
    assert "红灯" not in left
    assert "已闭环" not in left


def test_the_fragment_is_the_part_of_the_page_that_changes() -> None:
    page = page_of(example_board(), query=PageQuery(as_of=day("09-05")))
    fragment = render(page, "zh", fragment=True)

    assert fragment.strip() in EXAMPLE
    assert 'data-version="v1"' in fragment
    assert "<html" not in fragment


def test_what_was_asked_for_stays_asked_for() -> None:
    query = PageQuery(as_of=day("09-05"), town="371621101", year=2024)
    html = render(page_of(example_board(), query=query, town="石庙镇", years=[2024, 2023]), "zh")

    assert "2024 · 五个一看板 · 石庙镇" in text_of(html)
    assert 'data-fragment="fragment?as_of=2024-09-05&amp;town=371621101&amp;year=2024"' in html
    assert '<option value="371621101" selected>石庙镇</option>' in html
    assert '<option value="2024" selected>2024</option>' in html
    assert 'value="2024-09-05"' in html


def test_an_activity_that_waits_for_an_operator_is_marked() -> None:
    [town] = board_of_one().towns
    stale = {**town.lines[0].activity, "_stale": ["p-1"]}
    board = board_of([stale], as_of=day("09-05"), calendar=WorkCalendar(), divisions=load_divisions())
    text = text_of(render(page_of(board, stale=1), "zh"))

    assert "1 项活动有记录等待管理员处理" in text
    assert "村道积水 ◈ 待处理" in text


def test_an_assets_address_changes_with_its_content() -> None:
    assert re.fullmatch(r"static/board\.css\?[0-9a-f]{12}", PAGES.asset("board.css"))


def test_every_word_of_the_page_has_both_languages() -> None:
    for name, text in PAGE.items():
        assert text.zh.count("{}") == text.en.count("{}"), name
        assert not re.search(r"[\u4e00-\u9fff]", text.en), name


# style and script


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG defines it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


CSS = "".join(file.read_text(encoding="utf-8") for file in (COMMON / "base.css", PAGES.static / "board.css"))
BLOCKS = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
LIGHT_MODE, DARK_MODE = (_colours(BLOCKS[of_base] + BLOCKS[of_base + 2]) for of_base in (0, 1))


@pytest.mark.parametrize("colours", [LIGHT_MODE, {**LIGHT_MODE, **DARK_MODE}], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"),
        ("ink", "sheet"),
        ("soft", "paper"),
        ("soft", "sheet"),
        ("soft", "band"),
        ("accent", "paper"),
        ("paper", "accent"),
        ("done", "sheet"),
        ("done", "done-ground"),
        ("red", "red-ground"),
        ("yellow", "yellow-ground"),
        ("yellow", "sheet"),
        ("yellow", "band"),
        ("green", "green-ground"),
    ],
)
def test_text_has_enough_contrast(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= 4.5


def test_the_style_minds_print_motion_focus_and_phones() -> None:
    for rule in ("@media print", "prefers-reduced-motion", ":focus-visible", "max-width: 46rem"):
        assert rule in CSS
    assert "http" not in CSS


def test_the_script_holds_no_words_of_its_own() -> None:
    """Words come from the page, in its language; only comments are not shown."""
    script = re.sub(r"//.*", "", (PAGES.static / "board.js").read_text(encoding="utf-8"))

    assert not re.search(r"[\u4e00-\u9fff]|innerHTML|eval\(", script)
