"""Mergers and splits of topics over HTTP (T12)."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.topics.api.writing import on_topic
from services.topics.domain import topic as topics
from services.topics.rights import Liaison
from services.topics.survivors import other_topic
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, DivisionCode, Id
from shared.eventsourcing.http import (
    COMMAND_NAMESPACE,
    CommandBody,
    CommandsOf,
    Written,
    check_back_entry,
)
from shared.platform.auth import Principal
from shared.platform.clock import Now
from shared.platform.privacy import MaskedLine, MaskedText
from shared.platform.working_days import today

router = APIRouter()

MOST_PARTS = 20


class Merger(CommandBody):
    """Into which topic another one goes.

    Attributes:
        merged_on: today unless said.
    """

    into: Id
    reason: MaskedText | None = None
    merged_on: Day | None = None


@router.post("/topics/{topic_id}/merger")
async def merge_topic(topic_id: Id, body: Merger, caller: Liaison, commands: CommandsOf, now: Now) -> Written:
    """Let a topic go on in another one; its supporters and its proposer go with it (T12)."""
    check_back_entry(caller, back_entry=body.back_entry)
    at = await other_topic(commands, body.into, caller)
    command = topics.MergeTopic(**body.content(), at=at, today=today(now))
    return await on_topic(commands, topic_id, command, body.source)


class PartOfTopic(BaseModel):
    """What becomes a topic of its own.

    Attributes:
        division: the topic's unless said.
    """

    title: MaskedLine
    description: MaskedText | None = None
    division: DivisionCode | None = None


class Split(BaseModel):
    """Into what a topic is split, and why.

    Attributes:
        split_on: today unless said.
    """

    parts: tuple[PartOfTopic, ...] = Field(min_length=1, max_length=MOST_PARTS)
    reason: MaskedText
    split_on: Day | None = None


@router.post("/topics/{topic_id}/split")
async def split_topic(topic_id: Id, body: Split, caller: Liaison, commands: CommandsOf, now: Now) -> Written:
    """Let parts of a topic become topics of their own; it goes on without them (T12)."""
    _check_covered(body, caller)
    command = topics.SplitTopic(
        parts=tuple(
            topics.Part(_part_id(commands.new_id(), number), **part.model_dump())
            for number, part in enumerate(body.parts, start=1)
        ),
        reason=body.reason,
        split_on=body.split_on,
        today=today(now),
    )
    return await on_topic(commands, topic_id, command)


def _part_id(split: str, number: int) -> str:
    return str(uuid.uuid5(COMMAND_NAMESPACE, f"{split}:part:{number}"))


def _check_covered(body: Split, caller: Principal) -> None:
    for number, part in enumerate(body.parts):
        if part.division is not None and not caller.covers(part.division):
            raise RefusedError(
                "division-elsewhere",
                rule="T12",
                zh=f"拆分出的议题只能划归本级（{caller.division}）之内。",
                en=f"Parts of a topic go to divisions inside {caller.division} only.",
                field=f"parts.{number}.division",
            )
