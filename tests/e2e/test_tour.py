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


def test_a_countys_year_goes_through_kafka_into_the_read_models_before_the_tour(
    found: dict[str, Any],
) -> None:
    assert {name: found[name] for name in FIGURES} == FIGURES
    assert found["events"] > 400
    assert found.keys() == FIGURES.keys() | {"events", "seconds", "tour", "notices"}


def test_every_step_says_who_did_what_and_what_came_of_it(found: dict[str, Any]) -> None:
    numbers = [tuple(map(int, step["number"].split("."))) for step in found["tour"]]

    assert numbers == sorted(numbers)
    assert {chapter for chapter, _ in numbers} == set(range(1, 22))
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


@pytest.mark.rule("N01", "N02")
def test_every_class_of_notices_reaches_inbox_and_mail_catcher_and_an_offices_classes_its_webhook(
    found: dict[str, Any],
) -> None:
    notices = found["notices"]
    not_sent = {
        (name, channel) for name in notices for channel in notices[name] if not notices[name][channel]
    }

    assert list(notices) == ["transactional", "follow", "digest", "newsletter"]
    assert {tuple(channels) for channels in notices.values()} == {("inbox", "email", "webhook")}
    assert not_sent == {("follow", "webhook"), ("digest", "webhook")}  # people follow topics, offices do not
    assert {notices[name][channel] for name, channel in not_sent} == {None}


@pytest.mark.rule("N01", "N02", "N12")
def test_people_leave_addresses_and_choose_and_cannot_mute_what_there_is_to_do(steps: Steps) -> None:
    assert the(steps, "addresses-left")["addresses"] == 7
    assert {"newsletter/inbox", "newsletter/email"} <= set(the(steps, "preferences-chosen")["wanted"])
    assert the(steps, "muting-refused") == {"code": "cannot-be-muted", "rule": "N01"}
    assert the(steps, "topic-followed")["following"]


@pytest.mark.rule("N11", "M17")
def test_a_mailed_invitation_is_updated_and_cancelled_as_one_calendar_entry(steps: Steps) -> None:
    mails = steps["invitation-mailed"]

    assert [(mail["method"], mail["sequence"]) for mail in mails] == [
        ("REQUEST", 0),
        ("REQUEST", 1),
        ("CANCEL", 2),
    ]
    assert len({mail["uid"] for mail in mails}) == 1
    assert len({mail["message_id"] for mail in mails}) == 3


@pytest.mark.rule("C02", "C03")
def test_a_problem_for_the_wrong_department_is_returned_and_assigned_anew(steps: Steps) -> None:
    assert the(steps, "problem-assigned")["lead"] == "县交通运输局"
    assert the(steps, "problem-returned")["status"] == "returned"
    assert the(steps, "problem-reassigned")["assignments"] == ["县交通运输局", "县住建局"]


@pytest.mark.rule("C12")
def test_what_waits_comes_with_its_light_and_goes_when_it_is_done(steps: Steps) -> None:
    waiting, done = steps["duty-waits"], steps["duty-done"]

    assert [duty["kind"] for duty in waiting] == ["assign", "reply", "reply", "decide"]
    assert [duty["light"] for duty in waiting[1:3]] == ["green", "yellow"]
    assert [duty["kind"] for duty in done] == ["reply", None, "decide"]
    assert list(the(steps, "queue-as-of")["lights"].values()) == ["yellow", "red"]


@pytest.mark.rule("N03", "N05", "N06")
def test_the_clock_reminds_and_sums_up_once(steps: Steps) -> None:
    ticked = the(steps, "clock-ticked")

    assert all(ticked["posted"].values())
    assert set(ticked["again"].values()) == {0}
    assert "答复提醒" in the(steps, "reminder-came")["subject"]
    assert "今日汇总" in the(steps, "digest-came")["subject"]


@pytest.mark.rule("C04", "C05", "C06", "C07", "C08", "C09")
def test_a_problem_is_worked_on_answered_again_and_struck_off_by_its_proposer(steps: Steps) -> None:
    progress, extended = the(steps, "progress-reported"), the(steps, "due-date-extended")

    assert (progress["percent"], progress["contacts"], progress["unchanged"]) == (40, 1, True)
    assert extended["due_before"] == the(steps, "problem-reassigned")["due_on"] < extended["due_on"]
    assert [(reply["result"], reply["replies"]) for reply in steps["problem-replied"]] == [("B", 1), ("A", 2)]
    assert the(steps, "reply-rated")["status"] == "solved"


