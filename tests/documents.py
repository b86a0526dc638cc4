"""MongoDB's conditions and orders on documents in memory, of the kinds that the services use.

`tests/integration/test_lists.py` compares them with the real database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cmp_to_key
from operator import ge, gt, le, lt
from typing import Any

Document = Mapping[str, Any]

_RANGES: Mapping[str, Callable[[Any, Any], bool]] = {"$gt": gt, "$gte": ge, "$lt": lt, "$lte": le}


def values_at(document: Any, path: Sequence[str]) -> list[Any]:
    """Return what a dotted path leads to: through lists to each member's; None where there is nothing."""
    if not path:
        return [document]
    if isinstance(document, list | tuple):
        return [value for member in document for value in values_at(member, path)] or [None]
    inner = document.get(path[0]) if isinstance(document, Mapping) else None
    return values_at(inner, path[1:])


def _alternatives(values: Iterable[Any]) -> list[Any]:
    # A list is met as a whole, or by one of its members.
    return [v for value in values for v in ([*value, value] if isinstance(value, list | tuple) else [value])]


def _equal(value: Any, wanted: Any) -> bool:
    return bool(value == wanted)


def _in_range(value: Any, wanted: Any, operator: str) -> bool:
    numbers = isinstance(value, int | float) and isinstance(wanted, int | float)
    same_kind = numbers or type(value) is type(wanted)
    return value is not None and same_kind and _RANGES[operator](value, wanted)


def _meets_operator(values: list[Any], operator: str, wanted: Any) -> bool:
    match operator:
        case "$in":
            return any(_equal(v, w) for v in values for w in wanted)
        case "$nin":
            return not any(_equal(v, w) for v in values for w in wanted)
        case "$eq":
            return any(_equal(v, wanted) for v in values)
        case "$ne":
            return not any(_equal(v, wanted) for v in values)
        case "$all":
            return bool(wanted) and all(any(_equal(v, w) for v in values) for w in wanted)
        case "$exists":
            return any(v is not None for v in values) is wanted
        case "$elemMatch":
            return any(isinstance(v, Mapping) and matches(v, wanted) for v in values)
        case "$not":
            return not _meets(values, wanted)
    return any(_in_range(v, wanted, operator) for v in values)


def _meets(values: list[Any], condition: Any) -> bool:
    if isinstance(condition, Mapping) and any(name.startswith("$") for name in condition):
        return all(_meets_operator(values, operator, wanted) for operator, wanted in condition.items())
    return any(_equal(v, condition) for v in values)


def matches(document: Document, query: Mapping[str, Any]) -> bool:
    """Tell whether a document meets a MongoDB query.

    Raises:
        KeyError: it has an operator that is not known here.
    """
    for field, condition in query.items():
        match field:
            case "$and":
                met = all(matches(document, q) for q in condition)
            case "$or":
                met = any(matches(document, q) for q in condition)
            case "$nor":
                met = not any(matches(document, q) for q in condition)
            case _:
                met = _meets(_alternatives(values_at(document, field.split("."))), condition)
        if not met:
            return False
    return True


def in_order(documents: Iterable[Document], sort: Sequence[tuple[str, int]]) -> list[Any]:
    """Return documents as MongoDB sorts them: what has no value first, or last in descending order."""

    def compare(one: Document, other: Document) -> int:
        for field, direction in sort:
            (left, *_), (right, *_) = (values_at(d, field.split(".")) for d in (one, other))
            if left == right:
                continue
            if left is None or right is None:
                return direction if right is None else -direction
            return direction if left > right else -direction
        return 0

    return sorted(documents, key=cmp_to_key(compare))
