"""What a row states, held against what can be true.

What cannot be true refuses the row: an effect before or without its cause, figures that contradict each
other, a reference to nothing. What should have been otherwise only flags it. How things should have been
*done* (notice in time, composition, contact before the reply) is judged by the services when the row is
entered, not here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.types import Rating, ReplyResult
from shared.ledger.divisions import Divisions
from shared.ledger.findings import (
    CONTINUED_UNKNOWN,
    DATE_IN_FUTURE,
    DATES_REVERSED,
    DATES_UNUSUAL,
    EXEMPTED_YET_DONE,
    EXEMPTION_INCOMPLETE,
    FACT_ALONE,
    FACT_WITHOUT_CAUSE,
    KINDS_ABOVE_PRESENT,
    KINDS_BELOW_PRESENT,
    MERGED_IN_CIRCLE,
    MERGED_INTO_AMBIGUOUS,
    MERGED_INTO_MISSING,
    MERGED_INTO_UNKNOWN,
    NOT_STATED,
    NOT_WITHDRAWN,
    PLAN_ITEM_UNKNOWN,
    SAME_PERSON,
    SOLVED_AGAINST_RULES,
    TITLE_TWICE,
    VENUE_UNKNOWN,
    Finding,
    Kind,
    Place,
)
from shared.ledger.rows import ActivityRow, PlanItemRow, VenueRow
from shared.ledger.status import done_items, is_solved, is_withdrawn
from shared.ledger.text import key
from shared.ledger.vocabulary import LOOP_ITEMS, Status

Number = tuple[int, int]
"""Year and 序号 of an activity."""

Headers = Callable[[str, str], str]
"""Returns, for a sheet and a field, the header as the sheet writes it."""

# (cause, effect): the effect cannot be earlier.
_ORDER = (
    ("proposed_on", "adopted_on"),
    ("proposed_on", "consulted_on"),
    ("proposed_on", "assigned_on"),
    ("assigned_on", "due_on"),
    ("assigned_on", "replied_on"),
    ("replied_on", "solved_on"),
    ("replied_on", "redo_due_on"),
)
# (usually first, usually later): the other order happens (T16, C01) and is recorded as it stands.
_USUAL_ORDER = (
    ("adopted_on", "consulted_on"),
    ("consulted_on", "assigned_on"),
    ("consulted_on", "reported_on"),
    ("replied_on", "follow_up_on"),
)
# (effect, cause): the effect cannot be there without its cause, nor be entered without it.
_CAUSES = (
    ("assigned_on", "problem"),
    ("assigned_on", "lead_handler"),
    ("replied_on", "assigned_on"),
    ("replied_on", "result"),
    ("result", "replied_on"),
    ("rating", "replied_on"),
    ("solved_on", "replied_on"),
    ("outlet", "media_level"),
)
# (fact, what it belongs to): without that the fact has nothing to be recorded on.
_PARTS = (
    ("present", "consulted_on"),
    ("opinions", "consulted_on"),
    ("lead_handler", "assigned_on"),
    ("due_on", "assigned_on"),
    ("case_background", "case_title"),
    ("case_participants", "case_title"),
    ("case_process", "case_title"),
    ("case_results", "case_title"),
    ("reported_on", "outlet"),
)
# Days of things done; a due or follow-up date may lie ahead.
_HAPPENED = (
    "proposed_on",
    "adopted_on",
    "consulted_on",
    "assigned_on",
    "replied_on",
    "solved_on",
    "reported_on",
)
_COMMA = re.compile("[,\uff0c]")
_KINDS = ("members", "departments", "stakeholders", "residents")
_IN_REMARK = {"follow_up_on": "回头看日期", "redo_due_on": "重新办理时限"}


@dataclass(frozen=True, slots=True)
class _Row:
    """An activity with what it takes to speak about its cells."""

    activity: ActivityRow
    headers: Headers

    @property
    def place(self) -> Place:
        return Place(self.activity.sheet, self.activity.row)

    def get(self, field: str) -> object:
        return getattr(self.activity.remark if field in _IN_REMARK else self.activity, field)

    def day(self, field: str) -> date | None:
        found = self.get(field)
        return found if isinstance(found, date) else None

    def header(self, field: str) -> str:
        return self.headers(self.activity.sheet, "remark" if field in _IN_REMARK else field)

    def label(self, field: str) -> str:
        """Return what a message calls a field: the header, or the part of the remark."""
        return _IN_REMARK.get(field) or self.header(field)

    def says(self, kind: Kind, field: str, **facts: object) -> Finding:
        return kind.at(self.place, self.header(field), label=self.label(field), **facts)


def _dates(row: _Row, pairs: Iterable[tuple[str, str]], kind: Kind) -> Iterator[Finding]:
    for first, second in pairs:
        earlier, later = row.day(first), row.day(second)
        if earlier and later and later < earlier:
            yield row.says(kind, second, other=row.label(first), earlier=earlier, later=later)


def _causes(row: _Row) -> Iterator[Finding]:
    for effect, cause in _CAUSES:
        if row.get(effect) and not row.get(cause):
            yield row.says(FACT_WITHOUT_CAUSE, effect, other=row.label(cause))


def _parts(row: _Row) -> Iterator[Finding]:
    for part, whole in _PARTS:
        if row.get(part) and not row.get(whole):
            yield row.says(FACT_ALONE, part, other=row.label(whole))


def _future(row: _Row, today: date | None) -> Iterator[Finding]:
    for field in _HAPPENED:
        happened = row.day(field)
        if today and happened and happened > today:
            yield row.says(DATE_IN_FUTURE, field, value=happened, today=today)


def _attendance(row: _Row) -> Iterator[Finding]:
    kinds = [getattr(row.activity, kind) for kind in _KINDS]
    total, present = sum(kind or 0 for kind in kinds), row.activity.present
    if present is None:
        return
    if total > present:
        yield row.says(KINDS_ABOVE_PRESENT, "present", total=total, present=present)
    elif total < present and None not in kinds:
        yield row.says(KINDS_BELOW_PRESENT, "present", total=total, present=present)


def _people(row: _Row) -> Iterator[Finding]:
    host, recorder = row.activity.host, row.activity.recorder
    if host and recorder and key(host) == key(recorder):
        yield row.says(SAME_PERSON, "recorder", other=row.header("host"))


def _problem(row: _Row) -> Iterator[Finding]:
    activity = row.activity
    if activity.assigned_on and not activity.due_on:
        yield row.says(NOT_STATED, "due_on")
    if activity.result in {ReplyResult.B, ReplyResult.C} and not activity.remark.follow_up_on:
        yield row.says(NOT_STATED, "follow_up_on")
    if activity.rating is Rating.DISSATISFIED and not activity.remark.redo_due_on:
        yield row.says(NOT_STATED, "redo_due_on")
    if is_solved(activity) and not activity.solved_on:
        yield row.says(NOT_STATED, "solved_on")
    if activity.solved_on and activity.replied_on and not is_solved(activity):
        yield row.says(SOLVED_AGAINST_RULES, "solved_on")


def _exemptions(row: _Row) -> Iterator[Finding]:
    done = done_items(row.activity)
    for exemption in row.activity.exemptions:
        item = LOOP_ITEMS.shown(exemption.item)
        if not exemption.counts:
            yield row.says(EXEMPTION_INCOMPLETE, "exemptions", item=item)
        elif exemption.item in done:
            yield row.says(EXEMPTED_YET_DONE, "exemptions", item=item)


def _status(row: _Row) -> Iterator[Finding]:
    activity = row.activity
    if activity.status is Status.MERGED and not activity.remark.merged_into:
        yield row.says(MERGED_INTO_MISSING, "status")
    if activity.status is Status.WITHDRAWN:
        if not is_withdrawn(activity):
            yield row.says(NOT_WITHDRAWN, "status")
        elif not activity.remark.note:
            yield row.says(NOT_STATED, "remark")


def check_activity(activity: ActivityRow, headers: Headers, today: date | None) -> list[Finding]:
    """Return what is impossible or odd in one row by itself.

    Args:
        activity: the row.
        headers: gives the header of a field, for the messages.
        today: a fact later than this day has not happened; None leaves that unchecked.
    """
    row = _Row(activity, headers)
    return [
        *_causes(row),
        *_dates(row, _ORDER, DATES_REVERSED),
        *_future(row, today),
        *_attendance(row),
        *_status(row),
        *_dates(row, _USUAL_ORDER, DATES_UNUSUAL),
        *_parts(row),
        *_people(row),
        *_problem(row),
        *_exemptions(row),
    ]


def check_plan_items(
    activities: Iterable[ActivityRow], items: Iterable[PlanItemRow], headers: Headers
) -> list[Finding]:
    """Return the rows that name an item which their year's plan does not have.

    A year without a plan is not held against the ledger: its sheet may be missing.
    """
    numbers: dict[int, set[int]] = {}
    for item in items:
        numbers.setdefault(item.year, set()).add(item.number)
    return [
        PLAN_ITEM_UNKNOWN.at(Place(a.sheet, a.row), headers(a.sheet, "plan_item"), number=a.plan_item)
        for a in activities
        if a.plan_item is not None and a.year in numbers and a.plan_item not in numbers[a.year]
    ]


def check_venues(
    activities: Iterable[ActivityRow], venues: Iterable[VenueRow], headers: Headers
) -> list[Finding]:
    """Return flags on rows whose venue is not on the venue sheet, where there is one."""
    known = [(venue.town.code, key(venue.title)) for venue in venues]
    titles = Counter(title for _, title in known)
    return [
        VENUE_UNKNOWN.at(Place(a.sheet, a.row), headers(a.sheet, "venue"), value=a.venue)
        for a in activities
        if known
        and a.venue
        and (a.town.code, key(a.venue)) not in known
        and titles[key(a.venue)] != 1  # the only one of its name is meant wherever it lies
    ]


def check_titles(activities: Iterable[ActivityRow]) -> list[Finding]:
    """Return flags on rows that repeat an earlier row's town and title under another number."""
    first: dict[tuple[int, str, str], int] = {}
    findings = []
    for activity in activities:
        if activity.remark.continues is not None:
            continue
        topic = (activity.year, activity.town.code, key(activity.title))
        seen = first.setdefault(topic, activity.row)
        if seen != activity.row:
            findings.append(TITLE_TWICE.at(Place(activity.sheet, activity.row), first=seen))
    return findings


