"""The public pages as HTML, in the reader's language. Pure: what is to be shown in, text out.

Templates and style are in `pages/`. Addresses are relative: a reverse proxy may serve them below a path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.topics.views.submissions import FollowedTopic
from services.topics.words import PAGE, SITUATIONS, STEP_SHAPES, STEP_STATUSES
from shared.platform.language import Language, Text
from shared.platform.pages import Pages
from shared.platform.receipts import Receipt
from shared.platform.working_days import SHANGHAI

PAGES = Pages("services.topics")
LIMITS: Mapping[str, int] = {"title": 100, "description": 2000, "name": 40, "phone": 20, "key": 100}
"""Characters that a field takes."""

_SUBMIT_LABELS = {
    "division": "division",
    "title": "title",
    "description": "description",
    "name": "person_name",
    "phone": "phone",
}
_FOLLOW_LABELS = {
    "receipt": "receipt_number",
    "code": "query_code",
    "text": "supplement",
    "reason": "withdraw_reason",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form is opened from.

    Attributes:
        county, county_code: whose form it is.
        towns: code and name of those to choose from.
        venue: of the QR code, `{id, title, town}`; None where there is none, or it is unknown.
    """

    county: str
    county_code: str
    towns: Sequence[tuple[str, str]]
    venue: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody typed, and what is wrong with it.

    Attributes:
        values: by field; shown again, so that nobody types anything twice.
        errors: by field.
        notice: what went wrong with all of it.
        key: of the form: sent twice, it is one request.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Text] = field(default_factory=dict)
    notice: Text | None = None
    key: str = ""


def day_text(day: date, language: Language) -> str:
    """Return a day as it is read."""
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%B %Y}"


def _said(texts: Mapping[Any, Text], language: Language) -> dict[Any, str]:
    return {name: text.in_(language) for name, text in texts.items()}


def _render(template: str, place: Place, language: Language, **more: Any) -> str:  # noqa: ANN401 - as templates take
    return PAGES.render(
        template,
        county=place.county,
        county_code=place.county_code,
        language=language,
        say=_said(PAGE, language),
        limits=LIMITS,
        **more,
    )


def _entry(entry: Entry, labels: Mapping[str, str], language: Language) -> dict[str, Any]:
    return {
        "values": entry.values,
        "errors": _said(entry.errors, language),
        "labels": {name: PAGE[word].in_(language) for name, word in labels.items()},
        "notice": entry.notice.in_(language) if entry.notice else "",
        "key": entry.key,
    }


def submit_page(place: Place, entry: Entry, language: Language) -> str:
    """Return the form by which somebody proposes a topic."""
    said = _entry(entry, _SUBMIT_LABELS, language)
    return _render("submit.html", place, language, root="", towns=place.towns, venue=place.venue, **said)


def receipt_page(
    place: Place, receipt: Receipt, title: str, on: date, follow_address: str, language: Language
) -> str:
    """Return what somebody sees who has proposed a topic: both numbers, to be kept.

    Args:
        place: where they did.
        receipt: number and code.
        title: of the topic, as they wrote it.
        on: the day, in Asia/Shanghai.
        follow_address: where to come back to.
        language: of the words.
    """
    again = f"?venue={place.venue['id']}" if place.venue else ""
    return _render(
        "receipt.html",
        place,
        language,
        root="",
        receipt=receipt,
        title=title,
        on=day_text(on, language),
        follow_address=follow_address,
        again=again,
    )


def _facts(topic: FollowedTopic, language: Language) -> list[tuple[str, str]]:
    days = (
        ("proposed_on", topic.proposed_on),
        ("adopted_on", topic.adopted_on),
        ("concluded_on", topic.concluded_on),
        ("withdrawn_on", topic.withdrawn_on),
    )
    said = [(PAGE[name].in_(language), day_text(day, language)) for name, day in days if day]
    reason = topic.rejection_reason or topic.withdrawal_reason
    return said + ([(PAGE["reason"].in_(language), reason)] if reason else [])


def follow_page(
    place: Place,
    topic: FollowedTopic | None,
    entry: Entry,
    language: Language,
    *,
    now: datetime | None = None,
    done: Text | None = None,
    depth: int = 1,
) -> str:
    """Return what became of a topic; without one the form that asks which.

    Args:
        place: whose form it is.
        topic: that the number and the code in `entry.values` open.
        entry: what was typed.
        language: of the words.
        now: the present moment, UTC; needed with a topic.
        done: what has just been done to it.
        depth: how many folders below the form the page is.
    """
    until = topic.free_until if topic else None
    return _render(
        "follow.html",
        place,
        language,
        root="../" * depth,
        topic=topic,
        facts=_facts(topic, language) if topic else [],
        done=done.in_(language) if done else "",
        free_until=f"{until.astimezone(SHANGHAI):%H:%M}" if until and now and now <= until else "",
        situations=_said(SITUATIONS, language),
        statuses=_said(STEP_STATUSES, language),
        shapes=STEP_SHAPES,
        **_entry(entry, _FOLLOW_LABELS, language),
    )
