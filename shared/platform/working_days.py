"""Working days of the Chinese calendar: public holidays off, make-up Saturdays and Sundays on.

The State Council publishes the calendar of a year in the November before it. Past the years that the
installed `chinesecalendar` knows, Monday to Friday count as working days, and such dates are provisional.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
_FRIDAY = 4


def today(now: datetime) -> date:
    """Return the calendar day in Asia/Shanghai at `now`.

    Raises:
        ValueError: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone belongs to no day; pass an aware datetime")
    return now.astimezone(SHANGHAI).date()


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class WorkCalendar:
    """Counts working days.

    Args:
        holidays: days off; those on a Saturday or Sunday make no difference.
        make_up_days: days worked; those from Monday to Friday make no difference.
    """

    def __init__(
        self,
        holidays: Iterable[date] = chinese_calendar.holidays,
        make_up_days: Iterable[date] = chinese_calendar.workdays,
    ) -> None:
        # Kept as sorted ordinals of the exceptions to Monday–Friday, so that counting is arithmetic.
        days_off = set(holidays)
        self._days_off = sorted(d.toordinal() for d in days_off if d.weekday() <= _FRIDAY)
        self._made_up = sorted(d.toordinal() for d in set(make_up_days) if d.weekday() > _FRIDAY)
        years = {d.year for d in days_off}
        self._known_years = range(min(years), max(years) + 1) if years else range(0)

    def provisional(self, day: date) -> bool:
        """Tell whether the calendar of that year is unknown here, so that Monday–Friday was assumed."""
        return day.year not in self._known_years

    def is_working_day(self, day: date) -> bool:
        """Tell whether offices work on that day."""
        ordinal = day.toordinal()
        return self._until(ordinal) - self._until(ordinal - 1) == 1

    def add_working_days(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`; before it for a negative n; `day` itself for 0."""
        step = timedelta(days=1 if n > 0 else -1)
        remaining = abs(n)
        while remaining:
            day += step
            if self.is_working_day(day):
                remaining -= 1
        return day

    def on_or_after(self, day: date) -> date:
        """Return `day` if offices work on it, else the next day on which they do."""
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def working_days_between(self, a: date, b: date) -> int:
        """Return how many working days lie after `a` up to and including `b`.

        Negative where `b` is before `a`: then minus the working days after `b` up to and including `a`.
        From Friday to the Monday after it is 1; to the Saturday and Sunday between them 0.
        """
        return self._until(b.toordinal()) - self._until(a.toordinal())

    def _until(self, ordinal: int) -> int:
        # Working days from 0001-01-01, which is a Monday, up to and including `ordinal`.
        weeks, rest = divmod(ordinal, 7)
        return (
            weeks * 5
            + min(rest, 5)
            - bisect_right(self._days_off, ordinal)
            + bisect_right(self._made_up, ordinal)
        )
