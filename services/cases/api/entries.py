"""Ledger entries over HTTP: opened, written up, reported, closed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status

from services.cases.deciders import ENTRY
from services.cases.domain import entry as entries
from services.cases.lists import ENTRY_LIST
from services.cases.projections.entries import ENTRIES
from services.cases.rights import Liaison, Reader
from services.cases.views.entries import EntryView
from shared.contracts.types import (
    Day,
    DivisionCode,
    Id,
    LoopItem,
    Text,
)
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
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
    opinions: tuple[Text, ...] = ()


@router.post("/entries", status_code=status.HTTP_201_CREATED)
async def open_entry(body: EntryOpening, caller: Liaison, commands: CommandsOf) -> Written:
    """Open a ledger entry for a consultation that another record shows; a second opening does nothing."""
    check_back_entry(caller, back_entry=body.back_entry)
    evidence = (f"topic-{body.topic_id}:1",)
    return await commands.execute(
        ENTRY,
        body.entry_id,
        entries.OpenEntry(**body.content(), evidence=evidence),
        location=f"/entries/{body.entry_id}",
        division=body.division,
        source=body.source,
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
    command = entries.ExemptItem(**body.content(), today=None if body.back_entry else today(now))
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
