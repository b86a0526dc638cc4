"""What has to be said to the services so that they know what a ledger's row says: pure, row by row.

Each command has an id derived from the row, so that saying it again changes nothing. All are back-entries:
they say when something happened, leave unknown what the ledger does not say, and name the row they copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from shared.cli.ledger.identity import RowIdentity
from shared.contracts.types import LoopItem, MeetingForm, Rating
from shared.ledger.reading import LedgerReading
from shared.ledger.rows import ActivityRow, PlanItemRow, VenueRow
from shared.ledger.status import is_withdrawn

NO_REASON = "台账未记载理由"
"""Of a withdrawal whose reason the ledger does not state."""


@dataclass(frozen=True, slots=True)
class Call:
    """One command over HTTP.

    Attributes:
        service: e.g. `topics`.
        path: of the POST.
        body: JSON values.
        key: the Idempotency-Key.
        after: path of what another service must know first, there by a reaction; waited for.
    """

    service: str
    path: str
    body: dict[str, Any]
    key: str
    after: str | None = None


class _Row:
    """Makes the calls of one row: each with its key and the source that it copies."""

    def __init__(self, identity: RowIdentity, source: str) -> None:
        self.identity = identity
        self._source = source

    def id(self, part: str) -> str:
        return str(self.identity.id(part))

    def call(self, service: str, path: str, what: str, **fields: object) -> Call:
        body = {name: _json(value) for name, value in fields.items() if value is not None}
        body |= {"back_entry": True, "source": self._source}
        return Call(service, path, body, key=self.id(f"command:{what}"))


def _json(value: Any) -> Any:  # noqa: ANN401 - a field of a command
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_json(v) for v in value]
    return value


def plan_calls(reading: LedgerReading, year: int) -> Iterator[Call]:
    """Yield what enters a year's plan: drafted, its items in order, issued."""
    items = sorted((i for i in reading.plan_items if i.year == year), key=lambda item: item.number)
    plan = _Row(RowIdentity.of_plan(reading.county, year), f"{reading.path.name}#{items[0].sheet}")
    plan_id = plan.id("plan")
    title = f"{year}年度协商工作计划"
    yield plan.call(
        "topics", "/plans", "draft", plan_id=plan_id, division=reading.county, year=year, title=title
    )
    for item in items:
        yield _plan_item(reading, plan_id, item)
    yield plan.call("topics", f"/plans/{plan_id}/issue", "issue")


def _plan_item(reading: LedgerReading, plan_id: str, item: PlanItemRow) -> Call:
    row = _Row(
        RowIdentity.of_plan_item(reading.county, item.year, item.number),
        f"{reading.path.name}#{item.sheet}!{item.row}",
    )
    return row.call(
        "topics",
        f"/plans/{plan_id}/items",
        "add",
        number=item.number,
        title=item.title,
        form=item.form_title,
        lead=item.lead,
        leader=item.leader,
        departments=item.departments,
        quarter=item.quarter,
    )


def venue_calls(reading: LedgerReading, venue: VenueRow) -> Iterator[Call]:
    """Yield what enters a venue: opened, and assessed where all six marks are stated."""
    identity = RowIdentity.of_venue(venue.town.code, venue.title)
    row = _Row(identity, f"{reading.path.name}#{venue.sheet}!{venue.row}")
    venue_id = row.id("venue")
    yield row.call(
        "meetings",
        "/venues",
        "open",
        venue_id=venue_id,
        division=venue.town.code,
        title=venue.title,
        tier=venue.tier,
        host_platform=venue.host_platform,
    )
    if venue.standard is not None and all(met is not None for _, met in venue.marks):
        yield row.call(
            "meetings",
            f"/venues/{venue_id}/assessments",
            "assess",
            standard=venue.standard,
            items=tuple({"code": code, "met": met} for code, met in venue.marks),
        )


