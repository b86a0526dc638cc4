"""Telling whoever has their inbox open that something came, or was read, without their asking.

A key is a condition on the read model `inbox`, as JSON: what its listener may see. One look a second serves
all: only when the read model has moved is anything counted, once for each key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request

from services.notify.projections.inbox import INBOX
from shared.eventsourcing.pointer import NotBuiltError, Pointers
from shared.eventsourcing.read_model import ReadModel
from shared.platform.mongo import Database
from shared.platform.sse import Changes


def key_of(condition: Mapping[str, Any]) -> str:
    """Return the key of an inbox: the same for the same condition."""
    return orjson.dumps(condition, option=orjson.OPT_SORT_KEYS).decode()


class InboxLook:
    """Looks at all inboxes that are open in this process."""

    def __init__(self, inbox: ReadModel) -> None:
        self._inbox = inbox
        self._position: object = None
        self._known: dict[str, str] = {}

    async def __call__(self, keys: frozenset[str]) -> Mapping[str, str]:
        """Return of each inbox how many notices are unread and which is the newest, as JSON.

        Raises:
            NotBuiltError: the projection never started.
        """
        # Before the counting: what is folded meanwhile is seen by the next look.
        position = await self._where()
        if position != self._position:
            self._known, self._position = {}, position
        self._known = {key: self._known.get(key) or await self._state_of(key) for key in keys}
        return self._known

    async def _where(self) -> object:
        # The driver's stubs take `.database` for a collection of that name.
        database = cast(Database, (await self._inbox.collection()).database)
        pointer = await Pointers(database).get(INBOX.name)
        return pointer.build, sorted((at, place["position"]) for at, place in pointer.progress.items())

    async def _state_of(self, key: str) -> str:
        condition = orjson.loads(key)
        unread = await self._inbox.count({**condition, "read_at": None})
        order = (("posted_at", -1), ("_id", -1))
        newest = await self._inbox.find(condition, sort=order, limit=1)
        said = {"unread": unread, "newest": newest[0]["_id"] if newest else None}
        return orjson.dumps(said).decode()


def install(app: FastAPI) -> None:
    """Give the application its streams."""
    look = InboxLook(app.state.read_models[INBOX.name])
    app.state.inboxes = Changes(
        look, lambda: app.state.health.draining, event="inbox", outages=(NotBuiltError,)
    )


async def inboxes_of_process(request: Request) -> Changes:
    """Return the streams of this process."""
    found: Changes = request.app.state.inboxes
    return found
