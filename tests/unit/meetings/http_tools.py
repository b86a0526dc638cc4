"""Meetings over HTTP in memory, at a time of the test's choosing."""

from __future__ import annotations

from datetime import datetime

from services.meetings.app import SERVICE
from services.meetings.moments import current_time
from shared.platform.auth import Role
from tests import http
from tests.http import NOW, Log, problem
from tests.unit.meetings.examples import TOWN

__all__ = ["Caller", "Log", "problem"]


class Caller(http.Caller):
    """Somebody with a role in a division at a moment; without a role, somebody without an account."""

    def __init__(
        self, log: Log, role: Role | None = Role.LIAISON, division: str = TOWN, now: datetime = NOW
    ) -> None:
        async def clock() -> datetime:
            return now

        app = http.application(SERVICE, log, now=now, instead={current_time: clock})
        super().__init__(app, role, division)
