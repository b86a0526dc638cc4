"""Who stands behind a topic, adds to it, looks after it, over HTTP (T08, T13, T14)."""

from __future__ import annotations

from fastapi import APIRouter, status
from pydantic import BaseModel

from services.topics.api.writing import is_clerk, on_topic
from services.topics.domain import topic as topics
from services.topics.rights import Member, Resident
from shared.contracts.types import Day, Id, Line, Text
from shared.eventsourcing.http import CommandsOf, Written, person_id
from shared.platform.clock import Now
from shared.platform.privacy import MaskedText, masked
from shared.platform.working_days import today

router = APIRouter()


@router.post("/topics/{topic_id}/support")
async def support_topic(topic_id: Id, caller: Resident, commands: CommandsOf, now: Now) -> Written:
    """Stand behind a topic (附议); each person counts once, its proposer not at all (T13)."""
    return await on_topic(commands, topic_id, topics.SupportTopic(person_id(caller.subject), today(now)))


class Supplement(BaseModel):
    """What is added to a proposal."""

    text: Text


@router.post("/topics/{topic_id}/supplements", status_code=status.HTTP_201_CREATED)
async def supplement_topic(
    topic_id: Id, body: Supplement, caller: Resident, commands: CommandsOf, now: Now
) -> Written:
    """Add to a topic: to one's own, or as a clerk to any (T08)."""
    command = topics.SupplementTopic(
        supplement_id=commands.new_id(),
        text=masked(body.text),
        today=today(now),
        by=person_id(caller.subject),
        own=not is_clerk(caller),
    )
    return await on_topic(commands, topic_id, command)


class Claim(BaseModel):
    """Which member group takes a topic into its care.

    Attributes:
        claimed_on: today unless said.
    """

    group_id: Id
    group: Line
    claimed_on: Day | None = None


@router.post("/topics/{topic_id}/claim")
async def claim_topic(topic_id: Id, body: Claim, caller: Member, commands: CommandsOf, now: Now) -> Written:
    """Take an adopted topic into a member group's care; one at a time does (T14)."""
    return await on_topic(commands, topic_id, topics.ClaimTopic(**body.model_dump(), today=today(now)))


class Release(BaseModel):
    """Why a member group gives a topic back.

    Attributes:
        released_on: today unless said.
    """

    group_id: Id
    reason: MaskedText
    released_on: Day | None = None


@router.post("/topics/{topic_id}/claim/release")
async def release_claim(
    topic_id: Id, body: Release, caller: Member, commands: CommandsOf, now: Now
) -> Written:
    """Give a topic back, so that another group can claim it (T14)."""
    return await on_topic(commands, topic_id, topics.ReleaseClaim(**body.model_dump(), today=today(now)))
