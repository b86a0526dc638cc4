"""The shapes of sector branches and of the two coverages, as OpenAPI shows them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from services.meetings.domain.branch import Standing
from services.meetings.views.base import View
from shared.contracts.types import BranchActivityKind
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words


class BranchSituation(StrEnum):
    """Whether a branch stands."""

    STANDING = "standing"
    DISSOLVED = "dissolved"


SITUATIONS = {
    BranchSituation.STANDING: Text("存续", "standing"),
    BranchSituation.DISSOLVED: Text("已撤销", "dissolved"),
}
KINDS = {
    BranchActivityKind.QUARTERLY: Text("季度活动", "quarterly activity"),
    BranchActivityKind.YEARLY_MEETING: Text("年度会议", "yearly meeting"),
}
STANDINGS = {
    Standing.DONE: Text("已开展", "done"),
    Standing.DUE: Text("待开展", "due"),
    Standing.OVERDUE: Text("逾期", "overdue"),
}


class BranchActivityView(View):
    """A quarterly activity or a yearly meeting that was held."""

    kind: BranchActivityKind
    done_on: date
    title: str


class DutyView(View):
    """What a branch owes for a quarter or a year, as of the day of the answer (M20).

    Attributes:
        period: e.g. `2024-Q2`, `2024`.
        due_on: the period's last day.
        done_on: the first day on which it was done; null while it was not.
    """

    kind: BranchActivityKind
    period: str
    due_on: date
    done_on: date | None = None
    standing: Standing


class BranchView(View):
    """A sector branch as it stands; who belongs to it is shown to nobody (M18).

    Attributes:
        base: where it meets.
        venue_id: of the base, where it is a venue.
        sectors: whose members its work covers.
        activities: all that were recorded, the latest last.
        duties: of this year up to now, and what is left over from the year before.
    """

    branch_id: str
    division: str
    title: str
    base: str
    venue_id: str | None = None
    sectors: tuple[str, ...]
    founded_on: date
    situation: BranchSituation
    dissolved_on: date | None = None
    dissolution_reason: str | None = None
    activities: tuple[BranchActivityView, ...] = ()
    duties: tuple[DutyView, ...] = ()


class BranchDetail(BranchView):
    """A sector branch.

    Attributes:
        secretary_entered: the office has entered who is its secretary now.
    """

    secretary_entered: bool


class PercentView(View):
    """A percentage of people.

    Attributes:
        percent: rounded down, so that 100 means all; null where it must not be told.
        why_not: the reason then.
    """

    percent: int | None
    why_not: Literal["fewer-than-five"] | None = None

    @classmethod
    def of(cls, percent: int | None) -> PercentView:
        """Return a percentage, or that it is over too few people."""
        return cls(percent=percent, why_not="fewer-than-five" if percent is None else None)


class CoverageView(View):
    """两个全覆盖 of a county (M18).

    Attributes:
        as_of: the day, in Asia/Shanghai.
        party_organisation: of the Party-member members, those in a sector branch.
        party_work: of all members, those of a sector that a branch's work covers.
        showed_party_identity: of the Party-member members, those who showed it in a 双亮双进 of this year.
        complete: of each member it was entered whether they are a Party member; else the first and the last
            figure are of those entered.
    """

    division: str
    as_of: date
    party_organisation: PercentView
    party_work: PercentView
    showed_party_identity: PercentView
    complete: bool


BRANCH_LIST = Listing(
    name="branches",
    title=Text("界别党支部", "Sector branches"),
    view=BranchView,
    columns=(
        Column("title", "支部名称", "Branch", width=40),
        Column("sectors", "覆盖界别", "Sectors", width=30),
        Column("base", "活动阵地", "Base", width=30),
        Column("founded_on", "成立日期", "Founded on"),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("duties.period", "应开展时段", "Owed for"),
        Column("duties.standing", "开展情况", "Standing", in_words(STANDINGS)),
        Column("dissolved_on", "撤销日期", "Dissolved on"),
    ),
    sorts={"title": "title", "founded_on": "founded_on"},
    default="title",
    searchable=True,
    past=True,
)
