"""Streams of one activity, as the services would publish them, and the example ledger's whole year."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    LedgerEntryOpened,
    LoopClosed,
    LoopItemDone,
    LoopItemExempted,
    MediaReported,
    ProblemAssigned,
    ProblemClosed,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
    ReplyRated,
    TypicalCaseWritten,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    AgreedOpinion,
    AssessedItem,
    Attendance,
    MeetingHeld,
    VenueAssessed,
    VenueOpened,
)
from shared.contracts.topics import (
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    Step,
    TopicAdopted,
    TopicMerged,
    TopicProposed,
    TopicWithdrawn,
)
from shared.contracts.types import Channel, LoopItem, MeetingForm, Origin, Rating, ReplyResult
from shared.eventsourcing.testing import stream_of
from shared.ledger.divisions import Divisions
from shared.ledger.reading import read_ledger
from shared.ledger.rows import ActivityRow

EXAMPLES = Path(__file__).parents[3] / "examples"
TOWN = "371621101"
STEPS = (
    Step(code="raise", title="议题产生", phase="事前议"),
    Step(code="survey", title="调查研究", phase="事前议"),
    Step(code="consult", title="事中协商", phase="事中议"),
)


def day(text: str) -> date:
    """Return a day of 2024, e.g. `03-15`."""
    return date.fromisoformat(f"2024-{text}")


def proposed(topic: str = "t-1", title: str = "村道积水", division: str = TOWN, **more: Any) -> TopicProposed:
    """Return a proposal of 15 April."""
    said: dict[str, Any] = {"origin": Origin.RESIDENTS, "channel": Channel.CLERK, "proposed_on": day("04-15")}
    return TopicProposed(topic_id=topic, title=title, division=division, **{**said, **more})


def adopted(topic: str = "t-1", **more: Any) -> TopicAdopted:
    """Return an adoption of 25 April."""
    said: dict[str, Any] = {"procedure": "three-discussions-seven-steps", "procedure_version": 1}
    said |= {"steps": STEPS, "adopted_on": day("04-25")}
    return TopicAdopted(topic_id=topic, **{**said, **more})


def held(topic: str = "t-1", meeting: str = "m-1", **more: Any) -> MeetingHeld:
    """Return a consultation of 15 May with one opinion."""
    said: dict[str, Any] = {"form": MeetingForm.MICRO, "held_on": day("05-15"), "venue_id": "v-1"}
    said |= {"attendance": Attendance(expected=18, present=16)}
    said |= {"opinions": (AgreedOpinion(opinion_id="o-1", text="清淤排水沟"),)}
    return MeetingHeld(meeting_id=meeting, topic_id=topic, **{"division": TOWN, **said, **more})


class OfTopic:
    """Events of cases about one topic, one entry and one problem."""

    def __init__(
        self, topic: str = "t-1", entry: str = "m-1", problem: str = "p-1", division: str = TOWN
    ) -> None:
        self.entry = {"topic_id": topic, "division": division, "entry_id": entry}
        self.problem = {**self.entry, "problem_id": problem}

    def opened(self, held_on: date | None = None) -> LedgerEntryOpened:
        """Return the opening of the ledger entry, of a consultation of 15 May."""
        evidence = ("topic-t-1:1", "meeting-m-1:1")
        return LedgerEntryOpened(**self.entry, held_on=held_on or day("05-15"), evidence=evidence)

    def assigned(self, due: str = "08-20", **more: Any) -> ProblemAssigned:
        """Return the assignment of 22 May."""
        said: dict[str, Any] = {"text": "雨后积水", "lead": "石庙镇政府", "assigned_on": day("05-22")}
        return ProblemAssigned(**self.problem, due_on=day(due), **{**said, **more})

    def replied(self, result: str = "A", follow_up: str | None = None) -> ProblemReplied:
        """Return the reply of 19 June."""
        return ProblemReplied(
            **self.problem,
            lead="石庙镇政府",
            result=ReplyResult(result),
            replied_on=day("06-19"),
            follow_up_on=day(follow_up) if follow_up else None,
        )

    def rated(self, rating: Rating = Rating.SATISFIED) -> ReplyRated:
        """Return the rating of 21 June."""
        return ReplyRated(**self.problem, rating=rating, rated_on=day("06-21"))

    def solved(self) -> ProblemSolved:
        """Return the strike-off of 22 June."""
        return ProblemSolved(**self.problem, solved_on=day("06-22"))

    def reopened(self, due: str | None = "10-31") -> ProblemReopened:
        """Return the reopening."""
        on = day(due) if due else None
        return ProblemReopened(**self.problem, reason="仍有积水", due_on=on, attempt=2)

    def done(self) -> LoopItemDone:
        """Return the entry's note that the problem is solved."""
        problem = self.problem["problem_id"]
        evidence = (f"problem-{problem}:4",)
        return LoopItemDone(**self.entry, item=LoopItem.PROBLEM, problem_id=problem, evidence=evidence)

    def written(self) -> TypicalCaseWritten:
        """Return the typical case."""
        return TypicalCaseWritten(**self.entry, title="村道不再积水", written_on=day("06-25"))

    def reported(self) -> MediaReported:
        """Return the report."""
        return MediaReported(
            **self.entry, outlet="惠民县融媒体中心", level="county", reported_on=day("06-27")
        )

    def exempted(self, item: LoopItem = LoopItem.REPORT) -> LoopItemExempted:
        """Return an exemption."""
        return LoopItemExempted(
            **self.entry, item=item, reason="内部协商", approver="县政协主席会议", exempted_on=day("06-27")
        )

    def closed(self, *exempted: LoopItem) -> LoopClosed:
        """Return the closing of the loop."""
        return LoopClosed(**self.entry, exempted=exempted, closed_on=day("06-27"))


