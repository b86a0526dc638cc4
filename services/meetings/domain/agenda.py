"""An agenda: items that nest, each with its length (M12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.contracts.meetings import AgendaItem
from shared.contracts.refusal import RefusedError

DEEPEST = 3
"""Levels of items: more than a host can keep in mind."""


def length(items: Sequence[AgendaItem]) -> int:
    """Return how many minutes items of one level take together."""
    return sum(item.minutes for item in items)


def every_item(items: Sequence[AgendaItem]) -> Iterator[AgendaItem]:
    """Go through all items of all levels, in their order."""
    for item in items:
        yield item
        yield from every_item(item.children)


def segments(items: Sequence[AgendaItem]) -> Iterator[AgendaItem]:
    """Go through what the meeting does, one after the other: the items that hold no others."""
    return (item for item in every_item(items) if not item.children)


def check(items: Sequence[AgendaItem], minutes: int) -> None:
    """Check an agenda for a meeting of this length.

    Raises:
        RefusedError: it does not fit, or cannot be one.
    """
    _check_level(items, "items", 1)
    ids = [item.item_id for item in every_item(items)]
    if twice := next((id_ for id_ in ids if ids.count(id_) > 1), None):
        raise RefusedError(
            "agenda-item-twice",
            rule="M12",
            zh=f"议程项编号 {twice} 重复。",
            en=f"Two items of the agenda have the id {twice}.",
            field="items",
        )
    if length(items) > minutes:
        raise RefusedError(
            "agenda-over-time",
            rule="M12",
            zh=f"议程共 {length(items)} 分钟，超过会议时长 {minutes} 分钟。",
            en=f"The agenda takes {length(items)} minutes, the meeting has {minutes}.",
            field="items",
        )


def _check_level(items: Sequence[AgendaItem], path: str, level: int) -> None:
    if level > DEEPEST:
        raise RefusedError(
            "agenda-too-deep",
            rule="M12",
            zh=f"议程不超过 {DEEPEST} 级。",
            en=f"An agenda has {DEEPEST} levels at most.",
            field=path,
        )
    for number, item in enumerate(items):
        _check_item(item, f"{path}.{number}")
        if item.children:
            _check_level(item.children, f"{path}.{number}.children", level + 1)


def _check_item(item: AgendaItem, path: str) -> None:
    if not item.children and item.segment is None:
        raise RefusedError(
            "agenda-segment-missing",
            rule="M12",
            zh=f"“{item.title}”须写明环节：通报、提问、解答或发言。",
            en="Say what is done in the item: a briefing, questions, answers or speeches.",
            field=f"{path}.segment",
        )
    needed = length(item.children)
    if needed > item.minutes:
        raise RefusedError(
            "agenda-item-overfull",
            rule="M12",
            zh=f"“{item.title}”共 {item.minutes} 分钟，其下各项合计 {needed} 分钟。",
            en=f"The item has {item.minutes} minutes, those in it take {needed}.",
            field=f"{path}.minutes",
        )
