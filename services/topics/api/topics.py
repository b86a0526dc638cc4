"""Topics over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, status
from pydantic import BaseModel, Field

from services.topics.catalogue import newest
from services.topics.deciders import PLAN, TOPIC
from services.topics.domain import plan as plans
from services.topics.domain import topic as topics
from services.topics.domain.procedures import DEFAULT_PROCEDURE
from services.topics.projections.topics import TOPICS
from services.topics.rights import Convener, Liaison, Office, Proposer, Reader
from services.topics.views.topics import TopicView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Basis, Channel, Day, DivisionCode, Id, Level, Line, Origin, Text
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry, person_id
from shared.eventsourcing.reading import ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.http import MinVersion, Page, Paging

router = APIRouter()


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
    command = topics.AdoptTopic(
        procedure=await newest(commands, caller.division[:6], body.procedure), **body.content("procedure")
    )
    return await _on_topic(commands, topic_id, command, body.source)


async def _check_plan_item(
    commands: Commands, plan_id: str | None, number: int | None, *, county: str
) -> None:
    if plan_id is None and number is None:
        return
    plan = await commands.state(PLAN, plan_id) if plan_id else plans.Plan()
    if plan.division != county or not plans.takes_topics(plan, number):
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
