"""Minutes over HTTP: drafted, read, signed, published, corrected (M16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, status
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.meetings.api.about import about_meeting
from services.meetings.deciders import MEETING, MINUTES
from services.meetings.documents.suggestion import suggestion
from services.meetings.domain import minutes
from services.meetings.domain.meeting import Held, Meeting, Unknown
from services.meetings.moments import Now
from services.meetings.projections.minutes import MINUTES as MINUTES_MODEL
from services.meetings.projections.seating import PARTICIPATIONS, participation_key
from services.meetings.rights import Convener, Member, Reader, countywide
from services.meetings.views.minutes import MinutesView, Suggestion
from shared.contracts.types import Id, Sha256, SignerRole
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import AsOf, AsOfAsked, Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.http import MinVersion, Page
from shared.platform.privacy import MaskedText
from shared.platform.problems import NotFoundError, RoleNotAllowedError
from shared.platform.texts import PLAIN, KeptText, Texts, TextsOf, one_kind_of_line_end, sha256_of
from shared.platform.working_days import WorkCalendar, today

router = APIRouter()
CALENDAR = WorkCalendar()

RUN_MEETINGS = frozenset({Role.CONVENER, Role.LIAISON, Role.OFFICE})
SEE_DRAFTS = RUN_MEETINGS | {Role.MEMBER, Role.AUDITOR}
MOST_VERSIONS = 10_000
AS_IT_STANDS = AsOf()

VersionNumber = Annotated[
    int | None, Query(ge=1, le=MOST_VERSIONS, description="Which version of the text; else the newest")
]


MinutesText = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=50_000,
        pattern=PLAIN,
    ),
    AfterValidator(one_kind_of_line_end),
]
"""Without signs that no document can hold; lines end in one way, so that equal texts have equal hashes."""


class Draft(BaseModel):
    """A version of the minutes.

    Attributes:
        reason: why it corrects what is published; needed then.
    """

    text: MinutesText
    reason: MaskedText | None = None


@router.post("/meetings/{meeting_id}/minutes", status_code=status.HTTP_201_CREATED)
async def draft_minutes(
    meeting_id: Id, body: Draft, caller: Member, commands: CommandsOf, texts: TextsOf, now: Now
) -> Written:
    """Draft the minutes of a held meeting, or a new version of them (M16): its convener, recorder or clerk.

    The signatures of the version before count no more. After publication it is a correction, with a reason.
    """
    meeting = await _meeting(commands, meeting_id, caller)
    _check_may_draft(caller, _recorder_of(meeting))
    sha256 = await _kept(commands, texts, meeting, meeting_id, body)
    at = minutes.Drafting(today(now), _held(meeting))
    written = await commands.execute(
        MINUTES,
        meeting_id,
        minutes.DraftMinutes(sha256, at, body.reason),
        location=_location(meeting_id),
        division=meeting.division,
    )
    await texts.committed(meeting_id, sha256)
    await texts.sweep(lambda other, drafted: _is_drafted(commands, other, drafted))
    return written


async def _meeting(commands: Commands, meeting_id: str, caller: Principal) -> Meeting:
    meeting = await commands.state(MEETING, meeting_id)
    if isinstance(meeting, Unknown) or not caller.covers(meeting.division):
        raise NotFoundError
    return meeting


def _recorder_of(meeting: Meeting) -> str | None:
    return None if isinstance(meeting, Unknown) else meeting.plan.recorder_id


def _check_may_draft(caller: Principal, recorder_id: str | None) -> None:
    if caller.roles.isdisjoint(RUN_MEETINGS) and person_id(caller.subject) != recorder_id:
        raise RoleNotAllowedError(RUN_MEETINGS)


async def _kept(commands: Commands, texts: Texts, meeting: Meeting, meeting_id: str, body: Draft) -> str:
    """Keep the text, where there is something to draft: a refused draft leaves nothing behind."""
    if isinstance(meeting, Held):
        return await texts.put(meeting_id, body.text)
    return sha256_of(body.text)


def _held(meeting: Meeting) -> minutes.HeldMeeting | None:
    if not isinstance(meeting, Held):
        return None
    record = meeting.record
    due_on = CALENDAR.add_working_days(record.held_on, minutes.MINUTES_WORKING_DAYS)
    return minutes.HeldMeeting(
        record.meeting_id, record.topic_id, record.division, None if record.back_entry else due_on
    )


async def _is_drafted(commands: Commands, meeting_id: str, sha256: str) -> bool:
    drafted = await commands.state(MINUTES, meeting_id)
    return any(version.sha256 == sha256 for version in drafted.versions)


def _location(meeting_id: str) -> str:
    return f"/meetings/{meeting_id}/minutes"


class SignatureBody(BaseModel):
    """What somebody signs, and as what.

    Attributes:
        number: of the version that they have read.
        sha256: of its text.
    """

    number: int = Field(ge=1, le=MOST_VERSIONS)
    sha256: Sha256
    role: SignerRole


@router.post("/meetings/{meeting_id}/minutes/signatures")
async def sign_minutes(
    meeting_id: Id, body: SignatureBody, caller: Member, commands: CommandsOf, now: Now
) -> Written:
    """Sign the newest version of the minutes: its host, its recorder, and who was checked in (M16).

    People sign wherever in the county they took part, as guests of another town, too.
    """
    in_county = replace(commands, caller=countywide(caller))
    meeting = await _meeting(commands, meeting_id, countywide(caller))
    person = person_id(caller.subject)
    roles = _roles_of(person, caller, meeting)
    if not roles and not caller.covers(meeting.division):
        raise NotFoundError
    at = minutes.Signing(now, roles)
    command = minutes.SignMinutes(body.number, body.sha256, person, body.role, at)
    return await in_county.execute(MINUTES, meeting_id, command, location=_location(meeting_id))


def _roles_of(person: str, caller: Principal, meeting: Meeting) -> frozenset[SignerRole]:
    """Return as what somebody may sign.

    A meeting may know its host and recorder by office only. Then whoever may run the meeting vouches, by
    signing, that it was them.
    """
    if isinstance(meeting, Unknown):
        return frozenset()
    runs_it = not caller.roles.isdisjoint(RUN_MEETINGS) and caller.covers(meeting.division)
    roles = {SignerRole.PARTICIPANT} if person in meeting.seats.present else set()
    for role, known in (
        (SignerRole.HOST, meeting.plan.host_id),
        (SignerRole.RECORDER, meeting.plan.recorder_id),
    ):
        if person == known or (known is None and runs_it):
            roles.add(role)
    return frozenset(roles)


class Publication(BaseModel):
    """Which version is published: the newest."""

    number: int = Field(ge=1, le=MOST_VERSIONS)


@router.post("/meetings/{meeting_id}/minutes/publication")
async def publish_minutes(
    meeting_id: Id, body: Publication, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Publish the minutes, once host and recorder have signed that very version (M16)."""
    command = minutes.PublishMinutes(body.number, today(now))
    return await commands.execute(MINUTES, meeting_id, command, location=_location(meeting_id))


