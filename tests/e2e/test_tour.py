"""The tour that the demo plays, on processes, an embedded database and Kafka: what each step shows."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from tests.e2e.test_demo import AS_OF, FIGURES, Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

Steps = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the demo with its tour printed; nothing of it runs afterwards."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        code, said = machine.run("demo", "--once", "--tour", "--json", *AS_OF)
        assert code == 0
        assert machine.nothing_runs()
        assert list(machine.folder.glob("hxs-*")) == []
    finally:
        for pid in machine.processes():
            os.kill(pid, signal.SIGKILL)
    printed: dict[str, Any] = said
    return printed


@pytest.fixture(scope="module")
def steps(found: dict[str, Any]) -> Steps:
    """The facts of each step, by its code."""
    by_code: Steps = {}
    for step in found["tour"]:
        by_code.setdefault(step["code"], []).append(step["facts"])
    return by_code


def the(steps: Steps, code: str) -> dict[str, Any]:
    """Return the facts of a step that is played once."""
    [facts] = steps[code]
    return facts


def test_the_years_figures_are_taken_before_the_tour(found: dict[str, Any]) -> None:
    assert {name: found[name] for name in FIGURES} == FIGURES


def test_every_step_says_who_did_what_and_what_came_of_it(found: dict[str, Any]) -> None:
    numbers = [tuple(map(int, step["number"].split("."))) for step in found["tour"]]

    assert numbers == sorted(numbers)
    assert {chapter for chapter, _ in numbers} == set(range(1, 10))
    assert all(step["by"] and step["what"] and step["result"] for step in found["tour"])


@pytest.mark.rule("T03", "T04", "T05")
def test_an_amendment_changes_the_plan_and_not_what_was_issued(steps: Steps) -> None:
    issued = the(steps, "plan-issued")["items"]
    states = the(steps, "plan-as-amended")["states"]

    assert the(steps, "plan-as-issued")["items"] == issued
    assert [kind for kind, _ in the(steps, "plan-amended")["changes"]] == ["add", "defer"]
    assert len(states) == len(issued) + 1
    assert list(states.values()).count("deferred") == 1
    assert the(steps, "topic-adopted")["plan_item_state"] == "in-progress"


@pytest.mark.rule("T08", "T09", "T12", "T13")
def test_a_topic_of_somebody_without_an_account_is_followed_sorted_and_adopted(steps: Steps) -> None:
    duplicate = the(steps, "topic-proposed")["topic_id"]
    description = the(steps, "submission-followed")["description"]
    sorted_ = the(steps, "triaged-and-merged")

    assert "演示群众" not in description
    assert "13800000000" not in description
    assert duplicate in [each["topic_id"] for each in the(steps, "duplicates-suggested")["likely"]]
    assert sorted_["absorbed"] == [duplicate]
    assert sorted_["merged_into"] == the(steps, "submission-received")["topic_id"]
    assert sorted_["supporters"] == 1
    assert the(steps, "adoption-seen")["situation"] == "adopted"


@pytest.mark.rule("T12")
def test_a_split_is_traced_both_ways(steps: Steps) -> None:
    assert len(the(steps, "topic-split")["parts"]) == 2
    assert the(steps, "split-traced-back")["split_from"] == [the(steps, "submission-received")["topic_id"]]


@pytest.mark.rule("M07", "M08", "M09")
def test_a_freed_seat_promotes_whoever_waits_and_tells_them(steps: Steps) -> None:
    assert [accepted["standing"] for accepted in steps["invitation-accepted"]] == ["registered"] * 2
    assert [registered["seats_left"] for registered in steps["registered"]] == [2, 1]
    assert the(steps, "waitlisted")["seats_left"] == 0
    assert the(steps, "waitlisted")["position"] == 1
    assert the(steps, "registration-withdrawn") == {"seats_left": 0, "waiting": 0}
    assert the(steps, "seat-promoted")["standing"] == "registered"
    assert "有席位了" in the(steps, "seat-promoted")["notice"]


@pytest.mark.rule("M04", "M06", "M17")
def test_a_moved_meeting_is_flagged_told_and_updated_in_calendars(steps: Steps) -> None:
    refused = the(steps, "venue-conflict-refused")
    calendar = the(steps, "calendar-updated")

    assert (refused["code"], refused["rule"]) == ("venue-taken", "M04")
    assert the(steps, "notice-sent")["flags"] == []
    assert [flag["rule"] for flag in the(steps, "meeting-rescheduled")["flags"]] == ["M06"]
    assert ["有变动" in told["notice"] for told in steps["change-told"]] == [True, True]
    assert calendar["sequence"] == [0, 1]
    assert len(set(calendar["uid"])) == 1


@pytest.mark.rule("M10", "M11", "M13", "M14", "M15")
def test_a_code_checks_in_once_and_the_meeting_is_held_with_its_dissent(steps: Steps) -> None:
    again = the(steps, "second-check-in-changes-nothing")
    held = the(steps, "meeting-held")

    assert the(steps, "code-replay-refused")["code"] == "code-used"
    assert again["already_there"]
    assert len(set(again["versions"])) == 1
    assert the(steps, "checked-in-by-hand")["present"] == held["attendance"]["present"] == 3
    assert the(steps, "opinion-agreed") == {"opinions": 1, "dissents": 1}
    assert held["situation"] == "held"
    assert "M14" in [flag["rule"] for flag in held["flags"]]


@pytest.mark.rule("T15")
def test_what_was_held_in_its_turn_takes_the_topic_to_its_next_step(steps: Steps) -> None:
    assert the(steps, "consultation-prepared") == {"surveys": 1, "next_step": "consult"}
    assert the(steps, "topic-goes-on")["next_step"] == "convert"


@pytest.mark.rule("M16")
def test_minutes_are_signed_over_the_text_that_was_read_then_published_and_printed(steps: Steps) -> None:
    signed = steps["minutes-signed"]
    published = the(steps, "minutes-published")

    assert [each["role"] for each in signed] == ["host", "recorder", "participant"]
    hashes = {each[name] for each in signed for name in ("sha256", "of_text_read")}
    assert hashes == {the(steps, "minutes-drafted")["sha256"]}
    assert published["intact"]
    assert published["published"] == 1
    assert the(steps, "minutes-printed")["bytes"] > 10_000


def test_an_erased_person_is_gone_and_the_events_stay(steps: Steps) -> None:
    assert the(steps, "person-looked-up")["name"] == "演示群众"
    assert the(steps, "person-erased")["places"] == ["people"]
    assert the(steps, "person-erased")["status"] == 404
    assert the(steps, "events-readable")["events"][0] == "TopicProposed"
    assert the(steps, "submission-still-followed")["situation"] == "adopted"


def test_the_history_tells_who_did_what_to_the_meeting(found: dict[str, Any], steps: Steps) -> None:
    history = steps["history"]
    by = {step["facts"]["event"]: step["by"] for step in found["tour"] if step["code"] == "history"}

    assert [entry["version"] for entry in history] == list(range(1, len(history) + 1))
    assert by["MeetingScheduled"] == "委员联络室"
    assert by["SeatPromoted"] == "群众甲"  # whose withdrawal it was
    assert by["MeetingHeld"] == "主持人"
