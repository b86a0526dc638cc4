"""What a typical case says before anybody has typed a word: all that is known, and nothing else (C13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from services.cases.documents.suggestion import CUT, LONGEST, Known, suggestion
from services.cases.projections.entries import ENTRIES
from services.cases.projections.ledger import LEDGER_VENUES
from services.cases.projections.meetings import HELD_MEETINGS
from services.cases.projections.problems import PROBLEMS
from services.cases.projections.topics import KNOWN_TOPICS
from shared.contracts.base import DomainEvent
from shared.contracts.cases import ProblemReopened, ProblemReturned
from shared.contracts.meetings import VenueChanged
from shared.contracts.topics import StepCompleted
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.cases.casework import (
    ADOPTED,
    ASSIGNED,
    CORNER,
    EVENING,
    HELD,
    JULY_1,
    LAMPS,
    OPENED,
    OPENED_VENUE,
    PROPOSED,
    RATED,
    REPLIED,
    SOLVED,
    STREAMS,
    SURVEYED,
)

pytestmark = pytest.mark.rule("C13")


def document(projection: Projection, key: str, category: str, *events: DomainEvent) -> Any:
    return fold_all(projection, stream_of(f"{category}-{key}", *events))[key]


def problem(*events: DomainEvent) -> Any:
    return document(PROBLEMS, CORNER, "problem", ASSIGNED, *events)


def known(problems: Sequence[Any] = (), **less: None) -> Known:
    there: dict[str, Any] = {
        "topic": document(KNOWN_TOPICS, LAMPS, "topic", PROPOSED, ADOPTED, SURVEYED),
        "meeting": document(HELD_MEETINGS, EVENING, "meeting", HELD),
        "venue": document(LEDGER_VENUES, "hall", "venue", OPENED_VENUE),
    }
    entry = document(ENTRIES, EVENING, "entry", OPENED)
    return Known(entry=entry, problems=problems, division="孙武街道", **{**there, **less})


def test_all_that_is_known_is_filled_in() -> None:
    text = suggestion(known([problem(REPLIED, RATED, SOLVED)]))
    assert text.title == "主路补装路灯"
    assert text.background.split("\n") == [
        "2024年4月1日，群众反映“主路补装路灯”，属群众所盼。",
        "晚上看不清路。",
    ]
    assert text.participants.split("\n") == [
        "召集人：党员委员召集人；主持人：联络室主任；记录人：联络室记录员。",
        "到场12人，其中政协委员3人、职能部门2人、群众7人。",
        "参与调研：县政协城建委。",
        "承办单位：县住建局。",
        "协办单位：县供电公司。",
    ]
    assert text.process.split("\n") == [
        "2024年4月8日，议题确定，列入年度协商工作计划。",
        "2024年4月15日，在文安路开展调查研究：主路 800 米无灯。",
        "2024年5月10日，在孙武街道协商议事室就“主路补装路灯”开展微协商。",
        "2024年5月13日，将“村口没有路灯”交县住建局办理。",
        "2024年6月3日，县住建局答复，办理结果：A 已解决。",
    ]
    assert text.opinions.split("\n") == [
        "1. 补装六盏路灯（职能部门、群众同意）",
        "不同意见（群众）：应装八盏",
    ]
    assert text.results.split("\n") == ["县住建局：六盏路灯已装好（评价：满意）", "2024年6月7日，问题销号。"]


def test_what_is_not_known_is_left_out() -> None:
    text = suggestion(known(topic=None, meeting=None, venue=None))
    assert vars(text) == {
        "title": "",
        "background": "",
        "participants": "",
        "process": "2024年5月10日，在孙武街道开展协商。",
        "opinions": "1. 补装六盏路灯",
        "results": "",
    }


def test_a_problem_in_hand_is_no_result_though_it_was_answered_before() -> None:
    again = ProblemReopened(
        problem_id=CORNER,
        entry_id=EVENING,
        topic_id=LAMPS,
        division=ASSIGNED.division,
        reason="又不亮了",
        due_on=JULY_1,
        attempt=2,
    )
    in_hand = "“村口没有路灯”由县住建局办理中。"
    assert suggestion(known([problem()])).results == in_hand
    assert suggestion(known([problem(REPLIED, RATED, SOLVED, again)])).results == in_hand


def test_a_problem_that_was_returned_is_no_result_either() -> None:
    returned = ProblemReturned(
        problem_id=CORNER,
        entry_id=EVENING,
        topic_id=LAMPS,
        division=ASSIGNED.division,
        lead=ASSIGNED.lead,
        reason="不属我局职责",
        returned_on=JULY_1,
    )
    assert suggestion(known([problem(returned)])).results == "“村口没有路灯”待重新交办。"


def test_signs_that_no_paper_can_have_are_left_out() -> None:
    said = ASSIGNED.model_copy(update={"text": "村口\x1e没有\x00路灯"})
    odd = document(PROBLEMS, CORNER, "problem", said)
    assert suggestion(known([odd])).results == "“村口没有路灯”由县住建局办理中。"


def test_an_answer_of_which_the_text_is_unknown_is_told_by_its_result() -> None:
    silent = REPLIED.model_copy(update={"text": None, "back_entry": True})
    assert suggestion(known([problem(silent)])).results == "县住建局：A 已解决"


def test_surveys_of_an_old_record_are_told_by_their_number() -> None:
    counted = StepCompleted(topic_id=LAMPS, step="survey", completed_on=None, surveys=3, back_entry=True)
    topic = document(KNOWN_TOPICS, LAMPS, "topic", PROPOSED, counted)
    text = suggestion(Known(known().entry, topic, None, None, (), "孙武街道"))
    assert text.process.split("\n")[0] == "协商前开展调查研究3次。"


def test_what_is_too_long_for_an_event_is_cut_and_says_so() -> None:
    topic = {**document(KNOWN_TOPICS, LAMPS, "topic", PROPOSED), "description": "灯" * 5000}
    text = suggestion(Known(known().entry, topic, None, None, (), "孙武街道"))
    assert len(text.background) == LONGEST
    assert text.background.endswith(CUT)


def test_a_venue_goes_by_its_newest_name() -> None:
    renamed = VenueChanged(venue_id="hall", title="文安协商议事室", reason="改名", changed_on=JULY_1)
    assert document(LEDGER_VENUES, "hall", "venue", OPENED_VENUE, renamed)["title"] == "文安协商议事室"


@pytest.mark.parametrize("projection", [KNOWN_TOPICS, HELD_MEETINGS], ids=lambda p: p.name)
def test_in_whatever_order_streams_arrive_the_same_is_known(projection: Projection) -> None:
    other = PROPOSED.model_copy(update={"topic_id": "another"})
    streams = [stream_of(stream, *events) for stream, events in STREAMS.items()]
    assert assert_interleaving_does_not_matter(projection, *streams, stream_of("topic-another", other))


@pytest.mark.parametrize(
    ("projection", "stream", "event"),
    [(KNOWN_TOPICS, f"topic-{LAMPS}", ADOPTED), (HELD_MEETINGS, f"meeting-{EVENING}", PROPOSED)],
)
def test_what_cannot_come_first_is_out_of_order(
    projection: Projection, stream: str, event: DomainEvent
) -> None:
    (recorded,) = stream_of(stream, event)
    with pytest.raises(OutOfOrderError):
        projection.fold(None, recorded, stream)
