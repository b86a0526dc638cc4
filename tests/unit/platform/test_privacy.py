"""Personal data in free text is found however it is written, and masked for good."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.platform.privacy import FindingKind, findings, masked

NAMES = frozenset({"王秀英", "王芳", "李建国", "John Smith"})


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind.value, text[each.start : each.end]) for each in findings(text, NAMES)]


@pytest.mark.parametrize(
    "written",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "138—1234—5678",
        "１３８１２３４５６７８",
        "+86 138 1234 5678",
        "+8613812345678",
        "8613812345678",
        "0543-3366123",
        "(0543) 3366123",
        "（0543）3366123",
        "010-62345678",
        "02162345678",
    ],
)
@pytest.mark.rule("C14")
def test_phones_are_found_however_they_are_written(written: str) -> None:
    for text in (written, f"请拨打{written}。", f"a {written} b"):
        assert found(text) == [("phone", written)]


@pytest.mark.parametrize(
    "written",
    [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105 19491231 002X",
        "110105491231002",
        "110105194912310021",
    ],
)
@pytest.mark.rule("C14")
def test_identity_numbers_are_found_also_old_ones_and_those_with_a_slip(written: str) -> None:
    assert found(f"身份证{written},") == [("identity-number", written)]


@pytest.mark.rule("C14")
def test_mail_addresses_are_found() -> None:
    assert found("邮箱wang.xiu@mail.example.cn,谢谢") == [("email", "wang.xiu@mail.example.cn")]
    assert found("a＠b.cn") == [("email", "a＠b.cn")]


@pytest.mark.parametrize("written", ["王秀英", "王 秀 英", "王　芳", "John Smith", "JOHN SMITH", "JohnSmith"])
@pytest.mark.rule("C14")
def test_known_names_are_found_with_spaces_and_in_either_case(written: str) -> None:
    assert found(f"反映人：{written}，男") == [("name", written)]


@pytest.mark.parametrize(
    "text",
    [
        "2024年9月5日，共16项，投资1200000元",
        "文号：惠政协发〔2024〕12号",
        "371621001201",
        "订单20240905123456789",
        "138123456789",
        "1.5公里，10:30开始",
        "王先生、李女士",
        "GB/T 33190-2016",
    ],
)
@pytest.mark.rule("C14")
def test_other_numbers_are_left_alone(text: str) -> None:
    assert found(text) == []
    assert masked(text, NAMES) == text


def test_of_what_overlaps_the_most_telling_is_reported() -> None:
    assert found("110105199013812345") == []
    text = "john smith@example.cn"
    assert found(text) == [("email", "smith@example.cn")]
    assert masked(text, NAMES) == "john s****@example.cn"


def test_a_single_character_is_no_name() -> None:
    assert findings("王家村", {"王", ""}) == []


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("请联系王秀英 138-1234-5678", "请联系王** 138-****-5678"),
        ("13812345678", "138****5678"),
        ("11010519491231002X", "110*************2X"),
        ("0543-3366123", "054*-***6123"),
        ("wang@example.cn", "w***@example.cn"),
        ("w@example.cn", "w*@example.cn"),
        ("13812340543-3366124", "138****054*-***6124"),
    ],
)
@pytest.mark.rule("C14")
def test_what_is_masked_can_be_recognised_by_whom_it_belongs_to(text: str, without: str) -> None:
    assert masked(text, NAMES) == without


personal = st.sampled_from(
    ["13812345678", "0543-3366123", "11010519491231002X", "w@b.cn", "王秀英", "王 芳", "+86 ", "0543", "-"]
)
texts = st.lists(st.one_of(personal, st.text(max_size=8), st.text("0123456789- xX.()@", max_size=20))).map(
    "".join
)


@pytest.mark.rule("C14")
@given(texts, st.sets(st.text(max_size=5), max_size=3))
def test_in_what_is_masked_nothing_is_found_any_more(text: str, more: set[str]) -> None:
    names = NAMES | more
    without = masked(text, names)
    assert findings(without, names) == []
    assert masked(without, names) == without


@given(texts)
def test_findings_are_in_order_and_none_overlaps_another(text: str) -> None:
    spans = [(each.start, each.end) for each in findings(text, NAMES)]
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_long_text_is_gone_through_in_no_time() -> None:
    text = "我家门口的路灯不亮" * 2000 + "1" * 2000 + "a" * 2000
    names = {f"名字{n:05}" for n in range(20_000)}
    assert findings(text, names) == []


def test_kinds_have_stable_names() -> None:
    assert {kind.value for kind in FindingKind} == {"identity-number", "phone", "email", "name"}
