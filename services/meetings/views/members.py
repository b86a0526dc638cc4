"""The shapes of members, as OpenAPI shows them: the roster has ids, and names only for who looks them up."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from services.meetings.views.base import View
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words


class MemberSituation(StrEnum):
    """Whether somebody is a member now."""

    SERVING = "serving"
    RETIRED = "retired"


SITUATIONS = {
    MemberSituation.SERVING: Text("在任", "serving"),
    MemberSituation.RETIRED: Text("卸任", "retired"),
}


class PostingView(View):
    """委员下沉: where a member is posted, and as what.

    Attributes:
        until: the last day; null where none is set.
    """

    posted_to: str
    specialty: str
    from_on: date
    until: date | None = None


class MemberView(View):
    """A member on the roster.

    Attributes:
        postings: past ones too, of each place the latest; the last that began comes last.
        retired_on: the first day on which they are none.
    """

    member_id: str
    division: str
    sector: str
    liaison_office: str
    skills: tuple[str, ...] = ()
    term: str | None = None
    enrolled_on: date
    postings: tuple[PostingView, ...] = ()
    situation: MemberSituation
    retired_on: date | None = None
    retirement_reason: str | None = None


class NamedMember(View):
    """Who a member is; to be seen by clerks, and logged.

    Attributes:
        person: opaque id under which they are known, e.g. to invite them.
        name, phone: null where they were erased.
    """

    member_id: str
    person: str
    name: str | None = None
    phone: str | None = None
    sector: str
    liaison_office: str


class NamedMembers(View):
    """Those of the roster whom the caller may know by name."""

    items: list[NamedMember]


MEMBER_LIST = Listing(
    name="members",
    title=Text("委员名册", "Members"),
    view=MemberView,
    columns=(
        Column("member_id", "委员编号", "Member", width=38),
        Column("sector", "界别", "Sector"),
        Column("liaison_office", "委员联络室", "Liaison office", width=30),
        Column("skills", "专长", "Skills", width=30),
        Column("term", "届次", "Term"),
        Column("postings.posted_to", "下沉地区", "Posted to"),
        Column("postings.specialty", "下沉专长", "Posted as"),
        Column("situation", "状态", "Situation", in_words(SITUATIONS)),
        Column("enrolled_on", "任职日期", "Enrolled on"),
        Column("retired_on", "卸任日期", "Retired on"),
    ),
    sorts={
        "id": "_id",
        "sector": "sector",
        "liaison_office": "liaison_office",
        "enrolled_on": "enrolled_on",
    },
    default="sector",
    searchable=True,
    past=True,
)
