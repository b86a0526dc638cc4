"""An activity's document: its status, its loop and its dates, whatever way its streams interleave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.board.projections import ACTIVITIES
from services.board.status import Status
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    LoopItemDone,
    LoopItemUndone,
    LoopProblemClosed,
    LoopReopened,
    ProblemClosed,
    ProblemReferred,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MeetingCancelled, MeetingRescheduled, MeetingScheduled
from shared.contracts.topics import (
    MergerUndone,
    StepCompleted,
    TopicAbsorbed,
    TopicConcluded,
    TopicMerged,
    TopicRejected,
    TopicReopened,
    TopicTriaged,
    TopicWithdrawn,
)
from shared.contracts.types import Flag, LoopItem, MeetingForm, Rating, TopicClass
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.board.streams import OfTopic, Streams, adopted, closed_activity, day, held, proposed

ITS = OfTopic()
TOPIC = stream_of("topic-t-1", proposed(), adopted())
MEETING = stream_of("meeting-m-1", held())
ENTRY = stream_of("entry-m-1", ITS.opened())


def problem(*events: DomainEvent) -> list[Recorded]:
    """Return the stream of a problem that was assigned, and then this."""
    return stream_of("problem-p-1", ITS.assigned(), *events)


def folded(*streams: list[Recorded], topic: str = "t-1") -> Mapping[str, Any]:
    """Return the activity after these streams, one after the other."""
    return fold_all(ACTIVITIES, [event for stream in streams for event in stream])[topic]


STATUSES: list[tuple[str, list[list[Recorded]]]] = [
    (Status.PROPOSED, [stream_of("topic-t-1", proposed())]),
    (Status.ADOPTED, [TOPIC]),
    (Status.CONSULTED, [TOPIC, MEETING]),
    (Status.CONSULTED, [TOPIC, ENTRY]),
    (Status.ASSIGNED, [TOPIC, MEETING, ENTRY, problem()]),
    (Status.REPLIED, [TOPIC, problem(ITS.replied("B", "12-01"))]),
    (
        Status.REPLIED,
        [TOPIC, problem(ITS.replied("D"), ProblemClosed(**ITS.problem, closed_on=day("06-19")))],
    ),
    (Status.REOPENED, [TOPIC, problem(ITS.replied(), ITS.rated(Rating.DISSATISFIED), ITS.reopened())]),
    (
        Status.REOPENED,
        [
            TOPIC,
            problem(
                ITS.replied(),
                ITS.reopened(),
                ITS.replied(),
                ITS.rated(Rating.DISSATISFIED),
                ProblemReferred(**ITS.problem, reason="仍不满意"),
            ),
        ],
    ),
    (Status.SOLVED, [TOPIC, problem(ITS.replied(), ITS.rated(), ITS.solved())]),
    (Status.CLOSED, closed_activity()),
    (
        Status.MERGED,
        [stream_of("topic-t-1", proposed(), TopicMerged(topic_id="t-1", into="t-9", merged_on=None))],
    ),
    (
        Status.WITHDRAWN,
        [
            stream_of(
                "topic-t-1", proposed(), TopicWithdrawn(topic_id="t-1", reason="听证", withdrawn_on=None)
            )
        ],
    ),
    (
        Status.REJECTED,
        [
            stream_of(
                "topic-t-1",
                proposed(),
                TopicRejected(topic_id="t-1", reason="属于个人纠纷", rejected_on=day("04-20")),
            )
        ],
    ),
]


@pytest.mark.parametrize(("status", "streams"), STATUSES)
def test_a_status_follows_from_what_happened(status: str, streams: list[list[Recorded]]) -> None:
    assert folded(*streams)["status"] == status


def test_every_status_is_reached() -> None:
    assert {status for status, _ in STATUSES} == set(Status)


def test_a_merger_that_is_undone_leaves_the_topic_going_on() -> None:
    merged = TopicMerged(topic_id="t-1", into="t-9", merged_on=None)
    undone = MergerUndone(topic_id="t-1", into="t-9")

    document = folded(stream_of("topic-t-1", proposed(), merged, undone))

    assert (document["status"], document["topic"]["merged_into"]) == (Status.PROPOSED, None)


def test_a_topic_belongs_where_its_triage_says() -> None:
    triaged = TopicTriaged(
        topic_id="t-1", topic_class=TopicClass.TRANSPORT, division="371621002", triaged_on=day("04-20")
    )

    document = folded(stream_of("topic-t-1", proposed(), triaged))

    assert (document["division"], document["topic"]["topic_class"]) == ("371621002", "transport")


def test_a_rescheduled_meeting_shows_its_new_day_and_what_it_was_flagged_with() -> None:
    scheduled = MeetingScheduled(
        meeting_id="m-1",
        topic_id="t-1",
        division="371621101",
        form=MeetingForm.MEETING,
        venue_id="hall",
        day=day("05-15"),
        starts_at=datetime(2024, 5, 15, 1, tzinfo=UTC),
        ends_at=datetime(2024, 5, 15, 3, tzinfo=UTC),
        host_id="person-who-hosts",
        flags=(Flag(rule="M04", text="阵地未达标"),),
    )
    rescheduled = MeetingRescheduled(
        meeting_id="m-1",
        topic_id="t-1",
        reason="暴雨",
        was_starts_at=scheduled.starts_at,
        was_ends_at=scheduled.ends_at,
        starts_at=datetime(2024, 5, 20, 1, tzinfo=UTC),
        ends_at=datetime(2024, 5, 20, 3, tzinfo=UTC),
        day=day("05-20"),
        venue_id="room",
        people=("person-who-comes",),
        sequence=1,
        rescheduled_on=day("05-14"),
        flags=(Flag(rule="M06", text="通知不足三个工作日"),),
    )

    document = folded(TOPIC, stream_of("meeting-m-1", scheduled, rescheduled))
    meeting = document["meetings"]["m-1"]

    assert (meeting["day"], meeting["venue_id"]) == ("2024-05-20", "room")
    assert [flag["rule"] for flag in meeting["flags"]] == ["M04", "M06"]
    assert "person" not in str(document)


def test_an_activity_is_partial_until_its_topic_is_known() -> None:
    document = folded(MEETING, ENTRY, problem())

    assert (document["status"], document["title"]) == (None, None)
    assert document["next_due"]["on"] == "2024-08-20"


def test_of_several_problems_the_one_furthest_back_decides() -> None:
    other = OfTopic(problem="p-2")
    solved = problem(ITS.replied(), ITS.rated(), ITS.solved())

    in_hand = folded(TOPIC, solved, stream_of("problem-p-2", other.assigned()))
    reopened = folded(TOPIC, problem(), stream_of("problem-p-2", other.assigned(), other.reopened()))

    assert (in_hand["status"], in_hand["solved"]) == (Status.ASSIGNED, 1)
    assert reopened["status"] == Status.REOPENED


# the loop


def states(document: Mapping[str, Any]) -> dict[str, str]:
    """Return each item's state."""
    return {item: found["state"] for item, found in document["loop"].items()}


