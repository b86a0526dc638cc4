"""The shape of a venue, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from services.meetings.views.base import View
from shared.contracts.meetings import AssessedItem
from shared.contracts.types import HostPlatform, Tier
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words
from shared.platform.words import HOST_PLATFORMS, TIERS


class VenueSituation(StrEnum):
    """Whether a venue takes meetings."""

    OPEN = "open"
    CLOSED = "closed"


SITUATIONS = {
    VenueSituation.OPEN: Text("开放", "open"),
    VenueSituation.CLOSED: Text("关闭", "closed"),
}


class AssessmentView(View):
    """A venue, held against a version of a standard."""

    standard: str
    standard_version: int
    items: tuple[AssessedItem, ...]
    assessor: str | None = None
    assessed_on: date | None = None
    back_entry: bool = False


class VenueView(View):
    """A venue as it stands.

    Attributes:
        met: how many of the six the latest assessment found met; null for a venue never assessed.
        assessments: all of them, the latest last.
    """

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()
    opened_on: date | None = None
    situation: VenueSituation
    closed_on: date | None = None
    closing_reason: str | None = None
    met: int | None = None
    assessments: tuple[AssessmentView, ...] = ()
    back_entry: bool = False


class RecentView(View):
    """有活动 and 有实效 of the twelve months up to a day, computed as an assessment on it would (M03).

    Attributes:
        until: the day, in Asia/Shanghai.
        meetings: held at the venue.
        solutions: problems solved that came of its meetings.
        active, effective: whether that is enough; null where the standard does not ask for it.
    """

    until: date
    meetings: int
    solutions: int
    active: bool | None = None
    effective: bool | None = None


class VenueDetail(VenueView):
    """A venue as it stands, with how it would be assessed today, or on the day that it is shown as of.

    Attributes:
        now: by the standard that it was last held against.
    """

    now: RecentView


VENUE_LIST = Listing(
    name="venues",
    title=Text("协商阵地", "Venues"),
    view=VenueView,
    columns=(
        Column("division", "区划代码", "Division"),
        Column("title", "阵地名称", "Venue", width=40),
        Column("tier", "类型", "Tier", in_words(TIERS)),
        Column("host_platform", "依托平台", "Host platform", in_words(HOST_PLATFORMS)),
        Column("address", "地址", "Address", width=40),
        Column("capacity", "容纳人数", "Capacity"),
        Column("functions", "功能", "Functions", width=30),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("met", "达标条数（六有）", "Met, of six"),
        Column("opened_on", "启用日期", "Opened on"),
        Column("closed_on", "关闭日期", "Closed on"),
        Column("closing_reason", "关闭原因", "Closed because", width=30),
    ),
    sorts={"id": "_id", "title": "title", "met": "met", "opened_on": "opened_on"},
    default="id",
    searchable=True,
    past=True,
)
