"""The inbox over HTTP: what waits for the caller, and that it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from services.notify.deciders import NOTICE
from services.notify.domain.notice import ReadNotice
from services.notify.inbox import InboxReading, InboxReadingOf, addressed_to, inboxes_of, is_for
from services.notify.projections.inbox import INBOX
from services.notify.projections.subjects import SUBJECTS
from services.notify.views.inbox import NoticeView, Unread
from shared.contracts.types import Id
from shared.eventsourcing.http import CommandsOf, Written
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.http import MinVersion, Page, Paging

router = APIRouter()


async def current_time() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(current_time)]
Recipient = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.RESIDENT))]
Reader = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.RESIDENT, access=Access.READ))]


@router.get("/inbox")
async def list_notices(
    caller: Reader,
    reading: InboxReadingOf,
    paging: Paging,
    unread: Annotated[bool, Query(description="Only those that nobody has read yet")] = False,
) -> Page[NoticeView]:
    """List the notices for the caller, their office or department, newest first."""
    query = addressed_to(caller) | ({"read_at": None} if unread else {})
    page = await reading.newest(query, paging)
    return Page(items=await _views(reading, page.items), next=page.next)


@router.get("/inbox/unread")
async def count_unread(caller: Reader, reading: InboxReadingOf) -> Unread:
    """Count the notices that wait to be read."""
    return Unread(unread=await reading.count(addressed_to(caller) | {"read_at": None}))


@router.get("/inbox/{notice_id}")
async def get_notice(
    notice_id: Id, caller: Reader, reading: InboxReadingOf, minimum: MinVersion
) -> NoticeView:
    """Return a notice; reading it is told by `POST /inbox/{notice_id}/reading`."""
    found = await reading.document(INBOX, notice_id, minimum=minimum, visible=lambda d: is_for(caller, d))
    return (await _views(reading, [found]))[0]


async def _views(reading: InboxReading, notices: Iterable[Mapping[str, Any]]) -> list[NoticeView]:
    about = [(notice, f"topic-{notice['topic_id']}", _stream(notice["cause"])) for notice in notices]
    streams = sorted({stream for _, *both in about for stream in both})
    subjects = await reading.all(SUBJECTS, {"_id": {"$in": streams}}) if streams else []
    texts = {subject["_id"]: subject["text"] for subject in subjects}
    return [
        NoticeView(
            **notice,
            topic_title=texts.get(topic),
            problem_id=cause.removeprefix("problem-") if cause.startswith("problem-") else None,
            problem_text=texts.get(cause),
        )
        for notice, topic, cause in about
    ]


def _stream(event_id: str) -> str:
    return event_id.rpartition(":")[0]


@router.post("/inbox/{notice_id}/reading")
async def read_notice(notice_id: Id, caller: Recipient, commands: CommandsOf, now: Now) -> Written:
    """Say that a notice was read, which only its recipient can; a second time changes nothing."""
    command = ReadNotice(inboxes_of(caller), now)
    return await commands.execute(NOTICE, notice_id, command, location=f"/inbox/{notice_id}")
