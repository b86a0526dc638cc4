"""The shape of department records."""

from __future__ import annotations

from pydantic import Field

from services.board.records import DepartmentRecord
from services.board.views.base import View
from shared.contracts.types import Rating, ReplyResult


class DepartmentView(View):
    """A department in a year: counts, in the order of the departments' names; nothing is ranked.

    Attributes:
        year: of the assignments and reopenings that are counted.
        assigned: all that were, the returned ones included; a reopened problem counts again.
        open: neither returned nor answered.
        overdue: on the day asked for past their due date and not answered, or past their follow-up date.
        on_time_percent: of the replies that had a due date; null without any.
        results, ratings: of the newest replies.
        median_days: calendar days to the first reply; null without one.
    """

    year: int
    department: str
    assigned: int
    open: int
    overdue: int
    answered: int
    on_time: int
    on_time_percent: int | None = Field(ge=0, le=100)
    results: dict[ReplyResult, int]
    ratings: dict[Rating, int]
    returned: int
    reopened: int
    solved: int
    median_days: float | None

    @staticmethod
    def of(record: DepartmentRecord) -> DepartmentView:
        """Return a record as it is shown."""
        said = {name: getattr(record, name) for name in DepartmentView.model_fields if name != "department"}
        return DepartmentView(department=record.lead, **said)
