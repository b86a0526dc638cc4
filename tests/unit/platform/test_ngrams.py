"""Grams: whatever part of a Chinese text is typed is found."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.platform.ngrams import MAX_GRAMS, grams, likeness

chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=40)
anything = st.text(max_size=80)


def test_a_run_of_chinese_gives_its_characters_and_its_pairs() -> None:
    assert grams("修路灯") == ["修", "路", "灯", "修路", "路灯"]


def test_words_and_numbers_are_taken_whole_and_in_lower_case() -> None:
    assert grams("G205 Road, 5号楼") == ["g205", "road", "5", "号", "楼", "号楼"]


def test_full_width_and_half_width_are_the_same() -> None:
    assert grams("２０５国道ＡＢＣ") == grams("205国道abc")


def test_each_gram_is_there_once_over_all_texts_and_nothing_is_passed_over() -> None:
    assert grams("路灯", None, "路灯") == ["路", "灯", "路灯"]
    assert grams("", None, "。!?_") == []


@given(anything, chinese, anything)
def test_every_part_of_a_text_is_found_in_it(before: str, typed: str, after: str) -> None:
    assert set(grams(typed)) <= set(grams(before + typed + after))


@given(st.lists(anything, max_size=4))
def test_normalising_twice_changes_nothing_and_no_gram_is_empty(texts: list[str]) -> None:
    found = grams(*texts)
    assert all(found), "an empty gram would match nothing"
    assert len(found) == len(set(found))


def test_a_text_without_end_gives_a_bounded_number() -> None:
    endless = "".join(chr(0x4E00 + n) for n in range(20_000))
    assert len(grams(endless)) == MAX_GRAMS
    assert "路灯" in grams(endless, "路灯"), "one long text does not shut out the next"


@given(anything, anything)
def test_likeness_is_the_same_both_ways_and_between_nothing_and_all(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0.0 <= likeness(one, other) <= 1.0


@given(chinese)
def test_a_text_is_wholly_like_itself_and_unlike_nothing(text: str) -> None:
    assume(grams(text))
    assert likeness(text, text) == likeness(text, grams(text)) == 1.0
    assert likeness(text, "") == 0.0


def test_what_is_about_the_same_thing_is_more_alike() -> None:
    topic = "幸福小区路灯损坏需要维修"
    assert likeness(topic, "幸福小区的路灯坏了") > likeness(topic, "老旧小区加装电梯") > 0.0
