"""What everybody may read: topics that were taken up, typical cases, one's own topic by its receipt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.board.happenings import EVENTS
from services.board.projections import PUBLIC_TOPICS, TIMELINE
from services.board.publicity import INSTEAD, TOLD, WITHHELD, public_happenings
from shared.contracts.cases import TypicalCaseSelected
from shared.contracts.topics import MergerUndone, TopicMerged, TopicRejected, TopicWithdrawn
from shared.contracts.types import SelectionLevel
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from shared.platform.receipts import receipt_number, receipt_of
from tests.http import SETTINGS, Caller, problem
from tests.unit.board.live import ITS, case_published, of_problem, of_topic, triaged, whole_life
from tests.unit.board.memory import caller_of
from tests.unit.board.streams import OfTopic, adopted, day, held, proposed

PHONE = "13812345678"
SELECTED = TypicalCaseSelected(
    **ITS.entry,
    case_id="c-1",
    year=2024,
    level=SelectionLevel.CITY,
    body="市政协",
    number=1,
    selected_on=day("12-01"),
)
REJECTED = TopicRejected(topic_id="t-1", reason="属信访事项", rejected_on=day("04-20"))


def public(*streams: list[Any]) -> Any:
    """Return what is kept of the topic."""
    return fold_all(PUBLIC_TOPICS, [event for stream in streams for event in stream])["t-1"]


# what is kept


def test_a_topic_is_shown_from_its_adoption_on() -> None:
    assert not public(of_topic(proposed(), triaged()))["shown"]
    assert public(of_topic(proposed(), triaged(), adopted()))["shown"]


def test_a_consultation_that_an_old_record_knows_without_the_adoption_makes_a_topic_public() -> None:
    assert public(of_topic(proposed()), stream_of("meeting-m-1", held()))["shown"]


@pytest.mark.parametrize(
    "ending", [REJECTED, TopicWithdrawn(topic_id="t-1", reason="已解决", withdrawn_on=day("05-01"))]
)
def test_what_was_rejected_or_withdrawn_is_not_shown(ending: Any) -> None:
    assert not public(of_topic(proposed(), adopted(), ending))["shown"]


def test_a_merged_topic_leads_to_where_it_goes_on_until_the_merger_is_undone() -> None:
    merged = TopicMerged(topic_id="t-1", into="t-2", merged_on=day("05-01"))
    found = public(of_topic(proposed(), adopted(), merged))
    again = public(of_topic(proposed(), adopted(), merged, MergerUndone(topic_id="t-1", into="t-2")))

    assert (found["shown"], found["merged_into"]) == (True, "t-2")
    assert (again["shown"], again["merged_into"]) == (True, None)


def test_a_title_is_masked_and_found_by_what_is_shown_of_it_alone() -> None:
    found = public(of_topic(proposed(title=f"路灯不亮，请联系 {PHONE}"), adopted()))

    assert PHONE not in found["title"]
    assert PHONE not in found["grams"]
    assert "路灯" in found["grams"]


@pytest.mark.rule("C15")
def test_a_corrected_case_takes_the_place_of_the_one_before_and_stays_selected() -> None:
    case = stream_of("case-c-1", case_published(), SELECTED, case_published(2, "更正成效"))
    found = public(of_topic(proposed()), case)

    assert found["shown"]
    assert found["case_on"] == "2024-06-24"
    assert (found["cases"]["c-1"]["number"], len(found["cases"]["c-1"]["selected"])) == (2, 1)


def test_a_selection_of_what_was_never_published_waits_for_an_operator() -> None:
    with pytest.raises(OutOfOrderError):
        public(of_topic(proposed()), stream_of("case-c-1", SELECTED))


@given(lengths=st.tuples(*(st.integers(0, 7) for _ in whole_life())), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_as_far_as_each_service_is_heard_the_order_between_them_does_not_matter(
    lengths: tuple[int, ...], seed: int
) -> None:
    so_far = [stream[:length] for stream, length in zip(whole_life(), lengths, strict=True)]

    assert_interleaving_does_not_matter(PUBLIC_TOPICS, *so_far, tries=3, seed=seed)


# the timeline


def test_every_happening_is_told_told_otherwise_or_withheld() -> None:
    kinds = [*TOLD, *INSTEAD, *WITHHELD]

    assert sorted(kinds) == sorted(event.name for event in EVENTS)


def test_a_public_timeline_quotes_nobody() -> None:
    reopened = ITS.reopened()
    rejected = fold_all(TIMELINE, of_topic(proposed(), REJECTED))["t-1"]
    events = [*of_topic(proposed(), adopted()), *of_problem(ITS.assigned(), ITS.replied(), reopened)]
    told = [each.text for each in public_happenings(fold_all(TIMELINE, events)["t-1"]["entries"], "zh")]

    assert reopened.reason not in " ".join(told)
    assert "问题重新办理" in told
    assert "交办石庙镇政府，时限 2024-08-20" in told
    assert public_happenings(rejected["entries"], "en")[-1].text == "Not taken up"


# over HTTP


NUMBER = receipt_number("t-1", "HM")
CODE = receipt_of("t-1", NUMBER, SETTINGS.signing_secrets).query_code


def county_streams() -> list[list[Any]]:
    """Return a topic with its whole life, one that was adopted, and one that was only proposed."""
    _, *others = whole_life()
    later = proposed("t-2", "广场路灯", "371621001", proposed_on=date(2024, 5, 1))
    return [
        of_topic(proposed(receipt=NUMBER), triaged(), adopted()),
        *others,
        stream_of("topic-t-2", later, adopted("t-2")),
        stream_of("topic-t-3", proposed("t-3")),
    ]


def a_county() -> Caller:
    """Return somebody without an account who looks at them."""
    return caller_of(*county_streams())


async def test_everybody_reads_what_was_taken_up_the_newest_first() -> None:
    found = (await a_county().get("/public/topics"))["items"]

    assert [each["topic_id"] for each in found] == ["t-2", "t-1"]
    assert (found[1]["town_name"], found[1]["class_text"], found[1]["cases"]) == (
        "石庙镇",
        "城乡建设",
        ["c-1"],
    )
    assert found[1]["status_text"] == "已闭环"


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("q=积水", ["t-1"]),
        ("q=路灯", ["t-2"]),
        ("q=无此议题", []),
        ("town=371621001", ["t-2"]),
        ("class=construction", ["t-1"]),
        ("year=2023", []),
        ("sort=proposed_on", ["t-1", "t-2"]),
    ],
)
async def test_public_topics_are_searched_and_narrowed(asked: str, ids: list[str]) -> None:
    found = (await a_county().get(f"/public/topics?{asked}"))["items"]

    assert [each["topic_id"] for each in found] == ids


async def test_a_town_of_another_county_is_not_there() -> None:
    assert await a_county().status_of("/public/topics?town=371622001") == 404


async def test_a_topic_tells_what_happened_without_what_people_wrote() -> None:
    found = await a_county().get("/public/topics/t-1")

    assert {"on": "2024-04-15", "text": "议题提出（群众反映）"} in found["happenings"]
    assert "发布典型案例" in [each["text"] for each in found["happenings"]]
    assert "replies" not in found


@pytest.mark.parametrize("topic_id", ["t-3", "no-such-topic"])
async def test_what_was_not_taken_up_is_as_what_does_not_exist(topic_id: str) -> None:
    assert await a_county().status_of(f"/public/topics/{topic_id}") == 404


@pytest.mark.rule("C14")
async def test_published_cases_are_read_in_their_five_dimensions() -> None:
    (found,) = (await a_county().get("/public/cases"))["items"]
    file = await a_county().ask("/public/cases?format=csv")

    assert (found["title"], found["cases"][0]["title"]) == ("村道积水", "村道不再积水")
    assert found["cases"][0]["results"] == "见正文"
    assert "村道不再积水" in file.text


@pytest.mark.rule("T08")
async def test_receipt_and_code_open_ones_own_topic_with_the_replies() -> None:
    opened = await a_county().ask(f"/public/receipts/{NUMBER}", hxs_query_code=CODE)

    assert opened.status_code == 200, opened.text
    (reply,) = opened.json()["replies"]
    assert (reply["lead"], reply["result"], reply["replied_on"]) == ("石庙镇政府", "A", "2024-06-19")


@pytest.mark.rule("T08")
async def test_a_wrong_code_is_answered_as_a_wrong_number_is() -> None:
    county = a_county()
    other = receipt_number("t-9", "HM")
    answers = [
        await county.ask(f"/public/receipts/{NUMBER}", hxs_query_code="AAAA-AAAA"),
        await county.ask(f"/public/receipts/{other}", hxs_query_code=CODE),
        await county.ask("/public/receipts/nonsense", hxs_query_code=CODE),
    ]

    told = [{**answer.json(), "instance": None} for answer in answers]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert told[0] == told[1] == told[2]


@pytest.mark.rule("T08")
async def test_guessing_codes_of_one_receipt_is_stopped() -> None:
    county = a_county()
    statuses = [
        (await county.ask(f"/public/receipts/{NUMBER}", hxs_query_code="AAAA-AAAA")).status_code
        for _ in range(61)
    ]

    assert (statuses[0], statuses[-1]) == (404, 429)


@pytest.mark.rule("T11")
async def test_whose_topic_was_not_taken_up_reads_why() -> None:
    rejected = caller_of(of_topic(proposed(receipt=NUMBER), REJECTED))
    opened = await rejected.ask(f"/public/receipts/{NUMBER}", hxs_query_code=CODE)

    assert (opened.json()["reason"], opened.json()["status_text"]) == ("属信访事项", "不予立项")
    assert problem(await rejected.ask("/public/topics/t-1"))[0] == 404


@pytest.mark.rule("T12")
async def test_whose_topic_was_merged_reads_the_replies_to_the_one_it_goes_on_in() -> None:
    its = OfTopic("t-3", "m-3", "p-3")
    county = caller_of(
        of_topic(
            proposed(receipt=NUMBER), adopted(), TopicMerged(topic_id="t-1", into="t-2", merged_on=None)
        ),
        stream_of("topic-t-2", proposed("t-2"), TopicMerged(topic_id="t-2", into="t-3", merged_on=None)),
        stream_of("topic-t-3", proposed("t-3"), adopted("t-3")),
        stream_of("problem-p-3", its.assigned(), its.replied()),
    )
    opened = (await county.ask(f"/public/receipts/{NUMBER}", hxs_query_code=CODE)).json()

    assert opened["merged_into"] == "t-2"
    assert [(reply["lead"], reply["result"]) for reply in opened["replies"]] == [("石庙镇政府", "A")]


@pytest.mark.rule("T12")
async def test_topics_that_were_merged_into_each_other_by_mistake_still_open() -> None:
    county = caller_of(
        of_topic(
            proposed(receipt=NUMBER), adopted(), TopicMerged(topic_id="t-1", into="t-2", merged_on=None)
        ),
        stream_of("topic-t-2", proposed("t-2"), TopicMerged(topic_id="t-2", into="t-1", merged_on=None)),
    )

    assert (await county.ask(f"/public/receipts/{NUMBER}", hxs_query_code=CODE)).status_code == 200
