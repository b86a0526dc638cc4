"""What the papers say: the fields that a Word template may use, by their Chinese names.

A county's clerks edit the templates, so the fields are called what they call them: `{{ 议题 }}`. The names
are as public as the wire: templates out there use them, so none is renamed or taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shared.contracts.types import AttendeeKind, MeetingForm, SegmentKind, SignerRole
from shared.platform.papers import Fields, Paper, chinese_day
from shared.platform.words import FORMS, KINDS
from shared.platform.working_days import SHANGHAI

PACKAGED = Path(__file__).parents[1] / "templates"

SEGMENTS = {
    SegmentKind.BRIEFING: "通报",
    SegmentKind.QUESTIONS: "提问",
    SegmentKind.ANSWERS: "解答",
    SegmentKind.SPEECHES: "发言",
}
ROLES = {SignerRole.HOST: "主持人", SignerRole.RECORDER: "记录人", SignerRole.PARTICIPANT: "参会人"}
_WEEKDAYS = "一二三四五六日"
_UNSTATED = "（未载明）"


@dataclass(frozen=True)
class About:
    """What is known of a meeting when a paper on it is made.

    Attributes:
        meeting: its document in the read model.
        topic: its topic's title; None where the topic is not known yet.
        venue: its venue's document; None for a meeting without one.
        division: name of the county or town that it belongs to.
    """

    meeting: Mapping[str, Any]
    topic: str | None
    venue: Mapping[str, Any] | None
    division: str

    @property
    def title(self) -> str:
        """Return the topic's title, or what stands for it."""
        return self.topic or "（议题名称未载明）"

    @property
    def place(self) -> str:
        """Return where it is: the venue and its address, or the link."""
        if self.venue is not None:
            address = self.venue.get("address")
            return f"{self.venue['title']}（{address}）" if address else str(self.venue["title"])
        return f"线上（{self.meeting['link']}）" if self.meeting.get("link") else _UNSTATED

    @property
    def starts_at(self) -> datetime | None:
        """Return when it begins, aware; None where only the day is known."""
        return _moment(self.meeting.get("starts_at"))

    @property
    def ends_at(self) -> datetime | None:
        """Return when it ends, aware."""
        return _moment(self.meeting.get("ends_at"))

    @property
    def day(self) -> date:
        """Return its day in Asia/Shanghai."""
        return date.fromisoformat(self.meeting["day"])

    @property
    def time(self) -> str:
        """Return day and hours in Chinese."""
        starts_at, ends_at = self.starts_at, self.ends_at
        if starts_at is None:
            return chinese_day(self.day)
        until = f"至{clock(ends_at)}" if ends_at else ""
        return f"{chinese_day(self.day)}（星期{_WEEKDAYS[self.day.weekday()]}）{clock(starts_at)}{until}"

    def common(self) -> dict[str, Any]:
        """Return the fields that every paper has."""
        meeting = self.meeting
        return {
            "议题": self.title,
            "时间": self.time,
            "地点": self.place,
            "形式": meeting.get("form_title") or FORMS[MeetingForm(meeting["form"])].zh,
            "召集人": meeting.get("convener") or _UNSTATED,
            "主持人": meeting.get("host") or _UNSTATED,
            "记录人": meeting.get("recorder") or _UNSTATED,
            "区划": self.division,
            "议程": agenda_rows(meeting.get("agenda") or []),
        }


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def clock(moment: datetime) -> str:
    """Return an hour in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%H:%M")


def agenda_rows(items: Sequence[Mapping[str, Any]], before: str = "") -> list[dict[str, str]]:
    """Return an agenda as rows, nested items after the one that holds them: 1, 1.1, 1.2, 2."""
    rows = []
    for n, item in enumerate(items, start=1):
        segment = item.get("segment")
        rows.append(
            {
                "序号": f"{before}{n}",
                "内容": item["title"],
                "环节": SEGMENTS[SegmentKind(segment)] if segment else "",
                "时长": f"{item['minutes']}分钟",
                "发言": item.get("presenter") or "",
            }
        )
        rows += agenda_rows(item.get("children") or [], f"{before}{n}.")
    return rows


_COMMON = frozenset({"议题", "时间", "地点", "形式", "召集人", "主持人", "记录人", "区划", "议程"})
NOTICE = Paper("notice.docx", "会议通知", _COMMON | {"落款日期"}, PACKAGED)
SIGN_IN_SHEET = Paper("sign-in-sheet.docx", "签到表", _COMMON | {"名单"}, PACKAGED)
MINUTES = Paper(
    "minutes.docx",
    "会议纪要",
    _COMMON | {"正文", "稿次", "状态", "更正原因", "摘要", "提示", "签署"},
    PACKAGED,
)
PAPERS = (NOTICE, SIGN_IN_SHEET, MINUTES)


def notice(about: About, today: date) -> Fields:
    """Return the fields of a notice that is written today."""
    return {**about.common(), "落款日期": chinese_day(today)}


BLANK_ROWS = 10
"""For those who come without having registered."""


def sign_in_sheet(about: About, expected: Sequence[tuple[str, AttendeeKind]]) -> Fields:
    """Return the fields of a sign-in sheet: those expected, by name and kind, then blank rows."""
    named = [(name, KINDS[kind].zh) for name, kind in expected] + [("", "")] * BLANK_ROWS
    rows = [{"序号": n, "姓名": name, "类别": kind} for n, (name, kind) in enumerate(named, start=1)]
    return {**about.common(), "名单": rows}


@dataclass(frozen=True)
class SignedVersion:
    """A version of the minutes, as it is printed.

    Attributes:
        version: its part of the read model.
        text: as it is kept.
        erased_on: when somebody was taken out of the text.
        names: of those who signed, by opaque id, as far as they are known.
    """

    version: Mapping[str, Any]
    text: str
    erased_on: date | None
    names: Mapping[str, str]


def minutes(about: About, signed: SignedVersion) -> Fields:
    """Return the fields of the minutes."""
    version = signed.version
    published_on = version["published_on"]
    erased = f"正文已于 {signed.erased_on} 依法删除个人信息，与签署时的文本不再一致。"
    return {
        **about.common(),
        "正文": signed.text.split("\n"),
        "稿次": version["number"],
        "状态": f"{chinese_day(date.fromisoformat(published_on))}发布" if published_on else "未发布稿",
        "更正原因": version["reason"] or "",
        "摘要": version["sha256"],
        "提示": erased if signed.erased_on else "",
        "签署": [
            {
                "身份": ROLES[SignerRole(signature["role"])],
                "姓名": signed.names.get(signature["person"], ""),
                "时间": _signed_at(signature["signed_at"]),
            }
            for signature in version["signatures"]
        ],
    }


def _signed_at(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
