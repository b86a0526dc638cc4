"""The shape of a members' activity, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from services.meetings.views.base import View
from shared.contracts.types import ActivityDirection, ActivityKind
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words


class ActivitySituation(StrEnum):
    """Whether an activity counts."""

    RECORDED = "recorded"
    STRUCK = "struck"


KINDS = {
    ActivityKind.INSPECTION: Text("视察", "inspection"),
    ActivityKind.BRIEFING: Text("情况通报", "briefing"),
    ActivityKind.SHOW_AND_VISIT: Text("双亮双进", "show and visit"),
    ActivityKind.ADVICE: Text("咨询", "advice"),
}
DIRECTIONS = {
    ActivityDirection.TO_THE_PEOPLE: Text("政协走进群众", "to the people"),
    ActivityDirection.TO_THE_CPPCC: Text("群众走进政协", "to the CPPCC"),
}
SITUATIONS = {
    ActivitySituation.RECORDED: Text("已登记", "recorded"),
    ActivitySituation.STRUCK: Text("已作废", "struck"),
}


class ActivityView(View):
    """What members did for the people.

    Attributes:
        members: ids of who took part.
        people_met: null where nobody counted.
        issues: what was taken home.
        direction, showed_member_identity: of a 双亮双进 alone.
        correction_reason: what was wrong, where it was put right; its history has what it said before.
        topics: ids of the topics that came of it.
    """

    activity_id: str
    division: str
    kind: ActivityKind
    done_on: date
    place: str
    members: tuple[str, ...]
    people_met: int | None = None
    issues: tuple[str, ...] = ()
    direction: ActivityDirection | None = None
    showed_member_identity: bool | None = None
    situation: ActivitySituation
    correction_reason: str | None = None
    strike_reason: str | None = None
    topics: tuple[str, ...] = ()


ACTIVITY_LIST = Listing(
    name="activities",
    title=Text("委员履职活动", "Members' activities"),
    view=ActivityView,
    columns=(
        Column("done_on", "日期", "Day"),
        Column("kind", "类型", "Kind", in_words(KINDS)),
        Column("division", "区划代码", "Division"),
        Column("place", "地点", "Place", width=30),
        Column("members", "委员编号", "Members", width=38),
        Column("people_met", "接触群众人数", "People met"),
        Column("issues", "带回的问题", "Issues taken home", width=60),
        Column("direction", "走进", "Direction", in_words(DIRECTIONS)),
        Column("showed_member_identity", "亮委员身份", "Showed member identity"),
        Column("topics", "转为议题", "Topics that came of it"),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("correction_reason", "更正原因", "Corrected because", width=30),
        Column("strike_reason", "作废原因", "Struck because", width=30),
    ),
    sorts={"done_on": "done_on"},
    default="-done_on",
    searchable=True,
    past=True,
)
