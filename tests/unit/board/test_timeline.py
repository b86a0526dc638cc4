"""A topic's timeline: in the order in which things happened, across the services."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from services.board.happenings import EVENTS, NOT_TOLD, happening
from services.board.projections import TIMELINE
from shared.contracts import all as published
from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import ProblemClosed, ProblemReturned, ProgressReported, ReferralDecided
from shared.contracts.meetings import MeetingScheduled, NoticeSent, VenueClosed
from shared.contracts.topics import StepWaived, TopicMerged, TopicPart, TopicSplit
from shared.contracts.types import Channel, Flag, MeetingForm, Origin
from shared.eventsourcing.testing import (
    assert_interleaving_does_not_matter,
    fold_all,
    recorded,
    stream_of,
)
from shared.platform.language import Text
from tests.unit.board.live import ITS, archived, case_published, whole_life
from tests.unit.board.streams import adopted, closed_activity, day, held, proposed
from tests.unit.board.test_activities import busy_topic
from tests.unit.contracts.generated import data_of


def test_a_timeline_tells_what_happened_in_order() -> None:
    events = [event for stream in closed_activity() for event in stream]
    timeline = fold_all(TIMELINE, events)["t-1"]

    assert (timeline["title"], timeline["division"]) == ("村道积水", "371621101")
    assert [(entry["on"], entry["zh"]) for entry in timeline["entries"]] == [
        ("2024-04-15", "议题提出（群众反映）"),
        ("2024-04-25", "议题立项，列入计划第 4 项"),
        ("2024-05-15", "登记入台账"),
        ("2024-05-15", "召开协商，实到 16 人，形成意见 1 条"),
        ("2024-05-22", "交办石庙镇政府，时限 2024-08-20"),
        ("2024-06-19", "石庙镇政府答复，结果 A 类"),
        ("2024-06-21", "评价：满意"),
        ("2024-06-22", "问题解决，销号"),
        ("2024-06-25", "形成典型案例《村道不再积水》"),
        ("2024-06-27", "惠民县融媒体中心报道（县级）"),
        ("2024-06-27", "“五个一”闭环"),
    ]


def test_what_happened_on_one_day_is_in_the_order_of_recording() -> None:
    its_meeting = recorded(held(), "meeting-m-1", 1, at=datetime(2024, 5, 15, 8, 0, 0, 5, tzinfo=UTC))
    entry = closed_activity()[3][0].event
    its_entry = recorded(entry, "entry-m-1", 1, at=datetime(2024, 5, 15, 8, 0, 0, 9, tzinfo=UTC))
    entries = fold_all(TIMELINE, [its_entry, its_meeting])["t-1"]["entries"]

    assert [entry["kind"] for entry in entries] == ["MeetingHeld", "LedgerEntryOpened"]


def test_the_tenth_event_of_a_stream_comes_after_the_second() -> None:
    waived = StepWaived(
        topic_id="t-1", step="survey", reason="已调研", approver="办公室", waived_on=day("05-01")
    )
    at = datetime(2024, 5, 1, tzinfo=UTC)
    events = [recorded(waived, "topic-t-1", version, at=at) for version in (10, 2)]
    entries = fold_all(TIMELINE, events)["t-1"]["entries"]

    assert [entry["event_id"] for entry in entries] == ["topic-t-1:2", "topic-t-1:10"]


def test_what_has_no_day_stands_at_the_day_it_was_recorded_in_shanghai() -> None:
    merged = TopicMerged(topic_id="t-1", into="t-2", merged_on=None)
    late = datetime(2024, 4, 30, 17, tzinfo=UTC)  # already 1 May in Shanghai
    events = [*stream_of("topic-t-1", proposed(), adopted()), recorded(merged, "topic-t-1", 3, at=late)]
    events.append(recorded(held(held_on=day("04-30")), "meeting-m-1", 1, at=late))
    entries = fold_all(TIMELINE, events)["t-1"]["entries"]

    assert [entry["kind"] for entry in entries][-2:] == ["MeetingHeld", "TopicMerged"]
    assert entries[-1]["on"] is None


def test_a_waived_step_is_called_by_its_title() -> None:
    waived = StepWaived(
        topic_id="t-1", step="survey", reason="已调研", approver="办公室", waived_on=day("05-01")
    )
    timeline = fold_all(TIMELINE, stream_of("topic-t-1", proposed(), adopted(), waived))["t-1"]

    assert timeline["entries"][-1]["zh"] == "免去步骤：调查研究（办公室批准：已调研）"


def test_an_old_record_places_the_invitation_on_the_day_of_the_meeting() -> None:
    said = {"meeting_id": "m-1", "topic_id": "t-1", "division": "371621", "form": MeetingForm.MICRO}
    live = MeetingScheduled(**said, day=day("05-15"))
    old = live.model_copy(update={"back_entry": True})

    assert (happening(live, {})[0], happening(old, {})[0]) == (None, day("05-15"))


@pytest.mark.rule("T12")
def test_a_split_tells_what_became_of_its_parts() -> None:
    split = TopicSplit(
        topic_id="t-1",
        parts=(TopicPart(topic_id="t-2", title="村道排水沟", division="371621101"),),
        reason="两件事",
        split_on=day("05-01"),
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
    )

    assert happening(split, {}) == (day("05-01"), Text("拆分出议题：村道排水沟", "Split off: 村道排水沟"))


def test_a_late_notice_says_so() -> None:
    sent = NoticeSent(meeting_id="m-1", topic_id="t-1", sent_on=day("05-14"))
    late = sent.model_copy(update={"flags": (Flag(rule="M06", text="不足三个工作日"),)})

    assert happening(sent, {})[1].zh == "发出会议通知"
    assert happening(late, {})[1].zh == "发出会议通知（迟于程序要求）"


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_whatever_is_listened_to_has_words_in_both_languages(event: type[DomainEvent]) -> None:
    @settings(max_examples=5, deadline=None)
    @given(data_of(event.model_json_schema()).map(event.model_validate))
    def told(happened: DomainEvent) -> None:
        _, text = happening(happened, {})
        assert text.zh
        assert text.en

    told()


def test_whatever_names_a_topic_is_told_or_left_out_on_purpose() -> None:
    assert published.cases  # imported, so that every published event is known
    of_topics = {
        event
        for event in registry
        if "topic_id" in event.model_fields and event.service in ("topics", "meetings", "cases")
    }

    assert of_topics == {*EVENTS, *NOT_TOLD}
    assert not {*EVENTS} & {*NOT_TOLD}
    assert TIMELINE.events == EVENTS


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            ProblemReturned(**ITS.problem, lead="石庙镇政府", reason="属水利", returned_on=day("05-24")),
            "石庙镇政府退回：属水利",
        ),
        (
            ProgressReported(
                **ITS.problem, lead="县水利局", percent=60, note="已清淤", reported_on=day("06-01")
            ),
            "县水利局报告办理进度 60%",
        ),
        (
            ReferralDecided(**ITS.problem, decision="close", reason="条件不具备", decided_on=day("09-01")),
            "办公室决定予以办结：条件不具备",
        ),
        (
            ProblemClosed(**ITS.problem, closed_on=day("09-01"), reason="条件不具备"),
            "由办公室办结：条件不具备",
        ),
        (archived(), "归档，档号 371621101-2024-0001"),
        (case_published(), "发布典型案例《村道不再积水》"),
        (case_published(2, "数字有误"), "更正典型案例《村道不再积水》：数字有误"),
    ],
)
def test_what_became_of_a_problem_and_its_case_is_told(event: DomainEvent, text: str) -> None:
    assert happening(event, {})[1].zh == text


def test_an_event_without_words_is_a_fault_that_names_it() -> None:
    with pytest.raises(TypeError, match="VenueClosed"):
        happening(VenueClosed(venue_id="v-1", reason="-", closed_on=day("01-01")), {})


def test_any_interleaving_gives_the_same_timeline() -> None:
    assert_interleaving_does_not_matter(TIMELINE, *busy_topic())
    assert_interleaving_does_not_matter(TIMELINE, *whole_life())
