"""What the endpoints of typical cases have in common: an activity as it is known, drafts as they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.cases.deciders import CASE
from services.cases.documents.suggestion import Known
from services.cases.domain.typical_case import TypicalCase
from services.cases.drafts import CaseDraft
from services.cases.projections.entries import ENTRIES
from services.cases.projections.ledger import LEDGER_VENUES
from services.cases.projections.meetings import HELD_MEETINGS
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS
from services.cases.projections.typical_cases import CASES
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.http import Commands
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.reading import Reading
from shared.platform.auth import Principal
from shared.platform.divisions import load_divisions
from shared.platform.problems import NotFoundError
from shared.platform.texts import Texts, sha256_of


async def known_of(reading: Reading, entry_id: str) -> Known:
    """Return what is known of an activity; that the caller may know it was found out before.

    Raises:
        NotCaughtUpError: its entry was opened this moment, and is not in the read model yet.
    """
    entry = await _one(reading, ENTRIES, entry_id)
    if entry is None:
        raise NotCaughtUpError(entry_id, wanted=1, seen=0)
    meeting = await _one(reading, HELD_MEETINGS, entry_id)
    venue_id = (meeting or {}).get("venue_id")
    problems = await reading.all(PROBLEMS, {"entry_id": entry_id})
    return Known(
        entry=entry,
        topic=await _one(reading, KNOWN_TOPICS, entry["topic_id"]),
        meeting=meeting,
        venue=await _one(reading, LEDGER_VENUES, venue_id) if venue_id else None,
        problems=sorted(problems, key=lambda d: (d["assigned_on"], d["_id"])),
        division=load_divisions().name(entry["division"]),
    )


async def _one(reading: Reading, projection: Projection, id_: str) -> Document | None:
    found = await reading.all(projection, {"_id": id_})
    return found[0] if found else None


async def case_of(commands: Commands, case_id: str, caller: Principal) -> TypicalCase:
    """Return a case of the caller's division as it is now.

    Raises:
        NotFoundError: there is none.
    """
    case = await commands.state(CASE, case_id)
    if not case.versions or not caller.covers(case.division):
        raise NotFoundError
    return case


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft as it is kept.

    Attributes:
        draft: None where it is lost.
        sha256: of it as it is kept: what was drafted, unless somebody was erased from it since.
        erased_on: when somebody was last taken out of it.
    """

    draft: CaseDraft | None
    sha256: str = ""
    erased_on: date | None = None


async def kept_draft(texts: Texts, case_id: str, sha256: str) -> KeptDraft:
    """Return a version of a case as it is kept."""
    kept = await texts.get(case_id, sha256)
    if kept is None:
        return KeptDraft(None)
    return KeptDraft(CaseDraft.read(kept.text), sha256_of(kept.text), kept.erased_on)


async def names_listed(reading: Reading, texts: Texts, topic_id: str) -> frozenset[str]:
    """Return the names listed with the newest drafts of all cases of a topic: one editor tells all."""
    entries = await reading.all(ENTRIES, {"topic_id": topic_id})
    cases = await reading.all(CASES, {"entry_id": {"$in": [entry["entry_id"] for entry in entries]}})
    newest = ((case["case_id"], case["versions"][-1]["sha256"]) for case in cases)
    kept = await asyncio.gather(*(kept_draft(texts, case_id, sha256) for case_id, sha256 in newest))
    return frozenset(name for each in kept if each.draft for name in each.draft.names)


def version_of(document: Mapping[str, Any], number: int | None) -> dict[str, Any]:
    """Return a version of a case's document, the newest unless said.

    Raises:
        NotFoundError: there is none of that number.
    """
    versions: list[dict[str, Any]] = document["versions"]
    if number is None:
        return versions[-1]
    if number > len(versions):
        raise NotFoundError
    return versions[number - 1]
