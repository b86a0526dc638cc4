"""Members' activities over HTTP (M19): members enter their own, clerks those of their division.

Nothing here counts, ranks or compares people (国办函〔2026〕12号). Telephone and identity numbers that
somebody wrote into an issue are masked before it becomes an event.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import BaseModel, Field, model_validator

from services.meetings import restricted
from services.meetings.api.members import seen_member, will_be_done
from services.meetings.deciders import ACTIVITY, MEMBER
from services.meetings.domain import activity as activities
from services.meetings.domain.member import Member as RosterMember
from services.meetings.moments import Now
from services.meetings.projections.activities import ACTIVITIES
from services.meetings.rights import LogReader, Member, MemberReader, countywide
from services.meetings.views.activities import ACTIVITY_LIST, ActivitySituation, ActivityView
from shared.contracts.refusal import RefusedError
from shared.contracts.types import ActivityDirection, ActivityKind, Day, DivisionCode, Id, Line, Text
from shared.eventsourcing.history import HistoryAsked, HistoryEntry, HistoryReader
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import EXPORTS, AsOfAsked, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import check_division, visible_divisions
from shared.platform.http import MinVersion, Page
from shared.platform.language import FieldValueError
from shared.platform.lists import ListRequest
from shared.platform.people import People
from shared.platform.people_http import PeopleOf
from shared.platform.privacy import MaskedText, masked
from shared.platform.problems import NotFoundError
from shared.platform.working_days import today

router = APIRouter()

_CLERKS = {Role.LIAISON, Role.OFFICE}
_SEE_ALL = {*_CLERKS, Role.AUDITOR}


class ActivityBody(BaseModel):
    """What members did.

    Attributes:
        members: ids of who took part.
        people_met: how many, where it was counted.
        issues: what was taken home.
        direction, showed_member_identity: of a 双亮双进 alone, which has both.
        showed_party_identity: those of the members who did, in a 双亮双进. It goes to where Party membership
            is, and never comes back; null leaves what was entered before.
    """

    kind: ActivityKind
    done_on: Day
    place: Line
    members: Annotated[tuple[Id, ...], Field(min_length=1, max_length=100)]
    people_met: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    issues: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    direction: ActivityDirection | None = None
    showed_member_identity: bool | None = None
    showed_party_identity: Annotated[tuple[Id, ...], Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _shown_by_who_was_there(self) -> ActivityBody:
        shown_by = set(self.showed_party_identity or ())
        if shown_by and self.kind is not ActivityKind.SHOW_AND_VISIT:
            raise FieldValueError("只有“双亮双进”才亮身份。", "Only in a show-and-visit identity is shown.")
        if not shown_by <= set(self.members):
            raise FieldValueError("亮身份的委员须在参加名单中。", "Who showed it has to have taken part.")
        return self

    def account(self) -> activities.Account:
        """Return what is going to be recorded."""
        return activities.Account(
            kind=self.kind,
            done_on=self.done_on,
            place=masked(self.place),
            members=self.members,
            people_met=self.people_met,
            issues=tuple(masked(issue) for issue in self.issues),
            direction=self.direction,
            showed_member_identity=self.showed_member_identity,
        )


class NewActivity(ActivityBody):
    """An activity; `activity_id` may be chosen by the caller.

    Attributes:
        division: where it took place.
    """

    activity_id: Id | None = None
    division: DivisionCode


@router.post("/activities", status_code=status.HTTP_201_CREATED)
async def record_activity(
    body: NewActivity, caller: Member, commands: CommandsOf, people: PeopleOf, now: Now
) -> Written:
    """Record what members did: a member their own, a clerk anybody's (M19)."""
    check_division(caller, body.division)
    activity_id = body.activity_id or commands.new_id()
    took_part = await _members(commands, body.members)
    _require_own(took_part, caller)
    command = activities.RecordActivity(
        activity_id=activity_id,
        division=body.division,
        account=body.account(),
        at=activities.Circumstances(today(now), _serving(took_part, body, body.division)),
    )
    if will_be_done(ACTIVITY, command, await commands.state(ACTIVITY, activity_id)):
        await _enter_shown(people, activity_id, took_part, body, caller)
    return await commands.execute(
        ACTIVITY, activity_id, command, location=f"/activities/{activity_id}", division=body.division
    )


async def _members(commands: Commands, ids: tuple[str, ...]) -> list[RosterMember]:
    """Return those who are on a roster, as they stand now."""
    found = [await commands.state(MEMBER, each) for each in dict.fromkeys(ids)]
    return [each for each in found if each.member_id]


def _is_own(took_part: list[RosterMember], caller: Principal) -> bool:
    own = person_id(caller.subject)
    return bool(took_part) and all(each.entry.account == own for each in took_part)


def _require_own(took_part: list[RosterMember], caller: Principal) -> None:
    if _CLERKS.isdisjoint(caller.roles) and not _is_own(took_part, caller):
        raise RefusedError(
            "not-own-activity",
            rule="M19",
            zh="委员只登记本人的履职活动；他人的由联络室登记。",
            en="A member records their own activities; a liaison office those of others.",
            field="members",
        )


def _serving(took_part: list[RosterMember], body: ActivityBody, division: str) -> tuple[str, ...]:
    """Return the ids of those who were members of the division's county on the activity's day."""
    return tuple(
        each.member_id
        for each in took_part
        if each.serves_on(body.done_on) and division.startswith(each.division)
    )


async def _enter_shown(
    people: People, activity_id: str, took_part: list[RosterMember], body: ActivityBody, caller: Principal
) -> None:
    """Write who showed Party identity, before the event: a kill in between leaves what counts for nothing."""
    if body.showed_party_identity is not None:
        shown_by = set(body.showed_party_identity)
        await restricted.enter_shown(people, activity_id, took_part, shown_by, by=caller)


