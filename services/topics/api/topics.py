"""Topics over HTTP: from the proposal to the end, and what can be read of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel, Field

from services.topics.api.writing import is_clerk, on_topic
from services.topics.catalogue import newest
from services.topics.deciders import PLAN, TOPIC
from services.topics.domain import plan as plans
from services.topics.domain import topic as topics
from services.topics.domain.procedures import DEFAULT_PROCEDURE
from services.topics.projections.topics import TOPICS
from services.topics.rights import Liaison, Office, Proposer, Reader, Resident
from services.topics.survivors import other_topic
from services.topics.views.topics import TOPIC_LIST, TopicView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import (
    Basis,
    Channel,
    Day,
    DivisionCode,
    Id,
    Level,
    Line,
    Origin,
    Text,
    TopicClass,
)
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry, person_id
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedText, masked
from shared.platform.working_days import today

router = APIRouter()
MOST_ITEMS = 10_000


class Proposal(CommandBody):
    """A topic to be put forward; `topic_id` may be chosen by the caller, e.g. an importer.

    Attributes:
        proposed_on: today unless said.
        venue_id: the venue whose QR code it comes by.
        activity_id: the member's activity that it comes of.
    """

    topic_id: Id | None = None
    division: DivisionCode
    title: Line
    description: Text | None = None
    origin: Origin
    channel: Channel = Channel.WEB
    basis: Basis | None = None
    level: Level | None = None
    proposed_on: Day | None = None
    lead: Line | None = None
    convener: Line | None = None
    ledger_year: int | None = Field(default=None, ge=1949, le=2200)
    ledger_number: int | None = Field(default=None, ge=1, le=1_000_000)
    venue_id: Id | None = None
    activity_id: Id | None = None


@router.post("/topics", status_code=status.HTTP_201_CREATED)
async def propose_topic(body: Proposal, caller: Proposer, commands: CommandsOf, now: Now) -> Written:
    """Put a topic forward; without an account: `POST /submissions` (T08)."""
    check_back_entry(caller, back_entry=body.back_entry)
    topic_id = body.topic_id or commands.new_id()
    said = body.content("topic_id")
    if not body.back_entry:
        # Who enters an old record is not its author, and copies it as it is.
        description = masked(body.description) if body.description else None
        said |= {"title": masked(body.title), "description": description}
        said |= {"proposer": person_id(caller.subject), "at": topics.Receiving(now, today(now))}
    command = topics.ProposeTopic(**said, topic_id=topic_id)
    return await commands.execute(
        TOPIC,
        topic_id,
        command,
        location=f"/topics/{topic_id}",
        division=body.division,
        source=body.source,
    )


class Triage(BaseModel):
    """What kind of topic it is, whose, and which one it repeats.

    Attributes:
        division: its own unless said.
    """

    topic_class: TopicClass
    division: DivisionCode | None = None
    duplicate_of: Id | None = None


@router.post("/topics/{topic_id}/triage")
async def triage_topic(
    topic_id: Id, body: Triage, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Say what kind of topic it is; before its adoption also pass it to a town or community (T09)."""
    if body.division is not None:
        _check_covered(body.division, caller)
    command = topics.TriageTopic(
        **body.model_dump(),
        today=today(now),
        at=await other_topic(commands, body.duplicate_of, caller),
    )
    return await on_topic(commands, topic_id, command)


def _check_covered(division: str, caller: Principal) -> None:
    if not caller.covers(division):
        raise RefusedError(
            "division-elsewhere",
            rule="T09",
            zh=f"议题只能划归本级（{caller.division}）之内；需要改划的，请县政协办公室办理。",
            en=f"You pass topics on inside {caller.division} only; further ones go through the office.",
            field="division",
        )


class Adoption(CommandBody):
    """Under which procedure a topic is taken up; its newest version is pinned (T10)."""

    procedure: Line = DEFAULT_PROCEDURE
    adopted_on: Day
    plan_id: Id | None = None
    plan_item: int | None = Field(default=None, ge=1, le=MOST_ITEMS)


