"""The shape of a venue standard, as OpenAPI shows it."""

from __future__ import annotations

from services.meetings.views.base import View


class StandardItemView(View):
    """One of a standard's six.

    Attributes:
        computed: what it is counted from, `meetings` or `solutions`; null where it needs evidence.
        at_least: how many a computed item takes in twelve months.
    """

    code: str
    title: str
    computed: str | None = None
    at_least: int


class StandardView(View):
    """A published version of a venue standard; `official` is False for presets."""

    code: str
    version: int
    title: str
    official: bool
    source: str
    items: tuple[StandardItemView, ...]
