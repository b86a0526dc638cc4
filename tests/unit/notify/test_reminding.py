"""The worker reminds on working days, by day, each once, also where two of it run (N03, N06, N07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.domain.recipients import person
from services.notify.reminding import Reminding
from shared.contracts.notify import NoticeClass
from shared.contracts.topics import TopicSupported
from shared.eventsourcing.progress import Freshness
from tests.unit.notify.clockwork import NEW_YEAR, Clockwork
from tests.unit.notify.examples import (
    ASSIGNED,
    CORNER,
    HOUSING,
    JUNE_3,
    LAMPS,
    LIAISON,
    PROPOSER,
    REPLIED,
)
from tests.unit.notify.test_duties import CONTACTED, HELD, RATED, SCHEDULED
from tests.unit.notify.test_news import MERGED, OTHER_PROPOSER, OWN

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of 2024 in Shanghai."""
    return datetime(2024, month, day, hour, minute, tzinfo=SHANGHAI)


def assigned(now: datetime) -> Clockwork:
    """Return a process at a moment, which knows of a problem due on 3 September."""
    works = Clockwork(now)
    works.log.hear(f"problem-{CORNER}", ASSIGNED)
    return works


@pytest.mark.rule("N06")
async def test_a_department_is_reminded_once_a_day_however_often_one_looks() -> None:
    works = assigned(at(9, 2))
    reminding = Reminding()

    for process in (works, works, works.another()):
        await reminding.step(process.bench)
        await Reminding().step(process.bench)

    (notice,) = works.posted()
    assert notice.recipient == HOUSING
    assert notice.notice_class is NoticeClass.TRANSACTIONAL
    assert (notice.topic_id, notice.problem_id) == (LAMPS, CORNER)
    assert notice.cause == f"reminder:problem-{CORNER}:reply:2024-09-03:daily:2024-09-02"
    assert notice.title == "答复提醒：还有 1 个工作日，2024年9月3日到期"


@pytest.mark.rule("N06")
@pytest.mark.parametrize(
    "now",
    [at(9, 2, 7, 59), at(9, 2, 20), at(9, 1), at(10, 1), at(9, 15)],
    ids=lambda now: f"{now:%m-%d %H:%M}",
)
async def test_nobody_is_reminded_at_night_or_on_a_day_off(now: datetime) -> None:
    works = assigned(now)

    await Reminding().step(works.bench)

    assert works.told() == []


@pytest.mark.rule("N06")
async def test_a_made_up_saturday_is_a_day_of_reminders() -> None:
    works = assigned(at(9, 14))

    await Reminding().step(works.bench)

    assert [who for who, *_ in works.told()] == [HOUSING, LIAISON]


@pytest.mark.rule("N07")
async def test_who_has_replied_is_reminded_no_more() -> None:
    works = assigned(at(9, 4))
    works.log.hear(f"problem-{CORNER}", ASSIGNED, REPLIED)

    await Reminding().step(works.bench)

    assert works.told() == []


@pytest.mark.rule("N07")
async def test_nobody_is_reminded_of_what_they_may_have_done_while_it_is_not_known_yet() -> None:
    """After a standstill the reply lies in the log, and the read model has not come to it."""
    works = assigned(at(9, 4))
    works.shelves["duties"].fresh = Freshness(as_of=NEW_YEAR, behind_events=7, behind_seconds=3600.0)

    await Reminding().step(works.bench)

    assert works.told() == []


@pytest.mark.rule("N06")
@pytest.mark.rule("T12")
async def test_of_an_unrated_reply_the_office_and_all_proposers_are_told_but_no_supporters() -> None:
    works = Clockwork(at(9, 19))
    works.log.hear(f"problem-{CORNER}", ASSIGNED, REPLIED.model_copy(update={"topic_id": LAMPS}))
    works.log.hear(
        f"topic-{LAMPS}", OWN, TopicSupported(topic_id=LAMPS, person="p-9", supported_on=JUNE_3), MERGED
    )
    works.log.hear(
        "topic-all-lamps", OWN.model_copy(update={"topic_id": "all-lamps", "proposer": OTHER_PROPOSER})
    )

    await Reminding().step(works.bench)

    assert {who for who, *_ in works.told()} == {LIAISON, person(PROPOSER), person(OTHER_PROPOSER)}


async def test_who_is_to_rate_is_looked_up_once_a_day_however_often_one_looks() -> None:
    works = Clockwork(at(9, 19))
    works.log.hear(f"problem-{CORNER}", ASSIGNED, REPLIED)
    works.log.hear(f"topic-{LAMPS}", OWN)
    reminding = Reminding()

    await reminding.step(works.bench)
    asked = works.shelves["audience"].asked
    await reminding.step(works.bench)

    assert asked > 0
    assert works.shelves["audience"].asked == asked


@pytest.mark.rule("N07")
async def test_a_proposer_who_rated_is_not_reminded_to_rate() -> None:
    works = Clockwork(at(9, 19))
    works.log.hear(f"problem-{CORNER}", ASSIGNED, REPLIED, RATED)
    works.log.hear(f"topic-{LAMPS}", OWN)

    await Reminding().step(works.bench)

    assert works.told() == []


@pytest.mark.rule("N06")
async def test_of_missing_minutes_the_office_and_who_was_to_write_them_are_told() -> None:
    works = Clockwork(at(6, 13))
    works.log.hear("meeting-on-lamps", SCHEDULED, HELD)

    await Reminding().step(works.bench)

    assert {who for who, *_ in works.told()} == {LIAISON, person("the-host"), person("the-recorder")}
    assert {notice.meeting_id for notice in works.posted()} == {"on-lamps"}


async def test_more_than_a_page_of_what_is_open_is_gone_through() -> None:
    works = Clockwork(at(9, 3))
    for n in range(501):
        works.log.hear(f"problem-number-{n}", ASSIGNED)

    await Reminding().step(works.bench)

    assert len(works.told()) == 501


_hours = st.lists(st.integers(0, 24 * 45), min_size=1, max_size=12)


@pytest.mark.rule("N03")
@pytest.mark.rule("N06")
@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), _hours)
async def test_whoever_looks_whenever_nobody_is_told_twice_of_one_thing_on_one_day(
    random: Random, hours: list[int]
) -> None:
    """Processes come and go, and look at any time of six weeks round National Day; then it is answered."""
    works = assigned(at(8, 20))
    works.log.hear(f"problem-{CORNER}", ASSIGNED, CONTACTED)
    processes = [Reminding() for _ in range(3)]
    for hour in sorted(hours):
        works.now = at(8, 20, 0) + timedelta(hours=hour)
        for reminding in random.sample(processes, random.randint(1, 3)):
            await reminding.step(works.bench)
    told = [
        (n.recipient, r.recorded_at.astimezone(SHANGHAI).date())
        for r in works.log.events
        if (n := r.event) in works.posted()
    ]
    assert len(told) == len(set(told))

    works.log.hear(f"problem-{CORNER}", ASSIGNED, REPLIED)
    for hour in range(0, 24 * 5, 6):
        works.now = at(10, 8, 0) + timedelta(hours=hour)
        await Reminding().step(works.bench)
    replied = [notice for notice in works.posted() if "rating" not in notice.cause]
    assert len(replied) == len(told)