@router.post("/topics/{topic_id}/adoption")
async def adopt_topic(
    topic_id: Id, body: Adoption, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Take a topic up, for an item of the plan or outside it (计划外)."""
    check_back_entry(caller, back_entry=body.back_entry)
    at = topics.Circumstances(
        procedure=await newest(commands, caller.division[:6], body.procedure),
        takes_topics=await _takes_topics(commands, body, caller),
        today=today(now),
    )
    return await on_topic(commands, topic_id, topics.AdoptTopic(**body.content(), at=at), body.source)


async def _takes_topics(commands: Commands, body: Adoption, caller: Principal) -> bool:
    if body.plan_id is None:
        return False
    plan = await commands.state(PLAN, body.plan_id)
    return plan.division == caller.division[:6] and plans.takes_topics(plan, body.plan_item)


class Rejection(BaseModel):
    """Why a topic is not taken up, as its proposer is told.

    Attributes:
        rejected_on: today unless said.
    """

    reason: MaskedText
    rejected_on: Day | None = None


@router.post("/topics/{topic_id}/rejection")
async def reject_topic(
    topic_id: Id, body: Rejection, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Do not take a topic up (T11)."""
    return await on_topic(commands, topic_id, topics.RejectTopic(**body.model_dump(), today=today(now)))


class Withdrawal(CommandBody):
    """Why a topic is taken back.

    Attributes:
        reason: its proposer need not state one within ten minutes.
        withdrawn_on: today unless said.
    """

    reason: MaskedText | None = None
    withdrawn_on: Day | None = None


@router.post("/topics/{topic_id}/withdrawal")
async def withdraw_topic(
    topic_id: Id, body: Withdrawal, caller: Resident, commands: CommandsOf, now: Now
) -> Written:
    """Take a topic back: one's own, or as a clerk any (T08)."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = topics.WithdrawTopic(
        **body.content(),
        by=None if is_clerk(caller) else person_id(caller.subject),
        at=None if body.back_entry else now,
        today=today(now),
    )
    return await on_topic(commands, topic_id, command, body.source)


class Conclusion(BaseModel):
    """When a topic ended."""

    concluded_on: Day


@router.post("/topics/{topic_id}/conclusion")
async def conclude_topic(topic_id: Id, body: Conclusion, caller: Office, commands: CommandsOf) -> Written:
    """Conclude a topic by hand; as a rule it follows from its loop (T19)."""
    return await on_topic(commands, topic_id, topics.ConcludeTopic(body.concluded_on))


class Filters(BaseModel):
    """Which topics are listed: those that meet all that is said.

    Attributes:
        division: inside the caller's.
        next_step: code of the step that waits.
        procedure: code of the pinned one.
        proposed_from, proposed_to: both days included.
    """

    division: DivisionCode | None = None
    situation: Annotated[str | None, Query(max_length=20)] = None
    next_step: Annotated[str | None, Query(max_length=40)] = None
    topic_class: TopicClass | None = None
    origin: Origin | None = None
    procedure: Annotated[str | None, Query(max_length=200)] = None
    plan_id: Id | None = None
    plan_item: Annotated[int | None, Query(ge=1, le=MOST_ITEMS)] = None
    proposed_from: Day | None = None
    proposed_to: Day | None = None

    def condition(self, caller: Principal) -> dict[str, Any]:
        """Return it as a database condition, with what the caller may see.

        Raises:
            NotFoundError: the division lies outside the caller's.
        """
        asked: dict[str, Any] = self.model_dump(
            mode="json", exclude={"division", "procedure", "proposed_from", "proposed_to"}, exclude_none=True
        )
        asked["division"] = visible_divisions(caller, self.division)
        if self.procedure is not None:
            asked["procedure.code"] = self.procedure
        if between := _between(self.proposed_from, self.proposed_to):
            asked["proposed_on"] = between
        return asked


def _between(first: date | None, last: date | None) -> dict[str, str]:
    ends = {"$gte": first, "$lte": last}
    return {operator: day.isoformat() for operator, day in ends.items() if day is not None}


@router.get("/topics", response_model=Page[TopicView], responses=EXPORTS)
async def list_topics(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(TOPIC_LIST)],
    filters: Annotated[Filters, Depends()],
) -> Page[TopicView] | Response:
    """List the topics of the caller's division, or of one inside it."""
    return await reading.listed(TOPICS, TOPIC_LIST, filters.condition(caller), asked)


@router.get("/topics/{topic_id}")
async def get_topic(
    topic_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> TopicView:
    """Return a topic as it stands, or as it stood."""
    return await reading.one(TOPICS, topic_id, TopicView, caller=caller, minimum=minimum, as_of=as_of)


@router.get("/topics/{topic_id}/history")
async def get_topic_history(
    topic_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a topic, oldest first."""
    return await reading.history(TOPICS, topic_id, asked, caller=caller)
