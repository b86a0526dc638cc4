"""What kinds of duties there are, who is told to do them, and what a duty says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.days import day_of
from shared.contracts.envelope import Recorded
from shared.eventsourcing.errors import OutOfOrderError
from shared.platform.divisions import COUNTY_DIGITS, TOWN_DIGITS
from shared.platform.working_days import WorkCalendar, today

State = Mapping[str, Any]
"""What a matter's events left, as JSON."""

NO_DUE_DATE = "9999-12-31"
"""Where what has no due date stands in the order of due dates: last."""


class Kind(StrEnum):
    """What is to be done."""

    REVIEW_PLAN = "review-plan"
    APPROVE_PLAN = "approve-plan"
    ISSUE_PLAN = "issue-plan"
    TRIAGE = "triage"
    ADOPT = "adopt"
    STEP = "step"
    SCHEDULE = "schedule"
    SEND_NOTICE = "send-notice"
    ANSWER_INVITATION = "answer-invitation"
    HOLD = "hold"
    DRAFT_MINUTES = "draft-minutes"
    SIGN_MINUTES = "sign-minutes"
    PUBLISH_MINUTES = "publish-minutes"
    ASSIGN = "assign"
    REASSIGN = "reassign"
    REPLY = "reply"
    HELP = "help"
    SET_DUE_DATE = "set-due-date"
    FOLLOW_UP = "follow-up"
    RATE = "rate"
    CONFIRM = "confirm"
    DECIDE = "decide"
    WRITE_CASE = "write-case"
    PUBLISH_CASE = "publish-case"
    ADD_REPORT = "add-report"
    ARCHIVE = "archive"


OF_CONVENERS = frozenset(
    {
        Kind.STEP,
        Kind.SCHEDULE,
        Kind.SEND_NOTICE,
        Kind.HOLD,
        Kind.DRAFT_MINUTES,
        Kind.SIGN_MINUTES,
        Kind.PUBLISH_MINUTES,
        Kind.CONFIRM,
    }
)
"""What waits for a liaison office, and may as well be done by a convener of its town."""


# recipients, spelt as notify spells them

_PERSON = "person:"


def liaison(town: str) -> str:
    """Return a town's liaison office."""
    return f"liaison:{town}"


def office(county: str) -> str:
    """Return a county's CPPCC office."""
    return f"office:{county}"


def department(name: str) -> str:
    """Return a department, by its name as assignments spell it."""
    return f"department:{name}"


def person(person_id: str) -> str:
    """Return a person, by their opaque id."""
    return f"{_PERSON}{person_id}"


def without_people(recipients: Iterable[str]) -> list[str]:
    """Return the offices and departments among some recipients."""
    return [recipient for recipient in recipients if not recipient.startswith(_PERSON)]


def in_charge_of(division: str) -> str:
    """Return who runs a division's activities: its town's liaison office, or the county's office."""
    if len(division) >= TOWN_DIGITS:
        return liaison(division[:TOWN_DIGITS])
    return office_of(division)


def office_of(division: str) -> str:
    """Return the office of the county in which a division lies."""
    return office(division[:COUNTY_DIGITS])


class Whose(StrEnum):
    """Who does something: people only, the CPPCC's offices, departments."""

    PERSON = "person"
    OFFICE = "office"
    DEPARTMENT = "department"


def _whose(recipients: Iterable[str]) -> Whose:
    """Return who does what these recipients are told to do; a person beside an office does it for that."""
    kinds = {recipient.partition(":")[0] for recipient in recipients}
    if Whose.DEPARTMENT in kinds:
        return Whose.DEPARTMENT
    return Whose.PERSON if kinds == {Whose.PERSON} else Whose.OFFICE


# a duty


@dataclass(frozen=True, slots=True)
class Matter:
    """What duties are about.

    Attributes:
        key: of its document, e.g. `problem-<id>`.
        ids: that the address names where the duty is done, e.g. {"problem_id": …}.
    """

    key: str
    division: str
    topic_id: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)

    def duty(
        self,
        kind: Kind,
        recipients: Iterable[str],
        *,
        since: str,
        due_on: str | None = None,
        of: str | None = None,
        for_conveners: bool | None = None,
        **more: Any,  # noqa: ANN401 - what only some kinds say: text, step, count …
    ) -> dict[str, Any]:
        """Return a duty as it is kept.

        Args:
            kind: what is to be done.
            recipients: any of whom may do it.
            since: the day from which it waits; may lie ahead, then nobody is shown it yet.
            due_on: the last day for it; None where no rule says one. No light is kept (C12).
            of: tells two duties of one kind and matter apart.
            for_conveners: what waits for an office may be done by a convener; by the kind unless given.
            more: `text`, `title`, `step`, `step_title`, `count`, `lead`, further ids.
        """
        told = sorted(set(recipients))
        return {
            "_id": ":".join([self.key, kind, *([of] if of else [])]),
            "kind": str(kind),
            "division": self.division,
            "topic_id": self.topic_id,
            "recipients": told,
            "whose": str(_whose(told)),
            "for_conveners": kind in OF_CONVENERS if for_conveners is None else for_conveners,
            "since": since,
            "due_on": due_on,
            "due_key": due_on or NO_DUE_DATE,
            **self.ids,
            **more,
        }


# days


@cache
def calendar() -> WorkCalendar:
    """Return the calendar that due dates are counted by.

    A due date that no event says follows from it when the event is folded: after an update of the calendar
    `hxs projections rebuild` brings the dates of a year whose holidays were not published before.
    """
    return WorkCalendar()


@lru_cache(maxsize=4096)
def working_days_after(day: str, n: int) -> str:
    """Return the n-th working day after a day; before it for a negative n."""
    return calendar().add_working_days(date.fromisoformat(day), n).isoformat()


@lru_cache(maxsize=4096)
def last_day_for_notice(meeting_day: str, working_days: int) -> str:
    """Return the last day on which so many whole working days lie between it and the meeting (M06)."""
    first_whole = calendar().add_working_days(date.fromisoformat(meeting_day), -working_days)
    return (first_whole - timedelta(days=1)).isoformat()


def day_said(recorded: Recorded) -> str:
    """Return the day on which an event happened, else that on which it was recorded, in Asia/Shanghai."""
    return (day_of(recorded.event) or today(recorded.recorded_at)).isoformat()


def known(state: State | None, event: DomainEvent) -> State:
    """Return the state that an event finds.

    Raises:
        OutOfOrderError: there is none, though its stream does not begin with this event.
    """
    if state is None:
        raise OutOfOrderError(event, None)
    return state
