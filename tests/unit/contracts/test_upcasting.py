"""Old events read as new ones: the worked example of how a contract evolves.

A rating began as a number from 1 to 3 (v1), became a word (v2), and then had to say who gave it (v3). What
was stored in the first year still reads as the newest version; nobody but this file knows the old ones.
"""

from __future__ import annotations

from enum import StrEnum

import pytest
from pydantic import Field, ValidationError

from shared.contracts.base import ContractError, DomainEvent, EventRegistry, UnknownEventTypeError
from shared.contracts.upcasting import Data, Upcasters

EVENTS = EventRegistry()
UPCASTERS = Upcasters(EVENTS)


class SampleEvent(DomainEvent, service="sample", events=EVENTS):
    """An event that only tests know."""


class Rating(StrEnum):
    """满意度."""

    SATISFIED = "satisfied"
    FAIRLY_SATISFIED = "fairly-satisfied"
    DISSATISFIED = "dissatisfied"


class RatedBy(StrEnum):
    """Who rated."""

    PROPOSER = "proposer"
    CONVENER = "convener"


class ReplyRatedV1(SampleEvent, version=1):
    """A reply was rated; superseded, but its schema stays published."""

    problem_id: str
    stars: int = Field(ge=1, le=3)


class ReplyRatedV2(SampleEvent, version=2):
    """A reply was rated; superseded, too."""

    problem_id: str
    rating: Rating


class ReplyRated(SampleEvent, version=3):
    """A reply was rated."""

    problem_id: str
    rating: Rating
    rated_by: RatedBy


@UPCASTERS.register("hxs.sample.ReplyRated.v1")
def stars_become_words(data: Data) -> Data:
    """Read 3 as satisfied, 2 as fairly satisfied, 1 as dissatisfied."""
    words = {3: Rating.SATISFIED, 2: Rating.FAIRLY_SATISFIED, 1: Rating.DISSATISFIED}
    return {**data, "rating": words[data.pop("stars")]}


@UPCASTERS.register("hxs.sample.ReplyRated.v2")
def only_proposers_could_rate(data: Data) -> Data:
    """Say aloud what held when v2 was written."""
    return {**data, "rated_by": RatedBy.PROPOSER}


NEWEST = ReplyRated(problem_id="p-1", rating=Rating.FAIRLY_SATISFIED, rated_by=RatedBy.PROPOSER)


def test_a_first_version_is_read_as_the_newest() -> None:
    stored = b'{"problem_id": "p-1", "stars": 2, "back_entry": false}'

    assert UPCASTERS.parse("hxs.sample.ReplyRated.v1", stored) == NEWEST


def test_a_second_version_starts_in_the_middle_of_the_chain() -> None:
    stored = b'{"problem_id": "p-1", "rating": "fairly-satisfied"}'

    assert UPCASTERS.parse("hxs.sample.ReplyRated.v2", stored) == NEWEST


def test_the_newest_version_is_read_as_it_is() -> None:
    stored = NEWEST.model_dump_json().encode()

    assert UPCASTERS.parse("hxs.sample.ReplyRated.v3", stored) == NEWEST


def test_data_that_was_parsed_already_is_not_altered() -> None:
    stored: Data = {"problem_id": "p-1", "stars": 2}

    assert UPCASTERS.parse("hxs.sample.ReplyRated.v1", stored) == NEWEST
    assert stored == {"problem_id": "p-1", "stars": 2}


def test_the_newest_type_of_a_superseded_one_is_known() -> None:
    assert UPCASTERS.newest("hxs.sample.ReplyRated.v1") == ReplyRated.type
    assert UPCASTERS.newest(ReplyRated.type) == ReplyRated.type


def test_superseded_classes_keep_the_name_on_the_wire() -> None:
    assert {cls.type: cls for cls in EVENTS} == {
        "hxs.sample.ReplyRated.v1": ReplyRatedV1,
        "hxs.sample.ReplyRated.v2": ReplyRatedV2,
        "hxs.sample.ReplyRated.v3": ReplyRated,
    }


def test_what_an_upcaster_makes_is_validated() -> None:
    with pytest.raises(ValidationError, match="problem_id"):
        UPCASTERS.parse("hxs.sample.ReplyRated.v1", b'{"stars": 2}')


def test_an_event_newer_than_this_process_is_told_apart() -> None:
    with pytest.raises(UnknownEventTypeError) as unknown:
        UPCASTERS.parse("hxs.sample.ReplyRated.v4", b"{}")

    assert unknown.value.type == "hxs.sample.ReplyRated.v4"


def test_a_version_has_one_upcaster_only() -> None:
    with pytest.raises(ContractError, match="two upcasters"):
        UPCASTERS.register("hxs.sample.ReplyRated.v1")(only_proposers_could_rate)
