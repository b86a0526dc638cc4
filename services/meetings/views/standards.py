"""The shape of a venue standard, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.meetings.views.base import View
from shared.eventsourcing.versions import VersionView
from shared.platform.language import Text
from shared.platform.lists import Column, Listing


class StandardItemView(View):
    """One of a standard's six.

    Attributes:
        computed: what it is counted from, `meetings` or `solutions`; null where it needs evidence.
        at_least: how many a computed item takes in twelve months.
    """

    code: str
    title: str
    computed: str | None = None
    at_least: int


class StandardView(VersionView, View):
    """A published version of a venue standard, which never changes (T06).

    Attributes:
        official: False: a county's default or own decision, not a rule of any authority.
        published_on: null for what is shipped.
    """

    title: str
    official: bool
    source: str | None = None
    published_on: date | None = None
    items: tuple[StandardItemView, ...]


STANDARD_LIST = Listing(
    name="standards",
    title=Text("阵地标准", "Venue standards"),
    view=StandardView,
    columns=(
        Column("code", "代码", "Code"),
        Column("version", "版本", "Version"),
        Column("title", "标准", "Standard"),
        Column("items.title", "六项", "The six", width=60),
        Column("published_on", "发布日期", "Published on"),
        Column("official", "官方规定", "Official"),
        Column("source", "出处", "Source", width=40),
    ),
    sorts={"code": "code"},
    default="code",
)
