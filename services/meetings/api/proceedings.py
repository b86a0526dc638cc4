"""A meeting's agenda, and what it does while it takes place, over HTTP (M12–M15)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.meetings.deciders import MEETING
from services.meetings.domain import meeting as meetings
from services.meetings.moments import Now
from services.meetings.rights import Convener
from services.meetings.views.console import ConsoleView, console_of
from shared.contracts.meetings import AgendaItem, AgreedOpinion, Attendance, Dissent
from shared.contracts.types import Id, Line, SegmentKind
from shared.eventsourcing.http import (
    COMMAND_NAMESPACE,
    CommandBody,
    Commands,
    CommandsOf,
    Written,
    check_back_entry,
)
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require
from shared.platform.privacy import MaskedLine, MaskedText
from shared.platform.problems import NotFoundError

router = APIRouter()

Organiser = Annotated[Principal, Depends(require(Role.CONVENER, access=Access.READ))]
"""Runs meetings, or audits them."""


async def _on_meeting(
    commands: Commands, meeting_id: str, command: meetings.MeetingCommand, source: str | None = None
) -> Written:
    location = f"/meetings/{meeting_id}"
    return await commands.execute(MEETING, meeting_id, command, location=location, source=source)


def _derived(parent: str, *path: object) -> str:
    """Return an id of a part: the same one whenever the same is sent."""
    return str(uuid.uuid5(COMMAND_NAMESPACE, ":".join([parent, *map(str, path)])))


# agenda


class AgendaItemBody(BaseModel):
    """One item of an agenda, with those in it.

    Attributes:
        item_id: made of its title and place unless said.
        segment: needed unless the item only holds others.
        presenter: organisation or official role.
    """

    item_id: Id | None = None
    title: Line
    segment: SegmentKind | None = None
    minutes: int = Field(ge=1, le=24 * 60)
    presenter: Line | None = None
    children: tuple[AgendaItemBody, ...] = Field(default=(), max_length=30)


class Agenda(BaseModel):
    """A whole agenda."""

    items: tuple[AgendaItemBody, ...] = Field(min_length=1, max_length=30)


def _items(bodies: Sequence[AgendaItemBody], parent: str) -> tuple[AgendaItem, ...]:
    """Return items; one without an id keeps the one it gets here when others are put before it."""
    items, seen = [], Counter[str]()
    for body in bodies:
        seen[body.title] += 1
        item_id = body.item_id or _derived(parent, body.title, seen[body.title])
        said = body.model_dump(exclude={"item_id", "children"})
        items.append(AgendaItem(**said, item_id=item_id, children=_items(body.children, item_id)))
    return tuple(items)


@router.post("/meetings/{meeting_id}/agenda")
async def set_agenda(meeting_id: Id, body: Agenda, caller: Convener, commands: CommandsOf) -> Written:
    """Give a meeting its agenda, in place of any that it has (M12)."""
    return await _on_meeting(commands, meeting_id, meetings.SetAgenda(_items(body.items, meeting_id)))


@router.post("/meetings/{meeting_id}/opening")
async def open_meeting(meeting_id: Id, caller: Convener, commands: CommandsOf, now: Now) -> Written:
    """Open a meeting (M15)."""
    return await _on_meeting(commands, meeting_id, meetings.OpenMeeting(at=now))


class SegmentBody(BaseModel):
    """The item that the meeting comes to."""

    item_id: Id


@router.post("/meetings/{meeting_id}/segments")
async def start_segment(
    meeting_id: Id, body: SegmentBody, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Come to an item of the agenda (M12)."""
    return await _on_meeting(commands, meeting_id, meetings.StartSegment(body.item_id, at=now))


# opinions and ballots


class DissentBody(BaseModel):
    """Who does not agree, and why.

    Attributes:
        by: kind of participant or organisation.
    """

    by: MaskedLine
    explanation: MaskedText


