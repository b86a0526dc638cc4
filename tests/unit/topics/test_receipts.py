"""Receipt numbers and query codes: the same for the same topic, and forgiving about how they are typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from services.topics.projections.receipts import RECEIPTS
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from shared.platform.codes import ALPHABET
from shared.platform.receipts import opens, receipt_key, receipt_number, receipt_of
from tests.unit.topics.examples import LAMPS, PROPOSED

OLD, NEW = SecretStr("o" * 40), SecretStr("n" * 40)
IDS = st.uuids().map(str)


@pytest.mark.rule("T08")
@given(IDS)
def test_a_topic_has_one_receipt_number_which_can_be_read_out(topic_id: str) -> None:
    number = receipt_number(topic_id, "HM")
    prefix, *groups = number.split("-")

    assert number == receipt_number(topic_id, "HM")
    assert prefix == "HM"
    assert [len(group) for group in groups] == [5, 5]
    assert set("".join(groups)) <= set(ALPHABET)


@pytest.mark.rule("T08")
@given(IDS, st.sampled_from([" {} ", "{}", "　{}"]), st.booleans())
def test_a_receipt_number_is_found_however_it_is_typed(topic_id: str, around: str, lower: bool) -> None:
    number = receipt_number(topic_id, "HM")
    typed = around.format(number.lower() if lower else number.replace("-", "－"))

    assert receipt_key(typed) == receipt_key(number) is not None
    assert receipt_key(number.partition("-")[2]) == receipt_key(number)


@pytest.mark.rule("T08")
@given(IDS, st.data())
def test_one_mistyped_character_leads_nowhere(topic_id: str, data: st.DataObject) -> None:
    key = receipt_key(receipt_number(topic_id, "HM")) or ""
    at = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != key[at]]))

    assert receipt_key(key[:at] + other + key[at + 1 :]) is None


@pytest.mark.parametrize("typed", ["", "HM", "HM-OOOOO-OOOOO", "HM-7F3K9", "受理编号", "\x00" * 20])
def test_what_cannot_be_a_receipt_number_is_none(typed: str) -> None:
    assert receipt_key(typed) is None


@pytest.mark.rule("T08")
def test_a_query_code_opens_its_topic_and_no_other() -> None:
    receipt = receipt_of("topic-a", receipt_number("topic-a", "HM"), [NEW])

    assert opens(receipt.query_code, "topic-a", [NEW])
    assert opens(f" {receipt.query_code.lower()}", "topic-a", [NEW])
    assert not opens(receipt.query_code, "topic-b", [NEW])
    assert not opens("", "topic-a", [NEW])


@pytest.mark.rule("T08")
def test_a_query_code_outlives_the_replacement_of_its_secret() -> None:
    before = receipt_of("topic-a", receipt_number("topic-a", "HM"), [OLD])

    assert opens(before.query_code, "topic-a", [NEW, OLD])
    assert not opens(before.query_code, "topic-a", [NEW])


def _with_receipt(topic_id: str, receipt: str | None) -> TopicProposed:
    return PROPOSED.model_copy(update={"topic_id": topic_id, "receipt": receipt})


@pytest.mark.rule("T08")
def test_a_receipt_number_leads_to_its_topic_and_a_topic_without_one_is_passed_over() -> None:
    number = receipt_number(LAMPS, "HM")
    events = [
        *stream_of(f"topic-{LAMPS}", _with_receipt(LAMPS, number)),
        *stream_of("topic-other", _with_receipt("other", None)),
    ]

    assert fold_all(RECEIPTS, events) == {receipt_key(number): {"topics": [LAMPS]}}


@pytest.mark.rule("T08")
def test_two_topics_that_share_a_number_are_both_found_whichever_came_first() -> None:
    number = receipt_number(LAMPS, "HM")
    folded = assert_interleaving_does_not_matter(
        RECEIPTS,
        stream_of("topic-b", _with_receipt("topic-b", number)),
        stream_of("topic-a", _with_receipt("topic-a", number)),
    )

    assert folded == {receipt_key(number): {"topics": ["topic-a", "topic-b"]}}
