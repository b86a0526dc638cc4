"""When and where a meeting is, as mails and invitations say it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.contracts.meetings import RegistrationWithdrawn
from shared.contracts.types import MeetingForm
from shared.platform.words import FORMS
from shared.platform.working_days import SHANGHAI

_OFFICES = {"召集人": "convener", "主持人": "host", "记录人": "recorder"}
_WEEKDAYS = "一二三四五六日"
_UNSTATED = "（未载明）"


@dataclass(frozen=True, slots=True)
class Meeting:
    """When and where a meeting is.

    Attributes:
        title: of its topic.
        day: in Asia/Shanghai.
        starts_at, ends_at: aware; None where only the day is known.
        place: venue and address, or the link.
        link: of a meeting online.
        offices: who convenes, hosts and records, by their Chinese names.
        sequence: how often it has changed.
    """

    meeting_id: str
    division: str
    title: str
    form: str
    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    link: str | None
    offices: Mapping[str, str]
    sequence: int
    cancelled: bool

    @property
    def time(self) -> str:
        """Return day and hours in Chinese."""
        day = f"{self.day.year}年{self.day.month}月{self.day.day}日（星期{_WEEKDAYS[self.day.weekday()]}）"
        if self.starts_at is None:
            return day
        until = f"至{_clock(self.ends_at)}" if self.ends_at else ""
        return f"{day}{_clock(self.starts_at)}{until}"

    def is_off(self, because: str | None) -> bool:
        """Tell whether it is off for somebody: cancelled, or they gave their place in it back.

        Args:
            because: name of the event that they are told of.
        """
        return self.cancelled or because == RegistrationWithdrawn.name


def _clock(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%H:%M")


def meeting_of(document: Mapping[str, Any], venue: Mapping[str, Any] | None, title: str | None) -> Meeting:
    """Return a meeting as the read models know it.

    Args:
        document: of `meetings`.
        venue: of `venues`; None where the meeting has none, or it is not known yet.
        title: the topic's, as it is called now; None to take it as it was when the meeting was scheduled.
    """
    named = {name: document[field] for name, field in _OFFICES.items() if document[field]}
    return Meeting(
        meeting_id=document["meeting_id"],
        division=document["division"],
        title=title or document["topic_title"] or "（议题名称未载明）",
        form=document["form_title"] or FORMS[MeetingForm(document["form"])].zh,
        day=date.fromisoformat(document["day"]),
        starts_at=_moment(document["starts_at"]),
        ends_at=_moment(document["ends_at"]),
        place=_place(document, venue),
        link=document["link"],
        offices=named,
        sequence=document["sequence"],
        cancelled=document["cancelled"],
    )


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _place(document: Mapping[str, Any], venue: Mapping[str, Any] | None) -> str:
    if venue is not None:
        address = venue["address"]
        return f"{venue['title']}（{address}）" if address else str(venue["title"])
    return f"线上（{document['link']}）" if document["link"] else _UNSTATED
