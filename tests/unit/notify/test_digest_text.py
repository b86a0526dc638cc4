"""A digest reads newest first, grouped by topic, and always fits into a notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.digest_text import Block, DigestEntry, DigestTopic, blocks, digest_body
from shared.contracts.notify import NoticePosted
from tests.unit.notify.examples import POSTED

MORNING = datetime(2024, 9, 5, 1, tzinfo=UTC)
LAMPS = DigestTopic(
    "路灯补亮",
    [
        DigestEntry(MORNING, "议题已采纳"),
        DigestEntry(MORNING + timedelta(hours=2), "县住建局已答复", "A 类\n已解决"),
    ],
)
PARKING = DigestTopic("停车难", [DigestEntry(MORNING + timedelta(hours=1), "已安排协商")])
REST = DigestTopic(None, [DigestEntry(MORNING - timedelta(days=1), "简报")])


@pytest.mark.rule("N05")
def test_a_digest_is_grouped_by_topic_newest_first() -> None:
    assert digest_body([REST, PARKING, LAMPS]).split("\n") == [
        "〔路灯补亮〕",
        "· 9月5日 县住建局已答复：A 类 已解决",
        "· 9月5日 议题已采纳",
        "〔停车难〕",
        "· 9月5日 已安排协商",
        "〔其他〕",
        "· 9月4日 简报",
    ]


@pytest.mark.rule("N05")
def test_a_mail_finds_headings_and_lists_in_it() -> None:
    assert blocks(digest_body([PARKING, LAMPS])) == [
        Block("路灯补亮", ["9月5日 县住建局已答复：A 类 已解决", "9月5日 议题已采纳"]),
        Block("停车难", ["9月5日 已安排协商"]),
    ]


def test_any_other_body_is_plain_text() -> None:
    assert blocks("问题：路灯不亮\n\n请先沟通。\n· 不是列表") == [
        Block(None, ["问题：路灯不亮", "请先沟通。", "· 不是列表"])
    ]


def test_text_below_a_list_is_text_again() -> None:
    body = "〔路灯补亮〕\n· 议题已采纳\n还有 3 条，请登录惠协商查看。"
    assert blocks(body)[-1] == Block(None, ["还有 3 条，请登录惠协商查看。"])


def test_what_does_not_fit_is_counted() -> None:
    many = [DigestTopic(f"议题{n}", [DigestEntry(MORNING, "进展" + "长" * 250)] * 3) for n in range(20)]
    body = digest_body(many)
    shown = sum(line.startswith("· ") for line in body.split("\n"))
    assert body.endswith(f"还有 {60 - shown} 条，请登录惠协商查看。")


ENTRIES = st.builds(
    DigestEntry,
    st.integers(0, 100_000).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
    st.text(min_size=1, max_size=200),
    st.none() | st.text(max_size=4000),
)
TOPICS = st.builds(DigestTopic, st.none() | st.text(max_size=200), st.lists(ENTRIES, min_size=1, max_size=30))


@given(st.lists(TOPICS, min_size=1, max_size=10))
def test_any_digest_fits_into_a_notice(topics: list[DigestTopic]) -> None:
    said = POSTED.model_dump() | {"body": digest_body(topics)}
    assert NoticePosted.model_validate(said).body
