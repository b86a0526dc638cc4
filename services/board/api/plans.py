"""Plans over HTTP, with the progress of their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from services.board.api.parameters import Reader, When, WhenAsked, Year
from services.board.lists import PLAN_LIST
from services.board.progress import with_progress
from services.board.projections import ACTIVITIES, PLANS
from services.board.reading import BoardReadingOf
from services.board.views.plans import PlanView
from shared.contracts.types import Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOf, Reading, ReadingOf
from shared.platform.divisions import COUNTY_DIGITS
from shared.platform.http import Lang, MinVersion, Page
from shared.platform.lists import ListRequest

router = APIRouter()


@router.get("/plans", response_model=Page[PlanView], responses=EXPORTS)
async def list_plans(
    caller: Reader,
    reading: ReadingOf,
    when: WhenAsked,
    asked: Annotated[ListRequest, Depends(PLAN_LIST)],
    year: Year = None,
) -> Page[PlanView] | Response:
    """List the plans of the caller's county with the progress of their items; a file has a row an item."""
    query: dict[str, Any] = {"division": caller.division[:COUNTY_DIGITS]}
    query |= {"year": year} if year else {}

    async def views(plans: Sequence[Document]) -> list[PlanView]:
        carried_out = await _of_plans(reading, [plan["plan_id"] for plan in plans], when)
        return [PlanView.of(with_progress(plan, carried_out), asked.language) for plan in plans]

    asked = replace(asked, as_of=when.past)
    return await reading.listed(PLANS, PLAN_LIST, query, asked, views=views)


@router.get("/plans/{plan_id}")
async def get_plan(
    plan_id: Id,
    caller: Reader,
    reading: BoardReadingOf,
    language: Lang,
    minimum: MinVersion,
    when: WhenAsked,
) -> PlanView:
    """Return a plan with the progress of its items (T05)."""
    plan = await reading.document(
        PLANS,
        plan_id,
        minimum=minimum,
        visible=lambda d: d["division"] == caller.division[:COUNTY_DIGITS],
        as_of=AsOf(day=when.past),
    )
    return PlanView.of(with_progress(plan, await _of_plans(reading, [plan_id], when)), language)


async def _of_plans(reading: Reading, plan_ids: list[str], when: When) -> list[Document]:
    carried_out = {"plan_id": {"$in": plan_ids}, "status": {"$ne": None}}
    return await reading.all(ACTIVITIES, carried_out, as_of=when.past)
