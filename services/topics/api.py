"""Topics over HTTP: commands in, read models out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, status
from pydantic import BaseModel, Field

from services.topics.deciders import PLAN, TOPIC
from services.topics.domain import plan as plans
from services.topics.domain import topic as topics
from services.topics.domain.procedures import DEFAULT_PROCEDURE
from services.topics.presets import load_procedures
from services.topics.projections import PLANS, TOPICS
from services.topics.views import PlanItemView, PlanView, ProcedureView, TopicView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Basis, Channel, Day, DivisionCode, Id, Level, Line, Origin, Text
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry, person_id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require, visible_divisions
from shared.platform.http import MinVersion, Page, Paging

router = APIRouter()
PROCEDURES = load_procedures()

Proposer = Annotated[Principal | None, Depends(anyone(Access.WRITE))]
Liaison = Annotated[Principal, Depends(require(Role.LIAISON))]
Convener = Annotated[Principal, Depends(require(Role.CONVENER))]
Office = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]


# topics


class Proposal(CommandBody):
    """A topic to be put forward; `topic_id` may be chosen by the caller, e.g. an importer."""

    topic_id: Id | None = None
    division: DivisionCode
    title: Line
    description: Text | None = None
    origin: Origin
    channel: Channel = Channel.WEB
    basis: Basis | None = None
    level: Level | None = None
    proposed_on: Day
    lead: Line | None = None
    convener: Line | None = None
    ledger_year: int | None = Field(default=None, ge=1949, le=2200)
    ledger_number: int | None = Field(default=None, ge=1)


@router.post("/topics", status_code=status.HTTP_201_CREATED)
async def propose_topic(body: Proposal, caller: Proposer, commands: CommandsOf, request: Request) -> Written:
    """Put a topic forward; anyone may, without an account too (T08)."""
    check_back_entry(caller, back_entry=body.back_entry)
    if caller is None:
        _check_county(body.division, request.app.state.settings.county)
    topic_id = body.topic_id or commands.new_id()
    # Who enters an old record is not its author.
    proposer = person_id(caller.subject) if caller and not body.back_entry else None
    command = topics.ProposeTopic(**body.content("topic_id"), topic_id=topic_id, proposer=proposer)
    return await commands.execute(
        TOPIC,
        topic_id,
        command,
        location=f"/topics/{topic_id}",
        division=body.division,
        source=body.source,
    )


def _check_county(division: str, county: str) -> None:
    if not division.startswith(county):
        raise RefusedError(
            "division-elsewhere",
            zh=f"这里只受理本县({county})的议题。",
            en=f"Topics of this county ({county}) only are taken here.",
            field="division",
        )


class Adoption(CommandBody):
    """Under which procedure a topic is taken up; its newest version is pinned (T10)."""

    procedure: str = DEFAULT_PROCEDURE
    adopted_on: Day
    plan_id: Id | None = None
    plan_item: int | None = Field(default=None, ge=1)


@router.post("/topics/{topic_id}/adoption")
async def adopt_topic(topic_id: Id, body: Adoption, caller: Liaison, commands: CommandsOf) -> Written:
    """Take a topic up, for an item of the plan or outside it (计划外)."""
    check_back_entry(caller, back_entry=body.back_entry)
    await _check_plan_item(commands, body.plan_id, body.plan_item, county=caller.division[:6])
    command = topics.AdoptTopic(procedure=PROCEDURES.newest(body.procedure), **body.content("procedure"))
    return await _on_topic(commands, topic_id, command, body.source)


async def _check_plan_item(
    commands: Commands, plan_id: str | None, number: int | None, *, county: str
) -> None:
    if plan_id is None and number is None:
        return
    plan = await commands.state(PLAN, plan_id) if plan_id else plans.Plan()
    if plan.stage is not plans.Stage.ISSUED or plan.division != county or number not in plan.items:
        raise RefusedError(
            "plan-item-unknown",
            rule="T10",
            zh=f"已印发的计划中没有编号 {number} 的条目。",
            en=f"No issued plan {plan_id} has an item {number}.",
            field="plan_item",
        )


class StepDone(CommandBody):
    """A step reported done."""

    completed_on: Day | None = None
    papers: tuple[Line, ...] = ()
    surveys: int | None = Field(default=None, ge=0)


@router.post("/topics/{topic_id}/steps/{step}/completion")
async def complete_step(
    topic_id: Id, step: str, body: StepDone, caller: Convener, commands: CommandsOf
) -> Written:
    """Report the next step done, with its papers (T15)."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = topics.CompleteStep(step=step, **body.content())
    return await _on_topic(commands, topic_id, command, body.source)


