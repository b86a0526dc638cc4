"""A venue: opened, changed, assessed as often as one likes, closed and reopened (M01–M04).

The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.meetings.domain.standards import Computed, StandardItem, VenueStandard
from shared.contracts.base import DomainEvent
from shared.contracts.meetings import (
    AssessedItem,
    VenueAssessed,
    VenueChanged,
    VenueClosed,
    VenueOpened,
    VenueReopened,
)
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import FileRef, HostPlatform, Tier

# state


@dataclass(frozen=True)
class Description:
    """What is said of a venue, and may be put right (M01)."""

    title: str = ""
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Venue:
    """A venue; `venue_id` is empty where none was opened.

    Attributes:
        assessments: as they were recorded; their days need not be in order.
        closed_on: from this day on it takes no meetings; None while it is open.
        opened_on: None where a back-entry does not say.
    """

    venue_id: str = ""
    division: str = ""
    assessments: tuple[VenueAssessed, ...] = ()
    closed_on: date | None = None
    opened_on: date | None = None
    description: Description = Description()

    @property
    def met(self) -> int | None:
        """Return how many of the six the latest assessment found met; None for a venue never assessed."""
        if not self.assessments:
            return None
        # Of one day the later recorded counts; one without a day is older than any with.
        latest = max(reversed(self.assessments), key=lambda a: a.assessed_on or date.min)
        return sum(item.met for item in latest.items)


def _described_by(said: VenueOpened | VenueChanged | ChangeVenue) -> Description:
    return Description(said.title, said.host_platform, said.address, said.capacity, said.functions)


def evolve(venue: Venue, event: DomainEvent) -> Venue:
    """Return the venue after an event."""
    match event:
        case VenueOpened():
            return Venue(
                event.venue_id,
                event.division,
                opened_on=event.opened_on,
                description=_described_by(event),
            )
        case VenueChanged():
            return replace(venue, description=_described_by(event))
        case VenueAssessed():
            return replace(venue, assessments=(*venue.assessments, event))
        case VenueClosed():
            return replace(venue, closed_on=event.closed_on)
        case VenueReopened():
            return replace(venue, closed_on=None)
    return venue


# commands


@dataclass(frozen=True)
class OpenVenue:
    """Open a place to consult in (M01)."""

    venue_id: str
    division: str
    title: str
    tier: Tier
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()
    opened_on: date | None = None
    back_entry: bool = False


@dataclass(frozen=True)
class ChangeVenue:
    """Say anew what is said of a venue, all of it (M01)."""

    title: str
    reason: str
    changed_on: date
    host_platform: HostPlatform | None = None
    address: str | None = None
    capacity: int | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """What the assessor found of one item, and what shows it: words, files, or both."""

    code: str
    met: bool
    evidence: str | None = None
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True)
class TwelveMonths:
    """What happened at a venue in the twelve months up to a day, e.g. that of its assessment (M03)."""

    meetings: int = 0
    solutions: int = 0

    def enough_for(self, item: StandardItem) -> bool:
        """Tell whether a computed item is met by it."""
        happened = self.meetings if item.computed is Computed.MEETINGS else self.solutions
        return happened >= item.at_least


@dataclass(frozen=True)
class AssessVenue:
    """Hold a venue against a standard (M02).

    Attributes:
        marks: of the items that need evidence; in a back-entry of all six.
        at: what the computed items are counted from. No part of what was asked, so that a repeated
            request is the same command (`digest_of` leaves `at` out).
        today: in Asia/Shanghai; None where nobody asks what day it is.
    """

    standard: VenueStandard
    marks: tuple[Mark, ...]
    at: TwelveMonths
    assessor: str | None = None
    assessed_on: date | None = None
    back_entry: bool = False
    today: date | None = None


@dataclass(frozen=True)
class CloseVenue:
    """Let a venue take no further meetings (M04)."""

    reason: str
    closed_on: date
    back_entry: bool = False


@dataclass(frozen=True)
class ReopenVenue:
    """Let a closed venue take meetings again (M04)."""

    reason: str
    reopened_on: date


VenueCommand = OpenVenue | ChangeVenue | AssessVenue | CloseVenue | ReopenVenue

# decisions


def decide(command: VenueCommand, venue: Venue) -> Sequence[DomainEvent]:
    """Return what a command does to a venue.

    Raises:
        NotThereError: no venue was opened under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, OpenVenue):
        return _open(command, venue)
    if not venue.venue_id:
        raise NotThereError("venue-unknown", zh="没有这个协商阵地。", en="There is no such venue.")
    match command:
        case AssessVenue():
            return _assess(command, venue)
        case ChangeVenue():
            return _change(command, venue)
        case CloseVenue():
            return _close(command, venue)
        case ReopenVenue():
            return _reopen(command, venue)


def _open(command: OpenVenue, venue: Venue) -> Sequence[DomainEvent]:
    if venue.venue_id:
        raise RefusedError(
            "venue-exists",
            zh=f"编号 {command.venue_id} 已有协商阵地。",
            en=f"There is a venue {command.venue_id} already; use another id.",
            field="venue_id",
        )
    if not command.back_entry:
        _require_described(command)
    return [VenueOpened(**vars(command))]


