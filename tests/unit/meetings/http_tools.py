"""Meetings over HTTP in memory, at a time of the test's choosing."""

from __future__ import annotations

from datetime import datetime

from services.meetings.app import SERVICE
from services.meetings.moments import current_time
from services.meetings.reservations import Slots, slots_of
from shared.platform.auth import Role
from shared.platform.texts import Texts, texts_of
from tests import http
from tests.http import NOW, Log, problem
from tests.unit.meetings.examples import TOWN
from tests.unit.meetings.memory_slots import slots_in_memory
from tests.unit.meetings.text_tools import texts_in_memory

__all__ = ["Caller", "Log", "problem"]


class Caller(http.Caller):
    """Somebody with a role in a division at a moment; without a role, somebody without an account.

    Attributes:
        app: what is called: its state may be changed before.
    """

    def __init__(
        self,
        log: Log,
        role: Role | None = Role.LIAISON,
        division: str = TOWN,
        now: datetime = NOW,
        *,
        subject: str = "p-1",
    ) -> None:
        async def clock() -> datetime:
            return now

        async def texts() -> Texts:
            return texts_in_memory(log, now)

        async def slots() -> Slots:
            return slots_in_memory(log)

        instead: http.StandIns = {current_time: clock, texts_of: texts, slots_of: slots}
        self.app = http.application(SERVICE, log, now=now, instead=instead)
        super().__init__(self.app, role, division, subject=subject)

    def beside(self, role: Role | None, division: str = TOWN, *, subject: str = "p-1") -> http.Caller:
        """Return somebody else who calls the same application, which costs less than one of their own."""
        return http.Caller(self.app, role, division, subject=subject)
