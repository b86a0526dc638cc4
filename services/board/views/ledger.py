"""The shape of the ledger's lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.board.views.activities import AttendanceView, LoopItemView
from services.board.views.base import View
from shared.contracts.types import MeetingForm, Origin, TopicClass
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language
from shared.platform.words import CLASSES, FORMS


class LedgerView(View):
    """A consultation in the ledger of its town.

    Attributes:
        year: of the consultation.
        file_number: of the archive (档号); null until it is filed, and kept when the loop reopens.
        title, topic_class, origin, proposed_on: of the topic; null until that is known.
        opinions, assigned, solved: how many.
        done: how many of the five are; an exempted one is not (C17).
        days_to_consultation: calendar days from the proposal to it.
        days_to_closing: calendar days from the proposal until the loop closed.
    """

    entry_id: str
    topic_id: str
    division: str
    town_name: str
    year: int
    file_number: str | None
    ledger_number: int | None
    title: str | None
    topic_class: TopicClass | None
    class_text: str | None
    origin: Origin | None
    proposed_on: date | None
    held_on: date
    form: MeetingForm | None
    form_text: str | None
    attendance: AttendanceView | None
    opinions: int
    assigned: int
    solved: int
    leads: list[str]
    loop: dict[str, LoopItemView]
    done: int
    closed: bool
    closed_on: date | None
    exempted: list[str]
    case_title: str | None
    outlets: list[str]
    days_to_consultation: int | None
    days_to_closing: int | None

    @staticmethod
    def of(
        line: Mapping[str, Any], activity: Mapping[str, Any] | None, divisions: Divisions, language: Language
    ) -> LedgerView:
        """Return a document of `ledger`, with what its topic's document of `activities` says."""
        topic = (activity or {}).get("topic") or {}
        meeting = line["meeting"] or {}
        topic_class, proposed_on = topic.get("topic_class"), topic.get("proposed_on")
        form = meeting.get("form")
        return LedgerView.model_validate(
            {
                **line,
                "town_name": divisions.name(town_of(line["division"])),
                "ledger_number": topic.get("ledger_number"),
                "title": topic.get("title"),
                "topic_class": topic_class,
                "class_text": CLASSES[TopicClass(topic_class)].in_(language) if topic_class else None,
                "origin": topic.get("origin"),
                "proposed_on": proposed_on,
                "form": form,
                "form_text": meeting.get("form_title") or (form and FORMS[MeetingForm(form)].in_(language)),
                "attendance": meeting.get("attendance"),
                "opinions": len(meeting.get("opinions", ())),
                "days_to_consultation": _days(proposed_on, line["held_on"]),
                "days_to_closing": _days(proposed_on, line["closed_on"]),
            }
        )


def _days(since: str | None, until: str | None) -> int | None:
    if since is None or until is None:
        return None
    return (date.fromisoformat(until) - date.fromisoformat(since)).days
