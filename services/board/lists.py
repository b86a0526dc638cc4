"""The board's lists: how they are sorted, and what is in their files."""

from __future__ import annotations

from services.board.views.activities import ActivityView
from services.board.views.todo import DutyView
from services.board.words import ITEM_STATES, LOOP_ITEMS, ORIGINS
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words

ACTIVITY_LIST = Listing(
    name="activities",
    title=Text("五个一看板", "Five-one board"),
    view=ActivityView,
    columns=(
        Column("year", "年度", "Year"),
        Column("ledger_number", "台账序号", "Ledger no."),
        Column("town_name", "镇街", "Town", width=16),
        Column("title", "议题", "Topic", width=40),
        Column("origin", "议题来源", "Origin", in_words(ORIGINS), width=16),
        Column("lead", "牵头单位", "Lead", width=20),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("adopted_on", "立项日期", "Adopted on"),
        Column("status_text", "状态", "Status"),
        *(
            Column(f"loop.{item}.state", words.zh, words.en, in_words(ITEM_STATES))
            for item, words in LOOP_ITEMS.items()
        ),
        Column("closed", "已闭环", "Closed"),
        Column("closed_on", "闭环日期", "Closed on"),
        Column("problems.lead", "承办单位", "Handlers", width=24),
        Column("solved", "已解决问题", "Problems solved"),
        Column("light.text", "时限", "Due", width=30),
        Column("light.on", "到期日期", "Due on"),
        Column("topic_id", "议题编号", "Topic id", width=38),
    ),
    sorts={"topic_id": "_id", "due_on": "next_due.on"},
    default="topic_id",
)

DUTY_LIST = Listing(
    name="todo",
    title=Text("待办", "To do"),
    view=DutyView,
    columns=(
        Column("due_on", "到期日期", "Due on"),
        Column("light.text", "时限", "Light", width=30),
        Column("what", "事项", "What", width=30),
        Column("about", "议题", "About", width=40),
        Column("text", "问题", "Problem", width=40),
        Column("town_name", "镇街", "Town", width=16),
        Column("lead", "承办单位", "Lead", width=20),
        Column("recipients", "由谁办理", "Recipients", width=24),
        Column("since", "起始日期", "Since"),
        Column("where.path", "办理地址", "Where", width=48),
    ),
    sorts={"due_on": "due_key", "since": "since"},
    default="due_on",
)
