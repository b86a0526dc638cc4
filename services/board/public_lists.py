"""The lists that everybody may read: how they are sorted and searched, and what is in their files."""

from __future__ import annotations

from services.board.views.public import PublicCasesView, PublicTopicView
from shared.platform.language import Text
from shared.platform.lists import Column, Listing

PUBLIC_TOPIC_LIST = Listing(
    name="public-topics",
    title=Text("协商议题", "Topics"),
    view=PublicTopicView,
    columns=(
        Column("year", "年度", "Year"),
        Column("town_name", "镇街", "Town", width=16),
        Column("title", "议题", "Topic", width=40),
        Column("class_text", "类别", "Class", width=12),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("adopted_on", "立项日期", "Adopted on"),
        Column("status_text", "状态", "Status"),
        Column("topic_id", "议题编号", "Topic id", width=38),
    ),
    sorts={"proposed_on": "proposed_on"},
    default="-proposed_on",
    searchable=True,
)

PUBLIC_CASE_LIST = Listing(
    name="public-cases",
    title=Text("典型案例", "Typical cases"),
    view=PublicCasesView,
    columns=(
        Column("of.year", "年度", "Year"),
        Column("of.town_name", "镇街", "Town", width=16),
        Column("of.title", "议题", "Topic", width=40),
        Column("of.class_text", "类别", "Class", width=12),
        Column("case.title", "案例", "Case", width=40),
        Column("case.background", "背景", "Background", width=40),
        Column("case.participants", "主体", "Participants", width=40),
        Column("case.process", "过程", "Process", width=40),
        Column("case.opinions", "意见", "Opinions", width=40),
        Column("case.results", "成效", "Results", width=40),
        Column("case.selected.level_text", "优秀案例", "Selected as excellent", width=16),
        Column("case.published_on", "发布日期", "Published on"),
    ),
    sorts={"published_on": "case_on"},
    default="-published_on",
    searchable=True,
    rows=lambda of: [{"of": of, "case": case} for case in of.cases],
)
