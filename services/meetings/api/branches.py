"""Sector branches and the two coverages over HTTP (M18, M20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, status
from pydantic import BaseModel, Field

from services.meetings import restricted
from services.meetings.deciders import BRANCH, VENUE
from services.meetings.domain import branch as branches
from services.meetings.domain.coverage import coverage
from services.meetings.moments import Now
from services.meetings.projections.activities import ACTIVITIES
from services.meetings.projections.branches import BRANCHES
from services.meetings.projections.members import MEMBERS
from services.meetings.rights import CountyReader, MemberReader, Office, countywide
from services.meetings.views.activities import ActivitySituation
from services.meetings.views.branches import (
    BRANCH_LIST,
    BranchDetail,
    BranchSituation,
    BranchView,
    CoverageView,
    PercentView,
)
from services.meetings.views.members import MemberSituation
from shared.contracts.refusal import RefusedError
from shared.contracts.types import ActivityKind, BranchActivityKind, Day, DivisionCode, Id, Line
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import Commands, CommandsOf, Written
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.people_http import PeopleOf
from shared.platform.privacy import MaskedText
from shared.platform.working_days import today

router = APIRouter()


class BranchBody(BaseModel):
    """What is said of a branch.

    Attributes:
        base: where it meets.
        venue_id: of the base, where it is a venue.
        sectors: 界别 whose members its work covers.
    """

    title: Line
    base: Line
    venue_id: Id | None = None
    sectors: Annotated[tuple[Line, ...], Field(min_length=1, max_length=40)]


class NewBranch(BranchBody):
    """A sector branch; `branch_id` may be chosen by the caller."""

    branch_id: Id | None = None
    division: DivisionCode
    founded_on: Day


@router.post("/branches", status_code=status.HTTP_201_CREATED)
async def found_branch(body: NewBranch, caller: Office, commands: CommandsOf) -> Written:
    """Found a sector branch (M20)."""
    branch_id = body.branch_id or commands.new_id()
    await _require_venue(commands, body.venue_id, caller)
    command = branches.FoundBranch(**{**dict(body), "branch_id": branch_id})
    location = f"/branches/{branch_id}"
    return await commands.execute(BRANCH, branch_id, command, location=location, division=body.division)


async def _require_venue(commands: Commands, venue_id: str | None, caller: Principal) -> None:
    if venue_id is None:
        return
    venue = await commands.state(VENUE, venue_id)
    if not venue.venue_id or not caller.covers(venue.division):
        raise RefusedError(
            "venue-unknown",
            rule="M20",
            zh="没有这个协商阵地。",
            en="There is no such venue.",
            field="venue_id",
        )


class BranchChange(BranchBody):
    """What is said of a branch from now on, all of it."""

    changed_on: Day


@router.post("/branches/{branch_id}/changes")
async def change_branch(branch_id: Id, body: BranchChange, caller: Office, commands: CommandsOf) -> Written:
    """Put right what is said of a branch (M20)."""
    await _require_venue(commands, body.venue_id, caller)
    return await _on_branch(commands, branch_id, branches.ChangeBranch(**dict(body)))


class NewBranchActivity(BaseModel):
    """A quarterly activity or a yearly meeting that was held; who came is not recorded."""

    kind: BranchActivityKind
    done_on: Day
    title: Line


@router.post("/branches/{branch_id}/activities")
async def record_branch_activity(
    branch_id: Id, body: NewBranchActivity, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Record that a branch did what it owes for a quarter or a year (M20)."""
    command = branches.RecordBranchActivity(**dict(body), today=today(now))
    return await _on_branch(commands, branch_id, command)


class Dissolution(BaseModel):
    """Why a branch is no more, and from which day."""

    reason: MaskedText
    dissolved_on: Day


@router.post("/branches/{branch_id}/dissolution")
async def dissolve_branch(branch_id: Id, body: Dissolution, caller: Office, commands: CommandsOf) -> Written:
    """Dissolve a branch (M20)."""
    return await _on_branch(commands, branch_id, branches.DissolveBranch(**dict(body)))


