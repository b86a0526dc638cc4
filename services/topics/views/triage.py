"""What a clerk sees who sorts new topics, as OpenAPI shows it (T09)."""

from __future__ import annotations

from datetime import date, datetime

from services.topics.views.base import View
from shared.contracts.types import Channel, Origin
from shared.platform.language import Text
from shared.platform.lists import Listing


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
    columns=(),
    sorts={"received_at": "received_at"},
    default="received_at",
)
