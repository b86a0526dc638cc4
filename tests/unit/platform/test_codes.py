"""Codes to type and codes to scan: who made them, for what, until when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.platform.codes import (
    ALPHABET,
    CodeFault,
    CodeRefusedError,
    check_character,
    grouped,
    has_check,
    is_short_code,
    normal,
    short_code,
    sign,
    verify,
    with_check,
)

OLD, NEW = SecretStr("o" * 40), SecretStr("n" * 40)
SECRETS = [NEW, OLD]
NOW = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=90)

codes = st.text(ALPHABET, min_size=1, max_size=16)
subjects = st.text(max_size=40)


def test_no_character_is_mistaken_for_another() -> None:
    assert set(ALPHABET).isdisjoint("0O1IL2Z5S8BU")
    assert len(set(ALPHABET)) == len(ALPHABET) == 24


@given(subjects)
def test_a_short_code_is_the_same_every_time(subject: str) -> None:
    code = short_code(SECRETS, "topic-query", subject)
    assert code == short_code(SECRETS, "topic-query", subject)
    assert len(code) == 8
    assert set(code) <= set(ALPHABET)


def test_a_short_code_opens_its_own_subject_and_purpose_only() -> None:
    code = short_code(SECRETS, "topic-query", "t-1")
    assert is_short_code(SECRETS, "topic-query", "t-1", code)
    assert not is_short_code(SECRETS, "topic-query", "t-2", code)
    assert not is_short_code(SECRETS, "check-in", "t-1", code)
    assert not is_short_code(SECRETS, "topic-query", "t-1", code[:-1])
    assert not is_short_code(SECRETS, "topic-query", "t-1", "条" * 8)


def test_a_secret_that_was_replaced_is_accepted_until_it_is_taken_away() -> None:
    code = short_code([OLD], "topic-query", "t-1")
    assert is_short_code(SECRETS, "topic-query", "t-1", code)
    assert not is_short_code([NEW], "topic-query", "t-1", code)
    assert short_code(SECRETS, "topic-query", "t-1") == short_code([NEW], "topic-query", "t-1")


@pytest.mark.parametrize("typed", ["k7cm-4rtw", " K7CM 4RTW ", "K7CM—4RTW", "K7CM-4RTW"])
def test_it_does_not_matter_how_a_code_is_typed(typed: str) -> None:
    assert normal(typed) == "K7CM4RTW"


def test_a_code_is_shown_in_groups() -> None:
    assert grouped("K7CM4RTW") == "K7CM-4RTW"
    assert grouped("K7CM4R") == "K7CM-4R"


@given(codes, st.data())
def test_one_mistyped_character_is_noticed(code: str, data: st.DataObject) -> None:
    whole = with_check(code)
    assert has_check(grouped(whole).lower())
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != whole[place]]))
    assert not has_check(whole[:place] + other + whole[place + 1 :])


def test_what_cannot_be_a_code_has_no_check() -> None:
    assert not has_check("")
    assert not has_check("A")
    assert not has_check("O0O0")
    with pytest.raises(ValueError, match="substring"):
        check_character("O")


@given(subjects)
def test_a_signed_code_says_what_it_is_for(subject: str) -> None:
    if not subject:
        return
    token = sign(SECRETS, "check-in", subject, expires_at=SOON)
    assert verify(SECRETS, "check-in", f" {token}\n", now=NOW) == subject


def fault(token: str, *, purpose: str = "check-in", now: datetime = NOW) -> CodeFault:
    with pytest.raises(CodeRefusedError) as caught:
        verify(SECRETS, purpose, token, now=now)
    return caught.value.fault


def test_a_signed_code_holds_until_it_expires() -> None:
    token = sign(SECRETS, "check-in", "m-1:p-1", expires_at=SOON)
    assert verify(SECRETS, "check-in", token, now=SOON - timedelta(seconds=1)) == "m-1:p-1"
    assert fault(token, now=SOON) is CodeFault.EXPIRED


def test_a_signed_code_serves_its_purpose_only() -> None:
    token = sign(SECRETS, "check-in", "m-1:p-1", expires_at=SOON)
    assert fault(token, purpose="calendar") is CodeFault.FORGED
    assert fault(sign([SecretStr("x" * 40)], "check-in", "m-1:p-1", expires_at=SOON)) is CodeFault.FORGED
    assert verify([SecretStr("x" * 40), NEW], "check-in", token, now=NOW)


@given(st.data())
def test_no_character_of_a_signed_code_can_be_changed(data: st.DataObject) -> None:
    token = sign(SECRETS, "check-in", "m-1:p-1", expires_at=SOON)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != token[place]))
    assert fault(token[:place] + other + token[place + 1 :]) in {CodeFault.FORGED, CodeFault.MALFORMED}


@given(st.text())
def test_whatever_is_scanned_is_refused_politely(scanned: str) -> None:
    assert fault(scanned) is CodeFault.MALFORMED


def test_parts_cannot_be_moved_from_one_field_into_the_next() -> None:
    assert short_code(SECRETS, "a", "bc") != short_code(SECRETS, "ab", "c")
