"""Typical cases over HTTP, for those who write them: drafted, checked, published, selected (C13–C15)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.cases.api.case_parts import case_of, kept_draft, known_of, names_listed, version_of
from services.cases.deciders import CASE, ENTRY
from services.cases.documents.suggestion import LONGEST, LONGEST_TITLE, suggestion
from services.cases.domain import typical_case
from services.cases.domain.entry import WriteTypicalCase
from services.cases.domain.typical_case import PARTS, CaseText, TypicalCase
from services.cases.drafts import CaseDraft, counted, found_in, new_salt
from services.cases.lists import DRAFT_LIST
from services.cases.projections.typical_cases import CASES
from services.cases.rights import CountyOffice, Liaison
from services.cases.views.typical_cases import (
    CaseTextView,
    DraftSummary,
    DraftView,
    FindingsView,
    FindingView,
)
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Day, DivisionCode, Id, SelectionLevel
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import CommandBody, Commands, CommandsOf, Written, check_back_entry
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.authorisation import visible_divisions
from shared.platform.clock import Now
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedLine, MaskedText, masked
from shared.platform.problems import NotFoundError
from shared.platform.texts import PLAIN, Texts, TextsOf, one_kind_of_line_end, sha256_of
from shared.platform.working_days import today

router = APIRouter()

MOST_NAMES = 100
MOST_VERSIONS = 10_000

PlainLine = r"^[^\x00-\x1f\x7f\ufffe\uffff]*$"
TitleText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE, pattern=PlainLine)
]
PartText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST, pattern=PLAIN),
    AfterValidator(one_kind_of_line_end),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=50, pattern=PlainLine)
]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_NAMES)]
VersionNumber = Annotated[
    int | None, Query(ge=1, le=MOST_VERSIONS, description="Which version; else the newest")
]


class OldCase(CommandBody):
    """A case as an old record has it, in five dimensions, of which it may lack any (C13)."""

    title: MaskedLine
    written_on: Day | None = None
    background: MaskedText | None = None
    participants: MaskedText | None = None
    process: MaskedText | None = None
    opinions: MaskedText | None = None
    results: MaskedText | None = None


@router.post("/entries/{entry_id}/case")
async def enter_old_case(
    entry_id: Id, body: OldCase, caller: Liaison, commands: CommandsOf, now: Now
) -> Written:
    """Enter afterwards that a typical case was written; a case of today is drafted and checked (C14)."""
    if not body.back_entry:
        raise RefusedError(
            "case-unchecked",
            rule="C14",
            zh="此处仅供补录；现写的案例请先起草，经个人信息检查后发布。",
            en="Only for back-entries; a case of today is drafted, checked, then published.",
            field="back_entry",
        )
    check_back_entry(caller, back_entry=True)
    command = WriteTypicalCase(**body.content(), today=today(now))
    return await commands.execute(
        ENTRY, entry_id, command, location=f"/entries/{entry_id}", source=body.source
    )


class NewCase(BaseModel):
    """What an editor says of a case to begin with; what they leave out is filled in from what happened.

    Attributes:
        names: of people who must not be named in it; kept beside the record.
    """

    title: TitleText | None = None
    background: PartText | None = None
    participants: PartText | None = None
    process: PartText | None = None
    opinions: PartText | None = None
    results: PartText | None = None
    names: Names = ()


@router.post("/entries/{entry_id}/cases", status_code=status.HTTP_201_CREATED)
async def draft_case(
    entry_id: Id,
    body: NewCase,
    caller: Liaison,
    commands: CommandsOf,
    reading: ReadingOf,
    texts: TextsOf,
    now: Now,
) -> Written:
    """Draft a typical case of an activity, filled in from what happened (C13)."""
    entry = await commands.state(ENTRY, entry_id)
    if not entry.entry_id or not caller.covers(entry.division):
        raise NotFoundError
    known = vars(suggestion(await known_of(reading, entry_id)))
    said = body.model_dump(exclude={"names"}, exclude_none=True)
    draft = CaseDraft(CaseText(**{**known, **said}), body.names, new_salt())
    case_id = commands.new_id()
    sha256 = await texts.put(case_id, draft.written())
    command = typical_case.DraftCase(
        case_id=case_id,
        entry_id=entry_id,
        topic_id=entry.topic_id,
        division=entry.division,
        said=sha256_of(body.model_dump_json()),
        at=typical_case.Drafting(today(now), sha256),
    )
    written = await commands.execute(
        CASE, case_id, command, location=f"/cases/{case_id}", division=entry.division
    )
    if not written.repeated:  # else what was drafted then counts, and this text is swept away
        await texts.committed(case_id, sha256)
    await _sweep(commands, texts)
    return written


async def _sweep(commands: Commands, texts: Texts) -> None:
    async def is_drafted(case_id: str, sha256: str) -> bool:
        drafted = await commands.state(CASE, case_id)
        return any(version.sha256 == sha256 for version in drafted.versions)

    await texts.sweep(is_drafted)


class NewText(BaseModel):
    """A version of a case, all of it.

    Attributes:
        names: of people who must not be named in it; as in the version before unless said.
        reason: why it corrects what is published; needed then.
    """

    title: TitleText
    background: PartText = ""
    participants: PartText = ""
    process: PartText = ""
    opinions: PartText = ""
    results: PartText = ""
    names: Names | None = None
    reason: MaskedText | None = None


@router.put("/cases/{case_id}/text")
async def write_text(
    case_id: Id,
    body: NewText,
    caller: Liaison,
    commands: CommandsOf,
    texts: TextsOf,
    reading: ReadingOf,
    now: Now,
) -> Written:
    """Write another version of a case; after its publication it is a correction, with a reason (C15)."""
    case = await case_of(commands, case_id, caller)
    before = (await kept_draft(texts, case_id, case.versions[-1].sha256)).draft
    names = body.names if body.names is not None else before.names if before else ()
    salt = before.salt if before else new_salt()
    draft = CaseDraft(CaseText(**body.model_dump(include=set(PARTS))), names, salt)
    refused = case.published is not None and body.reason is None
    # What is going to be refused leaves nothing behind.
    sha256 = sha256_of(draft.written()) if refused else await texts.put(case_id, draft.written())
    known = {*names, *await names_listed(reading, texts, case.topic_id)}
    reason = masked(body.reason, known) if body.reason else None
    command = typical_case.ReviseCase(sha256, today(now), reason)
    written = await commands.execute(CASE, case_id, command, location=f"/cases/{case_id}/text")
    await texts.committed(case_id, sha256)
    await _sweep(commands, texts)
    return written


class Publication(BaseModel):
    """Which version is published: the newest."""

    number: int = Field(ge=1, le=MOST_VERSIONS)


@router.post("/cases/{case_id}/publication")
async def publish_case(
    case_id: Id,
    body: Publication,
    caller: Liaison,
    commands: CommandsOf,
    texts: TextsOf,
    reading: ReadingOf,
    now: Now,
) -> Written:
    """Let everybody read a case, once it is whole and the privacy check finds nothing (C14)."""
    case = await case_of(commands, case_id, caller)
    kept = await kept_draft(texts, case_id, case.versions[-1].sha256)
    known = await names_listed(reading, texts, case.topic_id)
    at = typical_case.Publishing(
        today=today(now),
        text=kept.draft.text if kept.draft else None,
        sha256=kept.sha256,
        findings=counted(found_in(kept.draft, known)) if kept.draft else {},
    )
    command = typical_case.PublishCase(body.number, at)
    return await commands.execute(CASE, case_id, command, location=f"/cases/{case_id}")


class Selection(BaseModel):
    """Who selected a case as excellent, and for which year.

    Attributes:
        body: organisation that did, e.g. 山东省政协.
        selected_on: today unless said.
    """

    year: int = Field(ge=1949, le=2200)
    level: SelectionLevel
    body: MaskedLine | None = None
    selected_on: Day | None = None


@router.post("/cases/{case_id}/selections")
async def select_case(
    case_id: Id, body: Selection, caller: CountyOffice, commands: CommandsOf, now: Now
) -> Written:
    """Record that a published case was selected as excellent; once a year and level (C15)."""
    command = typical_case.SelectCase(
        year=body.year,
        level=body.level,
        today=today(now),
        body=body.body,
        selected_on=body.selected_on,
    )
    return await commands.execute(CASE, case_id, command, location=f"/cases/{case_id}")


# Before `/cases/{case_id}` of `published_cases`: routes are tried in the order of the routers.
@router.get("/cases/drafts", response_model=Page[DraftSummary], responses=EXPORTS)
async def list_drafts(
    caller: Liaison,
    reading: ReadingOf,
    texts: TextsOf,
    asked: Annotated[ListRequest, Depends(DRAFT_LIST)],
    division: Annotated[DivisionCode | None, Query()] = None,
    entry_id: Annotated[Id | None, Query(description="Only those about one activity")] = None,
) -> Page[DraftSummary] | Response:
    """List the cases of the caller's division whose newest version is not published."""

    async def shown(documents: Sequence[Document]) -> list[DraftSummary]:
        return await asyncio.gather(*map(_summary, documents))

    async def _summary(document: Document) -> DraftSummary:
        newest = document["versions"][-1]
        draft = (await kept_draft(texts, document["case_id"], newest["sha256"])).draft
        title = draft.text.title if draft else None
        return DraftSummary.model_validate({**document, "number": newest["number"], "title": title})

    query: dict[str, Any] = {"division": visible_divisions(caller, division), "pending": True}
    if entry_id is not None:
        query["entry_id"] = entry_id
    return await reading.listed(CASES, DRAFT_LIST, query, asked, views=shown)