class Activity:
    """The calls of one line of the ledger, in the order of what happened.

    A line that goes on with another has that one's topic, and perhaps its meeting, too.
    """

    def __init__(self, reading: LedgerReading, row: ActivityRow) -> None:
        self._reading = reading
        self._fact = row
        identity = RowIdentity.of_activity(reading.county, row.year, row.number)
        self._row = _Row(identity, f"{reading.path.name}#{row.sheet}!{row.row}")
        self._topic = self._id_of(row.continues, "topic")
        self._meeting = self._id_of(row.meeting_of, "meeting")
        self._problem = self._row.id("problem")

    def _id_of(self, number: int | None, part: str) -> str:
        if number is None:
            return self._row.id(part)
        return str(RowIdentity.of_activity(self._reading.county, self._fact.year, number).id(part))

    def proposal(self) -> Iterator[Call]:
        """Yield the topic's proposal, where it is not another line's."""
        fact = self._fact
        if fact.continues is not None:
            return
        yield self._row.call(
            "topics",
            "/topics",
            "propose",
            topic_id=self._topic,
            division=fact.town.code,
            title=fact.title,
            origin=fact.origin,
            channel="import",
            basis=fact.basis,
            level=fact.level,
            proposed_on=fact.proposed_on,
            lead=fact.lead,
            convener=fact.convener,
            ledger_year=fact.year,
            ledger_number=fact.number,
        )

    def rest(self) -> Iterator[Call]:
        """Yield what came after the proposal."""
        fact = self._fact
        if fact.continues is None:
            yield from self._topic_calls()
        if fact.consulted_on is not None:
            if fact.meeting_of is None:
                yield from self._meeting_calls(fact.consulted_on)
            # The ledger entry is opened by a reaction to the meeting: what belongs to it waits for it.
            for call in (*self._problem_calls(), *self._loop_calls()):
                yield replace(call, after=f"/entries/{self._meeting}")

    def _topic_calls(self) -> Iterator[Call]:
        fact = self._fact
        if fact.adopted_on is not None:
            yield self._adoption(fact.adopted_on)
            if fact.surveys:
                yield self._topic_call("steps/survey/completion", "survey", surveys=fact.surveys)
        if fact.merged_into is not None:
            yield self._merger(fact.merged_into)
        if is_withdrawn(fact):
            yield self._topic_call("withdrawal", "withdraw", reason=fact.remark.note or NO_REASON)

    def _topic_call(self, path: str, what: str, **fields: object) -> Call:
        return self._row.call("topics", f"/topics/{self._topic}/{path}", what, **fields)

    # The ledger names no procedure: the service's default is pinned.
    def _adoption(self, adopted_on: date) -> Call:
        fact = self._fact
        in_plan = fact.plan_item is not None
        plan = RowIdentity.of_plan(self._reading.county, fact.year)
        return self._topic_call(
            "adoption",
            "adopt",
            adopted_on=adopted_on,
            plan_id=str(plan.id("plan")) if in_plan else None,
            plan_item=fact.plan_item,
        )

    def _merger(self, number: int) -> Call:
        survivor = RowIdentity.of_activity(self._reading.county, self._fact.year, number)
        return self._topic_call(
            "merger", "merge", into=str(survivor.id("topic")), reason=self._fact.remark.note
        )

    def _meeting_calls(self, day: date) -> Iterator[Call]:
        fact = self._fact
        yield self._row.call(
            "meetings",
            "/meetings",
            "schedule",
            meeting_id=self._meeting,
            topic_id=self._topic,
            division=fact.town.code,
            form=fact.form or MeetingForm.MEETING,
            form_title=fact.form_title,
            venue_id=self._venue(fact.venue) if fact.venue else None,
            day=day,
            convener=fact.convener,
            host=fact.host,
            recorder=fact.recorder,
        )
        yield self._row.call(
            "meetings",
            f"/meetings/{self._meeting}/holding",
            "hold",
            opinions=tuple({"text": text} for text in fact.opinions),
            attendance={
                "expected": fact.expected,
                "present": fact.present,
                "members": fact.members,
                "departments": fact.departments,
                "stakeholders": fact.stakeholders,
                "residents": fact.residents,
            },
        )

    def _venue(self, title: str) -> str | None:
        """Return the id of a venue of the town, or else of the only one of that name."""
        named = [venue.town for venue in self._reading.venues if venue.title == title]
        towns = [town for town in named if town == self._fact.town] or (named if len(named) == 1 else [])
        return str(RowIdentity.of_venue(towns[0].code, title).id("venue")) if towns else None

    def _problem_calls(self) -> Iterator[Call]:
        fact = self._fact
        if fact.assigned_on is None or fact.lead_handler is None:
            return
        yield self._row.call(
            "cases",
            "/problems",
            "assign",
            problem_id=self._problem,
            entry_id=self._meeting,
            text=fact.problem or fact.title,
            lead=fact.lead_handler,
            co_handlers=fact.co_handlers,
            assigned_on=fact.assigned_on,
            due_on=fact.due_on,
        )
        if fact.replied_on is None or fact.result is None:
            return
        yield self._row.call(
            "cases",
            f"/problems/{self._problem}/replies",
            "reply",
            result=fact.result,
            replied_on=fact.replied_on,
            follow_up_on=fact.remark.follow_up_on,
        )
        if fact.rating is not None:
            again = fact.remark.redo_due_on if fact.rating is Rating.DISSATISFIED else None
            yield self._row.call(
                "cases",
                f"/problems/{self._problem}/rating",
                "rate",
                rating=fact.rating,
                due_on=again,
                solved_on=fact.solved_on,
            )
        elif fact.remark.confirmed is not None and fact.solved_on is not None:
            yield self._row.call(
                "cases",
                f"/problems/{self._problem}/confirmation",
                "confirm",
                reason=fact.remark.confirmed,
                confirmed_on=fact.solved_on,
            )

    def _loop_calls(self) -> Iterator[Call]:
        fact = self._fact
        entry = f"/entries/{self._meeting}"
        if fact.case_title is not None:
            yield self._row.call(
                "cases",
                f"{entry}/case",
                "case",
                title=fact.case_title,
                background=fact.case_background,
                participants=fact.case_participants,
                process=fact.case_process,
                opinions="\n".join(fact.opinions) or None,
                results=fact.case_results,
            )
        if fact.outlet is not None and fact.media_level is not None:
            yield self._row.call(
                "cases",
                f"{entry}/reports",
                "report",
                outlet=fact.outlet,
                level=fact.media_level,
                reported_on=fact.reported_on,
            )
        for exemption in fact.exemptions:
            if exemption.counts and exemption.item not in (LoopItem.TOPIC, LoopItem.CONSULTATION):
                yield self._row.call(
                    "cases",
                    f"{entry}/exemptions",
                    f"exempt:{exemption.item}",
                    item=exemption.item,
                    reason=exemption.reason,
                    approver=exemption.approver,
                )
