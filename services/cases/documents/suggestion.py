"""A first draft of a typical case: what the system knows of an activity is not typed a second time (C13).

It names offices and organisations as they stand in the record, and no people. What is not known is left out;
nothing is invented to fill it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.cases.domain.typical_case import CaseText
from services.cases.lists import RATINGS
from shared.contracts.types import AttendeeKind, Basis, MeetingForm, Origin, Rating, ReplyResult
from shared.platform.papers import chinese_day
from shared.platform.words import BASES, FORMS, KINDS, ORIGINS

LONGEST = 4000
"""Characters of a dimension, as in events."""

LONGEST_TITLE = 200
CUT = "……"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What a record may have and no paper can; it would also part a draft where it is not parted."""

_RESULTS = {
    ReplyResult.A: "已解决",
    ReplyResult.B: "正在解决或列入计划",
    ReplyResult.C: "条件所限待解决",
    ReplyResult.D: "留作参考",
}
_COUNTED = {
    "members": AttendeeKind.MEMBER,
    "departments": AttendeeKind.DEPARTMENT,
    "stakeholders": AttendeeKind.STAKEHOLDER,
    "residents": AttendeeKind.RESIDENT,
}


@dataclass(frozen=True)
class Known:
    """What is known of an activity, as documents of the read models.

    Attributes:
        entry: its line in the ledger.
        topic, meeting, venue: None where cases has not heard of it (yet).
        problems: of the entry, in the order in which they were assigned.
        division: name of the town or county.
    """

    entry: Mapping[str, Any]
    topic: Mapping[str, Any] | None
    meeting: Mapping[str, Any] | None
    venue: Mapping[str, Any] | None
    problems: Sequence[Mapping[str, Any]]
    division: str

    @property
    def held_on(self) -> str:
        """Return the day of the consultation, as papers write it."""
        return _day(self.entry["held_on"])

    @property
    def title(self) -> str:
        """Return the topic's title; empty where it is not known."""
        return str(self.topic["title"]) if self.topic else ""


def suggestion(known: Known) -> CaseText:
    """Return all that is known of an activity, in the five dimensions; a part may be empty."""
    return CaseText(
        title=_UNPRINTABLE.sub("", known.title)[:LONGEST_TITLE],
        background=_lines(_background(known)),
        participants=_lines(_participants(known)),
        process=_lines(_process(known)),
        opinions=_lines(_opinions(known)),
        results=_lines(_results(known)),
    )


def _lines(lines: Iterable[str]) -> str:
    text = _UNPRINTABLE.sub("", "\n".join(lines))
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def _day(value: str) -> str:
    return chinese_day(date.fromisoformat(value))


def _on(value: str | None) -> str:
    return f"{_day(value)}，" if value else ""


def _background(known: Known) -> Iterator[str]:
    topic = known.topic
    if topic is None:
        return
    basis = f"，属{BASES[Basis(topic['basis'])].zh}" if topic["basis"] else ""
    yield f"{_day(topic['proposed_on'])}，{ORIGINS[Origin(topic['origin'])].zh}“{known.title}”{basis}。"
    if topic["description"]:
        yield str(topic["description"])


def _participants(known: Known) -> Iterator[str]:
    meeting = known.meeting or {}
    offices = [
        f"{word}：{meeting[field]}"
        for field, word in (("convener", "召集人"), ("host", "主持人"), ("recorder", "记录人"))
        if meeting.get(field)
    ]
    if offices:
        yield f"{'；'.join(offices)}。"
    if counted := _attendance(meeting.get("attendance") or {}):
        yield counted
    surveyed = _each_once(by for survey in (known.topic or {}).get("surveys", ()) for by in survey["by"])
    handlers = _each_once(problem["lead"] for problem in known.problems)
    helpers = _each_once(
        each for problem in known.problems for each in problem["co_handlers"] if each not in handlers
    )
    for word, who in (("参与调研", surveyed), ("承办单位", handlers), ("协办单位", helpers)):
        if who:
            yield f"{word}：{'、'.join(who)}。"


def _attendance(attendance: Mapping[str, Any]) -> str:
    totals = [f"到场{attendance['present']}人"] if attendance.get("present") is not None else []
    kinds = [
        f"{KINDS[kind].zh}{attendance[field]}人" for field, kind in _COUNTED.items() if attendance.get(field)
    ]
    if kinds:
        totals.append(f"其中{'、'.join(kinds)}")
    return f"{'，'.join(totals)}。" if totals else ""


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _process(known: Known) -> Iterator[str]:
    yield from _before(known.topic)
    yield _consultation(known)
    for problem in known.problems:
        yield f"{_on(problem['assigned_on'])}将“{problem['text']}”交{problem['lead']}办理。"
        for reply in problem["replies"]:
            yield f"{_on(reply['replied_on'])}{reply['lead']}答复，办理结果：{_result(reply['result'])}。"


def _before(topic: Mapping[str, Any] | None) -> Iterator[str]:
    if topic is None:
        return
    if topic["adopted_on"]:
        planned = "，列入年度协商工作计划" if topic["plan_item"] else ""
        yield f"{_day(topic['adopted_on'])}，议题确定{planned}。"
    for survey in topic["surveys"]:
        yield f"{_day(survey['surveyed_on'])}，在{survey['place']}开展调查研究：{survey['findings']}"
    if not topic["surveys"] and topic["surveys_counted"]:
        yield f"协商前开展调查研究{topic['surveys_counted']}次。"


def _consultation(known: Known) -> str:
    meeting = known.meeting or {}
    place = known.venue["title"] if known.venue else known.division
    form = meeting.get("form_title") or (FORMS[MeetingForm(meeting["form"])].zh if meeting else "协商")
    about = f"就“{known.title}”" if known.title else ""
    return f"{known.held_on}，在{place}{about}开展{form}。"


def _opinions(known: Known) -> Iterator[str]:
    opinions = (known.meeting or {}).get("opinions") or [{"text": each} for each in known.entry["opinions"]]
    for n, opinion in enumerate(opinions, start=1):
        agreed = "、".join(opinion.get("agreed_by", ()))
        yield f"{n}. {opinion['text']}" + (f"（{agreed}同意）" if agreed else "")
        for dissent in opinion.get("dissents", ()):
            yield f"不同意见（{dissent['by']}）：{dissent['explanation']}"


def _results(known: Known) -> Iterator[str]:
    for problem in known.problems:
        if problem["status"] == "handling":
            yield f"“{problem['text']}”由{problem['lead']}办理中。"
            continue
        if problem["status"] == "returned":  # perhaps before anybody has answered it
            yield f"“{problem['text']}”待重新交办。"
            continue
        newest = problem["replies"][-1]
        yield f"{newest['lead']}：{newest['text'] or _result(newest['result'])}{_rating(problem)}"
        if problem.get("solved_on"):
            yield f"{_day(problem['solved_on'])}，问题销号。"


def _rating(problem: Mapping[str, Any]) -> str:
    rating = problem.get("rating")
    return f"（评价：{RATINGS[Rating(rating)].zh}）" if rating else ""


def _result(code: str) -> str:
    return f"{code} {_RESULTS[ReplyResult(code)]}"
