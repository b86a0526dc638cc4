"""Topics are followed, and newsletters written (N01, N08): the commands, and the same over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notify.app import SERVICE
from services.notify.deciders import FOLLOW, NEWS, NEWSLETTER
from services.notify.domain.following import FollowTopic, UnfollowTopic, follow_id
from services.notify.domain.newsletter import WriteNewsletter
from services.notify.domain.spread import NoteSpread
from services.notify.spreading import Spreading
from shared.contracts.notify import NewsletterWritten, NewsSpread, TopicFollowed, TopicUnfollowed
from shared.eventsourcing.http import person_id
from shared.eventsourcing.testing import given
from shared.platform.auth import Role
from shared.platform.authorisation import rights_of
from tests.http import NOW, Caller, Log, application, done, problem
from tests.unit.authorisation.examples_notify_follows import EXAMPLES, world
from tests.unit.authorisation.test_matrix import callers, check, permission_of
from tests.unit.notify.clockwork import NEW_YEAR, Clockwork
from tests.unit.notify.examples import COUNTY, LAMPS, NEXT_COUNTY, NEXT_TOWN, TOWN
from tests.unit.notify.test_news import ADOPTED, OWN, SUPPORTED, WRITTEN, wants_newsletters

ME = person_id("p-1")
FOLLOW_IT = FollowTopic(LAMPS, ME, TOWN, NEW_YEAR)
LEAVE_IT = UnfollowTopic(LAMPS, ME, TOWN, NEW_YEAR)
_ABOUT = {"follow_id": follow_id(ME, LAMPS), "topic_id": LAMPS, "division": TOWN, "person": ME}
FOLLOWED = TopicFollowed(**_ABOUT, followed_at=NEW_YEAR)
UNFOLLOWED = TopicUnfollowed(**_ABOUT, unfollowed_at=NEW_YEAR)


# commands


@pytest.mark.rule("N08")
def test_a_topic_is_followed_once_and_left_once() -> None:
    given(FOLLOW).when(FOLLOW_IT).then(FOLLOWED).when(LEAVE_IT).then(UNFOLLOWED).when(FOLLOW_IT).then(
        FOLLOWED
    )
    given(FOLLOW, FOLLOWED).when(FOLLOW_IT).then_nothing()
    given(FOLLOW, UNFOLLOWED).when(LEAVE_IT).then_nothing()


def test_who_follows_by_supporting_can_say_that_they_want_to_hear_no_more() -> None:
    given(FOLLOW).when(LEAVE_IT).then(UNFOLLOWED)


@pytest.mark.rule("N01")
def test_a_newsletter_is_written_once_and_never_changed() -> None:
    write = WriteNewsletter("letter-1", TOWN, "九月", "本月协商活动三场。", NEW_YEAR)

    given(NEWSLETTER).when(write).then(WRITTEN)
    given(NEWSLETTER, WRITTEN).when(write).then_refused("newsletter-written", rule="N01")


@pytest.mark.rule("N03")
def test_that_all_were_told_is_noted_once() -> None:
    note = NoteSpread("topic-x:3", TOWN, 7, NEW_YEAR)
    noted = NewsSpread(cause="topic-x:3", division=TOWN, told=7, spread_at=NEW_YEAR)

    given(NEWS).when(note).then(noted)
    given(NEWS, noted).when(NoteSpread("topic-x:3", TOWN, 5, NOW)).then_nothing()


# HTTP


@pytest.fixture
def log() -> Log:
    """What has happened: a topic of the town was proposed, and somebody else supports it."""
    log = Log()
    log.hear(f"topic-{LAMPS}", OWN, SUPPORTED)
    return log


def caller(log: Log, role: Role = Role.RESIDENT, division: str = TOWN) -> Caller:
    """Return somebody who calls the service."""
    return Caller(application(SERVICE, log), role, division)


async def test_what_one_follows_is_listed_with_its_title_until_one_leaves_it(log: Log) -> None:
    me = caller(log)

    response = await me.put(f"/follows/{LAMPS}", {})
    done(response)
    assert response.headers["Location"] == f"/follows/{LAMPS}"
    followed = {
        "topic_id": LAMPS,
        "title": "路灯补亮",
        "following": True,
        "proposed": False,
        "supports": False,
    }
    assert (await me.get("/follows"))["items"] == [followed]
    assert await me.get(f"/follows/{LAMPS}") == followed

    done(await me.delete(f"/follows/{LAMPS}"))
    assert (await me.get("/follows"))["items"] == []
    assert await me.get(f"/follows/{LAMPS}") == followed | {"following": False}


async def test_following_twice_changes_nothing(log: Log) -> None:
    me = caller(log)

    first, second = done(await me.put(f"/follows/{LAMPS}", {})), done(await me.put(f"/follows/{LAMPS}", {}))

    assert first["version"] == second["version"] == 1


async def test_who_supports_a_topic_follows_it_unasked(log: Log) -> None:
    log.hear(f"topic-{LAMPS}-2", SUPPORTED.model_copy(update={"person": ME}))

    assert (await caller(log).get(f"/follows/{LAMPS}"))["following"] is True


@pytest.mark.parametrize("division", [NEXT_TOWN, NEXT_COUNTY])
async def test_a_topic_elsewhere_or_none_cannot_be_followed(log: Log, division: str) -> None:
    stranger = caller(log, division=division)

    for response in (
        await stranger.put(f"/follows/{LAMPS}", {}),
        await stranger.delete(f"/follows/{LAMPS}"),
        await stranger.ask(f"/follows/{LAMPS}"),
        await caller(log).put("/follows/unknown-topic", {}),
    ):
        assert problem(response)[0] == 404


async def test_an_auditor_sees_what_they_follow_and_follows_nothing(log: Log) -> None:
    auditor = caller(log, Role.AUDITOR, COUNTY)

    assert (await auditor.get("/follows"))["items"] == []
    assert problem(await auditor.put(f"/follows/{LAMPS}", {}))[0] == 403


@pytest.mark.rule("N08")
async def test_who_follows_over_http_is_told_the_next_stage() -> None:
    works = Clockwork(NEW_YEAR + timedelta(hours=2))
    works.log.hear(f"topic-{LAMPS}", OWN, ADOPTED)
    done(await caller(works.log).put(f"/follows/{LAMPS}", {}))

    await Spreading().step(works.bench)

    assert f"person:{ME}" in {who for who, *_ in works.told()}


@pytest.mark.rule("N01")
async def test_the_office_writes_a_newsletter_and_sees_how_many_were_told(log: Log) -> None:
    office = caller(log, Role.OFFICE, COUNTY)
    body = {"division": TOWN, "title": "九月通讯", "body": "本月三场。请联系 13812345678"}

    response = await office.post("/newsletters", body, key="letter-of-september")
    written = done(response)
    again = done(await office.post("/newsletters", body, key="letter-of-september"))

    assert (again["id"], again["repeated"]) == (written["id"], True)
    shown = await office.get(response.headers["Location"])
    assert (shown["title"], shown["told"]) == ("九月通讯", None)
    assert "13812345678" not in shown["body"]
    spread = NewsSpread(cause=f"newsletter-{written['id']}:1", division=TOWN, told=7, spread_at=NOW)
    log.hear("news-x", spread)
    assert [letter["told"] for letter in (await office.get("/newsletters"))["items"]] == [7]


@pytest.mark.rule("N01")
async def test_a_newsletter_over_http_reaches_who_asked_for_it() -> None:
    works = Clockwork(NOW + timedelta(hours=2))
    works.log.hear("recipient-p-9", wants_newsletters("person:p-9", TOWN))
    office = caller(works.log, Role.OFFICE, COUNTY)
    done(await office.post("/newsletters", {"division": COUNTY, "title": "九月", "body": "三场。"}))

    await Spreading().step(works.bench)

    assert [(who, title) for who, title, _ in works.told()] == [("person:p-9", "九月")]
    (letter,) = (await office.get("/newsletters"))["items"]
    assert letter["told"] == 1


async def test_a_newsletter_is_not_written_for_another_county(log: Log) -> None:
    office = caller(log, Role.OFFICE, COUNTY)

    response = await office.post("/newsletters", {"division": NEXT_COUNTY, "title": "九月", "body": "三场。"})

    assert problem(response)[0] == 404
    assert not [event for event in log.events if isinstance(event.event, NewsletterWritten)]


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.endpoint)
async def test_every_role_in_every_division_is_let_in_or_told_no(example: object) -> None:
    here = await world()
    chosen = next(each for each in EXAMPLES if each is example)
    permission = permission_of(here, chosen)

    wrong = [told for who in callers(chosen) if (told := await check(here, chosen, permission, who))]

    assert wrong == []


async def test_every_endpoint_about_following_and_newsletters_has_its_example() -> None:
    here = await world()
    endpoints = {f"{r.method} {r.path}" for r in rights_of(here.app)}

    mine = {each for each in endpoints if "/follows" in each or "/newsletters" in each}
    assert mine == {example.endpoint for example in EXAMPLES}