@pytest.mark.rule("C17")
def test_every_item_of_a_closed_loop_shows_its_evidence() -> None:
    document = folded(*closed_activity())

    assert states(document) == dict.fromkeys(LoopItem, "done")
    assert document["loop"]["problem"]["evidence"] == ["problem-p-1:4"]
    assert document["loop"]["case"]["evidence"] == ["entry-m-1:3"]
    assert document["loop"]["consultation"]["evidence"] == ["meeting-m-1:1", "topic-t-1:1"]
    assert (document["closed"], document["closed_on"], document["exempted"]) == (True, "2024-06-27", [])


@pytest.mark.rule("C17")
def test_an_exempted_item_is_never_shown_as_done() -> None:
    entry = stream_of("entry-m-1", ITS.opened(), ITS.exempted(), ITS.closed(LoopItem.REPORT))
    document = folded(TOPIC, MEETING, entry)

    assert document["loop"]["report"]["state"] == "exempted"
    assert document["loop"]["report"]["approver"] == "县政协主席会议"
    assert document["exempted"] == ["report"]


def test_an_exemption_is_over_once_its_item_was_there() -> None:
    """A solved problem that came back is open, though it had once been exempted."""
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    done = LoopItemDone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:3",))
    entry = stream_of("entry-m-1", ITS.opened(), ITS.exempted(LoopItem.PROBLEM), done, undone)

    assert folded(TOPIC, MEETING, entry)["loop"]["problem"]["state"] == "open"


@pytest.mark.rule("C17")
def test_an_exemption_is_over_too_once_what_kept_its_item_open_was_closed() -> None:
    done = LoopItemDone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:3",))
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    other = {"problem_id": "p-2", "item": LoopItem.PROBLEM, "evidence": ("problem-p-2:5",)}
    closed = LoopProblemClosed(**ITS.entry, problem_id="p-2", evidence=("problem-p-2:7",), closed_on=None)
    so_far = [ITS.opened(), LoopItemDone(**ITS.entry, **other), LoopItemUndone(**ITS.entry, **other)]
    so_far += [ITS.exempted(LoopItem.PROBLEM), done]

    assert states(folded(TOPIC, MEETING, stream_of("entry-m-1", *so_far)))["problem"] == "exempted"
    so_far += [closed, undone]
    assert states(folded(TOPIC, MEETING, stream_of("entry-m-1", *so_far)))["problem"] == "open"


