"""What is open is what was asked and not done yet (N06, N07), whatever order it is heard of in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.notify.domain.reminders import Duty, Matter
from services.notify.projections.duties import DUTIES, duty_of
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemClosed,
    ProblemConfirmed,
    ProblemReassigned,
    ProblemReplied,
    ProblemReturned,
    ProgressReported,
    ProposerContacted,
    ReplyRated,
)
from shared.contracts.meetings import Attendance, MeetingHeld, MeetingScheduled, MinutesDrafted
from shared.contracts.types import ContactMeans, MeetingForm, Rating, ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from tests.unit.notify.examples import (
    ASSIGNED,
    CORNER,
    JUNE_3,
    LAMPS,
    NOVEMBER_5,
    PROBLEM,
    REFERRED,
    REOPENED,
    REPLIED,
    SEPTEMBER_3,
    SEPTEMBER_5,
    SOLVED,
    TOWN,
)

KEY = f"problem-{CORNER}"
RETURNED = ProblemReturned(**PROBLEM, lead="县住建局", reason="不属于本单位职责", returned_on=JUNE_3)
REASSIGNED = ProblemReassigned(
    **PROBLEM, lead="县城管局", previous_lead="县住建局", assigned_on=date(2024, 6, 6), due_on=SEPTEMBER_5
)
EXTENDED = DueDateExtended(
    **PROBLEM,
    lead="县住建局",
    reason="等待招标",
    approver="县政协主席会议",
    due_before=SEPTEMBER_3,
    due_on=NOVEMBER_5,
    extended_on=date(2024, 9, 2),
)
PROGRESS = ProgressReported(
    **PROBLEM, lead="县住建局", by="县住建局", percent=50, note="已采购", reported_on=JUNE_3
)
CONTACTED = ProposerContacted(
    **PROBLEM, lead="县住建局", contacted_on=JUNE_3, means=ContactMeans.PHONE, outcome="同意方案"
)
RATED = ReplyRated(**PROBLEM, rating=Rating.SATISFIED, rated_on=SEPTEMBER_5)
LATER = ProblemReplied(
    **PROBLEM, lead="县住建局", result=ReplyResult.B, follow_up_on=NOVEMBER_5, replied_on=SEPTEMBER_3
)
FOR_REFERENCE = ProblemReplied(**PROBLEM, lead="县住建局", result=ReplyResult.D, replied_on=SEPTEMBER_3)
CLOSED = ProblemClosed(**PROBLEM, closed_on=SEPTEMBER_5)
CONFIRMED = ProblemConfirmed(**PROBLEM, reason="到场核实", confirmed_on=SEPTEMBER_5)

SCHEDULED = MeetingScheduled(
    meeting_id="on-lamps",
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MEETING,
    day=JUNE_3,
    host_id="the-host",
    recorder_id="the-recorder",
)
HELD = MeetingHeld(
    meeting_id="on-lamps",
    topic_id=LAMPS,
    division=TOWN,
    form=MeetingForm.MEETING,
    held_on=JUNE_3,
    attendance=Attendance(),
)
DRAFTED = MinutesDrafted(
    meeting_id="on-lamps", topic_id=LAMPS, division=TOWN, number=1, sha256="0" * 64, drafted_on=SEPTEMBER_3
)


def of_problem(*events: DomainEvent) -> Mapping[str, Any]:
    """Return what is open of the problem after these events."""
    return {**fold_all(DUTIES, stream_of(KEY, ASSIGNED, *events))[KEY], "_id": KEY}


def open_duty(*events: DomainEvent) -> Duty:
    """Return the duty, which must be open."""
    document = of_problem(*events)
    assert document["open"]
    return duty_of(document)


@pytest.mark.rule("N06")
def test_an_assignment_is_to_be_answered_by_its_date() -> None:
    assert open_duty() == Duty(
        subject=KEY,
        matter=Matter.REPLY,
        division=TOWN,
        since=JUNE_3,
        due_on=SEPTEMBER_3,
        topic_id=LAMPS,
        text="东关社区三处路灯不亮",
        lead="县住建局",
    )


@pytest.mark.rule("N06")
@pytest.mark.parametrize(
    ("event", "matter", "lead", "since", "due_on"),
    [
        (EXTENDED, Matter.REPLY, "县住建局", date(2024, 9, 2), NOVEMBER_5),
        (REASSIGNED, Matter.REPLY, "县城管局", date(2024, 6, 6), SEPTEMBER_5),
        (LATER, Matter.FOLLOW_UP, "县住建局", SEPTEMBER_3, NOVEMBER_5),
        (REPLIED, Matter.RATING, "县住建局", SEPTEMBER_3, None),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_happens_changes_what_is_to_be_done(
    event: DomainEvent, matter: Matter, lead: str, since: date, due_on: date | None
) -> None:
    duty = open_duty(event)

    assert (duty.matter, duty.lead, duty.since, duty.due_on) == (matter, lead, since, due_on)


@pytest.mark.rule("N07")
@pytest.mark.parametrize(
    "events",
    [
        (RETURNED,),
        (REPLIED, RATED),
        (REPLIED, CONFIRMED),
        (REPLIED, SOLVED),
        (FOR_REFERENCE,),
        (LATER, CLOSED),
        (REPLIED, REFERRED),
        (REPLIED, REOPENED.model_copy(update={"due_on": None})),
    ],
    ids=lambda events: "+".join(event.name for event in events),
)
def test_what_is_done_is_not_open(events: tuple[DomainEvent, ...]) -> None:
    assert not of_problem(*events)["open"]


def test_a_rating_of_what_is_still_to_be_looked_at_leaves_the_follow_up_open() -> None:
    assert open_duty(LATER, RATED).matter is Matter.FOLLOW_UP


def test_a_reopened_problem_is_to_be_answered_again() -> None:
    duty = open_duty(REPLIED, RATED, SOLVED, REOPENED)

    assert (duty.matter, duty.due_on) == (Matter.REPLY, NOVEMBER_5)


@pytest.mark.rule("N07")
@pytest.mark.parametrize("event", [PROGRESS, CONTACTED], ids=lambda event: event.name)
def test_what_the_lead_does_is_remembered_by_its_day(event: DomainEvent) -> None:
    at = datetime(2024, 6, 30, 17, 0, tzinfo=UTC)  # past midnight in Shanghai
    events = [recorded(ASSIGNED, KEY, 1), recorded(event, KEY, 2, at=at)]

    assert fold_all(DUTIES, events)[KEY]["acted_on"] == "2024-07-01"


def test_what_a_co_handler_does_is_not_what_the_lead_did() -> None:
    by_other = PROGRESS.model_copy(update={"by": "县财政局"})

    assert open_duty(by_other).acted_on is None
    on_paper = PROGRESS.model_copy(update={"by": None})
    assert open_duty(on_paper).acted_on is not None
    assert open_duty(PROGRESS, REASSIGNED).acted_on is None


def test_a_date_that_was_past_when_it_was_entered_afterwards_is_not_taken_up() -> None:
    """The events are recorded on 1 January 2024."""
    ahead = ASSIGNED.model_copy(update={"back_entry": True})
    past = ahead.model_copy(update={"due_on": date(2023, 12, 29)})

    assert fold_all(DUTIES, stream_of(KEY, ahead))[KEY]["open"]
    assert not fold_all(DUTIES, stream_of(KEY, past))[KEY]["open"]
    late = past.model_copy(update={"back_entry": False})
    assert fold_all(DUTIES, stream_of(KEY, late))[KEY]["open"]


def test_nobody_is_asked_to_rate_what_was_answered_long_ago() -> None:
    assert not of_problem(REPLIED.model_copy(update={"back_entry": True}))["open"]


@pytest.mark.rule("N06")
def test_minutes_are_missing_between_the_meeting_and_their_draft_in_whatever_order_it_is_heard() -> None:
    meeting = stream_of("meeting-on-lamps", SCHEDULED, HELD)
    minutes = stream_of("minutes-on-lamps", DRAFTED)

    held = fold_all(DUTIES, meeting)["minutes-on-lamps"]
    duty = duty_of({**held, "_id": "minutes-on-lamps"})
    assert held["open"]
    assert duty == Duty(
        "minutes-on-lamps",
        Matter.MINUTES,
        TOWN,
        since=JUNE_3,
        topic_id=LAMPS,
        people=("the-host", "the-recorder"),
    )
    after = assert_interleaving_does_not_matter(DUTIES, meeting, minutes, stream_of(KEY, ASSIGNED, REPLIED))
    assert not after["minutes-on-lamps"]["open"]


def test_minutes_of_a_meeting_entered_afterwards_are_not_missed() -> None:
    imported = HELD.model_copy(update={"back_entry": True})

    assert not fold_all(DUTIES, stream_of("meeting-on-lamps", imported))["minutes-on-lamps"]["open"]


def test_a_problem_that_was_never_assigned_is_an_error() -> None:
    with pytest.raises(OutOfOrderError):
        DUTIES.fold(None, recorded(REPLIED, KEY, 1), KEY)
