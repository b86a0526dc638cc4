"""Plans over HTTP, with the progress of their items."""

from __future__ import annotations

from fastapi import APIRouter

from services.board.api.parameters import Reader, Year
from services.board.progress import with_progress
from services.board.projections import ACTIVITIES, PLANS
from services.board.views.plans import PlanView
from shared.contracts.types import Id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.http import Lang, MinVersion, Page, Paging

router = APIRouter()


@router.get("/plans")
async def list_plans(
    caller: Reader, reading: ReadingOf, paging: Paging, language: Lang, year: Year = None
) -> Page[PlanView]:
    """List the plans of the caller's county with the progress of their items."""
    query = {"division": caller.division[:6], **({"year": year} if year else {})}
    page = await reading.page(PLANS, query, paging)
    carried_out = await _of_plans(reading, [plan["plan_id"] for plan in page.items])
    items = [PlanView.of(with_progress(plan, carried_out), language) for plan in page.items]
    return Page(items=items, next=page.next)


@router.get("/plans/{plan_id}")
async def get_plan(
    plan_id: Id, caller: Reader, reading: ReadingOf, language: Lang, minimum: MinVersion
) -> PlanView:
    """Return a plan with the progress of its items (T05)."""
    plan = await reading.document(
        PLANS, plan_id, minimum=minimum, visible=lambda d: d["division"] == caller.division[:6]
    )
    return PlanView.of(with_progress(plan, await _of_plans(reading, [plan_id])), language)


async def _of_plans(reading: Reading, plan_ids: list[str]) -> list[Document]:
    return await reading.all(ACTIVITIES, {"plan_id": {"$in": plan_ids}, "status": {"$ne": None}})
