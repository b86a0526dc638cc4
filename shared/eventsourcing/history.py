"""Who did what and when, of one thing: its stream, as people who answer for the record read it.

It shows what no other answer shows: the accounts that gave the commands (by their opaque ids), and the line
of the record that a back-entry copies. So it is for convener, liaison, office and auditor, within their
division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel

from shared.contracts.titles import CHINESE, english
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.past import days_of, events_of
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.http import Lang, PageRequest, Paging
from shared.platform.language import Language, Text

HistoryReader = Annotated[Principal, Depends(require(Role.CONVENER, access=Access.READ))]


class HistoryEntry(BaseModel):
    """One event of a history.

    Attributes:
        version: of the stream with it; 1 is the first.
        recorded_at: UTC.
        happened_on: the day that counts in `?as_of=`, in Asia/Shanghai: what the event says, else the day it
            was recorded; never before that of the event ahead of it.
        title: what happened, in the reader's language.
        event: its name, e.g. `TopicAdopted`.
        type: with service and version of the contract, e.g. `hxs.topics.TopicAdopted.v1`.
        data: all that it says, in the newest version of its contract.
        actor: opaque id of the account that gave the command, `anonymous`, or `reaction:<name>`.
        source: the record that a back-entry was copied from.
        correlation_id: shared by everything that came of one request.
        causation_id: what led to it: `request:<id>`, or an event's id.
    """

    version: int
    recorded_at: datetime
    happened_on: date
    title: str
    event: str
    type: str
    data: dict[str, Any]
    back_entry: bool
    actor: str
    source: str | None
    correlation_id: str
    causation_id: str


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """What is asked of a history."""

    paging: PageRequest
    language: Language


async def _history_request(paging: Paging, language: Lang) -> HistoryRequest:
    return HistoryRequest(paging, language)


HistoryAsked = Annotated[HistoryRequest, Depends(_history_request)]


def history_of(commits: Sequence[Commit], language: Language) -> list[HistoryEntry]:
    """Return a whole stream as its history, oldest first."""
    events = events_of(commits)
    metas = [commit.meta for commit in commits for _ in commit.events]
    return [
        HistoryEntry(
            version=recorded.version,
            recorded_at=recorded.recorded_at,
            happened_on=day,
            title=_title(recorded.event.name).in_(language),
            event=recorded.event.name,
            type=recorded.event.type,
            data=recorded.event.model_dump(mode="json"),
            back_entry=recorded.event.back_entry,
            actor=meta.actor,
            source=meta.source,
            correlation_id=meta.correlation_id,
            causation_id=meta.causation_id,
        )
        for recorded, day, meta in zip(events, days_of(events), metas, strict=True)
    ]


def _title(name: str) -> Text:
    said = english(name)
    return Text(CHINESE.get(name, said), said)
