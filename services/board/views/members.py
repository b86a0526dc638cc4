"""The shape of what members did in a year."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.board.member_activity import DEEDS_IN_WORDS, MemberActivity
from services.board.projections.members import Deed
from services.board.views.base import View
from shared.platform.language import Text
from shared.platform.lists import Column, Listing


class MemberActivityView(View):
    """A member in a year: counts; nothing is ranked or given points.

    Attributes:
        member_id: opaque; names are at the roster of meetings, for those who may look them up.
        retired_on: the first day on which they are no member.
        done: how many consultations they attended and hosted, surveys, topics they proposed, 视察, 情况通报,
            双亮双进, 咨询.
    """

    year: int
    member_id: str
    division: str
    sector: str
    liaison_office: str
    term: str | None
    enrolled_on: date
    retired_on: date | None
    done: dict[Deed, int]

    @staticmethod
    def of(activity: MemberActivity, year: int) -> MemberActivityView:
        """Return a member's year as it is shown."""
        said: dict[str, Any] = {**activity.member, "year": year, "done": activity.done}
        return MemberActivityView.model_validate(said)


MEMBER_ACTIVITY_LIST = Listing(
    name="member-activity",
    title=Text("委员履职情况", "Members' activity"),
    view=MemberActivityView,
    columns=(
        Column("year", "年度", "Year"),
        Column("member_id", "委员编号", "Member", width=38),
        Column("sector", "界别", "Sector", width=16),
        Column("liaison_office", "委员联络室", "Liaison office", width=30),
        Column("term", "届次", "Term"),
        Column("enrolled_on", "入册日期", "Enrolled on"),
        *(Column(f"done.{deed}", words.zh, words.en) for deed, words in DEEDS_IN_WORDS.items()),
    ),
    sorts={"enrolled_on": "enrolled_on"},
    default="enrolled_on",
)
