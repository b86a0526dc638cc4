"""界别功能型党支部: what a sector branch is, did, and owes (M20).

Its secretary and members are Party members, and so are in no command, event or state here (M18):
`services/meetings/restricted.py` keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from services.meetings.domain.member import COUNTY_DIGITS
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    SectorBranchActivityRecorded,
    SectorBranchChanged,
    SectorBranchDissolved,
    SectorBranchFounded,
)
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import BranchActivityKind

MONTHS_OF_QUARTER = 3

# state


@dataclass(frozen=True)
class Description:
    """What is said of a branch, and may be put right.

    Attributes:
        base: where it meets.
        venue_id: of the base, where it is a venue.
        sectors: 界别 whose members its work covers.
    """

    title: str = ""
    base: str = ""
    venue_id: str | None = None
    sectors: tuple[str, ...] = ()


@dataclass(frozen=True)
class BranchActivity:
    """A quarterly activity or a yearly meeting that was held."""

    kind: BranchActivityKind
    done_on: date
    title: str


@dataclass(frozen=True)
class Branch:
    """A branch; `branch_id` is empty where none was founded.

    Attributes:
        activities: as they were recorded; their days need not be in order.
        dissolved_on: the first day without it; None while it stands.
    """

    branch_id: str = ""
    division: str = ""
    description: Description = Description()
    founded_on: date = date.min
    activities: tuple[BranchActivity, ...] = ()
    dissolved_on: date | None = None


def _described_by(said: SectorBranchFounded | SectorBranchChanged | ChangeBranch) -> Description:
    return Description(said.title, said.base, said.venue_id, said.sectors)


def evolve(branch: Branch, event: DomainEvent) -> Branch:
    """Return the branch after an event."""
    match event:
        case SectorBranchFounded():
            return Branch(event.branch_id, event.division, _described_by(event), event.founded_on)
        case SectorBranchChanged():
            return replace(branch, description=_described_by(event))
        case SectorBranchActivityRecorded():
            held = BranchActivity(event.kind, event.done_on, event.title)
            return replace(branch, activities=(*branch.activities, held))
        case SectorBranchDissolved():
            return replace(branch, dissolved_on=event.dissolved_on)
    return branch


# commands


@dataclass(frozen=True)
class FoundBranch:
    """Found a branch on one or several sectors."""

    branch_id: str
    division: str
    title: str
    base: str
    sectors: tuple[str, ...]
    founded_on: date
    venue_id: str | None = None


@dataclass(frozen=True)
class ChangeBranch:
    """Say anew what is said of a branch, all of it."""

    title: str
    base: str
    sectors: tuple[str, ...]
    changed_on: date
    venue_id: str | None = None


@dataclass(frozen=True)
class RecordBranchActivity:
    """Record a quarterly activity or a yearly meeting.

    Attributes:
        today: in Asia/Shanghai.
    """

    kind: BranchActivityKind
    done_on: date
    title: str
    today: date


@dataclass(frozen=True)
class DissolveBranch:
    """Let a branch be no more."""

    reason: str
    dissolved_on: date


BranchCommand = FoundBranch | ChangeBranch | RecordBranchActivity | DissolveBranch

# decisions


def decide(command: BranchCommand, branch: Branch) -> Sequence[DomainEvent]:
    """Return what a command does to a branch.

    Raises:
        NotThereError: none was founded under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, FoundBranch):
        return _found(command, branch)
    if not branch.branch_id:
        raise NotThereError("branch-unknown", zh="没有这个界别党支部。", en="There is no such branch.")
    match command:
        case ChangeBranch():
            return _change(command, branch)
        case RecordBranchActivity():
            return _record(command, branch)
        case DissolveBranch():
            return _dissolve(command, branch)


def _found(command: FoundBranch, branch: Branch) -> Sequence[DomainEvent]:
    if branch.branch_id:
        raise RefusedError(
            "branch-exists",
            zh=f"编号 {command.branch_id} 已有界别党支部。",
            en=f"There is a branch {command.branch_id} already; use another id.",
            field="branch_id",
        )
    if len(command.division) != COUNTY_DIGITS:
        raise _refused(
            "branch-of-county",
            "division",
            "界别党支部属于县级政协，区划代码应为六位。",
            "A sector branch is a county's: give its six digits.",
        )
    return [SectorBranchFounded(**vars(command))]


