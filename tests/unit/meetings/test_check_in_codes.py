"""The codes that people show at the door, by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from pydantic import SecretStr

from services.meetings.check_in_codes import code_of, read_code
from shared.contracts.refusal import RefusedError
from shared.platform.codes import ALPHABET
from tests.lives import for_any
from tests.unit.meetings.examples import EVENING

NOW = datetime(2024, 5, 10, 0, 40, 30, tzinfo=UTC)
OLD, NEW = SecretStr("o" * 40), SecretStr("n" * 40)
PEOPLE = [f"person-{n}" for n in range(50)]


@pytest.mark.rule("M10")
@pytest.mark.parametrize("person", PEOPLE[:5])
def test_a_code_says_whose_it_is_and_when_it_holds(person: str) -> None:
    code = code_of([NEW], EVENING, person, NOW)

    for sent in (code.token, code.short):
        read = read_code([NEW], EVENING, sent, PEOPLE, NOW)
        assert read.person == person
        assert read.shown.shown_from <= NOW < read.shown.valid_until == code.valid_until


@pytest.mark.rule("M10")
def test_a_code_is_another_one_each_minute() -> None:
    codes = [code_of([NEW], EVENING, "person-1", NOW + timedelta(minutes=n)) for n in range(5)]

    assert len({code.token for code in codes}) == len({code.short for code in codes}) == 5


@pytest.mark.rule("M10")
def test_codes_shown_before_a_secret_was_replaced_are_still_read() -> None:
    code = code_of([OLD], EVENING, "person-1", NOW)

    for sent in (code.token, code.short):
        assert read_code([NEW, OLD], EVENING, sent, PEOPLE, NOW).person == "person-1"
        with pytest.raises(RefusedError, match="code-unknown"):
            read_code([NEW], EVENING, sent, PEOPLE, NOW)


@pytest.mark.rule("M10")
def test_a_short_code_is_only_of_letters_that_are_not_mistaken_for_others() -> None:
    short = code_of([NEW], EVENING, "person-1", NOW).short

    assert len(short) == 9
    assert set(short) <= {*ALPHABET, "-"}
    assert set("0O1IL2Z5S8BU").isdisjoint(ALPHABET)


@pytest.mark.rule("M10")
def test_a_short_code_that_two_people_have_lets_neither_in() -> None:
    code = code_of([NEW], EVENING, "person-1", NOW)

    with pytest.raises(RefusedError, match="code-unknown"):
        read_code([NEW], EVENING, code.short, ["person-1", "person-1"], NOW)


@pytest.mark.rule("M10")
@for_any(st.text(min_size=1, max_size=400))
def test_whatever_is_scanned_or_typed_is_refused_by_a_rule_or_somebodys(sent: str) -> None:
    with pytest.raises(RefusedError):
        read_code([NEW], EVENING, sent, PEOPLE[:3], NOW)
