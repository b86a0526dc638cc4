"""Plans over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response, status
from pydantic import BaseModel, Field

from services.topics.deciders import PLAN
from services.topics.domain import plan as plans
from services.topics.projections.plans import PLANS
from services.topics.projections.topics import TOPICS
from services.topics.rights import Office, Reader
from services.topics.views.plans import PLAN_LIST, IssuedPlanView, PlanItemView, PlanView
from shared.contracts.plan_items import item_state
from shared.contracts.topics import ItemChange, ItemChangeKind, ItemText
from shared.contracts.types import Day, DivisionCode, Id, Line, Text
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.clock import Now
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedText
from shared.platform.working_days import today

router = APIRouter()

ENDED_OTHERWISE = {"withdrawn", "rejected", "merged"}
"""Situations of topics that do not carry an item out any more (T05)."""

MOST_ITEMS = 10_000
ItemNumber = Annotated[int, Path(ge=1, le=MOST_ITEMS)]


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


class ItemBody(BaseModel):
    """All that an item says but its number."""

    title: Line
    form: Line | None = None
    lead: Line | None = None
    co_organisers: tuple[Line, ...] = ()
    leader: Line | None = None
    departments: tuple[Line, ...] = ()
    quarter: int | None = Field(default=None, ge=1, le=4)
    expected_outcome: Text | None = None

    def item(self) -> ItemText:
        """Return it as the contract has it."""
        return ItemText(**self.model_dump())


class PlanItem(CommandBody, ItemBody):
    """A key topic for a plan (T02)."""

    number: int = Field(ge=1, le=MOST_ITEMS)


@router.post("/plans/{plan_id}/items")
async def add_plan_item(plan_id: Id, body: PlanItem, caller: Office, commands: CommandsOf) -> Written:
    """Put a key topic into a plan's draft."""
    return await _on_plan(commands, plan_id, plans.AddPlanItem(**body.content()), body.source)


@router.put("/plans/{plan_id}/items/{number}")
async def revise_item(
    plan_id: Id, number: ItemNumber, body: ItemBody, caller: Office, commands: CommandsOf
) -> Written:
    """Write an item of a draft anew: what is not said here it does not say any more (T02)."""
    return await _on_plan(commands, plan_id, plans.ReviseItem(number, body.item()))


@router.delete("/plans/{plan_id}/items/{number}")
async def remove_item(plan_id: Id, number: ItemNumber, caller: Office, commands: CommandsOf) -> Written:
    """Take an item out of a draft; its number is free again (T02)."""
    return await _on_plan(commands, plan_id, plans.RemoveItem(number))


class PlanReview(BaseModel):
    """When the 主席会议 reviewed the draft."""

    reviewed_on: Day


