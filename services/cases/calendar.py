"""The day on which a request comes, and the calendar that cases counts in."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends

from services.cases.domain.problem import Clock
from shared.platform.clock import Now
from shared.platform.working_days import WorkCalendar, add_months, today


class CaseCalendar(WorkCalendar):
    """The working calendar, with periods of months that end on a working day."""

    def months_after(self, day: date, months: int) -> date:
        """Return the same day so many months later, or the next day on which offices work."""
        return self.on_or_after(add_months(day, months))


CALENDAR = CaseCalendar()


async def _clock(now: Now) -> Clock:
    return Clock(today(now), CALENDAR)


ClockOf = Annotated[Clock, Depends(_clock)]
"""Dependency: today in Asia/Shanghai, and the calendar."""