class OpinionBody(BaseModel):
    """What was agreed.

    Attributes:
        agreed_by: kinds of participants or organisations.
    """

    opinion_id: Id | None = None
    text: MaskedText
    agreed_by: tuple[Line, ...] = Field(default=(), max_length=100)
    dissents: tuple[DissentBody, ...] = Field(default=(), max_length=100)

    def opinion(self, new_id: str) -> AgreedOpinion:
        """Return it, under `new_id` unless the caller chose an id."""
        return AgreedOpinion(
            opinion_id=self.opinion_id or new_id,
            text=self.text,
            agreed_by=self.agreed_by,
            dissents=tuple(Dissent(**dissent.model_dump()) for dissent in self.dissents),
        )


@router.post("/meetings/{meeting_id}/opinions")
async def agree_opinion(meeting_id: Id, body: OpinionBody, caller: Convener, commands: CommandsOf) -> Written:
    """Record an opinion as the meeting agrees on it (M13)."""
    command = meetings.AgreeOpinion(body.opinion(commands.new_id()))
    return await _on_meeting(commands, meeting_id, command)


class BallotBody(BaseModel):
    """A ballot's result.

    Attributes:
        question: what was put to the vote; the opinion's text unless said.
        tellers: official roles of who counted.
    """

    ballot_id: Id | None = None
    question: MaskedText | None = None
    opinion_id: Id | None = None
    in_favour: int = Field(ge=0, le=100_000)
    against: int = Field(ge=0, le=100_000)
    abstentions: int = Field(ge=0, le=100_000)
    tellers: tuple[Line, ...] = Field(default=(), max_length=20)


@router.post("/meetings/{meeting_id}/ballots")
async def take_ballot(
    meeting_id: Id, body: BallotBody, caller: Convener, commands: CommandsOf, now: Now
) -> Written:
    """Record a ballot, where the topic's procedure has one (M14)."""
    said = body.model_dump(exclude={"ballot_id"})
    command = meetings.TakeBallot(**said, ballot_id=body.ballot_id or commands.new_id(), at=now)
    return await _on_meeting(commands, meeting_id, command)


# held


Count = Annotated[int | None, Field(ge=0, le=1_000_000)]


class Figures(BaseModel):
    """Attendance as another record gives it; what it does not say is null (M11)."""

    expected: Count = None
    present: Count = None
    members: Count = None
    departments: Count = None
    stakeholders: Count = None
    residents: Count = None


class Holding(CommandBody):
    """That a meeting is over; attendance and opinions only in a back-entry."""

    attendance: Figures | None = None
    opinions: tuple[OpinionBody, ...] = Field(default=(), max_length=1000)


@router.post("/meetings/{meeting_id}/holding")
async def hold_meeting(meeting_id: Id, body: Holding, caller: Convener, commands: CommandsOf) -> Written:
    """Close a meeting: it was held (M15). With `back_entry`, enter that it was, as another record says."""
    check_back_entry(caller, back_entry=body.back_entry)
    command = meetings.HoldMeeting(
        attendance=Attendance(**body.attendance.model_dump()) if body.attendance else None,
        opinions=_numbered(meeting_id, body.opinions),
        back_entry=body.back_entry,
    )
    return await _on_meeting(commands, meeting_id, command, body.source)


def _numbered(meeting_id: str, opinions: Sequence[OpinionBody]) -> tuple[AgreedOpinion, ...]:
    """Return typed opinions under ids that are the same whenever the same record is entered."""
    return tuple(
        body.opinion(_derived(meeting_id, "opinion", number)) for number, body in enumerate(opinions, start=1)
    )


# the console


@router.get("/meetings/{meeting_id}/console")
async def get_console(meeting_id: Id, caller: Organiser, commands: CommandsOf) -> ConsoleView:
    """Return a meeting as its record has it at this moment, for those who run it."""
    meeting = await commands.state(MEETING, meeting_id)
    if isinstance(meeting, meetings.Unknown) or not caller.covers(meeting.division):
        raise NotFoundError
    return console_of(meeting)
