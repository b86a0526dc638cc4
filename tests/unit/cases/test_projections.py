"""What cases answers from says what its streams say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.cases.deciders import ENTRY, PROBLEM
from services.cases.domain.loop import Entry
from services.cases.domain.problem import Problem
from services.cases.projections import ALL
from services.cases.projections.entries import ENTRIES, ENTRY_EVENTS, fold_entry
from services.cases.projections.problems import PROBLEM_EVENTS, PROBLEMS, fold_problem
from services.cases.views.entries import EntryView
from services.cases.views.problems import ProblemView
from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import LedgerEntryOpened, LoopItemDone, LoopItemUndone, ProblemAssigned
from shared.contracts.types import Flag, LoopItem, Rating, ReplyResult
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, recorded, stream_of
from tests.lives import events_of, for_any
from tests.unit.cases.examples import (
    ARCHIVED,
    ASSIGNED,
    BACK_REPLIED,
    CLOSED,
    CONFIRMED,
    CORNER,
    DONE,
    DONE_TOO,
    ENDED,
    EVENING,
    GIVEN_UP,
    HOUSING,
    JUNE_7,
    LOOP_REOPENED,
    OPENED,
    PATH,
    POWER,
    PUBLISHED,
    REFERRED,
    REPORTED,
    SOLVED,
    UNDONE,
    WRITTEN,
    exempted,
    rated,
    reopened,
    replied,
)
from tests.unit.cases.lives import EntryLife, ProblemLife, entry_lives, problem_lives

STREAM = ENTRY.stream(EVENING)


def entry_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(ENTRIES, stream_of(STREAM, *events))[EVENING]


def item_after(item: LoopItem, *events: DomainEvent) -> dict[str, Any]:
    shown = entry_after(*events)["items"][item]
    assert isinstance(shown, dict)
    return shown


def problem_after(*events: DomainEvent) -> Mapping[str, Any]:
    return fold_all(PROBLEMS, stream_of(PROBLEM.stream(CORNER), *events))[CORNER]


# ledger entries


@pytest.mark.rule("C01")
@pytest.mark.rule("C17")
def test_an_opened_entry_shows_topic_and_consultation_each_with_its_own_evidence() -> None:
    shown = entry_after(OPENED)

    assert {item: (said["status"], said["evidence"]) for item, said in shown["items"].items()} == {
        "topic": ("done", ["topic-street-lamps:1"]),
        "consultation": ("done", ["meeting-meeting-on-lamps:10"]),
        "problem": ("open", []),
        "case": ("open", []),
        "report": ("open", []),
    }
    assert (shown["held_on"], shown["opinions"], shown["closed"]) == ("2024-05-10", ["补装六盏路灯"], False)


@pytest.mark.rule("C17")
def test_evidence_says_what_it_is_of_which_day_and_where_it_is_looked_at() -> None:
    items = EntryView.model_validate(entry_after(OPENED, DONE, PUBLISHED, REPORTED)).items

    assert {
        item: [(e.kind, str(e.on), e.service, e.path) for e in shown.shown_by]
        for item, shown in items.items()
    } == {
        "topic": [("topic-proposed", "None", "topics", "/topics/street-lamps")],
        "consultation": [("consultation-held", "2024-05-10", "meetings", "/meetings/meeting-on-lamps")],
        "problem": [("problem-solved", "2024-06-07", "cases", "/problems/dark-corner")],
        "case": [("case-published", "2024-07-01", "cases", "/cases/lamps")],
        "report": [("media-reported", "2024-07-01", "cases", "/entries/meeting-on-lamps")],
    }
    assert all(shown.evidence == tuple(e.event_id for e in shown.shown_by) for shown in items.values())


@pytest.mark.rule("C18")
def test_a_problem_given_up_leaves_the_other_solved_one_as_evidence() -> None:
    shown = item_after(LoopItem.PROBLEM, OPENED, DONE, DONE_TOO, UNDONE, GIVEN_UP)

    assert (shown["status"], shown["evidence"]) == ("done", ["problem-dark-path:4"])
    assert item_after(LoopItem.PROBLEM, OPENED, DONE, UNDONE, GIVEN_UP)["status"] == "open"


@pytest.mark.rule("C19")
def test_a_filed_entry_shows_its_number_also_when_its_loop_is_open_again() -> None:
    shown = entry_after(OPENED, DONE, WRITTEN, REPORTED, CLOSED, ARCHIVED, UNDONE, LOOP_REOPENED)

    assert (shown["file_number"], shown["archived_on"]) == ("371621001-2024-0001", "2024-07-01")
    assert not shown["closed"]


@pytest.mark.rule("C17")
def test_an_entry_opened_directly_is_itself_the_evidence_of_the_consultation() -> None:
    directly = OPENED.model_copy(update={"evidence": ("topic-street-lamps:1",)})

    assert item_after(LoopItem.TOPIC, directly)["evidence"] == ["topic-street-lamps:1"]
    assert item_after(LoopItem.CONSULTATION, directly)["evidence"] == [f"{STREAM}:1"]


@pytest.mark.rule("C17")
def test_each_item_shows_the_events_that_it_is_there_by() -> None:
    past = [OPENED, DONE, WRITTEN, REPORTED, CLOSED, REPORTED, DONE_TOO]

    shown = {item: item_after(LoopItem(item), *past) for item in ("problem", "case", "report")}

    assert {item["status"] for item in shown.values()} == {"done"}
    assert shown["problem"]["evidence"] == ["problem-dark-corner:4", "problem-dark-path:4"]
    assert shown["case"]["evidence"] == [f"{STREAM}:3"]
    assert shown["report"]["evidence"] == [f"{STREAM}:4", f"{STREAM}:6"]


@pytest.mark.rule("C18")
def test_a_reopened_problem_takes_only_its_own_evidence_with_it() -> None:
    solved_again = DONE.model_copy(update={"evidence": ("problem-dark-corner:9",)})

    reopened_one = item_after(LoopItem.PROBLEM, OPENED, DONE, DONE_TOO, UNDONE)
    again = item_after(LoopItem.PROBLEM, OPENED, DONE, DONE_TOO, UNDONE, solved_again)

    assert (reopened_one["status"], reopened_one["evidence"]) == ("open", [])
    assert again["evidence"] == ["problem-dark-path:4", "problem-dark-corner:9"]


@pytest.mark.rule("C17")
def test_an_exempted_item_shows_why_and_is_not_shown_as_done() -> None:
    shown = item_after(LoopItem.REPORT, OPENED, exempted())

    assert {name: said for name, said in shown.items() if name != "shown_by"} == {
        "status": "exempted",
        "evidence": [f"{STREAM}:2"],
        "reason": "涉及个人隐私，不宜宣传",
        "approver": "县政协主席会议",
        "exempted_on": "2024-07-01",
    }


@pytest.mark.rule("C17")
def test_an_item_that_comes_after_its_exemption_is_shown_without_it() -> None:
    shown = item_after(LoopItem.REPORT, OPENED, exempted(), REPORTED)

    assert (shown["status"], shown["evidence"]) == ("done", [f"{STREAM}:3"])
    assert "reason" not in shown
    assert item_after(LoopItem.PROBLEM, OPENED, exempted(LoopItem.PROBLEM), DONE, UNDONE)["status"] == "open"


@pytest.mark.rule("C17")
def test_an_exemption_stays_while_another_problem_is_open_again() -> None:
    past = [OPENED, DONE, UNDONE, exempted(LoopItem.PROBLEM), DONE_TOO]

    assert item_after(LoopItem.PROBLEM, *past)["status"] == "exempted"


@pytest.mark.rule("C18")
def test_a_loop_is_shown_closed_with_its_day_until_it_is_reopened() -> None:
    past = [OPENED, DONE, WRITTEN, REPORTED, CLOSED]

    closed = entry_after(*past)
    open_again = entry_after(*past, UNDONE, LOOP_REOPENED)

    assert (closed["closed"], closed["closed_on"]) == (True, "2024-07-01")
    assert (open_again["closed"], open_again["closed_on"]) == (False, None)


@pytest.mark.rule("C13")
@pytest.mark.rule("C16")
def test_cases_and_reports_are_shown_with_what_is_known_of_them() -> None:
    shown = EntryView.model_validate(entry_after(OPENED, WRITTEN, REPORTED))

    assert [(case.title, case.background, case.process) for case in shown.cases] == [
        ("一盏灯照亮一条路", "主路无灯", None)
    ]
    assert [(report.outlet, report.level, report.title) for report in shown.reports] == [
        ("惠民融媒", "county", "灯亮了")
    ]


@pytest.mark.parametrize("event_type", [LoopItemDone, LoopItemUndone])
def test_an_item_there_by_no_problem_changes_nothing(event_type: type[DomainEvent]) -> None:
    said = DONE.model_dump() | {"item": LoopItem.REPORT, "problem_id": None}

    assert entry_after(OPENED, event_type.model_validate(said)) == entry_after(OPENED)


@pytest.mark.parametrize(
    "first", [e for e in ENTRY_EVENTS if e is not LedgerEntryOpened], ids=lambda e: e.name
)
def test_an_entry_s_document_begins_with_its_opening(first: type[DomainEvent]) -> None:
    event = recorded(first.model_construct(), STREAM, 1)

    with pytest.raises(OutOfOrderError):
        fold_entry(None, event, EVENING)


# problems


@pytest.mark.rule("C02")
def test_an_assigned_problem_shows_its_assignment() -> None:
    given = {"lead": HOUSING, "co_handlers": [POWER], "assigned_on": "2024-05-13", "due_on": "2024-08-13"}

    assert problem_after(ASSIGNED) == {
        **ASSIGNED.model_dump(mode="json"),
        "status": "handling",
        "attempt": 1,
        "percent": 0,
        "next_due_on": "2024-08-13",
        "next_due_kind": "reply",
        "assignments": [given],
        **{name: [] for name in ("contacts", "progress", "extensions", "replies", "decisions")},
    }


@pytest.mark.rule("C07")
def test_a_replied_problem_shows_the_newest_reply_and_all_of_them() -> None:
    shown = problem_after(ASSIGNED, replied(ReplyResult.B), rated(), replied(on=JUNE_7))

    assert (shown["status"], shown["result"], shown["replied_on"]) == ("replied", "A", "2024-06-07")
    assert shown["rating"] is None, "the newest reply has not been rated"
    assert [(reply["result"], reply.get("rated") is None) for reply in shown["replies"]] == [
        ("B", False),
        ("A", True),
    ]


@pytest.mark.rule("C07")
@pytest.mark.rule("C12")
@pytest.mark.parametrize(
    ("events", "day"),
    [
        ([replied(ReplyResult.B)], "2024-07-01"),
        ([replied(ReplyResult.C)], "2024-07-01"),
        ([replied(ReplyResult.B), replied()], None),
        ([replied(ReplyResult.B), rated(Rating.DISSATISFIED), reopened()], None),
        ([replied().model_copy(update={"follow_up_on": SOLVED.solved_on})], None),
    ],
    ids=["B", "C", "A after B", "reopened", "A with a day"],
)
def test_a_follow_up_date_is_shown_while_something_is_to_be_looked_at_again(
    events: list[DomainEvent], day: str | None
) -> None:
    assert problem_after(ASSIGNED, *events)["follow_up_on"] == day


@pytest.mark.rule("C08")
def test_a_rated_reply_shows_its_rating() -> None:
    shown = problem_after(ASSIGNED, replied(), rated(Rating.DISSATISFIED), reopened())

    (reply,) = ProblemView.model_validate(shown).replies
    assert reply.rated is not None
    assert (reply.rated.rating, reply.rated.reason) == ("dissatisfied", "还是太暗")
    assert shown["rating"] == "dissatisfied"


@pytest.mark.rule("C09")
@pytest.mark.parametrize("why", [[rated(), SOLVED], [CONFIRMED, SOLVED]], ids=["rated", "confirmed"])
def test_a_solved_problem_shows_when_it_was_struck_off(why: list[DomainEvent]) -> None:
    shown = problem_after(ASSIGNED, replied(), *why)

    assert (shown["status"], shown["solved_on"]) == ("solved", "2024-06-07")


@pytest.mark.rule("C10")
def test_a_reopened_problem_shows_its_attempt_and_new_due_date() -> None:
    shown = problem_after(ASSIGNED, replied(), rated(), SOLVED, reopened())

    assert (shown["status"], shown["attempt"], shown["due_on"]) == ("handling", 2, "2024-09-02")
    assert shown["solved_on"] is None


@pytest.mark.rule("C10")
@pytest.mark.rule("C11")
@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([replied(ReplyResult.D), ENDED], "closed"),
        ([replied(), rated(Rating.DISSATISFIED), REFERRED], "referred"),
    ],
)
def test_a_problem_that_ended_otherwise_shows_how(events: list[DomainEvent], status: str) -> None:
    assert problem_after(ASSIGNED, *events)["status"] == status


def test_a_reply_shows_the_flags_of_what_it_did_not_keep_to() -> None:
    flag = Flag(rule="C07", text="C 类答复未记载回头看日期")
    old = BACK_REPLIED.model_copy(update={"result": ReplyResult.C, "flags": (flag,)})

    (reply,) = ProblemView.model_validate(problem_after(ASSIGNED, old)).replies

    assert (reply.flags, reply.text) == ((flag,), None)


@pytest.mark.parametrize(
    "first", [e for e in PROBLEM_EVENTS if e is not ProblemAssigned], ids=lambda e: e.name
)
def test_a_problem_s_document_begins_with_its_assignment(first: type[DomainEvent]) -> None:
    event = recorded(first.model_construct(), PROBLEM.stream(CORNER), 1)

    with pytest.raises(OutOfOrderError):
        fold_problem(None, event, CORNER)


# any life


def expect_agreement(document: Mapping[str, Any], state: Entry) -> None:
    by_status = {
        status: {LoopItem(item) for item, shown in document["items"].items() if shown["status"] == status}
        for status in ("open", "done", "exempted")
    }
    assert by_status["done"] == state.done
    assert by_status["exempted"] == state.exempted
    assert document["closed"] == state.closed
    assert set(document["solved"]) == state.solved
    assert set(document["reopened"]) == state.reopened
    for shown in document["items"].values():
        assert bool(shown["evidence"]) == (shown["status"] != "open")
    EntryView.model_validate(document)


@for_any(entry_lives)
def test_an_entry_s_document_agrees_with_its_state_after_every_event(life: EntryLife) -> None:
    events = stream_of(STREAM, *events_of(life))

    for n in range(1, len(events) + 1):
        document = fold_all(ENTRIES, events[:n])[EVENING]
        expect_agreement(document, ENTRY.fold(event.event for event in events[:n]))


def expect_same_problem(document: Mapping[str, Any], state: Problem) -> None:
    assert (document["status"], document["attempt"]) == (state.status, state.attempt)
    assert (document["lead"], tuple(document["co_handlers"])) == (state.lead, state.co_handlers)
    assert document["assigned_on"] == (state.assigned_on.isoformat() if state.assigned_on else None)
    assert document["due_on"] == (state.due_on.isoformat() if state.due_on else None)
    assert document["percent"] == state.percent
    assert document.get("result") == state.result
    assert document.get("replied_on") == (state.replied_on.isoformat() if state.replied_on else None)
    assert (document.get("rating") is not None) == state.rated
    ProblemView.model_validate(document)


@for_any(problem_lives)
def test_a_problem_s_document_agrees_with_its_state_after_every_event(life: ProblemLife) -> None:
    events = stream_of(PROBLEM.stream(CORNER), *events_of(life))

    for n in range(1, len(events) + 1):
        document = fold_all(PROBLEMS, events[:n])[CORNER]
        expect_same_problem(document, PROBLEM.fold(event.event for event in events[:n]))


@for_any(entry_lives, problem_lives, problem_lives, examples=25)
def test_documents_do_not_depend_on_how_streams_interleave(
    entry: EntryLife, corner: ProblemLife, path: ProblemLife
) -> None:
    streams = (
        stream_of(STREAM, *events_of(entry)),
        stream_of(PROBLEM.stream(CORNER), *events_of(corner)),
        stream_of(PROBLEM.stream(PATH), *events_of(path)),
    )

    for projection in ALL:
        assert_interleaving_does_not_matter(projection, *streams, tries=3)


def test_every_event_of_the_service_is_read_by_one_of_its_projections() -> None:
    read = {event for projection in ALL for event in projection.events if event.service == "cases"}

    assert read == set(registry.of_service("cases"))
