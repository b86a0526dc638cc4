"""A county in which something is there to touch for every endpoint, and which can be had again as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI

from services.meetings.moments import current_time as meetings_clock
from services.meetings.reservations import slots_of
from shared.eventsourcing.service import Service
from shared.platform.auth import Role, issue_dev_token
from shared.platform.clock import current_time
from shared.platform.texts import Texts, texts_of
from tests.authorisation.example import COUNTY, Example, Who
from tests.http import NOW, SETTINGS, Log, Stores, application, equip
from tests.unit.meetings.memory_slots import MemorySlots
from tests.unit.meetings.text_tools import MemoryTextStore

PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"

T = TypeVar("T")


def _again(value: Any) -> Any:
    """Return containers anew; what they hold never changes."""
    if isinstance(value, dict):
        copied = copy.copy(value)
        copied.update({key: _again(held) for key, held in value.items()})
        return copied
    return [_again(held) for held in value] if isinstance(value, list) else value


def _twin(store: T) -> T:
    twin = copy.copy(store)
    vars(twin).update({name: _again(value) for name, value in vars(store).items()})
    return twin


@cache
def _bearer(role: Role, division: str, subject: str) -> str:
    return f"Bearer {issue_dev_token(SETTINGS, [role], division, subject)}"


@dataclass
class Kept:
    """All that a service keeps."""

    log: Log = field(default_factory=Log)
    people: Stores = field(default_factory=Stores)
    texts: MemoryTextStore = field(default_factory=MemoryTextStore)
    slots: MemorySlots = field(default_factory=MemorySlots)

    def again(self) -> Kept:
        """Return the same once more, to be changed without changing this."""
        beside = Stores(*(_twin(store) for store in vars(self.people).values()))
        return Kept(_twin(self.log), beside, _twin(self.texts), _twin(self.slots))


class World:
    """A service in memory, with what was entered into it.

    Attributes:
        now: the present moment.
        kept: what the service keeps at the moment.
        known: ids and codes that the service gave, by name.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.now: datetime = NOW
        self.kept = Kept()
        self.known: dict[str, str] = {}
        self._begun = self.kept

        async def clock() -> datetime:
            return self.now

        async def texts() -> Texts:
            return Texts(self.kept.texts, clock=lambda: self.now)

        async def slots() -> MemorySlots:
            return self.kept.slots

        instead: dict[Callable[..., Any], Callable[..., Any]] = {
            current_time: clock,
            meetings_clock: clock,
            texts_of: texts,
            slots_of: slots,
        }
        self.app: FastAPI = application(service, self.kept.log, instead=instead)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://service")
        self._equip()

    def _equip(self) -> None:
        equip(self.app, self.service, self.kept.log, NOW, self.kept.people)

    def remember(self) -> None:
        """Make what is kept now the beginning of every test."""
        self._begun = self.kept
        self.begin()

    def begin(self) -> None:
        """Return to the beginning."""
        self.kept = self._begun.again()
        self._equip()

    async def send(self, who: Who, example: Example) -> httpx.Response:
        """Let somebody send an example."""
        headers = {name: value.format(**self.known) for name, value in example.headers.items()}
        if who.role is not None:
            headers["Authorization"] = _bearer(who.role, who.division, who.subject)
        sent: dict[str, Any] = {"json": example.body} if example.body is not None else {}
        if example.form is not None:
            sent["data"] = {name: value.format(**self.known) for name, value in example.form.items()}
        if example.file:
            sent["files"] = {"file": ("报告.pdf", PDF, "application/pdf")}
        path = example.path.format(**self.known)
        return await self._client.request(example.method, path, headers=headers, **sent)

    async def done(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        by: Who | None = None,
        method: str = "POST",
        file: bool = False,
    ) -> Any:
        """Do something that is there before the test; the office does it unless said."""
        who = by or Who(Role.OFFICE, COUNTY)
        response = await self.send(who, Example(f"{method} {path}", path, body, file=file))
        assert response.status_code < 300, f"{path}: {response.text}"
        return response.json() if response.content else None