class Correction(ActivityBody):
    """What members did, all of it anew, and what was wrong before."""

    reason: MaskedText


@router.post("/activities/{activity_id}/corrections")
async def correct_activity(
    activity_id: Id, body: Correction, caller: Member, commands: CommandsOf, people: PeopleOf, now: Now
) -> Written:
    """Put a recorded activity right (M19)."""
    recorded = await _seen_activity(commands, activity_id, caller)
    took_part = await _members(commands, body.members)
    _require_own(took_part, caller)
    command = activities.CorrectActivity(
        reason=body.reason,
        account=body.account(),
        at=activities.Circumstances(today(now), _serving(took_part, body, recorded.division)),
    )
    if will_be_done(ACTIVITY, command, recorded):
        await _enter_shown(people, activity_id, took_part, body, caller)
    return await _on_activity(commands, activity_id, command)


class Striking(BaseModel):
    """Why an activity is to count as never recorded, e.g. that it was recorded twice."""

    reason: MaskedText


@router.post("/activities/{activity_id}/striking")
async def strike_activity(activity_id: Id, body: Striking, caller: Member, commands: CommandsOf) -> Written:
    """Take back an activity that was recorded by mistake (M19)."""
    await _seen_activity(commands, activity_id, caller)
    return await _on_activity(commands, activity_id, activities.StrikeActivity(body.reason))


async def _seen_activity(commands: Commands, activity_id: str, caller: Principal) -> activities.Activity:
    """Return an activity that the caller may change: their own, to a clerk each of their division.

    Raises:
        NotFoundError: there is none.
    """
    recorded = await commands.state(ACTIVITY, activity_id)
    if recorded.account is None or not caller.covers(recorded.division):
        raise NotFoundError
    if _CLERKS.isdisjoint(caller.roles):
        took_part = await _members(commands, recorded.account.members)
        if not _is_own(took_part, caller):
            raise NotFoundError
    return recorded


async def _on_activity(commands: Commands, activity_id: str, command: activities.ActivityCommand) -> Written:
    return await commands.execute(ACTIVITY, activity_id, command, location=f"/activities/{activity_id}")


async def _filters(
    kind: Annotated[ActivityKind | None, Query()] = None,
    situation: Annotated[ActivitySituation, Query()] = ActivitySituation.RECORDED,
    with_issues: Annotated[bool | None, Query(description="Whether issues were taken home")] = None,
    since: Annotated[Day | None, Query(description="The first day")] = None,
    until: Annotated[Day | None, Query(description="The last day")] = None,
) -> dict[str, Any]:
    query: dict[str, Any] = {"situation": situation}
    if kind is not None:
        query["kind"] = kind
    if with_issues is not None:
        query["has_issues"] = with_issues
    days = {"$gte": since, "$lte": until}
    if within := {sign: day.isoformat() for sign, day in days.items() if day is not None}:
        query["done_on"] = within
    return query


Filters = Annotated[dict[str, Any], Depends(_filters)]


@router.get("/activities", response_model=Page[ActivityView], responses=EXPORTS)
async def list_activities(
    caller: LogReader,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(ACTIVITY_LIST)],
    filters: Filters,
    division: Annotated[DivisionCode | None, Query()] = None,
) -> Page[ActivityView] | Response:
    """List the activities in the caller's division, e.g. those whose issues may become topics (M19)."""
    query = {**filters, "division": visible_divisions(caller, division)}
    return await reading.listed(ACTIVITIES, ACTIVITY_LIST, query, asked)


@router.get("/activities/{activity_id}")
async def get_activity(
    activity_id: Id,
    caller: MemberReader,
    commands: CommandsOf,
    reading: ReadingOf,
    minimum: MinVersion,
    as_of: AsOfAsked,
) -> ActivityView:
    """Return an activity: to its members, and to clerks and auditors of its division."""
    found = await reading.document(
        ACTIVITIES, activity_id, minimum=minimum, visible=lambda d: "division" in d, as_of=as_of
    )
    if not await _may_see(found, caller, commands):
        raise NotFoundError
    return ActivityView.model_validate(found)


async def _may_see(activity: Document, caller: Principal, commands: Commands) -> bool:
    if not _SEE_ALL.isdisjoint(caller.roles):
        return caller.covers(activity["division"])
    own = person_id(caller.subject)
    return any(each.entry.account == own for each in await _members(commands, tuple(activity["members"])))


@router.get("/activities/{activity_id}/history")
async def get_activity_history(
    activity_id: Id, caller: HistoryReader, reading: ReadingOf, asked: HistoryAsked
) -> Page[HistoryEntry]:
    """Return who recorded and corrected an activity, oldest first."""

    def visible(document: Document) -> bool:
        return "division" in document and caller.covers(document["division"])

    return await reading.history(ACTIVITIES, activity_id, asked, caller=caller, visible=visible)


@router.get("/members/{member_id}/activities", response_model=Page[ActivityView], responses=EXPORTS)
async def list_activities_of_member(
    member_id: Id,
    caller: MemberReader,
    commands: CommandsOf,
    reading: ReadingOf,
    asked: Annotated[ListRequest, Depends(ACTIVITY_LIST)],
    filters: Filters,
) -> Page[ActivityView] | Response:
    """List a member's activities: all to themselves, to clerks and auditors those of their division."""
    member = await seen_member(commands, member_id, caller)
    if _is_own([member], caller):
        within = visible_divisions(countywide(caller))
    elif not _SEE_ALL.isdisjoint(caller.roles):
        within = visible_divisions(caller)
    else:
        raise NotFoundError
    query = {**filters, "members": member_id, "division": within}
    return await reading.listed(ACTIVITIES, ACTIVITY_LIST, query, asked)