def _change(command: ChangeBranch, branch: Branch) -> Sequence[DomainEvent]:
    if _described_by(command) == branch.description:
        return []
    if branch.dissolved_on is not None:
        raise RefusedError(
            "branch-dissolved",
            rule="M20",
            zh="该界别党支部已撤销，不能再改。",
            en="The branch was dissolved; it is not changed any more.",
        )
    return [SectorBranchChanged(branch_id=branch.branch_id, **vars(command))]


def _record(command: RecordBranchActivity, branch: Branch) -> Sequence[DomainEvent]:
    held = BranchActivity(command.kind, command.done_on, command.title)
    if held in branch.activities:
        return []
    if command.done_on > command.today:
        raise _refused(
            "activity-in-future",
            "done_on",
            "支部活动发生后才登记，日期不能晚于今天。",
            "An activity is recorded after it took place; its day cannot lie ahead.",
        )
    dissolved = branch.dissolved_on is not None and command.done_on >= branch.dissolved_on
    if command.done_on < branch.founded_on or dissolved:
        raise _refused(
            "activity-outside-life",
            "done_on",
            "活动日期应在支部成立之后、撤销之前。",
            "A branch acts after it was founded and before it was dissolved.",
        )
    return [
        SectorBranchActivityRecorded(
            branch_id=branch.branch_id, kind=command.kind, done_on=command.done_on, title=command.title
        )
    ]


def _dissolve(command: DissolveBranch, branch: Branch) -> Sequence[DomainEvent]:
    if branch.dissolved_on is not None:
        return []
    if command.dissolved_on < branch.founded_on:
        raise _refused(
            "dissolved-before-founded",
            "dissolved_on",
            f"支部 {branch.founded_on} 才成立，撤销日期不能早于该日。",
            f"The branch was founded on {branch.founded_on} and cannot be dissolved before.",
        )
    return [SectorBranchDissolved(branch_id=branch.branch_id, **vars(command))]


def _refused(code: str, field: str, zh: str, en: str) -> RefusedError:
    return RefusedError(code, rule="M20", zh=zh, en=en, field=field)


# what it owes


class Standing(StrEnum):
    """How it stands with a duty."""

    DONE = "done"
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Duty:
    """What a branch owes for a quarter or a year.

    Attributes:
        period: e.g. `2024-Q2`, `2024`.
        due_on: the period's last day.
        done_on: the first day on which it was done; None while it was not.
    """

    kind: BranchActivityKind
    period: str
    due_on: date
    done_on: date | None
    standing: Standing


@dataclass(frozen=True)
class _Period:
    kind: BranchActivityKind
    name: str
    first: date
    last: date


def _periods_of(year: int) -> Iterator[_Period]:
    for quarter in range(1, 5):
        first = date(year, (quarter - 1) * MONTHS_OF_QUARTER + 1, 1)
        following = date(year + 1, 1, 1) if quarter == 4 else date(year, first.month + MONTHS_OF_QUARTER, 1)
        last = following - timedelta(days=1)
        yield _Period(BranchActivityKind.QUARTERLY, f"{year}-Q{quarter}", first, last)
    yield _Period(BranchActivityKind.YEARLY_MEETING, str(year), date(year, 1, 1), date(year, 12, 31))


def duties(
    held: Iterable[tuple[BranchActivityKind, date]],
    *,
    founded_on: date,
    dissolved_on: date | None,
    today: date,
) -> tuple[Duty, ...]:
    """Return how a branch stands: this year up to now, and what is left over from the year before.

    A period is owed by a branch that stood on each day of it; what was done in another one shows as done.
    Nothing of it is stored: tomorrow it may stand otherwise.

    Args:
        held: kind and day of each activity.
        founded_on: its first day.
        dissolved_on: the first day without it; None while it stands.
        today: in Asia/Shanghai.
    """
    days = sorted(held)
    found = []
    for period in (*_periods_of(today.year - 1), *_periods_of(today.year)):
        done_on = next((d for k, d in days if k is period.kind and period.first <= d <= period.last), None)
        owed = founded_on <= period.first and (dissolved_on is None or dissolved_on > period.last)
        if period.first > today or (done_on is None and not owed):
            continue
        overdue = period.last < today
        standing = Standing.DONE if done_on else Standing.OVERDUE if overdue else Standing.DUE
        if period.first.year == today.year or standing is Standing.OVERDUE:
            found.append(Duty(period.kind, period.name, period.last, done_on, standing))
    return tuple(found)
