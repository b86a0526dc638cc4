"""Every event tells when it happened, as far as it knows, and has a name for people."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared.contracts import all as _all  # noqa: F401 - registers every event
from shared.contracts.base import DomainEvent, registry
from shared.contracts.cases import ProblemReopened
from shared.contracts.days import day_field, day_of
from shared.contracts.meetings import MeetingOpened, MeetingScheduled
from shared.contracts.titles import CHINESE, english
from shared.contracts.topics import TopicAdopted
from shared.contracts.types import MeetingForm

PUBLISHED = [cls for cls in registry if cls.__module__.startswith("shared.contracts.")]

OF_SOMETHING_ELSE = {
    "MeetingScheduled",  # when the meeting is to be
    "MemberActivityCorrected",  # when the activity was done; it was corrected when that was recorded
    "NoticePosted",  # when what it tells of was recorded
}
"""Events whose only dates are of something else than the event itself."""


@pytest.mark.parametrize("cls", PUBLISHED, ids=lambda cls: cls.type)
def test_an_event_with_a_date_says_which_one_is_its_own(cls: type[DomainEvent]) -> None:
    """Name the field after the event (`TopicAdopted`: `adopted_on`), or list it in days.py."""
    has_dates = any("date" in repr(field.annotation).lower() for field in cls.model_fields.values())
    assert (day_field(cls) is not None) == (has_dates and cls.name not in OF_SOMETHING_ELSE)


@pytest.mark.parametrize("cls", PUBLISHED, ids=lambda cls: cls.type)
def test_an_event_has_a_name_for_people(cls: type[DomainEvent]) -> None:
    """Add it to shared/contracts/titles.py."""
    assert cls.name in CHINESE


def test_the_day_is_the_events_own_and_not_another_of_its_dates() -> None:
    assert day_field(TopicAdopted) == "adopted_on"
    assert day_field(ProblemReopened) == "reopened_on"


def test_a_moment_is_a_day_in_shanghai() -> None:
    late = datetime(2024, 5, 6, 16, 30, tzinfo=UTC)
    event = MeetingOpened(meeting_id="m-1", topic_id="t-1", opened_at=late)
    assert day_of(event) == date(2024, 5, 7)


@pytest.mark.parametrize(("back_entry", "expected"), [(True, date(2024, 5, 6)), (False, None)])
def test_an_old_meeting_was_called_at_the_latest_when_it_was_held(
    back_entry: bool, expected: date | None
) -> None:
    event = MeetingScheduled(
        meeting_id="m-1",
        topic_id="t-1",
        division="371621001",
        form=MeetingForm.MEETING,
        day=date(2024, 5, 6),
        back_entry=back_entry,
    )
    assert day_of(event) == expected


def test_no_name_is_kept_for_an_event_that_is_not_there() -> None:
    assert CHINESE.keys() <= {cls.name for cls in PUBLISHED}


def test_a_name_reads_as_words() -> None:
    assert english("LoopItemDone") == "Loop item done"