Streams = list[list[Recorded]]


def closed_activity() -> Streams:
    """Return the four streams of an activity whose loop closed."""
    its = OfTopic()
    return [
        stream_of("topic-t-1", proposed(), adopted(plan_id="plan-1", plan_item=4)),
        stream_of("meeting-m-1", held()),
        stream_of("problem-p-1", its.assigned(), its.replied(), its.rated(), its.solved()),
        stream_of("entry-m-1", its.opened(), its.done(), its.written(), its.reported(), its.closed()),
    ]


# the example ledger


def example_year() -> list[Recorded]:
    """Return the example ledger's year: what its 36 activities, its plan and its venues publish."""
    divisions = Divisions.load(EXAMPLES / "divisions-371621.csv")
    reading = read_ledger(EXAMPLES / "huimin-2024-ledger.xlsx", divisions)
    streams = [stream for row in reading.activities for stream in _activity(row)]
    items = [
        PlanItemAdded(plan_id="plan-2024", number=item.number, title=item.title)
        for item in reading.plan_items
    ]
    draft = PlanDrafted(plan_id="plan-2024", division="371621", year=2024, title="2024 年度协商工作计划")
    issued = PlanIssued(plan_id="plan-2024", document_number=None, issuing_bodies=(), issued_on=None)
    streams.append(stream_of("plan-plan-2024", draft, *items, issued))
    for number, venue in enumerate(reading.venues):
        id_ = f"venue-{number}"
        opened = VenueOpened(venue_id=id_, division=venue.town.code, title=venue.title, tier=venue.tier)
        marks = tuple(
            AssessedItem(code=f"i{n}", title=t, met=bool(m)) for n, (t, m) in enumerate(venue.marks)
        )
        assessed = VenueAssessed(venue_id=id_, standard="longkou", standard_version=1, items=marks)
        streams.append(stream_of(f"venue-{id_}", opened, assessed))
    return [recorded for stream in streams for recorded in stream]


def _activity(row: ActivityRow) -> Streams:
    topic, meeting, problem = (f"{kind}{row.number:03}" for kind in "tmp")
    of_topic: list[DomainEvent] = [
        proposed(
            topic,
            row.title,
            row.town.code,
            proposed_on=row.proposed_on,
            ledger_year=row.year,
            ledger_number=row.number,
        )
    ]
    if row.adopted_on:
        plan_id = "plan-2024" if row.plan_item else None
        of_topic.append(adopted(topic, adopted_on=row.adopted_on, plan_id=plan_id, plan_item=row.plan_item))
    if row.merged_into:
        of_topic.append(TopicMerged(topic_id=topic, into=f"t{row.merged_into:03}", merged_on=None))
    if row.status == "已撤回":
        of_topic.append(TopicWithdrawn(topic_id=topic, reason=row.remark.note or "-", withdrawn_on=None))
    streams = [stream_of(f"topic-{topic}", *of_topic)]
    if row.consulted_on:
        meeting_held = held(topic, meeting, held_on=row.consulted_on, division=row.town.code)
        streams.append(stream_of(f"meeting-{meeting}", meeting_held))
        its = OfTopic(topic, meeting, problem, row.town.code)
        problems = _problem(row, its)
        solved = any(isinstance(event, ProblemSolved) for event in problems)
        streams.append(stream_of(f"problem-{problem}", *problems))
        streams.append(stream_of(f"entry-{meeting}", *_entry(row, its, solved=solved)))
    return streams


def _problem(row: ActivityRow, its: OfTopic) -> list[DomainEvent]:
    if row.assigned_on is None:
        return []
    assert row.due_on
    events: list[DomainEvent] = [
        its.assigned(lead=row.lead_handler, assigned_on=row.assigned_on).model_copy(
            update={"due_on": row.due_on}
        )
    ]
    if row.result:
        follow_up = row.remark.follow_up_on
        events.append(its.replied(row.result).model_copy(update={"follow_up_on": follow_up}))
        if row.result is ReplyResult.D:
            assert row.replied_on
            events.append(ProblemClosed(**its.problem, closed_on=row.replied_on))
    if row.rating:
        events.append(its.rated(row.rating))
        if row.rating is Rating.DISSATISFIED:
            events.append(its.reopened().model_copy(update={"due_on": row.remark.redo_due_on}))
        elif row.result is ReplyResult.A:
            events.append(its.solved())
    return events


def _entry(row: ActivityRow, its: OfTopic, *, solved: bool) -> list[DomainEvent]:
    events: list[DomainEvent] = [its.opened(row.consulted_on)]
    if solved:
        events.append(its.done())
    if row.case_title:
        events.append(its.written())
    if row.outlet:
        events.append(its.reported())
    events += [its.exempted(item) for item in row.exempted]
    if solved and row.case_title and (row.outlet or row.exempted):
        events.append(its.closed(*row.exempted))
    return events
