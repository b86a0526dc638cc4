"""What dashboards may rely on of the board's read models, field by field as stored (`docs/read-models.md`).

Not published are `duties` and `deeds`, which name people by their opaque ids, and what keeps events for a
look at the past. The services' lists show them to those who have a right to see them.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel

from services.board.status import DueKind, ItemState, Status
from shared.contracts.types import (
    DivisionCode,
    HostPlatform,
    LoopItem,
    Rating,
    ReplyResult,
    SelectionLevel,
    Tier,
    TopicClass,
)


class PublishedLoopItem(BaseModel):
    """One of the five.

    Attributes:
        evidence: ids of the events that show it; of an exempted one, of its exemption.
    """

    state: ItemState
    evidence: list[str]


class PublishedDue(BaseModel):
    """The earliest open date of an activity.

    Attributes:
        on: that day; its light follows from the day, the calendar and this.
        lead: 承办单位.
    """

    on: date
    kind: DueKind
    lead: str
    problem_id: str


class PublishedHeld(BaseModel):
    """A consultation that was held; `present` is null where nobody counted."""

    on: date
    present: int | None


class PublishedCounts(BaseModel):
    """What statistics count of an activity: a day, or null, for each.

    Attributes:
        assigned: first assignments of its problems.
        solved: of those that are solved; null where the record does not say.
    """

    topic_class: TopicClass | None
    adopted_on: date | None
    held: list[PublishedHeld]
    assigned: list[date]
    solved: list[date | None]


class PublishedActivity(BaseModel):
    """The five-one board: one document a topic, all its streams together.

    Attributes:
        topic_id: of the topic.
        title: as it was proposed; null, as `status` is, until the topic itself is known.
        division: the town (or county, or community) that it belongs to by now.
        proposed_on: in Asia/Shanghai.
        year: of the ledger.
        plan_id: of the plan that it carries out an item of; null for 计划外.
        plan_item: number of that item.
        status: where it stands.
        loop: the five items, each with its state.
        closed: whether the loop is closed.
        closed_on: the day of it, where the record says.
        exempted: items that are exempted in a closed loop.
        solved: problems solved.
        next_due: the date that its light counts; null where nothing is due.
        leads: 承办单位 of its problems, by name.
        counted: what statistics count.
    """

    topic_id: str
    title: str | None
    division: DivisionCode | None
    proposed_on: date | None
    year: int | None
    plan_id: str | None
    plan_item: int | None
    status: Status | None
    loop: dict[LoopItem, PublishedLoopItem]
    closed: bool
    closed_on: date | None
    exempted: list[LoopItem]
    solved: int
    next_due: PublishedDue | None
    leads: list[str]
    counted: PublishedCounts


class PublishedLine(BaseModel):
    """The ledger: one document a consultation.

    Attributes:
        entry_id: of the entry, which is the meeting's.
        topic_id: of the topic.
        division: where it was; null, as `held_on` is, until meeting or entry are known.
        held_on: in Asia/Shanghai.
        year: of the consultation.
        loop: the five items, each with its state.
        done: how many of the five are; an exempted one is not.
        closed: whether the loop is closed.
        closed_on: the day of it, where the record says.
        exempted: items that are exempted in a closed loop.
        file_number: 档号; null until it is filed.
        assigned: problems that came of it.
        solved: how many of them are solved.
        leads: 承办单位 of its problems, by name.
        case_title: of the typical case; null without one.
        outlets: that reported.
    """

    entry_id: str
    topic_id: str
    division: DivisionCode | None
    held_on: date | None
    year: int | None
    loop: dict[LoopItem, PublishedLoopItem]
    done: int
    closed: bool
    closed_on: date | None
    exempted: list[LoopItem]
    file_number: str | None
    assigned: int
    solved: int
    leads: list[str]
    case_title: str | None
    outlets: list[str]


class PublishedHandling(BaseModel):
    """A problem in the hands of one department, from an assignment or reopening on.

    Attributes:
        lead: 承办单位.
        year: in which it began; null days are such that the record does not say.
        days: calendar days to the first reply.
        ended: `solved` or `closed`.
    """

    lead: str
    year: int
    assigned_on: date | None
    due_on: date | None
    returned_on: date | None
    replied_on: date | None
    days: int | None
    result: ReplyResult | None
    follow_up_on: date | None
    rating: Rating | None
    reopened: bool
    ended: Literal["solved", "closed"] | None


class PublishedHandlings(BaseModel):
    """Department records are counted from these: one document a problem.

    Attributes:
        problem_id: of the problem.
        topic_id: of its topic.
        division: of its consultation.
        handlings: oldest first.
    """

    problem_id: str
    topic_id: str
    division: DivisionCode
    handlings: list[PublishedHandling]


class PublishedPlanItem(BaseModel):
    """An item of a plan, as amended; its progress follows from the activities that name it."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: list[str] = []
    departments: list[str] = []
    quarter: int | None = None
    expected_outcome: str | None = None