def test_an_item_that_is_there_after_all_counts_as_done_in_spite_of_its_exemption() -> None:
    entry = stream_of("entry-m-1", ITS.opened(), ITS.exempted(), ITS.reported())

    assert folded(TOPIC, entry)["loop"]["report"] == {"state": "done", "evidence": ["entry-m-1:3"]}


@pytest.mark.rule("C18")
def test_what_reopens_a_problem_reopens_its_loop() -> None:
    undone = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    again = LoopReopened(**ITS.entry, item=LoopItem.PROBLEM, reason="仍有积水")
    topic, meeting, _, entry = closed_activity()
    entry = stream_of("entry-m-1", *(r.event for r in entry), undone, again)
    reopened = problem(ITS.replied(), ITS.rated(), ITS.solved(), ITS.reopened())
    document = folded(topic, meeting, reopened, entry)

    assert (document["closed"], document["closed_on"]) == (False, None)
    assert document["entries"]["m-1"]["closed_on"] is None
    assert (document["status"], document["solved"]) == (Status.REOPENED, 0)
    assert document["loop"]["problem"] == {"state": "open", "evidence": []}
    assert document["next_due"]["on"] == "2024-10-31"


def test_one_solved_problem_does_not_make_up_for_another_that_came_back() -> None:
    other = LoopItemUndone(**ITS.entry, item=LoopItem.PROBLEM, problem_id="p-2", evidence=("problem-p-2:5",))
    entry = stream_of("entry-m-1", ITS.opened(), ITS.done(), other)

    assert folded(TOPIC, entry)["loop"]["problem"]["state"] == "open"


def test_before_the_entry_the_topic_counts_from_its_adoption_and_the_consultation_from_its_meeting() -> None:
    assert states(folded(stream_of("topic-t-1", proposed())))["topic"] == "open"
    assert states(folded(TOPIC))["topic"] == "done"
    assert states(folded(TOPIC))["consultation"] == "open"
    assert states(folded(TOPIC, MEETING))["consultation"] == "done"


# dates


@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("events", "due"),
    [
        ((), ("2024-08-20", "reply")),
        ((ITS.replied("B", "12-01"),), ("2024-12-01", "follow-up")),
        ((ITS.replied("C", "11-01"),), ("2024-11-01", "follow-up")),
        ((ITS.replied("B"),), None),
        ((ITS.replied("A"),), None),
        ((ITS.replied("D", "12-01"),), None),
        ((ITS.replied("A"), ITS.rated(), ITS.solved()), None),
        ((ITS.replied(), ITS.reopened("10-31")), ("2024-10-31", "reply")),
        ((ITS.replied(), ITS.reopened(None)), None),
        ((ITS.replied("B", "12-01"), ITS.replied("B", "12-20")), ("2024-12-20", "follow-up")),
        ((ITS.replied(), ITS.reopened(), ProblemReferred(**ITS.problem, reason="不满意")), None),
    ],
)
def test_a_light_counts_the_date_that_is_open(
    events: tuple[DomainEvent, ...], due: tuple[str, str] | None
) -> None:
    found = folded(TOPIC, problem(*events))["next_due"]

    assert (found and (found["on"], found["kind"])) == due


def test_the_earliest_of_several_open_dates_counts() -> None:
    later, sooner = OfTopic(problem="p-1"), OfTopic(problem="p-2")
    streams = [
        stream_of("problem-p-1", later.assigned("09-20")),
        stream_of("problem-p-2", sooner.assigned("09-11", lead="县水利局")),
    ]
    due = {"on": "2024-09-11", "kind": "reply", "lead": "县水利局", "problem_id": "p-2"}

    assert folded(TOPIC, *streams)["next_due"] == due


# what else a line of the ledger says


def test_a_line_of_the_ledger_has_what_the_streams_said() -> None:
    document = folded(*closed_activity())

    assert (document["division"], document["year"], document["plan_item"]) == ("371621101", 2024, 4)
    assert document["meetings"]["m-1"]["opinions"] == ["清淤排水沟"]
    assert document["meetings"]["m-1"]["attendance"]["present"] == 16
    assert document["problems"]["p-1"]["rating"] == "satisfied"
    assert document["problems"]["p-1"]["solved_on"] == "2024-06-22"
    assert document["entries"]["m-1"]["reports"][0]["outlet"] == "惠民县融媒体中心"


