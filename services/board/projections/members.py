"""`roster` and `deeds`: the county's members, and what each of them did in their office (M18, M19).

    roster       one document a member: member_id, division, sector, liaison_office, term, enrolled_on,
                 retired_on; person and account, the opaque ids under which they act
    deeds        one document a meeting, survey, activity or topic: on, year, done: [{who, what}]; `who` is
                 the id that its event names. `on` is None, and nothing done, until it took place

Who did it is put together when it is read (`member_activity.py`), for a member may get an account late. Of
meetings only those who came as members are kept, and of topics only those that a member proposed: what
others do is no business of this record. Groups claim topics, not members (T14), so claims are not here.
No names, no Party membership.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from services.board.published import PublishedMember
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    AttendeeCheckedIn,
    MeetingHeld,
    MeetingScheduled,
    MemberActivityCorrected,
    MemberActivityRecorded,
    MemberActivityStruck,
    MemberChanged,
    MemberEnrolled,
    MemberRetired,
)
from shared.contracts.topics import SurveyRecorded, TopicProposed
from shared.contracts.types import ActivityKind, AttendeeKind, Origin
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


class Deed(StrEnum):
    """What a member does in their office."""

    ATTENDED = "attended"
    HOSTED = "hosted"
    SURVEYED = "surveyed"
    PROPOSED = "proposed"
    INSPECTION = "inspection"
    BRIEFING = "briefing"
    SHOW_AND_VISIT = "show-and-visit"
    ADVICE = "advice"


_OF_ACTIVITY = {kind: Deed(kind.value) for kind in ActivityKind}
_ON_ROSTER = {
    *("member_id", "division", "person", "account", "sector", "liaison_office", "term", "enrolled_on"),
}


# the roster


def member_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the member that the event is about."""
    return (recorded.stream.removeprefix("member-"),)


def fold_member(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a member's line of the roster after an event of their stream.

    Raises:
        OutOfOrderError: the member was not enrolled first.
    """
    event = recorded.event
    if isinstance(event, MemberEnrolled):
        return {**event.model_dump(mode="json", include=_ON_ROSTER), "retired_on": None}
    if document is None:
        raise OutOfOrderError(event, document)
    if isinstance(event, MemberRetired):
        return {**document, "retired_on": event.retired_on.isoformat()}
    return {**document, **event.model_dump(mode="json", include=_ON_ROSTER)}


ROSTER = Projection(
    name="roster",
    version=1,
    events=(MemberEnrolled, MemberChanged, MemberRetired),
    keys=member_key,
    fold=fold_member,
    main_category="member",
    indexes=((("division", 1), ("_id", 1)), (("account", 1),)),
    published=PublishedMember,
)


# what was done

OF_MEETINGS: tuple[type[DomainEvent], ...] = (MeetingScheduled, AttendeeCheckedIn, MeetingHeld)
OF_ACTIVITIES: tuple[type[DomainEvent], ...] = (
    MemberActivityRecorded,
    MemberActivityCorrected,
    MemberActivityStruck,
)
EVENTS: tuple[type[DomainEvent], ...] = (*OF_MEETINGS, *OF_ACTIVITIES, SurveyRecorded, TopicProposed)

_NOT_YET: dict[str, Any] = {"on": None, "year": None, "host": None, "there": [], "done": []}


def deed_key(recorded: Recorded) -> Iterable[str]:
    """Return which meeting, survey, activity or topic the event is about; nothing for others' topics."""
    event = recorded.event
    if isinstance(event, SurveyRecorded):
        return (f"{recorded.stream}-survey-{event.survey_id}",)
    if isinstance(event, TopicProposed) and not (event.origin == Origin.MEMBER and event.proposer):
        return ()
    return (recorded.stream,)


def fold_deed(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what was done at something, after an event of its stream."""
    before = document or _NOT_YET
    match recorded.event:
        case MeetingScheduled(host_id=host):
            return {**before, "host": host}
        case AttendeeCheckedIn(kind=AttendeeKind.MEMBER, person=person):
            # A second check-in changes nothing (M10).
            return {**before, "there": [*dict.fromkeys([*before["there"], person])]}
        case MeetingHeld(held_on=on):
            attended = [_done(who, Deed.ATTENDED) for who in before["there"]]
            hosted = [_done(before["host"], Deed.HOSTED)] if before["host"] else []
            return {**before, **_on(on), "done": [*attended, *hosted]}
        case MemberActivityRecorded() | MemberActivityCorrected() as event:
            what = _OF_ACTIVITY[event.kind]
            return {**before, **_on(event.done_on), "done": [_done(who, what) for who in event.members]}
        case MemberActivityStruck():
            return {**before, "on": None, "year": None, "done": []}
        case SurveyRecorded() as event:
            done = [_done(who, Deed.SURVEYED) for who in event.people]
            return {**before, **_on(event.surveyed_on), "done": done}
        case TopicProposed(proposer=str(who), proposed_on=on):
            return {**before, **_on(on), "done": [_done(who, Deed.PROPOSED)]}
    return before


def _on(day: date) -> dict[str, Any]:
    return {"on": day.isoformat(), "year": day.year}


def _done(who: str, what: Deed) -> dict[str, str]:
    return {"who": who, "what": str(what)}


DEEDS = Projection(
    name="deeds",
    version=1,
    events=EVENTS,
    keys=deed_key,
    fold=fold_deed,
    indexes=((("year", 1), ("_id", 1)), (("done.who", 1), ("year", 1))),
)