def _require_described(command: OpenVenue | ChangeVenue) -> None:
    for field, title in (("host_platform", "依托平台"), ("address", "地址"), ("capacity", "容纳人数")):
        if getattr(command, field) is None:
            raise RefusedError(
                "venue-incomplete",
                rule="M01",
                zh=f"开设协商阵地须写明{title}。",
                en=f"A venue states its {field}.",
                field=field,
            )


def _change(command: ChangeVenue, venue: Venue) -> Sequence[DomainEvent]:
    _require_described(command)
    if _described_by(command) == venue.description:
        return []
    return [VenueChanged(venue_id=venue.venue_id, **vars(command))]


def _close(command: CloseVenue, venue: Venue) -> Sequence[DomainEvent]:
    if venue.closed_on:
        return []
    if venue.opened_on and command.closed_on < venue.opened_on:
        raise RefusedError(
            "closed-before-opened",
            rule="M04",
            zh=f"协商阵地 {venue.opened_on} 才启用，关闭日期不能早于该日。",
            en=f"The venue was opened on {venue.opened_on}; it cannot be closed before.",
            field="closed_on",
        )
    return [VenueClosed(venue_id=venue.venue_id, **vars(command))]


def _reopen(command: ReopenVenue, venue: Venue) -> Sequence[DomainEvent]:
    if venue.closed_on is None:
        return []
    if command.reopened_on < venue.closed_on:
        raise RefusedError(
            "reopened-before-closed",
            rule="M04",
            zh=f"协商阵地 {venue.closed_on} 起关闭，恢复日期不能早于该日。",
            en=f"The venue is closed from {venue.closed_on} on; it cannot be reopened before.",
            field="reopened_on",
        )
    return [VenueReopened(venue_id=venue.venue_id, **vars(command))]


def _assess(command: AssessVenue, venue: Venue) -> Sequence[DomainEvent]:
    _require_each_item_once(command)
    _require_past(command)
    if not command.back_entry:
        _require_good_order(command, venue)
    marks = {mark.code: mark for mark in command.marks}
    assessed = VenueAssessed(
        venue_id=venue.venue_id,
        standard=command.standard.code,
        standard_version=command.standard.version,
        items=tuple(_assessed(item, marks.get(item.code), command.at) for item in command.standard.items),
        assessor=command.assessor,
        assessed_on=command.assessed_on,
        back_entry=command.back_entry,
    )
    return [] if assessed in venue.assessments else [assessed]


def _require_each_item_once(command: AssessVenue) -> None:
    needed = [item for item in command.standard.items if command.back_entry or item.computed is None]
    if sorted(mark.code for mark in command.marks) == sorted(item.code for item in needed):
        return
    computed = [item.code for item in command.standard.items if item not in needed]
    if any(mark.code in computed for mark in command.marks):
        raise RefusedError(
            "item-is-computed",
            rule="M03",
            zh="“有活动”“有实效”一类条目由系统按近十二个月的情况计算，不能填报。",
            en=f"{', '.join(computed)}: computed from the last twelve months, not marked by hand.",
            field="items",
        )
    raise RefusedError(
        "marks-incomplete",
        rule="M02",
        zh=f"须逐条评估，每条一次：{'、'.join(item.title for item in needed)}。",
        en=f"Mark each of these once: {', '.join(item.code for item in needed)}.",
        field="items",
    )


def _require_past(command: AssessVenue) -> None:
    if command.today and command.assessed_on and command.assessed_on > command.today:
        raise RefusedError(
            "assessed-in-future",
            rule="M02",
            zh="评估日期不能晚于今天。",
            en="An assessment takes place before it is recorded; its day cannot lie ahead.",
            field="assessed_on",
        )


def _require_good_order(command: AssessVenue, venue: Venue) -> None:
    if venue.closed_on:
        raise RefusedError(
            "venue-closed",
            rule="M04",
            zh="协商阵地已关闭，不再评估。",
            en="The venue is closed; it is not assessed any more.",
        )
    for field, title in (("assessor", "评估单位"), ("assessed_on", "评估日期")):
        if getattr(command, field) is None:
            raise RefusedError(
                "assessment-incomplete",
                rule="M02",
                zh=f"评估须写明{title}。",
                en=f"An assessment states its {field}.",
                field=field,
            )
    titles = {item.code: item.title for item in command.standard.items}
    for mark in command.marks:
        if mark.met and not (mark.evidence or mark.files):
            raise RefusedError(
                "evidence-missing",
                rule="M03",
                zh=f"“{titles[mark.code]}”评为达标须附佐证。",
                en=f"{mark.code}: say what shows that it is met.",
                field="items",
            )


def _assessed(item: StandardItem, mark: Mark | None, happened: TwelveMonths) -> AssessedItem:
    if mark is not None:
        return AssessedItem(
            code=item.code, title=item.title, met=mark.met, evidence=mark.evidence, files=mark.files
        )
    evidence = (
        f"近十二个月举办协商活动 {happened.meetings} 次"
        if item.computed is Computed.MEETINGS
        else f"近十二个月解决问题 {happened.solutions} 个"
    )
    return AssessedItem(code=item.code, title=item.title, met=happened.enough_for(item), evidence=evidence)
