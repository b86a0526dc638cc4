"""What a clerk sees who sorts new topics, as OpenAPI shows it (T09)."""

from __future__ import annotations

from datetime import date, datetime

from services.topics.views.base import View
from shared.contracts.types import Channel, Origin
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words
from shared.platform.words import CHANNELS, ORIGINS


class LikelyDuplicate(View):
    """A topic that may say the same.

    Attributes:
        likeness: of their words, from 0.5 to 1.0.
    """

    topic_id: str
    title: str
    division: str
    situation: str
    proposed_on: date
    likeness: float
    same_town: bool


class LikelyDuplicates(View):
    """Topics that may say the same as one, at most five."""

    items: tuple[LikelyDuplicate, ...]


class TriageItem(View):
    """A topic that nobody has sorted yet.

    Attributes:
        received_at: UTC; None where the record knows the day only.
    """

    topic_id: str
    division: str
    title: str
    description: str | None = None
    origin: Origin
    channel: Channel
    on_behalf: bool = False
    proposed_on: date
    received_at: datetime | None = None
    receipt: str | None = None
    likely_duplicates: tuple[LikelyDuplicate, ...] = ()


TRIAGE_LIST = Listing(
    name="triage",
    title=Text("待分类议题", "Topics to be sorted"),
    view=TriageItem,
    columns=(
        Column("topic_id", "编号", "Id"),
        Column("receipt", "受理编号", "Receipt"),
        Column("title", "议题", "Topic", width=40),
        Column("description", "具体情况", "In detail", width=60),
        Column("division", "区划代码", "Division"),
        Column("origin", "来源", "Origin", in_words(ORIGINS)),
        Column("channel", "渠道", "Channel", in_words(CHANNELS)),
        Column("on_behalf", "代为登记", "Entered for somebody"),
        Column("proposed_on", "提出日期", "Proposed on"),
        Column("received_at", "收到时间", "Received at"),
    ),
    sorts={"received_at": "received_at"},
    default="received_at",
)
