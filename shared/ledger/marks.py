"""By which a system knows its own rows again when a workbook that it has written comes back (C20).

A hidden sheet names, for each row, the thing that it shows and the moment at which that was recorded. Where
the same thing was recorded at the same moment, the row is the system's own: importing it says nothing new.
In another system the moments differ, also where the ids are the same, and the row is entered as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields

MARKS_SHEET = "惠协商标识"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row stands for in the system that wrote it.

    Attributes:
        sheet: label of the sheet, e.g. 协商活动台账.
        row: what tells the row from the others of its sheet; see `rows.row_key`.
        thing: id of the topic, plan or venue.
        recorded_at: when its first event was recorded, RFC 3339.
        digest: of what the row said when it was written.
    """

    sheet: str
    row: str
    thing: str
    recorded_at: str
    digest: str


Marks = Mapping[tuple[str, str], Mark]
"""By sheet and row."""


def headings() -> list[str]:
    """Return the headings of the sheet of marks."""
    return [field.name for field in fields(Mark)]


def as_cells(mark: Mark) -> list[str]:
    """Return a row of the sheet of marks."""
    return list(astuple(mark))


def read_marks(rows: Sequence[Sequence[object]]) -> Marks:
    """Return the marks of the hidden sheet; rows that are none are passed over."""
    width = len(fields(Mark))
    texts = ([str(cell) for cell in row[:width]] for row in rows[1:] if None not in row[:width])
    marks = (Mark(*row) for row in texts if len(row) == width)
    return {(mark.sheet, mark.row): mark for mark in marks}
