"""The shape of a newsletter, as OpenAPI shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.platform.language import Text
from shared.platform.lists import Column, Listing


class NewsletterView(BaseModel):
    """A newsletter that the county's office wrote.

    Attributes:
        division: whose people it is for.
        written_at, spread_at: UTC; `spread_at` is null until all who asked for newsletters were told.
        told: how many they were.
    """

    model_config = ConfigDict(extra="ignore")

    newsletter_id: str
    division: str
    title: str
    body: str
    written_at: datetime
    spread_at: datetime | None = None
    told: int | None = None


NEWSLETTER_LIST = Listing(
    name="newsletters",
    title=Text("通讯", "Newsletters"),
    view=NewsletterView,
    columns=(
        Column("written_at", "撰写时间", "Written at", width=20),
        Column("division", "区划", "Division"),
        Column("title", "标题", "Title", width=40),
        Column("body", "内容", "Text", width=80),
        Column("told", "告知人数", "People told"),
    ),
    sorts={"written_at": "written_at"},
    default="-written_at",
)
