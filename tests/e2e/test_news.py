"""Those behind a topic hear of its stages, whichever processes of notify die meanwhile (N03, N08)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from shared.platform.auth import Role
from shared.platform.local.process import Child, free_port
from shared.platform.working_days import today
from tests.e2e.system import Person, System, eventually

TOWN = "371621001"
RECEIVED, ADOPTED = "您的议题已收到", "议题已立项"

pytestmark = pytest.mark.slow


@pytest.fixture
def second_notify(system: System) -> Iterator[Child]:
    """A second process that does what notify does by the clock."""
    command = system.command("notify", free_port(), only="workers")
    child = Child("notify-workers", command, system.logs / "notify-workers.log")
    yield child
    child.stop()


def titles(person: Person, topic: str) -> Counter[str]:
    """Return what somebody was told about a topic, and how often."""
    notices = person.ask("GET", "notify", "/inbox?limit=200").json()["items"]
    return Counter(notice["title"] for notice in notices if notice["topic_id"] == topic)


def propose(person: Person, title: str) -> str:
    """Propose a topic, and return its id."""
    proposal = {"division": TOWN, "title": title, "origin": "residents", "channel": "web"}
    done: str = person.does("topics", "/topics", **proposal)["id"]
    return done


def follow(person: Person, topic: str) -> bool:
    """Try to follow a topic; tell whether it could be done."""
    return person.ask("PUT", "notify", f"/follows/{topic}").is_success


def is_told(person: Person, topic: str, *, stages: int) -> bool:
    """Tell whether somebody was told of so many stages of a topic."""
    return len(titles(person, topic)) >= stages


@pytest.mark.rule("N03")
@pytest.mark.rule("N08")
def test_proposer_and_follower_hear_of_each_stage_once_though_notify_is_killed(
    system: System, second_notify: Child
) -> None:
    proposer, follower = system.person(Role.RESIDENT, TOWN), system.person(Role.MEMBER, TOWN)
    liaison = system.person(Role.LIAISON, TOWN)
    topics = [propose(proposer, f"第 {n} 处路灯") for n in range(1, 11)]
    for topic in topics:
        # Known to notify as soon as it is followed; until then it answers 404.
        eventually("the topic can be followed", partial(follow, follower, topic))

    day = today(datetime.now(UTC)).isoformat()
    for n, topic in enumerate(topics):
        liaison.does("topics", f"/topics/{topic}/adoption", procedure="luxian-4", adopted_on=day)
        if n == 4:
            system.kill("notify")
            second_notify.kill()
    system.start("notify")
    system.wait_until_ready("notify")

    for topic in topics:
        eventually("the proposer was told", partial(is_told, proposer, topic, stages=2))
        eventually("the follower was told", partial(is_told, follower, topic, stages=1))
        assert titles(proposer, topic) == {RECEIVED: 1, ADOPTED: 1}
        assert titles(follower, topic) == {ADOPTED: 1}
