"""How fresh a read model says it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.eventsourcing.progress import SILENT_AFTER, Freshness, freshness_of
from shared.eventsourcing.subscription import Lag

NOW = datetime(2024, 9, 5, 8, 0, tzinfo=UTC)


def place(
    *, behind: int = 0, as_of: timedelta = timedelta(0), at: timedelta = timedelta(0)
) -> dict[str, Any]:
    """Return the progress of a partition, its times said as ages."""
    return {"position": 5, "behind": behind, "as_of": NOW - as_of, "at": NOW - at}


def test_a_read_model_is_as_old_as_its_oldest_partition() -> None:
    progress = {
        "topics-0": place(),
        "topics-1": place(behind=3, as_of=timedelta(seconds=9)),
        "topics-2": place(behind=1, as_of=timedelta(seconds=4)),
    }

    assert freshness_of(progress, NOW) == Freshness(NOW - timedelta(seconds=9), 4, 9.0)


def test_one_that_lacks_nothing_is_not_behind_between_two_looks() -> None:
    progress = {"topics-0": place(as_of=timedelta(seconds=2), at=timedelta(seconds=2))}

    assert freshness_of(progress, NOW).behind_seconds == 0


def test_one_that_nobody_keeps_up_to_date_gets_older() -> None:
    """It lacked nothing when its process stopped, but that is a while ago."""
    silent = SILENT_AFTER + timedelta(seconds=1)

    assert freshness_of({"topics-0": place(as_of=silent, at=silent)}, NOW).behind_seconds == 11


def test_of_one_that_never_ran_nothing_is_known() -> None:
    assert freshness_of({}, NOW) == Freshness(None, 0, 0.0)


def test_a_partition_read_to_its_end_has_no_lag_however_old_its_last_event() -> None:
    old = NOW - timedelta(days=300)

    assert Lag(position=7, end=7, as_of=old).seconds(NOW) == 0
    assert Lag(position=6, end=7, as_of=old).seconds(NOW) == 300 * 86400
