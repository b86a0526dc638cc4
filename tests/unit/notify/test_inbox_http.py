"""The inbox over HTTP: what was muted is out of sight, all is read at once, changes come by themselves."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE
from services.notify.domain.notice import PostNotice
from services.notify.domain.recipients import person
from services.notify.inbox import addressed_to
from services.notify.listening import InboxLook, key_of
from services.notify.projections.inbox import INBOX
from shared.contracts.envelope import Meta
from shared.contracts.notify import NoticeClass
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.http import person_id
from shared.platform.auth import Principal, Role
from shared.platform.health import Health
from shared.platform.sse import Changes
from tests.http import NOW, Caller, Log, Shelf, application, done
from tests.unit.notify.examples import LIAISON, NEXT_TOWN, TOWN

ME = person(person_id("p-1"))
NOBODY_S = {"unread": 0, "newest": None}


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def app(log: Log) -> FastAPI:
    return application(SERVICE, log)


@pytest.fixture
def me(app: FastAPI) -> Caller:
    return Caller(app, Role.RESIDENT, TOWN)


async def tell(
    log: Log,
    recipient: str = ME,
    *,
    cause: str = "topic-lamps:2",
    kind: NoticeClass = NoticeClass.FOLLOW,
    division: str = TOWN,
) -> str:
    """Post a notice; return its id."""
    post = PostNotice(division, recipient, cause, "议题有新进展", notice_class=kind)
    handler = CommandHandler(log, NOTICE, clock=lambda: NOW)
    meta = Meta(division, "test", "c", "c")
    stream = NOTICE.stream(post.notice_id)
    await handler.execute(post, stream=stream, meta=meta, command_id=f"post-{post.notice_id}")
    return post.notice_id


def muting(kind: str, *, wanted: bool) -> dict[str, Any]:
    """Return preferences about a class in the inbox."""
    return {"choices": [{"notice_class": kind, "channel": "inbox", "wanted": wanted}]}


@pytest.mark.rule("N02")
async def test_what_was_muted_is_out_of_sight_and_back_when_it_is_wanted(log: Log, me: Caller) -> None:
    await tell(log)
    duty = await tell(log, cause="topic-lamps:3", kind=NoticeClass.TRANSACTIONAL)

    done(await me.put("/recipients/me/preferences", muting("follow", wanted=False)))
    assert [n["notice_id"] for n in (await me.get("/inbox"))["items"]] == [duty]
    assert await me.get("/inbox/unread") == {"unread": 1}

    done(await me.put("/recipients/me/preferences", {}))
    assert await me.get("/inbox/unread") == {"unread": 2}


@pytest.mark.rule("N01")
async def test_a_newsletter_is_shown_to_those_only_who_asked_for_it(log: Log, me: Caller) -> None:
    await tell(log, kind=NoticeClass.NEWSLETTER)
    assert (await me.get("/inbox"))["items"] == []

    done(await me.put("/recipients/me/preferences", muting("newsletter", wanted=True)))
    assert len((await me.get("/inbox"))["items"]) == 1


async def test_all_are_read_at_once_and_others_stay_unread(app: FastAPI, log: Log, me: Caller) -> None:
    for n in range(3):
        await tell(log, cause=f"topic-lamps:{n}")
    await tell(log, LIAISON)

    assert done(await me.post("/inbox/reading")) == {"read": 3, "more": False}
    assert done(await me.post("/inbox/reading")) == {"read": 0, "more": False}
    assert await me.get("/inbox/unread") == {"unread": 0}
    assert await Caller(app, Role.LIAISON, TOWN, subject="p-2").get("/inbox/unread") == {"unread": 1}


@pytest.mark.rule("M07")
async def test_an_invitation_of_another_town_is_read_like_any_other(log: Log, me: Caller) -> None:
    invitation = await tell(log, division=NEXT_TOWN)

    done(await me.post(f"/inbox/{invitation}/reading"))

    assert await me.get("/inbox/unread") == {"unread": 0}


# live


class Inbox(Shelf):
    """The read model, which says how often it was counted and how far it is."""

    counted = 0
    position = 0

    async def count(self, query: Any = None, *, limit: int = 0) -> int:
        self.counted += 1
        return await super().count(query, limit=limit)


class Look(InboxLook):
    """Looks at an inbox in memory."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox)  # type: ignore[arg-type]  # it reads like one
        self._shelf = inbox

    async def _where(self) -> object:
        return self._shelf.position


def key(*roles: Role, subject: str = "p-1") -> str:
    """Return the key of an account's inbox."""
    return key_of({"$or": addressed_to(Principal(subject, frozenset(roles), TOWN, None))})


async def test_a_look_says_how_many_wait_and_which_is_the_newest_for_each_inbox(log: Log) -> None:
    notice = await tell(log)
    look = Look(Inbox(INBOX, log))
    mine, other = key(Role.RESIDENT), key(Role.RESIDENT, subject="p-2")

    said = {k: orjson.loads(v) for k, v in (await look(frozenset({mine, other}))).items()}

    assert said == {mine: {"unread": 1, "newest": notice}, other: NOBODY_S}


async def test_while_nothing_is_folded_nothing_is_counted(log: Log) -> None:
    inbox = Inbox(INBOX, log)
    look, mine = Look(inbox), key(Role.RESIDENT)
    await look(frozenset({mine}))
    await look(frozenset({mine}))
    assert inbox.counted == 1

    await tell(log)
    inbox.position = 1
    said = await look(frozenset({mine}))

    assert (inbox.counted, orjson.loads(said[mine])["unread"]) == (2, 1)


async def test_the_inbox_streams_over_http(app: FastAPI, me: Caller) -> None:
    health = Health()
    app.state.health = health
    health.drain()  # a stream that ends at once: the test client reads to the end

    answer = await me.ask("/inbox/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "retry: 3000\n\n"

    async def nothing(keys: frozenset[str]) -> dict[str, str]:
        return {}

    app.state.inboxes = Changes(nothing, lambda: True, most_listeners=0)
    assert await me.status_of("/inbox/events") == 503
    assert await Caller(app, None, TOWN).status_of("/inbox/events") == 401
