"""What a decision has to know of the day on which its command comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Calendar(Protocol):
    """The working days of the Chinese calendar, public holidays and make-up days counted."""

    def working_days_between(self, a: date, b: date) -> int:
        """Return how many working days lie after `a` up to and including `b`."""

    def add_working_days(self, day: date, n: int) -> date:
        """Return the n-th working day after `day`."""

    def months_after(self, day: date, months: int) -> date:
        """Return the same day so many months later, or the next day on which offices work."""


@dataclass(frozen=True)
class Clock:
    """When a command comes, and by which calendar it counts.

    A command has it in the field `at`, which is no part of what was asked: sent again on another day it is
    the same command.

    Attributes:
        today: in Asia/Shanghai.
    """

    today: date
    calendar: Calendar
