"""What members do for the people: 视察, 情况通报, 双亮双进, 咨询 (M19).

That somebody showed Party identity in a 双亮双进 says that they are a Party member, and so is in no command,
event or state here (M18): `services/meetings/restricted.py` keeps it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MemberActivityCorrected, MemberActivityRecorded, MemberActivityStruck
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import ActivityDirection, ActivityKind

# state


@dataclass(frozen=True)
class Account:
    """What is said of an activity, and may be put right.

    Attributes:
        done_on: in Asia/Shanghai.
        members: ids of the members who took part.
        people_met: None where nobody counted.
        issues: what was taken home.
        direction, showed_member_identity: of a 双亮双进 alone.
    """

    kind: ActivityKind
    done_on: date
    place: str
    members: tuple[str, ...]
    people_met: int | None = None
    issues: tuple[str, ...] = ()
    direction: ActivityDirection | None = None
    showed_member_identity: bool | None = None


@dataclass(frozen=True)
class Activity:
    """An activity; `activity_id` is empty and `account` None where none was recorded."""

    activity_id: str = ""
    division: str = ""
    account: Account | None = None
    struck: bool = False


def _told_by(event: MemberActivityRecorded | MemberActivityCorrected) -> Account:
    return Account(
        kind=event.kind,
        done_on=event.done_on,
        place=event.place,
        members=event.members,
        people_met=event.people_met,
        issues=event.issues,
        direction=event.direction,
        showed_member_identity=event.showed_member_identity,
    )


def evolve(activity: Activity, event: DomainEvent) -> Activity:
    """Return the activity after an event."""
    match event:
        case MemberActivityRecorded():
            return Activity(event.activity_id, event.division, _told_by(event))
        case MemberActivityCorrected():
            return replace(activity, account=_told_by(event))
        case MemberActivityStruck():
            return replace(activity, struck=True)
    return activity


# commands


@dataclass(frozen=True)
class Circumstances:
    """What is so at the moment of a command, outside of the activity.

    Attributes:
        today: in Asia/Shanghai.
        serving: those of the account's members who served on its day.
    """

    today: date
    serving: Collection[str]


@dataclass(frozen=True)
class RecordActivity:
    """Record an activity."""

    activity_id: str
    division: str
    account: Account
    at: Circumstances


@dataclass(frozen=True)
class CorrectActivity:
    """Say anew what was done, all of it."""

    reason: str
    account: Account
    at: Circumstances


@dataclass(frozen=True)
class StrikeActivity:
    """Take back what was recorded by mistake."""

    reason: str


ActivityCommand = RecordActivity | CorrectActivity | StrikeActivity

# decisions


def decide(command: ActivityCommand, activity: Activity) -> Sequence[DomainEvent]:
    """Return what a command does to an activity.

    Raises:
        NotThereError: none was recorded under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, RecordActivity):
        return _record(command, activity)
    if activity.account is None:
        raise NotThereError("activity-unknown", zh="没有这次履职活动。", en="There is no such activity.")
    match command:
        case CorrectActivity():
            return _correct(command, activity)
        case StrikeActivity():
            if activity.struck:
                return []
            return [MemberActivityStruck(activity_id=activity.activity_id, reason=command.reason)]


def _record(command: RecordActivity, activity: Activity) -> Sequence[DomainEvent]:
    if activity.account is not None:
        raise RefusedError(
            "activity-exists",
            zh=f"编号 {command.activity_id} 已有履职活动。",
            en=f"There is an activity {command.activity_id} already; use another id.",
            field="activity_id",
        )
    _require_sound(command.account, command.at)
    return [
        MemberActivityRecorded(
            activity_id=command.activity_id, division=command.division, **vars(command.account)
        )
    ]


def _correct(command: CorrectActivity, activity: Activity) -> Sequence[DomainEvent]:
    if activity.struck:
        raise RefusedError(
            "activity-struck",
            rule="M19",
            zh="该履职活动已作废，不能更正。",
            en="The activity was struck; record it anew.",
        )
    if command.account == activity.account:
        return []
    _require_sound(command.account, command.at)
    return [
        MemberActivityCorrected(
            activity_id=activity.activity_id, reason=command.reason, **vars(command.account)
        )
    ]


def _require_sound(account: Account, at: Circumstances) -> None:
    if account.done_on > at.today:
        raise _unsound(
            "activity-in-future",
            "done_on",
            "履职活动发生后才登记，日期不能晚于今天。",
            "An activity is recorded after it took place; its day cannot lie ahead.",
        )
    if len(set(account.members)) < len(account.members):
        raise _unsound("member-twice", "members", "每位委员只写一次。", "Name each member once.")
    if strangers := sum(member not in at.serving for member in account.members):
        raise _unsound(
            "member-not-serving",
            "members",
            f"有 {strangers} 人当日不是本县委员。",
            f"{strangers} of them were no members of this county on that day.",
        )
    _require_both_shows(account)


def _require_both_shows(account: Account) -> None:
    stated = (account.direction, account.showed_member_identity)
    if account.kind is ActivityKind.SHOW_AND_VISIT:
        if None in stated:
            raise _unsound(
                "show-and-visit-incomplete",
                "direction" if account.direction is None else "showed_member_identity",
                "“双亮双进”须写明是否亮委员身份、走进哪一方。",
                "Say who went to whom, and whether member identity was shown.",
            )
    elif stated != (None, None):
        raise _unsound(
            "not-show-and-visit",
            "direction" if account.direction is not None else "showed_member_identity",
            "只有“双亮双进”才写亮身份和走进哪一方。",
            "Only a show-and-visit has a direction and shows identity.",
        )


def _unsound(code: str, field: str, zh: str, en: str) -> RefusedError:
    return RefusedError(code, rule="M19", zh=zh, en=en, field=field)