async def _on_branch(commands: Commands, branch_id: str, command: branches.BranchCommand) -> Written:
    return await commands.execute(BRANCH, branch_id, command, location=f"/branches/{branch_id}")


def _with_duties(branch: Document, day: date) -> dict[str, Any]:
    dissolved_on = branch.get("dissolved_on")
    owed = branches.duties(
        [(BranchActivityKind(a["kind"]), date.fromisoformat(a["done_on"])) for a in branch["activities"]],
        founded_on=date.fromisoformat(branch["founded_on"]),
        dissolved_on=date.fromisoformat(dissolved_on) if dissolved_on else None,
        today=day,
    )
    return {**branch, "duties": [asdict(duty) for duty in owed]}


@router.get("/branches", response_model=Page[BranchView], responses=EXPORTS)
async def list_branches(
    caller: MemberReader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(BRANCH_LIST)],
    now: Now,
    situation: Annotated[BranchSituation | None, Query()] = None,
) -> Page[BranchView] | Response:
    """List the sector branches of the caller's county, with what each has done and owes (M20)."""

    async def views(documents: Sequence[Document]) -> list[BranchView]:
        day = asked.as_of or today(now)
        return [BranchView.model_validate(_with_duties(each, day)) for each in documents]

    query: dict[str, Any] = {"division": visible_divisions(countywide(caller))}
    if situation is not None:
        query["situation"] = situation
    return await reading.listed(BRANCHES, BRANCH_LIST, query, asked, views=views)


@router.get("/branches/{branch_id}")
async def get_branch(
    branch_id: Id,
    caller: MemberReader,
    reading: ReadingOf,
    people: PeopleOf,
    minimum: MinVersion,
    as_of: AsOfAsked,
    now: Now,
) -> BranchDetail:
    """Return a sector branch, with what it has done and owes (M20)."""
    county = countywide(caller)
    found = await reading.document(
        BRANCHES, branch_id, minimum=minimum, visible=lambda d: county.covers(d["division"]), as_of=as_of
    )
    persons = [member["person"] for member in await _serving(reading, found["division"])]
    entered = await restricted.has_secretary(people, persons, branch_id)
    shown = {**_with_duties(found, as_of.day or today(now)), "secretary_entered": entered}
    return BranchDetail.model_validate(shown)


@router.get("/branches/{branch_id}/history")
async def get_branch_history(
    branch_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a sector branch, oldest first; to the county's own clerks."""
    return await reading.history(BRANCHES, branch_id, asked, caller=caller)


async def _serving(reading: Reading, county: str) -> list[Document]:
    return await reading.all(MEMBERS, {"division": county, "situation": MemberSituation.SERVING})


@router.get("/coverages")
async def get_coverages(
    caller: CountyReader, reading: ReadingOf, people: PeopleOf, request: Request, now: Now
) -> CoverageView:
    """Return the two coverages of the county as percentages, none over fewer than five people (M18)."""
    county, day = request.app.state.settings.county, today(now)
    serving = await _serving(reading, county)
    standing = await reading.all(BRANCHES, {"division": county, "situation": BranchSituation.STANDING})
    of_year = {"$gte": f"{day.year}-01-01", "$lte": day.isoformat()}
    done = await reading.all(
        ACTIVITIES,
        {
            "division": visible_divisions(caller, county),
            "situation": ActivitySituation.RECORDED,
            "kind": ActivityKind.SHOW_AND_VISIT,
            "done_on": of_year,
        },
    )
    result = coverage(
        await restricted.party_facts(people, {m["member_id"]: m["person"] for m in serving}),
        {m["member_id"]: m["sector"] for m in serving},
        branches={b["branch_id"]: b["sectors"] for b in standing},
        activities={a["activity_id"]: a["members"] for a in done},
    )
    return CoverageView(
        division=county,
        as_of=day,
        party_organisation=PercentView.of(result.party_organisation),
        party_work=PercentView.of(result.party_work),
        showed_party_identity=PercentView.of(result.showed_party_identity),
        complete=result.complete,
    )
