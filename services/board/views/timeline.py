"""The shape of a topic's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.board.views.base import View
from shared.platform.language import Language


class HappeningView(View):
    """Something that happened.

    Attributes:
        on: the day it happened, in Asia/Shanghai; null where the record does not say.
        recorded_at: when it was recorded, UTC.
        kind: the event's name.
        text: in the reader's language.
    """

    event_id: str
    service: str
    kind: str
    on: date | None
    recorded_at: datetime
    text: str
    back_entry: bool


class TimelineView(View):
    """All that happened to a topic, in order."""

    topic_id: str
    title: str
    division: str
    entries: list[HappeningView]

    @staticmethod
    def of(document: Mapping[str, Any], language: Language) -> TimelineView:
        """Return a document of `timeline` in a language."""
        entries = [{**entry, "text": entry[language]} for entry in document["entries"]]
        return TimelineView.model_validate({**document, "entries": entries})