def title_key(title: str) -> str:
    """Return what a title and its name in a remark share; parts of a remark are separated by `;`."""
    return key(title).replace(";", ",")


class _Topics:
    """The topics of a ledger by title, to find what a remark refers to."""

    def __init__(self, activities: Iterable[ActivityRow], divisions: Divisions) -> None:
        self._divisions = divisions
        self._by_title: dict[tuple[int, str], list[ActivityRow]] = {}
        for activity in activities:
            if activity.remark.continues is None:
                self._by_title.setdefault((activity.year, title_key(activity.title)), []).append(activity)

    def find(self, year: int, written: str) -> list[ActivityRow]:
        """Return the topics that `TOWN TITLE`, or `TITLE` alone, may mean."""
        for text in (written, _COMMA.split(written, maxsplit=1)[0]):
            town, title = self._divisions.split(text)
            same_title = self._by_title.get((year, title_key(title)), []) if town else []
            same_town = [activity for activity in same_title if activity.town == town]
            if found := same_town or self._by_title.get((year, title_key(text)), []):
                return found
        return []


def _leads_to_itself(row: ActivityRow, targets: Mapping[Number, ActivityRow]) -> bool:
    seen: set[Number] = set()
    target = targets.get(row.identity)
    while target is not None and target.identity not in seen:
        if target.identity == row.identity:
            return True
        seen.add(target.identity)
        target = targets.get(target.identity)
    return False


