"""A digest sums up what somebody follows: by topic, newest first, at their hour, once (N05)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st

from services.notify import digesting, posting
from services.notify.domain.digests import due_at
from services.notify.domain.notice import notice_id
from services.notify.domain.recipients import person
from services.notify.projections.digests import DIGESTS
from services.notify.spreading import Spreading
from shared.contracts.notify import (
    DeliveryDropped,
    DigestMode,
    DropReason,
    NoticeChannel,
    NoticeClass,
    NoticePosted,
    PreferencesChosen,
)
from shared.eventsourcing.progress import Freshness
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, fold_all, stream_of
from tests.unit.notify.clockwork import NEW_YEAR, Clockwork
from tests.unit.notify.examples import LAMPS, SEPTEMBER_3, TOWN
from tests.unit.notify.lives import for_any
from tests.unit.notify.test_news import ADOPTED, OWN, SURVEYED, follows

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2024, 1, 2, 0, 0, tzinfo=UTC)
"""Eight o'clock in Shanghai, on the Tuesday after `NEW_YEAR`, which is a Monday."""
NOBODY = Freshness(as_of=NEW_YEAR, behind_events=9, behind_seconds=90.0)


def at(day: int, hour: int) -> datetime:
    """Return a moment of January 2024 in Shanghai."""
    return datetime(2024, 1, day, hour, tzinfo=SHANGHAI)


@pytest.mark.rule("N05")
@pytest.mark.parametrize(
    ("mode", "since", "last_on", "due"),
    [
        (DigestMode.DAILY, at(2, 7), None, at(2, 8)),
        (DigestMode.DAILY, at(2, 8), None, at(3, 8)),
        (DigestMode.DAILY, at(2, 23), None, at(3, 8)),
        (DigestMode.DAILY, at(2, 7), date(2024, 1, 2), at(3, 8)),
        (DigestMode.WEEKLY, at(1, 7), None, at(1, 8)),
        (DigestMode.WEEKLY, at(1, 8), None, at(8, 8)),
        (DigestMode.WEEKLY, at(5, 12), None, at(8, 8)),
        (DigestMode.WEEKLY, at(8, 7), date(2024, 1, 8), at(15, 8)),
        (DigestMode.OFF, at(2, 12), None, at(2, 12)),
        (DigestMode.OFF, at(2, 12), date(2024, 1, 2), at(3, 8)),
    ],
)
def test_a_digest_is_due_at_its_hour_of_the_next_day_for_it(
    mode: DigestMode, since: datetime, last_on: date | None, due: datetime
) -> None:
    assert due_at(mode, 8, since, last_on) == due


@pytest.mark.rule("N05")
@for_any(
    st.sampled_from([DigestMode.DAILY, DigestMode.WEEKLY]),
    st.integers(0, 23),
    st.timedeltas(timedelta(), timedelta(days=366)).map(NEW_YEAR.__add__),
    st.none() | st.dates(date(2024, 1, 1), date(2025, 1, 1)),
)
def test_a_digest_comes_after_what_it_tells_at_its_hour_and_never_twice_a_day(
    mode: DigestMode, hour: int, since: datetime, last_on: date | None
) -> None:
    due = due_at(mode, hour, since, last_on).astimezone(SHANGHAI)

    assert due > since
    assert due.time() == time(hour)
    assert last_on is None or due.date() > last_on
    assert mode is DigestMode.DAILY or due.weekday() == 0
    soonest = max(since.astimezone(SHANGHAI), datetime.combine(last_on or date.min, time(), SHANGHAI))
    assert due - soonest <= timedelta(days=2 if mode is DigestMode.DAILY else 8)


def chosen(who: str, mode: DigestMode = DigestMode.DAILY, hour: int = 8) -> PreferencesChosen:
    """Return that somebody chose digests."""
    return PreferencesChosen(
        recipient=person(who), division=TOWN, digest=mode, digest_hour=hour, chosen_at=NEW_YEAR
    )


async def with_news(*people: str) -> Clockwork:
    """Return a process in which followers of two topics were told five stages, and want digests."""
    works = Clockwork(NEW_YEAR + timedelta(hours=2))
    river = {"topic_id": "river"}
    works.log.hear(f"topic-{LAMPS}", OWN, ADOPTED, SURVEYED)
    works.log.hear(
        "topic-river",
        OWN.model_copy(update=river | {"title": "河道清淤"}),
        ADOPTED.model_copy(update=river),
    )
    for n, who in enumerate(people):
        works.log.hear(f"recipient-{who}", chosen(who))
        works.log.hear(f"follow-{n}-1", follows(LAMPS, who))
        works.log.hear(f"follow-{n}-2", follows("river", who))
    await Spreading().step(works.bench)
    await works.keep_for_digests()
    return works


def digests(works: Clockwork) -> list[NoticePosted]:
    """Return the digests that were posted."""
    return [notice for notice in works.posted() if notice.notice_class is NoticeClass.DIGEST]


