"""The shape of a venue standard, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

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
    """A published version of a venue standard, which never changes (T06).

    Attributes:
        official: False: a county's default or own decision, not a rule of any authority.
        published_on: null for what is shipped.
    """

    code: str
    version: int
    title: str
    official: bool
    source: str | None = None
    published_on: date | None = None
    items: tuple[StandardItemView, ...]