@router.get("/cases/{case_id}/text")
async def get_text(
    case_id: Id,
    caller: Liaison,
    reading: ReadingOf,
    texts: TextsOf,
    minimum: MinVersion,
    number: VersionNumber = None,
) -> DraftView:
    """Return a version of a case, drafts too, with the names that must not be in it."""
    document = await _document(reading, case_id, caller, minimum)
    shown = version_of(document, number)
    kept = await kept_draft(texts, case_id, shown["sha256"])
    return DraftView.model_validate(
        {
            **document,
            "shown": shown,
            "text": vars(kept.draft.text) if kept.draft else None,
            "names": kept.draft.names if kept.draft else (),
            "intact": kept.sha256 == shown["sha256"],
            "erased_on": kept.erased_on,
        }
    )


async def _document(reading: Reading, case_id: str, caller: Principal, minimum: int | None) -> Document:
    return await reading.document(
        CASES, case_id, minimum=minimum, visible=lambda d: caller.covers(d["division"])
    )


@router.get("/cases/{case_id}/findings")
async def get_findings(
    case_id: Id,
    caller: Liaison,
    commands: CommandsOf,
    texts: TextsOf,
    reading: ReadingOf,
    number: VersionNumber = None,
) -> FindingsView:
    """Return what personal data the privacy check finds in a version, in place (C14)."""
    case = await case_of(commands, case_id, caller)
    version = _version(case, number)
    kept = await kept_draft(texts, case_id, version.sha256)
    if kept.draft is None:
        raise NotFoundError
    found = found_in(kept.draft, await names_listed(reading, texts, case.topic_id))
    items = tuple(FindingView.model_validate(each, from_attributes=True) for each in found)
    return FindingsView(number=version.number, items=items)


def _version(case: TypicalCase, number: int | None) -> typical_case.Version:
    if number is not None and number > len(case.versions):
        raise NotFoundError
    return case.versions[-1 if number is None else number - 1]


@router.get("/cases/{case_id}/suggestion")
async def get_suggestion(
    case_id: Id, caller: Liaison, commands: CommandsOf, reading: ReadingOf
) -> CaseTextView:
    """Return what would be filled in today: more may have happened since the case was drafted (C13)."""
    case = await case_of(commands, case_id, caller)
    known = await known_of(reading, case.entry_id)
    return CaseTextView.model_validate(vars(suggestion(known)))


@router.get("/cases/{case_id}/history")
async def get_case_history(
    case_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who drafted, published and selected what of a case, oldest first."""
    return await reading.history(CASES, case_id, asked, caller=caller)