@router.get("/meetings/{meeting_id}/minutes/suggestion")
async def suggest_minutes(
    meeting_id: Id, caller: Member, reading: ReadingOf, commands: CommandsOf
) -> Suggestion:
    """Return a first draft of the minutes: place, time, attendance, agenda and opinions filled in."""
    _check_may_draft(caller, _recorder_of(await _meeting(commands, meeting_id, caller)))
    return Suggestion(text=suggestion(await about_meeting(reading, meeting_id, caller)))


@router.get("/meetings/{meeting_id}/minutes")
async def get_minutes(
    meeting_id: Id,
    caller: Reader,
    reading: ReadingOf,
    texts: TextsOf,
    minimum: MinVersion,
    as_of: AsOfAsked,
    number: VersionNumber = None,
) -> MinutesView:
    """Return the minutes with their signatures; drafts only to those who sign or run meetings."""
    document = await minutes_document(reading, meeting_id, caller, minimum, as_of)
    shown = version_of(document, number)
    kept = await texts.get(meeting_id, shown["sha256"])
    return MinutesView.model_validate({**document, "shown": shown, **_text_of(kept, shown["sha256"])})


@router.get("/meetings/{meeting_id}/minutes/history")
async def get_minutes_history(
    meeting_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who drafted, signed and published what of a meeting's minutes, oldest first."""
    return await reading.history(MINUTES_MODEL, meeting_id, asked, caller=caller)


async def _was_there(reading: Reading, meeting_id: str, caller: Principal) -> bool:
    """Tell whether the caller took part: then they read what they are to sign, also in another town."""
    key = participation_key(meeting_id, person_id(caller.subject))
    return any(part["checked_in_at"] for part in await reading.all(PARTICIPATIONS, {"_id": key}))


async def minutes_document(
    reading: Reading,
    meeting_id: str,
    caller: Principal,
    minimum: int | None = None,
    as_of: AsOf = AS_IT_STANDS,
) -> Document:
    """Return the minutes with the versions that the caller may read, which is one at least.

    Args:
        reading: the way to the read models.
        meeting_id: whose.
        caller: who asks.
        minimum: version of the stream that they must show, if it matters.
        as_of: when; now unless given.

    Raises:
        NotFoundError: there is none.
    """
    county = countywide(caller)
    document = await reading.document(
        MINUTES_MODEL,
        meeting_id,
        minimum=minimum,
        visible=lambda d: county.covers(d["division"]),
        as_of=as_of,
    )
    if not caller.covers(document["division"]) and not await _was_there(reading, meeting_id, caller):
        raise NotFoundError
    sees_drafts = not caller.roles.isdisjoint(SEE_DRAFTS)
    versions = [v for v in document["versions"] if sees_drafts or v["published_on"]]
    if not versions:
        raise NotFoundError
    return {**document, "versions": versions}


def version_of(document: Document, number: int | None) -> dict[str, Any]:
    """Return a version of the minutes, the newest unless said.

    Raises:
        NotFoundError: there is none of that number.
    """
    versions: list[dict[str, Any]] = document["versions"]
    if number is None:
        return versions[-1]
    for version in versions:
        if version["number"] == number:
            return version
    raise NotFoundError


def _text_of(kept: KeptText | None, sha256: str) -> dict[str, str | bool | date | None]:
    if kept is None:
        return {"text": None, "intact": False, "erased_on": None}
    return {"text": kept.text, "intact": sha256_of(kept.text) == sha256, "erased_on": kept.erased_on}
