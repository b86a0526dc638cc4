"""Department records: what each department had in hand in a year, and what came of it.

Counted by the database from `handlings`, as of a day. Departments come in the order of their names' sounds;
nothing is ranked or given points (国办函〔2026〕12号).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from shared.contracts.types import Rating, ReplyResult
from shared.eventsourcing.past_lists import PastModel
from shared.eventsourcing.read_model import ReadModel
from shared.platform.mongo import aggregate

Condition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DepartmentRecord:
    """A department in a year; a problem that was reopened is in hand once more and counts again.

    Attributes:
        year: of the assignment, or of the reopening.
        assigned: all that were, the returned ones included.
        open: neither returned nor answered.
        overdue: past their due date and not answered, or past their follow-up date and not looked at again.
        on_time: answered on the due date or before it; `with_due_date` of those answered had one.
        results: newest result of those answered.
        ratings: of the newest replies.
        reopened: answered, and open again afterwards.
        median_days: calendar days to the first reply; None without one.
    """

    year: int
    lead: str
    assigned: int
    open: int
    overdue: int
    answered: int
    on_time: int
    with_due_date: int
    results: Mapping[ReplyResult, int]
    ratings: Mapping[Rating, int]
    returned: int
    reopened: int
    solved: int
    median_days: float | None

    @property
    def on_time_percent(self) -> int | None:
        """Of 100 replies that had a due date so many were in time; None without any, which is not 0."""
        return round(100 * self.on_time / self.with_due_date) if self.with_due_date else None


def by_sound(name: str) -> bytes:
    """Return what sorts names as a Chinese index does: GB 18030 has the common characters by their sound."""
    return name.encode("gb18030")


async def records_of(
    model: ReadModel | PastModel,
    within: Condition,
    *,
    as_of: date,
    year: int | None = None,
    lead: str | None = None,
) -> list[DepartmentRecord]:
    """Return the records of the departments, newest year first, then by name.

    Args:
        model: of `handlings`.
        within: a database condition on `division`.
        as_of: the day that decides what is overdue, in Asia/Shanghai.
        year: only this one.
        lead: only this department.
    """
    asked: dict[str, Any] = {}
    if year is not None:
        asked["handlings.year"] = year
    if lead is not None:
        asked["handlings.lead"] = lead
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"division": within, **asked}},
        {"$unwind": "$handlings"},
        {"$match": asked},
        {"$replaceRoot": {"newRoot": "$handlings"}},
        {"$group": {"_id": {"year": "$year", "lead": "$lead"}, **_sums(as_of)}},
    ]
    groups = [group async for group in aggregate(await model.collection(), pipeline)]
    records = [_record(group) for group in groups]
    return sorted(records, key=lambda record: (-record.year, by_sound(record.lead)))


def _sums(as_of: date) -> dict[str, Any]:
    is_open = {"$and": [{"$eq": ["$returned_on", None]}, {"$eq": ["$replied_on", None]}, _not_ended()]}
    late_reply = {"$and": [is_open, _past("due_on", as_of)]}
    late_follow_up = {"$and": [_not_ended(), _past("follow_up_on", as_of)]}
    dated = {"$and": [_there("replied_on"), _there("due_on")]}
    return {
        "assigned": {"$sum": 1},
        "open": _count(is_open),
        "overdue": _count({"$or": [late_reply, late_follow_up]}),
        "answered": _count(_there("replied_on")),
        "with_due_date": _count(dated),
        "on_time": _count({"$and": [dated, {"$lte": ["$replied_on", "$due_on"]}]}),
        **{f"result_{result}": _count({"$eq": ["$result", str(result)]}) for result in ReplyResult},
        **{_field(rating): _count({"$eq": ["$rating", str(rating)]}) for rating in Rating},
        "returned": _count(_there("returned_on")),
        "reopened": _count("$reopened"),
        "solved": _count({"$eq": ["$ended", "solved"]}),
        "days": {"$push": {"$cond": [_there("days"), "$days", "$$REMOVE"]}},
    }


def _not_ended() -> dict[str, Any]:
    return {"$eq": ["$ended", None]}


def _past(field: str, as_of: date) -> dict[str, Any]:
    return {"$and": [_there(field), {"$lt": [f"${field}", as_of.isoformat()]}]}


def _there(field: str) -> dict[str, Any]:
    return {"$ne": [f"${field}", None]}


def _count(condition: Any) -> dict[str, Any]:  # noqa: ANN401 - an expression of the database
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _field(rating: Rating) -> str:
    return f"rating_{rating.replace('-', '_')}"


_PLAIN = (
    "assigned",
    "open",
    "overdue",
    "answered",
    "with_due_date",
    "on_time",
    "returned",
    "reopened",
    "solved",
)


def _record(group: Mapping[str, Any]) -> DepartmentRecord:
    days: Sequence[int] = group["days"]
    return DepartmentRecord(
        year=group["_id"]["year"],
        lead=group["_id"]["lead"],
        **{name: group[name] for name in _PLAIN},
        results={result: group[f"result_{result}"] for result in ReplyResult},
        ratings={rating: group[_field(rating)] for rating in Rating},
        median_days=median(days) if days else None,
    )
