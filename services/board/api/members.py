"""What members did in a year over HTTP (M19): all of the county's for its offices, one's own for a member."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from services.board.api.parameters import Source, Year
from services.board.member_activity import activity_of, ids_of
from services.board.projections.members import DEEDS, ROSTER
from services.board.source import inside
from services.board.views.members import MEMBER_ACTIVITY_LIST, MemberActivityView
from shared.contracts.types import Line
from shared.eventsourcing.http import person_id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.divisions import COUNTY_DIGITS
from shared.platform.exports import whole_file
from shared.platform.http import Lang
from shared.platform.lists import Format
from shared.platform.problems import NotFoundError

router = APIRouter()

Overseer = Annotated[Principal, Depends(require(Role.LIAISON, access=Access.READ))]
Member = Annotated[Principal, Depends(require(Role.MEMBER, access=Access.READ))]
File = Annotated[Format, Query(description="`csv` and `xlsx` are files to save")]
Name = Annotated[Line | None, Query(pattern=r"^[^\x00-\x1f\x7f]*$")]


class MembersActivity(BaseModel):
    """Members in the order of the roster: by enrolment, then by id."""

    items: list[MemberActivityView]


@router.get("/members/activity", response_model=MembersActivity, responses=EXPORTS)
async def list_activity(
    caller: Overseer,
    reading: ReadingOf,
    source: Source,
    language: Lang,
    year: Year = None,
    sector: Name = None,
    liaison_office: Name = None,
    format: File = Format.JSON,
) -> MembersActivity | Response:
    """Return what each member of the county did in a year, the present one unless said."""
    day = source.today()
    asked: dict[str, Any] = {"division": inside(caller.division[:COUNTY_DIGITS])}
    asked |= {"sector": sector} if sector else {}
    asked |= {"liaison_office": liaison_office} if liaison_office else {}
    members = await reading.all(ROSTER, asked)
    items = await _in_year(reading, members, {}, year or day.year)
    if format is not Format.JSON:
        return await whole_file(MEMBER_ACTIVITY_LIST, items, format, language, f"{day:%Y%m%d}")
    return MembersActivity(items=items)


@router.get("/members/me/activity", responses={404: {"description": "The caller is on no roster"}})
async def get_own_activity(
    caller: Member, reading: ReadingOf, source: Source, year: Year = None
) -> MemberActivityView:
    """Return what the caller did in a year as a member, the present one unless said."""
    mine = await reading.all(ROSTER, {"account": person_id(caller.subject)})
    # Who was a member twice is on the roster twice; the present membership comes last.
    found = sorted(mine, key=lambda member: (member["retired_on"] is None, member["enrolled_on"]))
    if not found or not found[-1]["division"].startswith(caller.division[:COUNTY_DIGITS]):
        raise NotFoundError
    member = found[-1]
    done_by = {"done.who": {"$in": sorted(ids_of(member))}}
    (own,) = await _in_year(reading, [member], done_by, year or source.today().year)
    return own


async def _in_year(
    reading: Reading, members: list[Document], done_by: dict[str, Any], year: int
) -> list[MemberActivityView]:
    deeds = await reading.all(DEEDS, {**done_by, "year": year})
    return [MemberActivityView.of(each, year) for each in activity_of(members, deeds)]
