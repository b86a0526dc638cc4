"""The series of file numbers of a town and year: 1, 2, 3 …, each given once (C19).

One stream is one series, so the store lets no two of them be written at once: there is neither a gap nor a
double, whatever runs at the same time. An entry that has its number gets it again, however often it asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.contracts.base import DomainEvent
from shared.contracts.cases import ArchiveNumberAssigned

TOWN_DIGITS = 9


@dataclass(frozen=True)
class Series:
    """A series.

    Attributes:
        town: code of its town or county; empty before its first number.
        numbers: by id of the entry.
    """

    town: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)


def evolve(series: Series, event: DomainEvent) -> Series:
    """Return the series after an event."""
    match event:
        case ArchiveNumberAssigned():
            return Series(event.town, {**series.numbers, event.entry_id: event.number})
    return series


@dataclass(frozen=True)
class AssignNumber:
    """Give a closed entry the next number of the series.

    Attributes:
        held_on: day of the consultation, whose year is the series'.
        today: the day of filing, in Asia/Shanghai.
    """

    entry_id: str
    topic_id: str
    division: str
    held_on: date
    today: date


def decide(command: AssignNumber, series: Series) -> Sequence[DomainEvent]:
    """Return the number; nothing for an entry that has one."""
    if command.entry_id in series.numbers:
        return []
    town, year = command.division[:TOWN_DIGITS], command.held_on.year
    number = len(series.numbers) + 1
    return [
        ArchiveNumberAssigned(
            entry_id=command.entry_id,
            topic_id=command.topic_id,
            division=command.division,
            town=town,
            year=year,
            number=number,
            file_number=file_number(command.division, year, number),
            assigned_on=command.today,
        )
    ]


def series_id(division: str, year: int) -> str:
    """Return the id of the series that a division's files of a year belong to."""
    return f"{division[:TOWN_DIGITS]}-{year}"


def file_number(division: str, year: int, number: int) -> str:
    """Return a file number: `371621001-2024-0001`; the last part grows past 9999."""
    return f"{series_id(division, year)}-{number:04d}"