class StepWaiver(BaseModel):
    """Why a step is left out, and who allowed it."""

    reason: Text
    approver: Line
    waived_on: Day


@router.post("/topics/{topic_id}/steps/{step}/waiver")
async def waive_step(
    topic_id: Id, step: str, body: StepWaiver, caller: Liaison, commands: CommandsOf
) -> Written:
    """Leave the next step out (T15)."""
    return await _on_topic(commands, topic_id, topics.WaiveStep(step=step, **body.model_dump()))


class Merger(CommandBody):
    """Into which topic another one goes."""

    into: Id
    reason: Text | None = None
    merged_on: Day | None = None


@router.post("/topics/{topic_id}/merger")
async def merge_topic(topic_id: Id, body: Merger, caller: Liaison, commands: CommandsOf) -> Written:
    """Let a topic go on in another one (T12)."""
    check_back_entry(caller, back_entry=body.back_entry)
    _check_survivor(await commands.state(TOPIC, body.into), caller)
    return await _on_topic(commands, topic_id, topics.MergeTopic(**body.content()), body.source)


def _check_survivor(survivor: topics.Topic, caller: Principal) -> None:
    if isinstance(survivor, topics.Unknown) or not caller.covers(survivor.division):
        raise RefusedError(
            "survivor-unknown",
            rule="T12",
            zh="没有要并入的议题。",
            en="There is no topic to merge into.",
            field="into",
        )
    if isinstance(survivor, topics.Ended) and survivor.ending is not topics.Ending.CONCLUDED:
        raise RefusedError(
            "survivor-ended",
            rule="T20",
            zh="要并入的议题已撤回或已并入其他议题。",
            en="The topic to merge into is withdrawn or merged itself.",
            field="into",
        )


class Withdrawal(CommandBody):
    """Why a topic is taken back."""

    reason: Text
    withdrawn_on: Day | None = None


@router.post("/topics/{topic_id}/withdrawal")
async def withdraw_topic(topic_id: Id, body: Withdrawal, caller: Liaison, commands: CommandsOf) -> Written:
    """Take a topic back, for its proposer or the office (T08)."""
    check_back_entry(caller, back_entry=body.back_entry)
    return await _on_topic(commands, topic_id, topics.WithdrawTopic(**body.content()), body.source)


class Conclusion(BaseModel):
    """When a topic ended."""

    concluded_on: Day


@router.post("/topics/{topic_id}/conclusion")
async def conclude_topic(topic_id: Id, body: Conclusion, caller: Office, commands: CommandsOf) -> Written:
    """Conclude a topic by hand; as a rule it follows from its loop (T19)."""
    return await _on_topic(commands, topic_id, topics.ConcludeTopic(body.concluded_on))


async def _on_topic(
    commands: Commands, topic_id: str, command: topics.TopicCommand, source: str | None = None
) -> Written:
    return await commands.execute(TOPIC, topic_id, command, location=f"/topics/{topic_id}", source=source)


@router.get("/topics")
async def list_topics(
    caller: Reader,
    reading: ReadingOf,
    paging: Paging,
    division: Annotated[DivisionCode | None, Query()] = None,
    situation: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[TopicView]:
    """List the topics of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    if situation is not None:
        query["situation"] = situation
    return await reading.page(TOPICS, query, paging, TopicView)


@router.get("/topics/{topic_id}")
async def get_topic(topic_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion) -> TopicView:
    """Return a topic as it stands."""
    return await reading.one(TOPICS, topic_id, TopicView, caller=caller, minimum=minimum)


# plans


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


# procedures


@router.get("/procedures")
async def list_procedures(caller: Annotated[Principal | None, Depends(anyone())]) -> list[ProcedureView]:
    """List every published version of every procedure (T06)."""
    versions = [v for published in PROCEDURES.by_code.values() for v in published]
    return [ProcedureView.model_validate(v, from_attributes=True) for v in versions]
