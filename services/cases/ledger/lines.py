"""From what cases knows of topics to the lines of the ledger. Pure.

A line has room for one meeting and one problem. Where a topic has more of them, each has a line of its own at
the end, whose remark names the line that it goes on with; what there is one of a meeting stands in its first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shared.contracts.types import (
    Basis,
    Level,
    LoopItem,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
)
from shared.ledger.cells import Exemption, Remark
from shared.ledger.columns import ACTIVITIES
from shared.ledger.divisions import Divisions, Town
from shared.ledger.rows import ActivityRow
from shared.ledger.rules import title_key
from shared.ledger.vocabulary import FORMS, Status
from shared.platform.divisions import COUNTY_DIGITS, town_of

Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger.

    Attributes:
        topic: the document that it is of.
        row: as the workbook has it.
    """

    topic: Part
    row: ActivityRow


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What lines name besides their topic.

    Attributes:
        venues: titles by id.
        plans: ids of the year's issued plans.
    """

    divisions: Divisions
    venues: Mapping[str, str]
    plans: frozenset[str]


def town(divisions: Divisions, code: str) -> Town:
    """Return the town that a division belongs to; the county for what is the county's."""
    if len(code) == COUNTY_DIGITS:
        return divisions.whole
    return divisions.town(town_of(code)) or Town(town_of(code), town_of(code))


def numbered(topics: Iterable[Part]) -> list[tuple[int, Part]]:
    """Return the topics of a county and year with the numbers of their lines.

    What came from a ledger keeps its number. The others follow in the order in which they were recorded, so
    that a topic has its number for good as long as no ledger is entered afterwards.
    """
    kept: dict[int, Part] = {}
    others = []
    for document in sorted(topics, key=lambda d: (d["topic"]["recorded_at"], d["topic_id"])):
        number = document["topic"]["ledger_number"]
        if number is None or number in kept:
            others.append(document)
        else:
            kept[number] = document
    following = enumerate(others, start=max(kept, default=0) + 1)
    return [*sorted(kept.items()), *following]


def lines_of(topics: Iterable[Part], around: Surroundings, within: str = "") -> Iterator[Line]:
    """Yield the lines of a county and year, by their numbers.

    Args:
        topics: documents of `ledger`, all that are listed in that county and year.
        around: what they name.
        within: only the lines of this division; they have the numbers that they have in the whole.
    """
    mains = numbered(topics)
    merged = _merged_into([main for main in mains if _lies(main[1], within)], around.divisions)
    further = []
    for number, document in mains:
        first, *others = _parts(document, around)
        further += [(number, document, part) for part in others]
        if _lies(document, within):
            yield Line(document, _row(number, document, first, _remark_of_topic(document, merged), around))
    last = mains[-1][0] if mains else 0
    for number, (main, document, part) in enumerate(further, start=last + 1):
        if _lies(document, within):
            yield Line(document, _row(number, document, part, Remark(continues=main), around))


def _lies(document: Part, within: str) -> bool:
    division: str = document["division"]
    return division.startswith(within)


@dataclass(frozen=True, slots=True)
class _Part:
    """What a line says beside the topic: a meeting, perhaps with its entry, and one of its problems.

    Attributes:
        says_meeting: the line is the first of its meeting, and says what there is one of.
    """

    meeting: Part | None = None
    entry: Part | None = None
    case: Part | None = None
    problem: Part | None = None
    says_meeting: bool = True


def _parts(document: Part, around: Surroundings) -> list[_Part]:
    """Return what the lines of a topic say, in an order that does not depend on ids."""
    held = {**document["entries"], **document["meetings"]}

    def when(id_: str) -> tuple[str, ...]:
        title = around.venues.get(held[id_].get("venue_id") or "", "")
        return held[id_]["held_on"], title, *held[id_]["opinions"], id_

    parts = []
    for id_ in sorted(held, key=when):
        problems = [problem for problem in document["problems"].values() if problem["entry_id"] == id_]
        problems.sort(key=lambda p: (p["assigned_on"], p["text"], p["lead"]))
        entry, case = document["entries"].get(id_), _case_of(document, id_)
        parts.append(_Part(held[id_], entry, case, problems[0] if problems else None))
        parts += [_Part(held[id_], problem=problem, says_meeting=False) for problem in problems[1:]]
    return parts or [_Part()]


def _case_of(document: Part, entry_id: str) -> Part | None:
    published = [case for case in document["cases"].values() if case["entry_id"] == entry_id]
    first: Part | None = min(published, key=lambda case: (case["published_on"], case["title"]), default=None)
    entry = document["entries"].get(entry_id) or {}
    return first or entry.get("case")


