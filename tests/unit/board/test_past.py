"""The board as it stood on a day has what had happened by then, and nothing else (`?as_of=`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.board.past import ByThen
from services.board.projections import HAPPENED, VENUES
from services.board.projections.happened import ALWAYS, SHOWN, recorded_of
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import AssessedItem, VenueAssessed, VenueClosed, VenueOpened
from shared.contracts.types import Tier
from shared.eventsourcing.past import up_to_day
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.testing import fold_all, interleavings, stream_of
from tests.unit.board.live import whole_life
from tests.unit.board.streams import TOWN, Streams, closed_activity, day, example_year

EXAMPLE_YEAR = example_year()
Documents = dict[str, Mapping[str, Any]]


def as_it_stood(projection: Projection, events: Iterable[Recorded], last: date) -> Documents:
    """Return a read model as of a day, made from what the board keeps of the events."""
    kept = [{**document, "_id": key} for key, document in fold_all(HAPPENED, events).items()]
    kept.sort(key=lambda document: (document["stream"], document["version"]))
    return fold_all(projection, map(recorded_of, filter(ByThen(last), kept)))


def started(streams: Streams, lengths: list[int]) -> Streams:
    """Return the beginnings of streams."""
    return [stream[:length] for stream, length in zip(streams, lengths, strict=False)]


LIVES = st.builds(
    started,
    st.sampled_from([whole_life(), closed_activity()]),
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
)
DAYS = st.integers(0, 90).map(lambda n: day("04-10") + timedelta(days=n))


@pytest.mark.parametrize("projection", SHOWN, ids=lambda projection: projection.name)
@given(life=LIVES, last=DAYS, seed=st.integers(0, 99))
def test_the_past_is_what_had_happened_by_then_in_whatever_order_it_came(
    projection: Projection, life: Streams, last: date, seed: int
) -> None:
    came = next(interleavings(life, Random(seed)))
    expected = [event for stream in life for event in up_to_day(stream, last)]

    assert as_it_stood(projection, came, last) == fold_all(projection, expected)


@pytest.mark.parametrize("projection", SHOWN, ids=lambda projection: projection.name)
@given(last=DAYS)
def test_the_past_does_not_change_when_more_happens_later(projection: Projection, last: date) -> None:
    life = whole_life()
    by_then = [event for stream in life for event in up_to_day(stream, last)]
    everything = [event for stream in life for event in stream]

    assert as_it_stood(projection, everything, last) == as_it_stood(projection, by_then, last)


@pytest.mark.parametrize("projection", SHOWN, ids=lambda projection: projection.name)
def test_after_the_last_day_the_past_is_the_present(projection: Projection) -> None:
    assert as_it_stood(projection, EXAMPLE_YEAR, date(2030, 1, 1)) == fold_all(projection, EXAMPLE_YEAR)


def test_an_event_is_read_again_as_it_came() -> None:
    wanted = {event.id: event for event in EXAMPLE_YEAR if isinstance(event.event, HAPPENED.events)}
    kept = fold_all(HAPPENED, EXAMPLE_YEAR)

    assert {key: recorded_of({**document, "_id": key}) for key, document in kept.items()} == wanted


def test_whatever_a_read_model_that_has_a_past_reads_is_kept() -> None:
    assert all(set(projection.events) <= set(HAPPENED.events) for projection in SHOWN)


def venue(*, closed_on: date | None) -> list[Recorded]:
    """Return a venue that was entered afterwards, and later closed."""
    opened = VenueOpened(venue_id="v-1", division=TOWN, title="议事室", tier=Tier.ROOM, back_entry=True)
    items = tuple(AssessedItem(code=f"i{n}", title="有阵地", met=True) for n in range(6))
    assessed = VenueAssessed(
        venue_id="v-1", standard="longkou", standard_version=1, items=items, back_entry=True
    )
    closing = [VenueClosed(venue_id="v-1", reason="拆迁", closed_on=closed_on)] if closed_on else []
    return stream_of("venue-v-1", opened, assessed, *closing)


def test_what_was_entered_afterwards_without_a_day_was_always_so() -> None:
    kept = fold_all(HAPPENED, venue(closed_on=None))

    assert {document["day"] for document in kept.values()} == {ALWAYS}
    assert as_it_stood(VENUES, venue(closed_on=None), date(2001, 1, 1))["v-1"]["open"]


def test_and_stays_so_when_the_stream_goes_on_with_days() -> None:
    events = venue(closed_on=day("06-01"))

    assert as_it_stood(VENUES, events, day("05-31"))["v-1"]["open"]
    assert not as_it_stood(VENUES, events, day("06-01"))["v-1"]["open"]


def test_nothing_happens_before_what_stands_ahead_of_it_in_its_stream() -> None:
    late, early = ({"stream": "topic-a", "day": said} for said in ("2024-06-02", "2024-06-01"))
    other = {"stream": "topic-b", "day": "2024-06-01"}
    by_then = ByThen(day("06-01"))

    assert [by_then(event) for event in (late, early, other)] == [False, False, True]