class PublishedPlan(BaseModel):
    """A year's consultation plan.

    Attributes:
        plan_id: of the plan.
        division: the county.
        year: that it is for.
        title: of the plan.
        stage: how far it has come.
        items: with all amendments so far.
    """

    plan_id: str
    division: DivisionCode
    year: int
    title: str
    stage: Literal["draft", "reviewed", "approved", "issued"]
    items: list[PublishedPlanItem]


class PublishedHappening(BaseModel):
    """A line of a timeline.

    Attributes:
        service: that recorded it.
        kind: the event's name.
        on: the day it happened; null where the record does not say.
        recorded_at: UTC.
        zh: in Chinese.
        en: in English.
        back_entry: entered afterwards.
    """

    event_id: str
    service: str
    kind: str
    on: date | None
    recorded_at: str
    zh: str
    en: str
    back_entry: bool


class PublishedTimeline(BaseModel):
    """All that happened to a topic, across the services.

    Attributes:
        topic_id: of the topic.
        title: of the topic; null until it is known.
        division: that it belongs to by now; null until it is known.
        entries: in the order in which it happened.
    """

    topic_id: str
    title: str | None
    division: DivisionCode | None
    entries: list[PublishedHappening]


class PublishedAssessment(BaseModel):
    """A venue held against a standard; `met` of its six."""

    standard: str
    standard_version: int
    met: int
    assessed_on: date | None


class PublishedVenue(BaseModel):
    """A place of consultation.

    Attributes:
        venue_id: of the venue.
        division: town or community.
        title: of the venue.
        tier: hall, room or station.
        host_platform: what it is housed in.
        capacity: people; null where unknown.
        open: whether it takes meetings.
        closed_on: since when it takes none.
        met: of six, at the latest assessment; null without one.
        assessments: oldest first.
    """

    venue_id: str
    division: DivisionCode
    title: str
    tier: Tier
    host_platform: HostPlatform | None
    capacity: int | None
    open: bool
    closed_on: date | None
    met: int | None
    assessments: list[PublishedAssessment]


class PublishedSelection(BaseModel):
    """评为优秀案例."""

    year: int
    level: SelectionLevel
    body: str | None


class PublishedCase(BaseModel):
    """A typical case as it was published last."""

    case_id: str
    number: int
    title: str
    background: str
    participants: str
    process: str
    opinions: str
    results: str
    published_on: date
    selected: list[PublishedSelection]


class PublishedPublicTopic(BaseModel):
    """What everybody may read of a topic; publish nothing of a document that is not `shown`.

    Attributes:
        topic_id: of the topic.
        title: masked; null until the topic itself is known.
        division: that it belongs to by now.
        topic_class: of its triage.
        year: of the ledger.
        proposed_on: in Asia/Shanghai.
        adopted_on: likewise.
        merged_into: id of the topic that it goes on in.
        shown: whether it was taken up, and neither rejected nor withdrawn.
        cases: published typical cases, by id.
        case_on: when the newest of them was published.
    """

    topic_id: str
    title: str | None
    division: DivisionCode | None
    topic_class: TopicClass | None
    year: int | None
    proposed_on: date | None
    adopted_on: date | None
    merged_into: str | None
    shown: bool
    cases: dict[str, PublishedCase]
    case_on: date | None


class PublishedMember(BaseModel):
    """A member on the county's roster, without names and accounts.

    Attributes:
        member_id: opaque.
        division: the county.
        sector: 界别.
        liaison_office: 委员联络室.
        term: 届次.
        enrolled_on: in Asia/Shanghai.
        retired_on: the first day on which they are no member.
    """

    member_id: str
    division: DivisionCode
    sector: str
    liaison_office: str
    term: str | None
    enrolled_on: date
    retired_on: date | None
