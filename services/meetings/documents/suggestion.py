"""A first draft of the minutes: what the system knows of a meeting is not typed a second time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.meetings.documents.fields import About
from shared.contracts.types import AttendeeKind
from shared.platform.words import KINDS

_NUMERALS = "一二三四五六七八九十"
_COUNTS = {
    "members": KINDS[AttendeeKind.MEMBER].zh,
    "departments": KINDS[AttendeeKind.DEPARTMENT].zh,
    "stakeholders": KINDS[AttendeeKind.STAKEHOLDER].zh,
    "residents": KINDS[AttendeeKind.RESIDENT].zh,
}


def suggestion(about: About) -> str:
    """Return a draft of a held meeting's minutes, a paragraph a line; it names offices, no people."""
    return "\n".join([*_opening(about), *_agenda(about), *_opinions(about), *_ballots(about)])


def _opening(about: About) -> Iterator[str]:
    known = about.common()
    yield f"{known['时间']}，{known['区划']}在{known['地点']}就“{known['议题']}”开展{known['形式']}。"
    people = [
        f"由{about.meeting[field]}{verb}"
        for field, verb in (("convener", "召集"), ("host", "主持"), ("recorder", "记录"))
        if about.meeting.get(field)
    ]
    if people:
        yield f"会议{'，'.join(people)}。"
    if counted := _attendance(about.meeting.get("attendance") or {}):
        yield counted


def _attendance(attendance: Mapping[str, Any]) -> str:
    totals = [
        f"{word}{attendance[field]}人"
        for field, word in (("expected", "应到"), ("present", "实到"))
        if attendance.get(field) is not None
    ]
    kinds = [f"{word}{attendance[field]}人" for field, word in _COUNTS.items() if attendance.get(field)]
    if kinds:
        totals.append(f"其中{'、'.join(kinds)}")
    return f"{'，'.join(totals)}。" if totals else ""


def _agenda(about: About) -> Iterator[str]:
    rows = about.common()["议程"]
    if rows:
        yield "会议议程："
    for row in rows:
        presenter = f"（{row['发言']}）" if row["发言"] else ""
        yield f"{row['序号']} {row['内容']}{presenter}"


def _opinions(about: About) -> Iterator[str]:
    opinions = about.meeting.get("opinions") or []
    if not opinions:
        yield "会议未形成一致意见。"
        return
    yield "经协商，形成如下意见："
    for n, opinion in enumerate(opinions, start=1):
        agreed = f"（{'、'.join(opinion['agreed_by'])}同意）" if opinion["agreed_by"] else ""
        yield f"（{_numeral(n)}）{opinion['text']}{agreed}"
        for dissent in opinion["dissents"]:
            yield f"不同意见（{dissent['by']}）：{dissent['explanation']}"


def _ballots(about: About) -> Iterator[str]:
    for ballot in about.meeting.get("ballots") or []:
        outcome = "通过" if ballot["passed"] else "未通过"
        yield (
            f"表决“{ballot['question']}”：赞成{ballot['in_favour']}票，反对{ballot['against']}票，"
            f"弃权{ballot['abstentions']}票，{outcome}。"
        )


def _numeral(n: int) -> str:
    """Return a number up to 99 as Chinese numbering writes it; larger ones in digits."""
    tens, ones = divmod(n, 10)
    if n > 99:
        return str(n)
    leading = "" if tens == 0 else "十" if tens == 1 else f"{_NUMERALS[tens - 1]}十"
    return leading + (_NUMERALS[ones - 1] if ones else "")