@pytest.mark.rule("N05")
async def test_a_digest_sums_up_by_topic_what_waits_at_its_hour_and_once() -> None:
    works = await with_news("p-1")
    await digesting.step(works.bench)
    assert digests(works) == []

    works.now = MORNING
    for process in (works, works, works.another()):
        await digesting.step(process.bench)

    (digest,) = digests(works)
    assert (digest.recipient, digest.title) == (person("p-1"), "今日汇总：3 条进展")
    assert digest.cause == "digest:p-1:2024-01-02"
    assert digest.body is not None
    lines = digest.body.splitlines()
    assert {line for line in lines if line.startswith("〔")} == {"〔路灯补亮〕", "〔河道清淤〕"}
    assert sum(line.startswith("· ") for line in lines) == 3
    of_stages = {n.notice_id for n in works.posted() if n.recipient == person("p-1")} - {digest.notice_id}
    assert set(digest.gathers) == of_stages


@pytest.mark.rule("N05")
async def test_two_processes_at_once_send_one_digest() -> None:
    works = await with_news("p-1")
    works.now = MORNING
    other = works.another()
    due = await works.shelves["digests"].find({"due_at": {"$ne": None}})

    for process in (works, other):  # both have looked before either has posted
        digest = await digesting._digest(process.bench, due[0], date(2024, 1, 2))
        await posting.post(process.bench, digesting.NAME, [digest])

    assert len(digests(works)) == 1


@pytest.mark.rule("N05")
async def test_only_people_for_whom_something_waits_are_looked_at() -> None:
    works = await with_news("p-1", "p-2")
    for n in range(50):
        works.log.hear(f"recipient-idle-{n}", chosen(f"idle-{n}"))
    works.now = MORNING
    for shelf in works.shelves.values():
        shelf.asked = shelf.seen = 0

    await digesting.step(works.bench)

    asked = {name: (shelf.asked, shelf.seen) for name, shelf in works.shelves.items() if shelf.asked}
    # One query for both, then for each their three notices and their two topics.
    assert asked == {"digests": (1, 2), "inbox": (2, 6), "topics": (2, 4)}
    assert len(digests(works)) == 2


@pytest.mark.rule("N05")
async def test_what_comes_after_a_digest_waits_for_the_next() -> None:
    works = await with_news("p-1")
    works.now = MORNING
    await digesting.step(works.bench)
    works.log.hear(f"topic-{LAMPS}-2", SURVEYED.model_copy(update={"completed_on": SEPTEMBER_3}))
    await Spreading().step(works.bench)
    await works.keep_for_digests()

    works.now = MORNING + timedelta(hours=15)
    await digesting.step(works.bench)
    assert len(digests(works)) == 1

    works.now = MORNING + timedelta(days=1)
    await digesting.step(works.bench)
    first, second = digests(works)
    assert len(second.gathers) == 1
    assert not set(first.gathers) & set(second.gathers)


async def test_who_wants_digests_no_more_gets_what_waits_as_a_last_one() -> None:
    works = await with_news("p-1")
    works.log.hear("recipient-p-1", chosen("p-1"), chosen("p-1", DigestMode.OFF))

    await digesting.step(works.bench)

    assert [digest.title for digest in digests(works)] == ["汇总：3 条进展"]


@pytest.mark.parametrize("name", ["digests", "inbox"])
async def test_no_digest_is_sent_of_what_is_only_half_known(name: str) -> None:
    works = await with_news("p-1")
    works.now = MORNING
    works.shelves[name].fresh = NOBODY

    await digesting.step(works.bench)

    assert digests(works) == []


def kept_for_digest(n: int, recipient: str, why: DropReason = DropReason.IN_DIGEST) -> DeliveryDropped:
    """Return that a notice is not mailed by itself."""
    return DeliveryDropped(
        notice_id=notice_id(f"topic-x:{n}", recipient, NoticeChannel.INBOX),
        delivery_id=notice_id(f"topic-x:{n}", recipient, NoticeChannel.EMAIL),
        division=TOWN,
        recipient=recipient,
        channel=NoticeChannel.EMAIL,
        notice_class=NoticeClass.FOLLOW,
        why=why,
        dropped_at=NEW_YEAR + timedelta(minutes=n),
    )


def test_how_it_is_heard_of_does_not_matter() -> None:
    who = person("p-1")
    kept = [kept_for_digest(n, who) for n in range(3)]
    digest = NoticePosted(
        notice_id="a-digest",
        division=TOWN,
        recipient=who,
        channel=NoticeChannel.INBOX,
        notice_class=NoticeClass.DIGEST,
        cause="digest:p-1:2024-01-02",
        title="今日汇总",
        gathers=tuple(event.notice_id for event in kept[:2]),
    )
    streams = [stream_of(f"notice-{event.notice_id}", event) for event in kept]
    choice = stream_of("recipient-p-1", chosen("p-1"), chosen("p-1", DigestMode.WEEKLY))

    after = assert_interleaving_does_not_matter(DIGESTS, *streams, stream_of("notice-d", digest), choice)

    assert set(after["p-1"]["waiting"]) == {kept[2].notice_id}
    assert after["p-1"]["gathered"] == []
    assert after["p-1"]["due_at"] == "2024-01-08T00:00:00.000000Z"


def test_what_was_dropped_for_other_reasons_waits_for_no_digest() -> None:
    muted = kept_for_digest(1, person("p-1"), DropReason.MUTED)

    assert fold_all(DIGESTS, stream_of("notice-x", muted)) == {}