def test_an_activity_belongs_to_the_year_its_ledger_says_else_to_that_of_its_proposal() -> None:
    stated = proposed(ledger_year=2025, ledger_number=3)

    assert folded(stream_of("topic-t-1", stated))["year"] == 2025
    assert folded(stream_of("topic-t-1", proposed()))["year"] == 2024


@pytest.mark.rule("C08")
def test_a_new_reply_is_not_rated_yet() -> None:
    again = problem(ITS.replied(), ITS.rated(Rating.DISSATISFIED), ITS.reopened(), ITS.replied())

    assert folded(again)["problems"]["p-1"]["rating"] is None


def test_nobody_who_took_part_is_named() -> None:
    meeting = held(convener="某召集人", host="某主持人", recorder="某记录人")
    topic = proposed(proposer="person-17", convener="某召集人")
    text = str(folded(stream_of("topic-t-1", topic), stream_of("meeting-m-1", meeting)))

    assert not [name for name in ("某召集人", "某主持人", "某记录人", "person-17") if name in text]


def test_a_cancelled_meeting_is_no_consultation() -> None:
    scheduled = MeetingScheduled(
        meeting_id="m-1", topic_id="t-1", division="371621101", form=MeetingForm.ON_SITE, day=day("05-15")
    )
    cancelled = MeetingCancelled(meeting_id="m-1", topic_id="t-1", reason="暴雨", cancelled_on=day("05-14"))
    document = folded(TOPIC, stream_of("meeting-m-1", scheduled, cancelled))

    assert document["status"] == Status.ADOPTED
    assert document["meetings"]["m-1"]["cancelled"]


def test_a_topic_keeps_what_was_merged_into_it_its_surveys_and_whether_it_is_concluded() -> None:
    topic = stream_of(
        "topic-t-1",
        proposed(),
        adopted(),
        StepCompleted(topic_id="t-1", step="survey", completed_on=None, surveys=3),
        TopicAbsorbed(topic_id="t-1", absorbed="t-2"),
        TopicConcluded(topic_id="t-1", concluded_on=None),
    )
    reopened = stream_of("topic-t-1", *(r.event for r in topic), TopicReopened(topic_id="t-1", reason="x"))
    document = folded(topic)

    assert (document["topic"]["surveys"], document["topic"]["absorbed"]) == (3, ["t-2"])
    assert document["topic"]["concluded"]
    assert not folded(reopened)["topic"]["concluded"]


@pytest.mark.parametrize(
    ("stream", "event"),
    [("topic-t-1", adopted()), ("entry-m-1", ITS.done()), ("problem-p-1", ITS.solved())],
)
def test_a_stream_that_lacks_its_beginning_is_refused(stream: str, event: DomainEvent) -> None:
    with pytest.raises(OutOfOrderError):
        folded(stream_of(stream, event))


# interleaving


def test_any_interleaving_of_a_closed_activity_gives_the_same_document() -> None:
    assert_interleaving_does_not_matter(ACTIVITIES, *closed_activity())


def _lengths(streams: Streams) -> st.SearchStrategy[list[int]]:
    return st.tuples(*(st.integers(0, len(stream)) for stream in streams)).map(list)


def busy_topic() -> Streams:
    """Return two consultations on one topic, three problems, a reopened loop."""
    one, two, three = OfTopic(), OfTopic(problem="p-2"), OfTopic(entry="m-2", problem="p-3")
    undone = LoopItemUndone(**one.entry, item=LoopItem.PROBLEM, problem_id="p-1", evidence=("problem-p-1:5",))
    again = LoopReopened(**one.entry, item=LoopItem.PROBLEM, reason="仍有积水")
    return [
        *closed_activity()[:2],
        stream_of("problem-p-1", one.assigned(), one.replied(), one.rated(), one.solved(), one.reopened()),
        stream_of("problem-p-2", two.assigned("09-11"), two.replied("C", "11-01")),
        stream_of("problem-p-3", three.assigned("10-01"), three.replied("D")),
        stream_of("meeting-m-2", held(meeting="m-2", held_on=day("06-01"))),
        stream_of(
            "entry-m-1", one.opened(), one.done(), one.written(), one.reported(), one.closed(), undone, again
        ),
        stream_of("entry-m-2", three.opened(), three.exempted(LoopItem.CASE), three.reported()),
    ]


@settings(max_examples=60, deadline=None)
@given(lengths=_lengths(busy_topic()), seed=st.integers(0, 10_000))
def test_as_far_as_each_stream_has_come_the_order_between_them_does_not_matter(
    lengths: list[int], seed: int
) -> None:
    so_far = [stream[:length] for stream, length in zip(busy_topic(), lengths, strict=True)]

    assert_interleaving_does_not_matter(ACTIVITIES, *so_far, tries=4, seed=seed)