def find_merged(
    activities: Sequence[ActivityRow], divisions: Divisions, headers: Headers
) -> tuple[Mapping[Number, ActivityRow], list[Finding]]:
    """Find the topics that rows were merged into.

    Returns:
        The target by the merged row's year and number, and errors for the rows without exactly one.
    """
    rows = [activity for activity in activities if activity.remark.merged_into]
    topics = _Topics(activities, divisions)
    targets: dict[Number, ActivityRow] = {}
    problems: list[tuple[ActivityRow, Kind]] = []
    for row in rows:
        found = topics.find(row.year, row.remark.merged_into or "")
        if len(found) == 1:
            targets[row.identity] = found[0]
        else:
            problems.append((row, MERGED_INTO_AMBIGUOUS if found else MERGED_INTO_UNKNOWN))
    problems += [(row, MERGED_IN_CIRCLE) for row in rows if _leads_to_itself(row, targets)]
    return targets, [
        kind.at(Place(row.sheet, row.row), headers(row.sheet, "remark"), target=row.remark.merged_into)
        for row, kind in problems
    ]


def find_continued(
    activities: Iterable[ActivityRow], headers: Headers
) -> tuple[Mapping[Number, Number], list[Finding]]:
    """Find the rows that others go on with: a topic's further problems and meetings, one a row.

    Rows of one topic that name the same day, place and form of consultation are of one meeting.

    Returns:
        For each row that goes on, the number of the row it goes on with and of the first row of its meeting,
        by year and number; and errors for the rows without exactly one.
    """
    rows = {row.identity: row for row in activities}
    meetings: dict[tuple[object, ...], int] = {}
    found: dict[Number, Number] = {}
    findings = []
    # A row that others go on with comes first, whatever its number.
    for row in sorted(rows.values(), key=lambda r: (r.remark.continues is not None, r.identity)):
        main = row.number if row.remark.continues is None else row.remark.continues
        target = rows.get((row.year, main))
        if target is None or (target is not row and target.remark.continues) or _no_meeting(row):
            column = headers(row.sheet, "remark")
            findings.append(CONTINUED_UNKNOWN.at(Place(row.sheet, row.row), column, target=main))
            continue
        meeting = (row.year, main, row.consulted_on, row.venue, row.form_title)
        first = meetings.setdefault(meeting, row.number)
        if target is not row:
            found[row.identity] = (main, first)
    return found, findings


def _no_meeting(row: ActivityRow) -> bool:
    return row.remark.continues is not None and row.consulted_on is None
