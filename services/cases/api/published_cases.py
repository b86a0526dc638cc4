"""Published cases over HTTP: for everybody, without an account (C14, C15)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.cases.api.case_parts import kept_draft, known_of, version_of
from services.cases.api.typical_cases import VersionNumber
from services.cases.documents.fields import CASE, PrintedCase, case_fields
from services.cases.domain.typical_case import PARTS, CaseText
from services.cases.lists import CASE_LIST
from services.cases.projections.typical_cases import CASES
from services.cases.rights import Anybody, Liaison, Reader
from services.cases.views.typical_cases import CaseSummary, CaseView, PublishedVersion
from shared.contracts.types import DivisionCode, Id, SelectionLevel
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.papers import ANSWERS_WORD, printed
from shared.platform.problems import NotFoundError
from shared.platform.rate_limit import limited
from shared.platform.texts import TextsOf

router = APIRouter()

PRINTING = limited("case-paper", per_minute=20, per_day=500)


@router.get("/cases", response_model=Page[CaseSummary], responses=EXPORTS)
async def list_cases(
    caller: Anybody,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(CASE_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    entry_id: Annotated[Id | None, Query(description="Only those about one activity")] = None,
    year: Annotated[int | None, Query(ge=1949, le=2200, description="Selected for that year")] = None,
    level: Annotated[SelectionLevel | None, Query(description="Selected by that level")] = None,
) -> Page[CaseSummary] | Response:
    """List the published typical cases; drafts are a list of their own."""
    query: dict[str, Any] = {"published": {"$ne": None}}
    if division is not None:
        query["division"] = {"$gte": division, "$lt": division + ":"}
    if entry_id is not None:
        query["entry_id"] = entry_id
    selected = {"year": year, "level": level.value if level else None}
    if wanted := {name: value for name, value in selected.items() if value is not None}:
        query["selections"] = {"$elemMatch": wanted}
    return await reading.listed(CASES, CASE_LIST, query, asked)


@router.get("/cases/{case_id}")
async def get_case(case_id: Id, caller: Anybody, reading: ReadingOf, minimum: MinVersion) -> CaseView:
    """Return a published case as it reads now: its newest published version."""
    document = await _published(reading, case_id, minimum)
    return CaseView.model_validate({**version_of(document, document["published"]), **_about(document)})


async def _published(reading: Reading, case_id: str, minimum: int | None = None) -> Document:
    return await reading.document(
        CASES, case_id, minimum=minimum, visible=lambda d: d["published"] is not None
    )


def _about(document: Document) -> dict[str, Any]:
    return {name: document[name] for name in ("case_id", "entry_id", "topic_id", "division", "selections")}


@router.get("/cases/{case_id}/versions")
async def get_versions(case_id: Id, caller: Reader, reading: ReadingOf) -> list[PublishedVersion]:
    """Return all versions of a case that were ever published, the newest last (C15).

    For those with an account in its division only: a correction may have taken out what the public should not
    go on reading.
    """
    document = await reading.document(
        CASES, case_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    published = [version for version in document["versions"] if version["published_on"]]
    if not published:
        raise NotFoundError
    return [PublishedVersion.model_validate(version) for version in published]


@router.get(
    "/cases/{case_id}/case.docx",
    response_class=Response,
    responses=ANSWERS_WORD,
    dependencies=[Depends(PRINTING)],
)
async def print_case(case_id: Id, caller: Anybody, request: Request, reading: ReadingOf) -> Response:
    """Return a published case as a Word document."""
    document = await _published(reading, case_id)
    version = version_of(document, document["published"])
    text = CaseText(**{part: version[part] for part in PARTS})
    return await _printed(request, reading, document, version, text)


@router.get("/cases/{case_id}/text.docx", response_class=Response, responses=ANSWERS_WORD)
async def print_text(
    case_id: Id,
    caller: Liaison,
    request: Request,
    reading: ReadingOf,
    texts: TextsOf,
    number: VersionNumber = None,
) -> Response:
    """Return a version of a case, drafts too, as a Word document: to be passed round before publication."""
    document = await reading.document(
        CASES, case_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    version = version_of(document, number)
    kept = await kept_draft(texts, case_id, version["sha256"])
    if kept.draft is None:
        raise NotFoundError
    return await _printed(request, reading, document, version, kept.draft.text)


async def _printed(
    request: Request,
    reading: Reading,
    document: Document,
    version: dict[str, Any],
    text: CaseText,
) -> Response:
    known = await known_of(reading, document["entry_id"])
    case = PrintedCase(
        version=version,
        text=text,
        topic=known.title,
        division=known.division,
        held_on=date.fromisoformat(known.entry["held_on"]),
        selections=document["selections"],
    )
    day = date.fromisoformat(version["published_on"] or version["drafted_on"])
    return await printed(request, CASE, case_fields(case), day)
