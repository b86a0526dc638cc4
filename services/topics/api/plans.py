"""Plans over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, Field

from services.topics.deciders import PLAN
from services.topics.domain import plan as plans
from services.topics.projections.plans import PLANS
from services.topics.projections.topics import TOPICS
from services.topics.rights import Office, Reader
from services.topics.views.plans import PlanItemView, PlanView
from shared.contracts.types import Day, DivisionCode, Id, Line, Text
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.http import MinVersion, Page, Paging

router = APIRouter()


class PlanDraft(CommandBody):
    """A year's plan to be begun."""

    plan_id: Id | None = None
    division: DivisionCode
    year: int = Field(ge=1949, le=2200)
    title: Line
    item_limit: int | None = Field(default=None, ge=1, le=200)


@router.post("/plans", status_code=status.HTTP_201_CREATED)
async def draft_plan(body: PlanDraft, caller: Office, commands: CommandsOf) -> Written:
    """Begin a year's plan (T01)."""
    plan_id = body.plan_id or commands.new_id()
    command = plans.DraftPlan(**body.content("plan_id"), plan_id=plan_id)
    return await commands.execute(
        PLAN, plan_id, command, location=f"/plans/{plan_id}", division=body.division, source=body.source
    )


class PlanItem(CommandBody):
    """A key topic for a plan (T02)."""

    number: int = Field(ge=1)
    title: Line
    form: Line | None = None
    lead: Line | None = None
    co_organisers: tuple[Line, ...] = ()
    leader: Line | None = None
    departments: tuple[Line, ...] = ()
    quarter: int | None = Field(default=None, ge=1, le=4)
    expected_outcome: Text | None = None


@router.post("/plans/{plan_id}/items")
async def add_plan_item(plan_id: Id, body: PlanItem, caller: Office, commands: CommandsOf) -> Written:
    """Put a key topic into a plan's draft."""
    return await _on_plan(commands, plan_id, plans.AddPlanItem(**body.content()), body.source)


class PlanReview(BaseModel):
    """When the 主席会议 reviewed the draft."""

    reviewed_on: Day


@router.post("/plans/{plan_id}/review")
async def review_plan(plan_id: Id, body: PlanReview, caller: Office, commands: CommandsOf) -> Written:
    """Record that the draft was reviewed (T01)."""
    return await _on_plan(commands, plan_id, plans.ReviewPlan(body.reviewed_on))


class PlanApproval(BaseModel):
    """Which body approved the plan, in which meeting, when."""

    body: Line
    meeting: Line
    approved_on: Day


@router.post("/plans/{plan_id}/approval")
async def approve_plan(plan_id: Id, body: PlanApproval, caller: Office, commands: CommandsOf) -> Written:
    """Record that the plan was approved (T01)."""
    return await _on_plan(commands, plan_id, plans.ApprovePlan(**body.model_dump()))


class PlanIssue(CommandBody):
    """The joint document that issues a plan."""

    document_number: Line | None = None
    issuing_bodies: tuple[Line, ...] = ()
    issued_on: Day | None = None


@router.post("/plans/{plan_id}/issue")
async def issue_plan(plan_id: Id, body: PlanIssue, caller: Office, commands: CommandsOf) -> Written:
    """Issue a plan jointly, which freezes it (T01, T03)."""
    return await _on_plan(commands, plan_id, plans.IssuePlan(**body.content()), body.source)


async def _on_plan(
    commands: Commands, plan_id: str, command: plans.PlanCommand, source: str | None = None
) -> Written:
    return await commands.execute(PLAN, plan_id, command, location=f"/plans/{plan_id}", source=source)


@router.get("/plans")
async def list_plans(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    year: Annotated[int | None, Query(ge=1949, le=2200)] = None,
) -> Page[PlanView]:
    """List the plans of the caller's county, with the state of their items."""
    query: dict[str, Any] = {"division": caller.division[:6]}
    if year is not None:
        query["year"] = year
    page = await reading.page(PLANS, query, paging)
    carried_out = await _topics_of_plans(reading, [p["plan_id"] for p in page.items])
    return Page(items=[_plan_view(p, carried_out) for p in page.items], next=page.next)


@router.get("/plans/{plan_id}")
async def get_plan(plan_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion) -> PlanView:
    """Return a plan with the state of its items (T05)."""
    plan = await reading.document(
        PLANS, plan_id, minimum=minimum, visible=lambda d: d["division"][:6] == caller.division[:6]
    )
    return _plan_view(plan, await _topics_of_plans(reading, [plan_id]))


async def _topics_of_plans(reading: Reading, plan_ids: list[str]) -> list[dict[str, Any]]:
    return await reading.all(TOPICS, {"plan_id": {"$in": plan_ids}})


def _plan_view(plan: Mapping[str, Any], carried_out: Iterable[Mapping[str, Any]]) -> PlanView:
    mine = [t for t in carried_out if t["plan_id"] == plan["plan_id"]]
    items = [
        PlanItemView(
            **item,
            state=item_state([t["situation"] for t in mine if t["plan_item"] == item["number"]]),
            topics=tuple(t["_id"] for t in mine if t["plan_item"] == item["number"]),
        )
        for item in plan["items"]
    ]
    return PlanView.model_validate({**plan, "items": items})


def item_state(situations: Iterable[str]) -> str:
    """Return a plan item's state from its topics' situations (T05)."""
    counted = [s for s in situations if s not in ("withdrawn", "merged")]
    if not counted:
        return "planned"
    return "done" if all(s == "concluded" for s in counted) else "in-progress"
