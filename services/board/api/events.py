"""A stream of changes for each list of the board (server-sent events).

`change` says the version of a list: now, and whenever one of its read models has moved on. Then a client asks
for the list again, with `If-None-Match`: 304 where nothing in its own filters changed. Whoever may read a
list may follow it; `EventSource` sends no header, so that lists which ask for a token are followed by a
`fetch` whose body is read as it comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.responses import StreamingResponse

from services.board.api import members, todo
from services.board.api.parameters import Public, Reader, changes_of, known_to
from services.board.changes import BOARD, timeline_of
from services.board.projections import TIMELINE
from shared.contracts.types import Id
from shared.eventsourcing.reading import ReadingOf
from shared.platform.sse import Changes

router = APIRouter()

ChangesOf = Annotated[Changes, Depends(changes_of)]

_STREAM: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {200: {"content": {"text/event-stream": {}}}},
}


def _reader_of(caller: Any) -> Dependency:  # noqa: ANN401 - `Annotated[Principal, Depends(…)]`
    dependency: Dependency = caller.__metadata__[0]
    return dependency


_MAY_FOLLOW: dict[str, tuple[str, Dependency]] = {
    "/events": (BOARD, Public),
    "/activities/events": ("/activities", _reader_of(Reader)),
    "/departments/events": ("/departments", _reader_of(Reader)),
    "/ledger/events": ("/ledger", _reader_of(Reader)),
    "/members/activity/events": ("/members/activity", _reader_of(members.Overseer)),
    "/plans/events": ("/plans", _reader_of(Reader)),
    "/public/cases/events": ("/public/cases", Public),
    "/public/topics/events": ("/public/topics", Public),
    "/statistics/events": ("/statistics", Public),
    "/todo/events": ("/todo", _reader_of(todo.Caller)),
    "/todo/all/events": ("/todo", _reader_of(todo.Overseer)),
    "/venues/events": ("/venues", _reader_of(Reader)),
}
"""Address → what is followed there, and who may: whoever may read it."""


def _following(key: str) -> Callable[[Changes], Awaitable[StreamingResponse]]:
    async def follow(changes: ChangesOf) -> StreamingResponse:
        """Stream `change` events with the version of what is followed, now and whenever it changes."""
        return changes.response(key)

    return follow


for _path, (_key, _who) in _MAY_FOLLOW.items():
    router.add_api_route(_path, _following(_key), dependencies=[_who], **_STREAM)


@router.get("/topics/{topic_id}/timeline/events", **_STREAM)
async def follow_timeline(
    topic_id: Id, caller: Reader, reading: ReadingOf, changes: ChangesOf
) -> StreamingResponse:
    """Stream `change` events with the version of a topic's timeline, now and whenever it changes."""
    await reading.document(TIMELINE, topic_id, minimum=None, visible=lambda d: known_to(caller, d))
    return changes.response(timeline_of(topic_id))
