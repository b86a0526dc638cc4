"""The shape of filed entries, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.cases.views.base import View


class FileView(View):
    """A closed entry under its file number (C19).

    Attributes:
        town: code of the series' town, or county.
        year: of the consultation.
        number: in the series of town and year, from 1.
    """

    file_number: str
    town: str
    year: int
    number: int
    entry_id: str
    topic_id: str
    division: str
    assigned_on: date