def _merged_into(mains: Sequence[tuple[int, Part]], divisions: Divisions) -> Mapping[str, str]:
    """Return how a remark names each topic; those that no reader would find by it are left out."""
    names = {
        document["topic_id"]: f"{town(divisions, document['division']).name} {document['topic']['title']}"
        for _, document in mains
    }
    known = Counter(title_key(name) for name in names.values())
    return {id_: name for id_, name in names.items() if known[title_key(name)] == 1}


def _remark_of_topic(document: Part, names: Mapping[str, str]) -> Remark:
    topic = document["topic"]
    if topic["merged"] is not None:
        reason = topic["merged"]["reason"]
        into = names.get(topic["merged"]["into"])
        return Remark(merged_into=into, note=reason if into else reason or "已并入其他议题")
    return Remark(note=topic["withdrawn"] if not document["meetings"] and not document["entries"] else None)


def _row(number: int, document: Part, part: _Part, remark: Remark, around: Surroundings) -> ActivityRow:
    topic = document["topic"]
    row = ActivityRow(
        sheet=ACTIVITIES.label,
        row=0,
        year=document["year"],
        number=number,
        town=town(around.divisions, document["division"]),
        title=topic["title"],
        origin=Origin(topic["origin"]),
        proposed_on=date.fromisoformat(topic["proposed_on"]),
        level=Level(topic["level"]) if topic["level"] else None,
        basis=Basis(topic["basis"]) if topic["basis"] else None,
        adopted_on=_day(topic["adopted_on"]),
        plan_item=topic["plan_item"] if topic["plan_id"] in around.plans else None,
        lead=topic["lead"],
        convener=topic["convener"],
        # Only what was taken up is known to have been surveyed for.
        surveys=(topic["counted"] or topic["surveys"] or None) if topic["adopted_on"] else None,
        status=Status.WITHDRAWN if topic["withdrawn"] and part.meeting is None else None,
        remark=remark,
    )
    return replace(row, **dict(_of_meeting(part, topic, around)), **dict(_of_problem(part.problem, remark)))


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def _of_meeting(part: _Part, topic: Part, around: Surroundings) -> Iterator[tuple[str, Any]]:
    meeting = part.meeting
    if meeting is None:
        return
    # All that tells a meeting from others stands in each of its lines.
    yield "consulted_on", _day(meeting["held_on"])
    yield "venue", around.venues.get(meeting.get("venue_id") or "")
    yield "form_title", _form(meeting)
    yield "convener", meeting.get("convener") or topic["convener"]
    if not part.says_meeting:
        return
    yield "host", meeting.get("host")
    yield "recorder", meeting.get("recorder")
    yield "opinions", tuple(meeting["opinions"])
    attendance = meeting.get("attendance") or {}
    for field in ("expected", "present", "members", "departments", "stakeholders", "residents"):
        yield field, attendance.get(field)
    yield from _of_case(part.case)
    yield from _of_entry(part.entry)


def _form(meeting: Part) -> str | None:
    title = meeting.get("form_title")
    if "form" not in meeting or (title and FORMS.find(title)):
        return title
    form = MeetingForm(meeting["form"])
    unsaid = meeting["back_entry"] and form is MeetingForm.MEETING and not title
    return None if unsaid else FORMS.shown(form)


def _of_case(case: Part | None) -> Iterator[tuple[str, Any]]:
    if case is not None:
        yield "case_title", case["title"]
        for dimension in ("background", "participants", "process", "results"):
            yield f"case_{dimension}", case[dimension]


def _of_entry(entry: Part | None) -> Iterator[tuple[str, Any]]:
    if entry is None:
        return
    if report := entry["report"]:
        yield "outlet", report["outlet"]
        yield "media_level", MediaLevel(report["level"])
        yield "reported_on", _day(report["reported_on"])
    exempted = [item for item in LoopItem if item in entry["exempt"]]
    yield (
        "exemptions",
        tuple(
            Exemption(item, entry["exempt"][item]["reason"], entry["exempt"][item]["approver"])
            for item in exempted
        ),
    )


def _of_problem(problem: Part | None, remark: Remark) -> Iterator[tuple[str, Any]]:
    if problem is None:
        return
    yield "problem", problem["text"]
    yield "lead_handler", problem["lead"]
    yield "co_handlers", tuple(problem["co_handlers"])
    for field in ("assigned_on", "due_on", "replied_on", "solved_on"):
        yield field, _day(problem[field])
    yield "result", ReplyResult(problem["result"]) if problem["result"] else None
    yield "rating", Rating(problem["rating"]) if problem["rating"] else None
    yield (
        "remark",
        replace(
            remark,
            follow_up_on=_day(problem["follow_up_on"]),
            redo_due_on=_day(problem["redo_due_on"]),
            confirmed=problem["confirmed"] if problem["solved_on"] else None,
        ),
    )
