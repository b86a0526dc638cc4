"""Likely duplicates: found for the clerk, in the town first, and shown to nobody else (T09)."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI

from services.topics.duplicates import LIKELY, core, likeness_of, ranked
from shared.platform.auth import Role
from shared.platform.ngrams import grams
from tests.http import Caller, Log, done
from tests.unit.topics.visitors import Clock, service

COUNTY, TOWN, VILLAGE, NEXT_TOWN = "371621", "371621104", "371621104201", "371621105"
TODAY = date(2024, 5, 6)


def _topic(topic_id: str, title: str, division: str = TOWN, description: str | None = None) -> dict[str, Any]:
    said = {"topic_id": topic_id, "title": title, "division": division}
    return {**said, "grams": grams(title, description)}


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("关于村东路口路灯不亮的问题", "村东路口路灯不亮"),
        ("建议整治农贸市场", "整治农贸市场"),
        ("路灯问题", "路灯"),
        ("问题", "问题"),
        ("路灯", "路灯"),
    ],
)
def test_what_many_titles_begin_and_end_with_does_not_count(title: str, left: str) -> None:
    assert core(title) == left


@pytest.mark.rule("T09")
def test_the_same_matter_in_other_words_is_likely_and_another_matter_is_not() -> None:
    lamps = _topic("a", "关于村东路口路灯不亮的问题")

    assert likeness_of(lamps, _topic("b", "村东路口的路灯不亮了")) > LIKELY
    assert likeness_of(lamps, _topic("c", "关于农村养老服务的问题")) < LIKELY


@pytest.mark.rule("T09")
def test_five_at_most_are_shown_those_of_the_same_town_first() -> None:
    lamps = _topic("a", "村东路口路灯不亮")
    elsewhere = [_topic(f"n{n}", "村东路口路灯不亮", NEXT_TOWN) for n in range(3)]
    here = [_topic(f"t{n}", "村东路口路灯不亮了", VILLAGE) for n in range(4)]
    found = ranked(lamps, [lamps, *elsewhere, *here])

    assert [each.topic["topic_id"] for each in found] == ["t0", "t1", "t2", "t3", "n0"]
    assert [each.same_town for each in found] == [True] * 4 + [False]


# over HTTP


@pytest.fixture
def log() -> Log:
    """A log with nothing in it."""
    return Log()


@pytest.fixture
def clock() -> Clock:
    """A morning in May."""
    return Clock()


@pytest.fixture
def app(log: Log, clock: Clock) -> FastAPI:
    """The service on that log."""
    return service(log, clock)


@pytest.fixture
def town(app: FastAPI) -> Caller:
    """The town's liaison office."""
    return Caller(app, Role.LIAISON, TOWN)


@pytest.fixture
def office(app: FastAPI) -> Caller:
    """The county's office."""
    return Caller(app, Role.OFFICE, COUNTY, subject="o-1")


async def _propose(caller: Caller, topic_id: str, title: str, division: str = TOWN) -> None:
    said = {"topic_id": topic_id, "title": title, "division": division, "origin": "residents"}
    done(await caller.post("/topics", said))


async def _likely(caller: Caller, topic_id: str) -> list[str]:
    found = await caller.get(f"/topics/{topic_id}/likely-duplicates")
    return [item["topic_id"] for item in found["items"]]


@pytest.mark.rule("T09")
async def test_a_clerk_sees_what_a_topic_may_repeat(town: Caller, office: Caller) -> None:
    await _propose(office, "lamps-1", "关于村东路口路灯不亮的问题")
    await _propose(office, "lamps-2", "村东路口路灯不亮")
    await _propose(office, "lamps-3", "村东路口路灯不亮", NEXT_TOWN)
    await _propose(office, "roads-1", "农村道路硬化")

    assert await _likely(office, "lamps-1") == ["lamps-2", "lamps-3"]
    assert await _likely(town, "lamps-1") == ["lamps-2"]  # another town's are not the town's to see
    assert await _likely(office, "roads-1") == []


