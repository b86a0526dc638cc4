"""A meeting from its notice to its published minutes, and those who are invited to it (M06, M07, M15, M16).

A back-entered meeting took place long ago: nothing of it waits for anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from services.board.duties.kinds import (
    Kind,
    Matter,
    State,
    day_said,
    in_charge_of,
    known,
    last_day_for_notice,
    person,
    working_days_after,
)
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    InvitationAnswered,
    MeetingCancelled,
    MeetingHeld,
    MeetingOpened,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesDrafted,
    MinutesPublished,
    MinutesSigned,
    NoticeSent,
    ParticipantInvited,
)
from shared.contracts.types import MeetingRules, SignerRole

MINUTES_WORKING_DAYS = 7
"""Working days after the meeting within which its minutes are due."""

OF_MINUTES = (MinutesDrafted, MinutesSigned, MinutesPublished)
EVENTS: tuple[type[DomainEvent], ...] = (
    MeetingScheduled,
    MeetingRescheduled,
    NoticeSent,
    ParticipantInvited,
    InvitationAnswered,
    MeetingOpened,
    MeetingHeld,
    MeetingCancelled,
    *OF_MINUTES,
)
_SIGNERS = (SignerRole.HOST, SignerRole.RECORDER)
_NOTHING: dict[str, Any] = {"meeting": None, "minutes": None}


def state_after(state: State | None, recorded: Recorded) -> Mapping[str, Any]:
    """Return what is known of a meeting after an event of its stream or of its minutes'."""
    before = state or _NOTHING
    if isinstance(recorded.event, OF_MINUTES):
        return {**before, "minutes": _minutes(before["minutes"], recorded.event)}
    return {**before, "meeting": _meeting(before["meeting"], recorded)}


def _meeting(meeting: Mapping[str, Any] | None, recorded: Recorded) -> Mapping[str, Any]:
    event = recorded.event
    match event:
        case MeetingScheduled():
            return {
                "topic_id": event.topic_id,
                "division": event.division,
                "situation": "past" if event.back_entry else "scheduled",
                "since": day_said(recorded),
                "day": event.day.isoformat(),
                "notice_days": (event.rules or MeetingRules()).notice_working_days,
                "noticed": False,
                "signers": _people(host=event.host_id, recorder=event.recorder_id),
                "invited": {},
            }
        case MeetingHeld() if meeting is None:  # held at once, as a record of the past may say
            return {
                "topic_id": event.topic_id,
                "division": event.division,
                "situation": "past",
                "signers": {},
                "day": event.held_on.isoformat(),
            }
    return {**known(meeting, event), **_meeting_change(known(meeting, event), recorded)}


def _people(**roles: str | None) -> dict[str, str]:
    return {role: found for role, found in roles.items() if found is not None}


def _meeting_change(meeting: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    match recorded.event:
        case MeetingRescheduled() as event:
            return {"day": event.day.isoformat(), "noticed": False, "since": day_said(recorded)}
        case NoticeSent():
            return {"noticed": True}
        case ParticipantInvited() as event:
            return {"invited": {**meeting["invited"], event.person: day_said(recorded)}}
        case InvitationAnswered() as event:
            still = {who: since for who, since in meeting["invited"].items() if who != event.person}
            return {"invited": still}
        case MeetingOpened():
            return {"situation": "open", "invited": {}}
        case MeetingHeld() as event:
            past = meeting["situation"] == "past"
            return {"situation": "past" if past else "held", "day": event.held_on.isoformat(), "invited": {}}
    return {"situation": "cancelled", "invited": {}}


def _minutes(minutes: Mapping[str, Any] | None, event: DomainEvent) -> Mapping[str, Any]:
    match event:
        case MinutesDrafted():
            return {
                "topic_id": event.topic_id,
                "division": event.division,
                "since": event.drafted_on.isoformat(),
                "signed": [],
                "published": False,
                "correction": event.reason is not None,
            }
        case MinutesSigned():
            before = known(minutes, event)
            return {**before, "signed": sorted({*before["signed"], str(event.role)})}
    return {**known(minutes, event), "published": True}


def duties_of(meeting_id: str, state: State) -> list[dict[str, Any]]:
    """Return what a meeting waits for."""
    meeting, minutes = state["meeting"], state["minutes"]
    if meeting is None:
        return []  # its minutes were heard of first
    matter = Matter(
        f"meeting-{meeting_id}", meeting["division"], meeting["topic_id"], {"meeting_id": meeting_id}
    )
    if meeting["situation"] in ("scheduled", "open"):
        return list(_until_held(matter, meeting))
    if minutes is not None:
        return list(_with_minutes(matter, meeting, minutes))
    if meeting["situation"] == "held":
        told = [in_charge_of(meeting["division"]), *_signer(meeting, SignerRole.RECORDER)]
        due_on = working_days_after(meeting["day"], MINUTES_WORKING_DAYS)
        return [matter.duty(Kind.DRAFT_MINUTES, told, since=meeting["day"], due_on=due_on)]
    return []


def _signer(meeting: Mapping[str, Any], role: SignerRole) -> list[str]:
    found = meeting["signers"].get(role)
    return [person(found)] if found else []


def _until_held(matter: Matter, meeting: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    day, office = meeting["day"], in_charge_of(meeting["division"])
    told = [office, *_signer(meeting, SignerRole.HOST)]
    yield matter.duty(Kind.HOLD, told, since=meeting["since"], due_on=day)
    if meeting["situation"] == "open":
        return
    if not meeting["noticed"]:
        due_on = last_day_for_notice(day, meeting["notice_days"])
        yield matter.duty(Kind.SEND_NOTICE, [office], since=meeting["since"], due_on=due_on)
    if meeting["invited"]:
        invited = [person(who) for who in meeting["invited"]]
        since = min(meeting["invited"].values())
        yield matter.duty(Kind.ANSWER_INVITATION, invited, since=since, due_on=day)


def _with_minutes(
    matter: Matter, meeting: Mapping[str, Any], minutes: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    if minutes["published"]:
        return
    # A correction has no day by which it must be there, and neither have minutes of what is long past.
    late = minutes["correction"] or meeting["situation"] != "held"
    due_on = None if late else working_days_after(meeting["day"], MINUTES_WORKING_DAYS)
    office = in_charge_of(meeting["division"])
    missing = [role for role in _SIGNERS if role not in minutes["signed"]]
    for role in missing:
        told = _signer(meeting, role) or [office]
        yield matter.duty(Kind.SIGN_MINUTES, told, since=minutes["since"], due_on=due_on, of=role)
    if not missing:
        yield matter.duty(Kind.PUBLISH_MINUTES, [office], since=minutes["since"], due_on=due_on)
