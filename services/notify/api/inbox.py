"""The inbox over HTTP: what waits for the caller, and that it was read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from services.notify.deciders import NOTICE
from services.notify.domain.notice import Notice, Posted, ReadNotice
from services.notify.inbox import InboxReading, InboxReadingOf, inboxes_of, is_for
from services.notify.listening import inboxes_of_process, key_of
from services.notify.outgoing import side_by_side
from services.notify.projections.inbox import INBOX
from services.notify.projections.subjects import SUBJECTS
from services.notify.views.inbox import MarkedAsRead, NoticeView, Unread
from shared.contracts.envelope import Meta
from shared.contracts.refusal import NotThereError
from shared.contracts.types import Id
from shared.eventsourcing.application import Done
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.clock import Now
from shared.platform.http import MinVersion, Page, Paging, written
from shared.platform.sse import Changes

router = APIRouter()

MOST_AT_ONCE = 1000
"""Notices that are marked as read by one request."""


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
    query = await reading.condition(caller) | ({"read_at": None} if unread else {})
    page = await reading.newest(query, paging)
    return Page(items=await _views(reading, page.items), next=page.next)


@router.get("/inbox/unread")
async def count_unread(caller: Reader, reading: InboxReadingOf) -> Unread:
    """Count the notices that wait to be read."""
    return Unread(unread=await reading.count(await reading.condition(caller) | {"read_at": None}))


@router.get(
    "/inbox/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_inbox(
    caller: Reader, reading: InboxReadingOf, inboxes: Annotated[Changes, Depends(inboxes_of_process)]
) -> StreamingResponse:
    """Stream `inbox` events: how many notices are unread and which is the newest, now and when it changes."""
    return inboxes.response(key_of(await reading.condition(caller)))


@router.post("/inbox/reading")
async def read_all(
    caller: Recipient, reading: InboxReadingOf, commands: CommandsOf, now: Now
) -> MarkedAsRead:
    """Say that all notices were read, the newest thousand of them; asked again, the rest."""
    unread = await reading.condition(caller) | {"read_at": None}
    found = await reading.first(unread, MOST_AT_ONCE)

    async def read(notice: Mapping[str, Any]) -> None:
        # No key is needed: what was read is read.
        once = replace(commands, command_id=str(uuid.uuid4()), expected_version=None)
        await _read(notice["notice_id"], caller, once, now)

    await side_by_side(found, read)
    return MarkedAsRead(read=len(found), more=len(found) == MOST_AT_ONCE)


async def _read(notice_id: str, caller: Principal, commands: Commands, now: datetime) -> Done:
    """Do it as the caller; a person's notices are theirs wherever what they tell of lies.

    Raises:
        NotThereError: it is in none of the caller's inboxes.
    """

    def guard(notice: Notice) -> None:
        if not isinstance(notice, Posted) or not is_for(caller, notice.said.model_dump()):
            raise NotThereError("notice-unknown", zh="没有这条通知。", en="There is no such notice.")

    done: Done = await commands.handlers[NOTICE.category].execute(
        ReadNotice(inboxes_of(caller), now),
        stream=NOTICE.stream(notice_id),
        meta=Meta(
            division=caller.division,
            actor=person_id(caller.subject),
            correlation_id=commands.correlation_id,
            causation_id=f"request:{commands.correlation_id}",
        ),
        command_id=commands.command_id,
        expected_version=commands.expected_version,
        guard=guard,
    )
    return done


@router.get("/inbox/{notice_id}")
async def get_notice(
    notice_id: Id, caller: Reader, reading: InboxReadingOf, minimum: MinVersion
) -> NoticeView:
    """Return a notice; reading it is told by `POST /inbox/{notice_id}/reading`."""
    found = await reading.document(INBOX, notice_id, minimum=minimum, visible=lambda d: is_for(caller, d))
    return (await _views(reading, [found]))[0]


async def _views(reading: InboxReading, notices: Iterable[Mapping[str, Any]]) -> list[NoticeView]:
    about = [(notice, f"topic-{notice['topic_id']}", _problem_of(notice)) for notice in notices]
    streams = {stream for _, topic, problem in about for stream in (topic, f"problem-{problem}")}
    subjects = await reading.all(SUBJECTS, {"_id": {"$in": sorted(streams)}}) if streams else []
    texts = {subject["_id"]: subject["text"] for subject in subjects}
    return [
        NoticeView.model_validate(
            {
                **notice,
                "topic_title": texts.get(topic),
                "problem_id": problem,
                "problem_text": texts.get(f"problem-{problem}"),
            }
        )
        for notice, topic, problem in about
    ]


def _problem_of(notice: Mapping[str, Any]) -> str | None:
    """Return the problem that a notice is about; the first notices said it by their cause only."""
    if notice["problem_id"] is not None:
        return str(notice["problem_id"])
    stream = str(notice["cause"]).rpartition(":")[0]
    return stream.removeprefix("problem-") if stream.startswith("problem-") else None


@router.post("/inbox/{notice_id}/reading")
async def read_notice(notice_id: Id, caller: Recipient, commands: CommandsOf, now: Now) -> Written:
    """Say that a notice was read, which only its recipient can; a second time changes nothing."""
    done = await _read(notice_id, caller, commands, now)
    written(commands.response, f"/inbox/{notice_id}", done.version)
    return Written(id=notice_id, version=done.version, repeated=done.repeated)