@router.post("/plans/{plan_id}/review")
async def review_plan(
    plan_id: Id, body: PlanReview, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Record that the draft was reviewed (T01)."""
    return await _on_plan(commands, plan_id, plans.ReviewPlan(body.reviewed_on, today(now)))


class PlanApproval(BaseModel):
    """Which body approved the plan, in which meeting, when."""

    body: Line
    meeting: Line
    approved_on: Day


@router.post("/plans/{plan_id}/approval")
async def approve_plan(
    plan_id: Id, body: PlanApproval, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Record that the plan was approved (T01)."""
    return await _on_plan(commands, plan_id, plans.ApprovePlan(**body.model_dump(), today=today(now)))


class PlanReturn(BaseModel):
    """Why a plan goes back to its draft."""

    reason: MaskedText
    returned_on: Day


@router.post("/plans/{plan_id}/return")
async def return_plan(
    plan_id: Id, body: PlanReturn, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Send a reviewed or approved plan back to its draft, where its items can be changed (T01)."""
    return await _on_plan(commands, plan_id, plans.ReturnPlan(**body.model_dump(), today=today(now)))


class PlanIssue(CommandBody):
    """The joint document that issues a plan."""

    document_number: Line | None = None
    issuing_bodies: tuple[Line, ...] = ()
    issued_on: Day | None = None


@router.post("/plans/{plan_id}/issue")
async def issue_plan(plan_id: Id, body: PlanIssue, caller: Office, commands: CommandsOf, now: Now) -> Written:
    """Issue a plan jointly, which freezes it (T01, T03)."""
    return await _on_plan(commands, plan_id, plans.IssuePlan(**body.content(), today=today(now)), body.source)


class ItemChangeBody(BaseModel):
    """What an amendment does to one item.

    Attributes:
        item: of `add` and `revise`: all that the item says from now on.
        year, quarter: of `defer`: when it is to be carried out instead.
        into: of `merge`: the item that goes on.
    """

    kind: ItemChangeKind
    number: int = Field(ge=1, le=MOST_ITEMS)
    item: ItemBody | None = None
    year: int | None = Field(default=None, ge=1949, le=2200)
    quarter: int | None = Field(default=None, ge=1, le=4)
    into: int | None = Field(default=None, ge=1, le=MOST_ITEMS)

    def change(self) -> ItemChange:
        """Return it as the contract has it."""
        return ItemChange(**self.model_dump())


class Amendment(BaseModel):
    """The document that changes an issued plan."""

    reason: MaskedText
    body: Line
    document_number: Line
    amended_on: Day
    changes: tuple[ItemChangeBody, ...] = Field(min_length=1, max_length=200)


@router.post("/plans/{plan_id}/amendments")
async def amend_plan(plan_id: Id, body: Amendment, caller: Office, commands: CommandsOf, now: Now) -> Written:
    """Add, revise, defer, cancel or merge items of an issued plan; nothing else can (T04)."""
    command = plans.AmendPlan(
        reason=body.reason,
        body=body.body,
        document_number=body.document_number,
        amended_on=body.amended_on,
        changes=tuple(change.change() for change in body.changes),
        today=today(now),
    )
    return await _on_plan(commands, plan_id, command)


async def _on_plan(
    commands: Commands, plan_id: str, command: plans.PlanCommand, source: str | None = None
) -> Written:
    return await commands.execute(PLAN, plan_id, command, location=f"/plans/{plan_id}", source=source)


@router.get("/plans", response_model=Page[PlanView], responses=EXPORTS)
async def list_plans(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(PLAN_LIST)],
    year: Annotated[int | None, Query(ge=1949, le=2200)] = None,
) -> Page[PlanView] | Response:
    """List the plans of the county, with the state of their items; as a file, a row for each item."""
    query: dict[str, Any] = {"division": caller.division[:6]}
    if year is not None:
        query["year"] = year

    async def views(found: Sequence[Document]) -> Sequence[PlanView]:
        carried_out = await _topics_of_plans(reading, [p["plan_id"] for p in found], asked.as_of)
        return [_plan_view(p, carried_out) for p in found]

    return await reading.listed(PLANS, PLAN_LIST, query, asked, views=views)


@router.get("/plans/{plan_id}")
async def get_plan(
    plan_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> PlanView:
    """Return a plan with the state of its items (T05), now or as of a day (T04)."""
    plan = await reading.document(PLANS, plan_id, minimum=minimum, as_of=as_of, visible=_in_county_of(caller))
    return _plan_view(plan, await _topics_of_plans(reading, [plan_id], as_of.day))


@router.get("/plans/{plan_id}/history")
async def get_plan_history(
    plan_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a plan, oldest first."""
    return await reading.history(PLANS, plan_id, asked, caller=caller, visible=_in_county_of(caller))


@router.get("/plans/{plan_id}/as-issued")
async def get_plan_as_issued(
    plan_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion
) -> IssuedPlanView:
    """Return a plan as it was issued, whatever amendments came later (T03)."""
    in_county = _in_county_of(caller)
    plan = await reading.document(
        PLANS, plan_id, minimum=minimum, visible=lambda d: in_county(d) and d["stage"] == "issued"
    )
    return IssuedPlanView.model_validate({**plan, "items": plan["as_issued"]})


def _in_county_of(caller: Principal) -> Callable[[Document], bool]:
    """A plan is the county's; all its towns read it."""
    return lambda plan: bool(plan["division"][:6] == caller.division[:6])


async def _topics_of_plans(reading: Reading, plan_ids: list[str], as_of: date | None) -> list[Document]:
    return await reading.all(TOPICS, {"plan_id": {"$in": plan_ids}}, as_of=as_of)


def _plan_view(plan: Mapping[str, Any], carried_out: Iterable[Mapping[str, Any]]) -> PlanView:
    by_item: dict[int, list[Mapping[str, Any]]] = {}
    for topic in carried_out:
        if topic["plan_id"] == plan["plan_id"]:
            by_item.setdefault(topic["plan_item"], []).append(topic)
    items = [_item_view(item, by_item.get(item["number"], ())) for item in plan["items"]]
    return PlanView.model_validate({**plan, "items": items})


def _item_view(item: Mapping[str, Any], topics: Iterable[Mapping[str, Any]]) -> PlanItemView:
    topics = tuple(topics)
    counted = [t["situation"] for t in topics if t["situation"] not in ENDED_OTHERWISE]
    state = item_state(
        item["change"], going_on=bool(counted), done=all(situation == "concluded" for situation in counted)
    )
    return PlanItemView.model_validate({**item, "state": state, "topics": [t["_id"] for t in topics]})