@pytest.mark.rule("C10")
def test_what_satisfies_nobody_twice_is_decided_by_the_office(steps: Steps) -> None:
    assert [each["status"] for each in steps["reply-not-satisfying"]] == ["handling", "referred"]
    assert the(steps, "referral-decided") == {"status": "closed", "solved_on": None, "attempts": 2}


@pytest.mark.rule("C13", "C14", "C15")
def test_a_case_is_published_once_its_telephone_number_is_gone(steps: Steps) -> None:
    refused, published = the(steps, "case-not-published"), the(steps, "case-published")

    assert "主持人" in the(steps, "case-drafted")["participants"]
    assert (refused["code"], refused["part"], refused["kind"]) == ("case-names-people", "results", "phone")
    assert (refused["found"], refused["repeated"]) == (11, False)
    assert published["number"] == 3
    assert "138" not in published["results"]
    assert the(steps, "case-selected")["levels"] == ["county"]
    assert the(steps, "case-printed")["bytes"] > 10_000


@pytest.mark.rule("C16", "C17", "C18", "C19")
def test_five_of_five_close_the_loop_which_is_filed_under_one_number(steps: Steps) -> None:
    closed, filed = the(steps, "loop-closed"), the(steps, "entry-archived")

    assert set(closed["statuses"].values()) == {"done"}
    assert len(closed["statuses"]) == 5
    assert all(closed["evidence"].values())
    assert filed["again"] == filed["file_number"]
    assert filed["file_number"].endswith("-0001")


@pytest.mark.rule("C20")
def test_the_exported_ledger_imported_again_changes_nothing(steps: Steps) -> None:
    exported = the(steps, "ledger-exported")

    assert exported["changed"] == 0
    assert exported["own"] == exported["rows"] > 0


def test_the_board_counts_what_was_played(steps: Steps) -> None:
    counted = {"meetings": 1, "problems_assigned": 2, "problems_solved": 1, "loops_closed": 1}

    assert the(steps, "statistics-read") == counted
    assert the(steps, "department-read")["open"] == 0


@pytest.mark.rule("N09", "N10")
def test_a_receiver_verifies_also_with_both_keys_and_gets_the_same_again(steps: Steps) -> None:
    again = the(steps, "webhook-redelivered")

    assert the(steps, "webhook-target-refused")["rule"] == "N10"
    assert the(steps, "event-received")["type"] == "hxs.cases.ProblemSolved.v1"
    assert the(steps, "webhook-tested")["verified"]
    assert the(steps, "webhook-key-rotated")["verified"] == {"before": True, "after": True}
    assert len(set(again["id"])) == 1
    assert (again["again"], again["attempts"]) == (True, 2)
    assert the(steps, "webhook-removed")["status"] == 404


@pytest.mark.rule("N01")
def test_a_newsletter_goes_to_those_who_asked_for_it_and_what_was_read_is_read(steps: Steps) -> None:
    sent, read = the(steps, "newsletter-sent"), the(steps, "inbox-read")

    assert sent["told"] == 2
    assert sent["one_click"] == "List-Unsubscribe=One-Click"
    assert read["before"] == read["read"] > read["after"] == 0


@pytest.mark.rule("N12")
def test_an_erased_person_is_gone_and_the_events_stay(steps: Steps) -> None:
    assert the(steps, "person-looked-up")["name"] == "演示群众"
    assert the(steps, "person-erased")["places"] == {"topics": ["people"], "notify": ["people"]}
    assert the(steps, "address-refused") == {"code": "erased", "rule": "N12"}
    assert the(steps, "person-erased")["status"] == 404
    assert the(steps, "events-readable")["events"][0] == "TopicProposed"
    assert the(steps, "submission-still-followed")["situation"] == "concluded"


def test_the_history_tells_who_did_what_to_the_meeting(found: dict[str, Any], steps: Steps) -> None:
    history = steps["history"]
    by = {step["facts"]["event"]: step["by"] for step in found["tour"] if step["code"] == "history"}

    assert [entry["version"] for entry in history] == list(range(1, len(history) + 1))
    assert by["MeetingScheduled"] == "委员联络室"
    assert by["SeatPromoted"] == "群众甲"  # whose withdrawal it was
    assert by["MeetingHeld"] == "主持人"