@pytest.mark.rule("T09")
async def test_a_topic_that_ended_without_a_result_or_long_ago_is_no_duplicate(
    office: Caller, clock: Clock
) -> None:
    for name in ("withdrawn", "rejected", "concluded", "going"):
        await _propose(office, f"lamps-{name}", "村东路口路灯不亮")
    done(await office.post("/topics/lamps-withdrawn/withdrawal", {"reason": "已修好"}))
    done(await office.post("/topics/lamps-rejected/rejection", {"reason": "日常维修"}))
    done(await office.post("/topics/lamps-concluded/conclusion", {"concluded_on": "2024-05-06"}))
    this_year = await _likely(office, "lamps-going")
    clock.pass_by(days=366)

    assert this_year == ["lamps-concluded"]
    assert await _likely(office, "lamps-going") == []


@pytest.mark.rule("T09")
@pytest.mark.parametrize(
    ("role", "status"),
    [
        (None, 401),
        (Role.RESIDENT, 403),
        (Role.MEMBER, 403),
        (Role.CONVENER, 403),
        (Role.DEPARTMENT, 403),
        (Role.AUDITOR, 200),
        (Role.LIAISON, 200),
    ],
)
async def test_likely_duplicates_are_never_shown_to_the_proposer(
    app: FastAPI, office: Caller, role: Role | None, status: int
) -> None:
    await _propose(office, "lamps-1", "村东路口路灯不亮")
    caller = Caller(app, role, TOWN)

    assert await caller.status_of("/topics/lamps-1/likely-duplicates") == status
    assert await caller.status_of("/triage") == status


@pytest.mark.rule("T09")
@pytest.mark.parametrize("division", [NEXT_TOWN, "371622"])
async def test_another_divisions_topic_is_not_there(app: FastAPI, office: Caller, division: str) -> None:
    await _propose(office, "lamps-1", "村东路口路灯不亮")
    stranger = Caller(app, Role.LIAISON, division)

    assert await stranger.status_of("/topics/lamps-1/likely-duplicates") == 404
    assert (await stranger.get("/triage"))["items"] == []


# the queue


@pytest.mark.rule("T09")
async def test_the_queue_has_what_nobody_has_sorted_the_oldest_first_with_its_likely_duplicates(
    office: Caller, town: Caller, clock: Clock
) -> None:
    for topic_id in ("z-first", "m-second", "a-third"):
        await _propose(office, topic_id, "村东路口路灯不亮")
        clock.pass_by(minutes=1)
    await _propose(office, "next-town", "村东路口路灯不亮", NEXT_TOWN)
    done(await town.post("/topics/m-second/triage", {"topic_class": "transport"}))
    queue = (await town.get("/triage"))["items"]

    assert [item["topic_id"] for item in queue] == ["z-first", "a-third"]
    assert [d["topic_id"] for d in queue[0]["likely_duplicates"]] == ["a-third", "m-second"]


@pytest.mark.rule("T09")
async def test_the_queue_is_read_page_by_page_each_topic_once(office: Caller, clock: Clock) -> None:
    for n in range(7):
        await _propose(office, f"topic-{n}", f"第{n}件事")
        clock.pass_by(minutes=n % 2)  # some at the same moment
    seen: list[str] = []
    cursor = ""
    while True:
        page = await office.get(f"/triage?limit=3{cursor}")
        seen += [item["topic_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert seen == [f"topic-{n}" for n in range(7)]


@pytest.mark.rule("T09")
async def test_the_whole_queue_is_a_file_to_save(office: Caller, clock: Clock) -> None:
    for n in range(3):
        await _propose(office, f"topic-{n}", f"第{n}件事")
        clock.pass_by(minutes=1)

    answer = await office.ask("/triage?format=csv&limit=1")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["编号"], row["议题"]) for row in rows] == [(f"topic-{n}", f"第{n}件事") for n in range(3)]
