"""Tables of figures on the page: what waits in each town, departments, months. Pure: counts in, texts out.

Only what is public is in them: towns, departments, numbers; no persons. Their order is the official one, that
of names, or that of time; nothing is ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.board.queue import TownQueue
from services.board.records import DepartmentRecord
from services.board.source import Around
from services.board.statistics import FIGURES, By, Row, name_of, total_of
from services.board.words import FIGURE_NAMES, TABLES
from shared.contracts.types import Rating, ReplyResult
from shared.platform.divisions import Divisions
from shared.platform.language import Language, Text

Figure = int | float | str | None
"""None where there is nothing to count, which is not 0."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures.

    Attributes:
        name: in the page's addresses, e.g. `departments`.
        note: what has to be known to read it.
        headings: of the names, and of each column of figures.
        rows: a name each, and its figures.
    """

    name: str
    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Figure]]]


def tables_of(around: Around, divisions: Divisions, language: Language) -> list[Table]:
    """Return the page's tables in the reader's language; without those that have nothing to show."""
    tables = (
        _queues(around.queues, divisions, language),
        _departments(around.records, language),
        _months(around.months, divisions, language),
    )
    return [table for table in tables if table.rows]


def _table(
    name: str,
    language: Language,
    headings: Sequence[Text],
    rows: Sequence[tuple[str, Sequence[Figure]]],
) -> Table:
    title, note = TABLES[name]
    return Table(name, title.in_(language), note.in_(language), [h.in_(language) for h in headings], rows)


def _queues(queues: Sequence[TownQueue], divisions: Divisions, language: Language) -> Table:
    headings = (
        Text("镇街", "Town"),
        Text("待办", "To do"),
        Text("逾期", "Overdue"),
        Text("临期", "Due soon"),
    )
    rows = [(divisions.name(queue.code), (queue.total, queue.red, queue.yellow)) for queue in queues]
    return _table("queues", language, headings, rows)


def _departments(records: Sequence[DepartmentRecord], language: Language) -> Table:
    headings = (
        Text("承办单位", "Department"),
        Text("交办", "Assigned"),
        Text("在办", "Open"),
        Text("逾期", "Overdue"),
        Text("已答复", "Answered"),
        Text("按期 %", "On time %"),
        *(Text(f"{result} 类", str(result)) for result in ReplyResult),
        Text("满意", "Satisfied"),
        Text("基本满意", "Fairly"),
        Text("不满意", "Not satisfied"),
        Text("退回", "Returned"),
        Text("答复天数", "Days to reply"),
    )
    return _table("departments", language, headings, [(record.lead, _figures(record)) for record in records])


def _figures(record: DepartmentRecord) -> Sequence[Figure]:
    return (
        record.assigned,
        record.open,
        record.overdue,
        record.answered,
        record.on_time_percent,
        *(record.results[result] for result in ReplyResult),
        *(record.ratings[rating] for rating in Rating),
        record.returned,
        None if record.median_days is None else f"{record.median_days:g}",
    )


def _months(months: Sequence[Row], divisions: Divisions, language: Language) -> Table:
    headings = (Text("月份", "Month"), *(FIGURE_NAMES[figure] for figure in FIGURES))
    rows: list[tuple[str, Sequence[Figure]]] = [
        (
            name_of(row.key, By.MONTH, divisions, language),
            [getattr(row.tally, figure) for figure in FIGURES],
        )
        for row in months
    ]
    if rows:
        total = total_of(months)
        rows.append((Text("合计", "Total").in_(language), [getattr(total, figure) for figure in FIGURES]))
    return _table("months", language, headings, rows)
