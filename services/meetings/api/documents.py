"""Papers to print, as Word documents: the notice, the sign-in sheet, the minutes."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response

from services.meetings.api.about import about_meeting
from services.meetings.api.minutes import VersionNumber, minutes_document, version_of
from services.meetings.documents import fields
from services.meetings.moments import Now
from services.meetings.projections.seating import PARTICIPATIONS
from services.meetings.rights import Convener
from shared.contracts.types import AttendeeKind, Id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal
from shared.platform.http import MinVersion
from shared.platform.papers import ANSWERS_WORD, printed
from shared.platform.people import MOST_AT_ONCE, People
from shared.platform.people_http import PeopleOf
from shared.platform.texts import TextsOf
from shared.platform.working_days import today

router = APIRouter()

EXPECTED = ("registered", "invited")


@router.get("/meetings/{meeting_id}/notice.docx", response_class=Response, responses=ANSWERS_WORD)
async def print_notice(
    meeting_id: Id, caller: Convener, request: Request, reading: ReadingOf, now: Now
) -> Response:
    """Return the notice of a meeting (会议通知) as a Word document, dated today."""
    about = await about_meeting(reading, meeting_id, caller)
    return await printed(request, fields.NOTICE, fields.notice(about, today(now)), about.day)


@router.get("/meetings/{meeting_id}/sign-in-sheet.docx", response_class=Response, responses=ANSWERS_WORD)
async def print_sign_in_sheet(
    meeting_id: Id, caller: Convener, request: Request, reading: ReadingOf, people: PeopleOf
) -> Response:
    """Return the sign-in sheet (签到表) with the names of those expected; that they were seen is logged."""
    about = await about_meeting(reading, meeting_id, caller)
    expected = await _expected(reading, meeting_id)
    names = await _names(people, [person for person, _ in expected], caller, "打印签到表")
    said = fields.sign_in_sheet(about, [(names.get(person, ""), kind) for person, kind in expected])
    return await printed(request, fields.SIGN_IN_SHEET, said, about.day)


async def _expected(reading: Reading, meeting_id: str) -> list[tuple[str, AttendeeKind]]:
    """Return who has a seat, in the order of registering, then who was invited and has not answered."""
    found = await reading.all(PARTICIPATIONS, {"meeting_id": meeting_id, "standing": {"$in": list(EXPECTED)}})
    in_order = sorted(found, key=lambda d: (EXPECTED.index(d["standing"]), d["number"] or 0))
    return [(d["person"], AttendeeKind(d["kind"])) for d in in_order]


async def _names(people: People, ids: Iterable[str], caller: Principal, why: str) -> dict[str, str]:
    wanted = list(ids)
    found: dict[str, str] = {}
    for at in range(0, len(wanted), MOST_AT_ONCE):
        persons = await people.look_up(wanted[at : at + MOST_AT_ONCE], reader=caller, why=why)
        found |= {person: known.name for person, known in persons.items() if known.name}
    return found


@router.get("/meetings/{meeting_id}/minutes.docx", response_class=Response, responses=ANSWERS_WORD)
async def print_minutes(
    meeting_id: Id,
    caller: Convener,
    request: Request,
    reading: ReadingOf,
    texts: TextsOf,
    people: PeopleOf,
    minimum: MinVersion,
    number: VersionNumber = None,
) -> Response:
    """Return the minutes (会议纪要) with their signatures as a Word document.

    The version that counts, or the newest draft before one was published; or the one that is asked for.
    """
    about = await about_meeting(reading, meeting_id, caller)
    document = await minutes_document(reading, meeting_id, caller, minimum)
    shown = version_of(document, number or document["published"])
    kept = await texts.get(meeting_id, shown["sha256"])
    signers = [signature["person"] for signature in shown["signatures"]]
    names = await _names(people, signers, caller, "打印会议纪要")
    signed = fields.SignedVersion(
        shown,
        text=kept.text if kept else "",
        erased_on=kept.erased_on if kept else None,
        names=names,
    )
    return await printed(request, fields.MINUTES, fields.minutes(about, signed), about.day)
