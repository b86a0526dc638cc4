"""What members did in a year, counted: for the record of the committee's work, not to compare people.

Members stand in the order of the roster, by enrolment, then by id. Nothing is ranked, weighted or given
points, and no time is measured (国办函〔2026〕12号). Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.board.projections.members import Deed
from shared.platform.language import Text

Member = Mapping[str, Any]
"""A document of `roster`."""

DEEDS_IN_WORDS = {
    Deed.ATTENDED: Text("参加协商", "Consultations attended"),
    Deed.HOSTED: Text("主持协商", "Consultations hosted"),
    Deed.SURVEYED: Text("调查研究", "Surveys"),
    Deed.PROPOSED: Text("提出议题", "Topics proposed"),
    Deed.INSPECTION: Text("视察", "Inspections"),
    Deed.BRIEFING: Text("情况通报", "Briefings"),
    Deed.SHOW_AND_VISIT: Text("双亮双进", "Showing who they are"),
    Deed.ADVICE: Text("咨询", "Advice"),
}


@dataclass(frozen=True, slots=True)
class MemberActivity:
    """A member in a year.

    Attributes:
        done: how many of each deed; 0 where there is none.
    """

    member: Member
    done: Mapping[Deed, int]


def ids_of(member: Member) -> frozenset[str]:
    """Return all opaque ids under which events may name a member."""
    named = (member["member_id"], member["person"], member["account"])
    return frozenset(id_ for id_ in named if id_)


def activity_of(members: Iterable[Member], deeds: Iterable[Mapping[str, Any]]) -> Sequence[MemberActivity]:
    """Return what each member did, in the order of the roster.

    Args:
        members: of the roster.
        deeds: documents of `deeds` of one year.
    """
    listed = sorted(members, key=lambda member: (member["enrolled_on"], member["member_id"]))
    whose = {id_: place for place, member in enumerate(listed) for id_ in ids_of(member)}
    counts: list[Counter[Deed]] = [Counter() for _ in listed]
    for document in deeds:
        # Somebody who is named by two of their ids did it once.
        named = {
            (whose[each["who"]], Deed(each["what"])) for each in document["done"] if each["who"] in whose
        }
        for place, what in named:
            counts[place][what] += 1
    return [
        MemberActivity(member, {deed: count[deed] for deed in Deed})
        for member, count in zip(listed, counts, strict=True)
    ]
