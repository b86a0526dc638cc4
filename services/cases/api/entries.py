"""Ledger entries over HTTP: opened, written up, reported, closed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field

from services.cases.deciders import ENTRY
from services.cases.domain import entry as entries
from services.cases.lists import ENTRY_LIST
from services.cases.projections.entries import ENTRIES
from services.cases.projections.topics import KNOWN_TOPICS
from services.cases.rights import Liaison, Reader
from services.cases.views.entries import EntryView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import (
    Day,
    DivisionCode,
    Id,
    LoopItem,
)
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, Reading, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
from shared.platform.divisions import COUNTY_DIGITS
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedLine, MaskedText
from shared.platform.working_days import today

router = APIRouter()


class EntryOpening(CommandBody):
    """A consultation to be entered in the ledger directly; as a rule `MeetingHeld` does it (C01)."""

    entry_id: Id
    topic_id: Id
    division: DivisionCode
    held_on: Day
    opinions: tuple[MaskedText, ...] = Field(default=(), max_length=200)


@router.post("/entries", status_code=status.HTTP_201_CREATED)
async def open_entry(
    body: EntryOpening, caller: Liaison, commands: CommandsOf, reading: ReadingOf, now: Now
) -> Written:
    """Open a ledger entry for a consultation that another record shows; a second opening does nothing.

    Its topic is known and the entry lies inside the topic's division; a back-entry may come before its topic.
    """
    check_back_entry(caller, back_entry=body.back_entry)
    if body.held_on > today(now):
        raise RefusedError(
            "day-in-future",
            rule="C01",
            zh=f"协商日期 {body.held_on} 晚于今天。",
            en=f"{body.held_on} is later than today.",
            field="held_on",
        )
    if not body.back_entry:
        await _check_topic(body, reading)
    evidence = (f"topic-{body.topic_id}:1",)
    return await commands.execute(
        ENTRY,
        body.entry_id,
        entries.OpenEntry(**body.content(), evidence=evidence),
        location=f"/entries/{body.entry_id}",
        division=body.division,
        source=body.source,
    )


async def _check_topic(body: EntryOpening, reading: Reading) -> None:
    topics = await reading.all(KNOWN_TOPICS, {"_id": body.topic_id})
    # One of another county is as unknown as one that is nowhere.
    known = [topic for topic in topics if topic["division"][:COUNTY_DIGITS] == body.division[:COUNTY_DIGITS]]
    if not known:
        raise RefusedError(
            "topic-unknown",
            rule="C01",
            zh="没有这个议题，不能登记协商活动。",
            en="There is no such topic that could have been consulted on.",
            field="topic_id",
        )
    if not body.division.startswith(known[0]["division"]):
        raise RefusedError(
            "division-outside-topic",
            rule="C01",
            zh=f"协商活动须在议题所属区划 {known[0]['division']} 之内。",
            en=f"The topic belongs to {known[0]['division']}; its consultations do, too.",
            field="division",
        )


class Exemption(CommandBody):
    """Which of the five is not asked for, why, and who allowed it (C17)."""

    item: LoopItem
    reason: MaskedText
    approver: MaskedLine
    exempted_on: Day | None = None


@router.post("/entries/{entry_id}/exemptions")
async def exempt_item(
    entry_id: Id, body: Exemption, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Let an activity off one of the five: today, unless said."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = entries.ExemptItem(**body.content(), today=today(now))
    return await _on_entry(commands, entry_id, command, body.source)


async def _on_entry(
    commands: Commands, entry_id: str, command: entries.EntryCommand, source: str | None
) -> Written:
    return await commands.execute(ENTRY, entry_id, command, location=f"/entries/{entry_id}", source=source)


@router.get("/entries", response_model=Page[EntryView], responses=EXPORTS)
async def list_entries(
    caller: Reader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(ENTRY_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    closed: bool | None = None,
) -> Page[EntryView] | Response:
    """List the ledger entries of the caller's division, or of one inside it."""
    query: dict[str, Any] = {"division": visible_divisions(caller, division)}
    if closed is not None:
        query["closed"] = closed
    return await reading.listed(ENTRIES, ENTRY_LIST, query, asked)


@router.get("/entries/{entry_id}")
async def get_entry(
    entry_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion, as_of: AsOfAsked
) -> EntryView:
    """Return a ledger entry with its loop."""
    return await reading.one(ENTRIES, entry_id, EntryView, caller=caller, minimum=minimum, as_of=as_of)


@router.get("/entries/{entry_id}/history")
async def get_entry_history(
    entry_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who did what to a ledger entry, oldest first."""
    return await reading.history(ENTRIES, entry_id, asked, caller=caller)
