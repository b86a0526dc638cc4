"""The inbox over HTTP, on a real database: whose it is, newest first, read once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE
from services.notify.inbox import addressed_to
from services.notify.projections.inbox import INBOX
from services.notify.reactions import TOLD, post_notices
from shared.contracts.envelope import Meta, Recorded
from shared.eventsourcing import mongo_store
from shared.eventsourcing.application import CommandHandler
from shared.eventsourcing.commit import Commit
from shared.eventsourcing.mongo_store import MongoEventStore
from shared.eventsourcing.pointer import Pointers, collection_name
from shared.eventsourcing.service import Part, build
from shared.eventsourcing.strict_fold import create_indexes
from shared.eventsourcing.testing import fold_all, stream_of
from shared.platform.auth import Principal, Role, issue_dev_token
from shared.platform.mongo import Database, ReplaceOne, connect
from shared.platform.settings import Settings
from tests.unit.notify.examples import (
    ASSIGNED,
    CORNER,
    COUNTY,
    NEXT_COUNTY,
    NEXT_TOWN,
    PROPOSED,
    REFERRED,
    REOPENED,
    REPLIED,
    SOLVED,
    TOWN,
)

NOW = datetime(2024, 1, 1, 4, 0, tzinfo=UTC)
"""Some hours after the events that are told of."""
TOPIC = stream_of("topic-street-lamps", PROPOSED)
PROBLEM = stream_of(f"problem-{CORNER}", ASSIGNED, REPLIED, REOPENED, REPLIED, SOLVED)


class Inboxes:
    """The service, told of others' events without a broker, and looked at over HTTP."""

    def __init__(self, app: FastAPI, database: Database, settings: Settings) -> None:
        self.database = database
        self._app = app
        self._settings = settings
        self._heard: list[Recorded] = []

    def set_clock(self, clock: Callable[[], datetime]) -> None:
        """Have commands recorded at the moments that the clock gives."""
        self._app.state.handlers["notice"] = CommandHandler(
            MongoEventStore(self.database), NOTICE, clock=clock
        )

    async def hear(self, events: Iterable[Recorded]) -> None:
        """React to events of other services."""
        handler = self._app.state.handlers["notice"]
        for event in events:
            self._heard.append(event)
            if isinstance(event.event, TOLD):
                for send in post_notices(event):
                    meta = Meta(event.division, "reaction:post_notices", "c", event.id)
                    await handler.execute(
                        send.command, stream=send.stream, meta=meta, command_id=f"{send.stream}-posted"
                    )
        await self.catch_up()

    async def catch_up(self) -> None:
        """Put into the database what the projections make of all that happened."""
        commits = [Commit.from_document(d) async for d in self.database[mongo_store.COMMITS].find()]
        events = [*self._heard, *(event for commit in commits for event in commit.recorded())]
        for projection in SERVICE.projections:
            await Pointers(self.database).begin(projection, {})
            folded = fold_all(projection, events).items()
            writes = [
                ReplaceOne({"_id": key}, {**document, "_id": key, "_version": 1}, upsert=True)
                for key, document in folded
            ]
            if writes:
                await self.database[collection_name(projection.name, 1)].bulk_write(writes)

    def of(self, *roles: Role, division: str, organisation: str | None = None) -> httpx.AsyncClient:
        """Return somebody with roles in a division; without roles, somebody without an account."""
        token = issue_dev_token(self._settings, roles, division, "p-1", organisation=organisation)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app),
            base_url="http://notify",
            headers={"Authorization": f"Bearer {token}"} if roles else {},
        )

    @property
    def liaison(self) -> httpx.AsyncClient:
        """Return the town's liaison office."""
        return self.of(Role.LIAISON, division=TOWN)

    @property
    def housing(self) -> httpx.AsyncClient:
        """Return the department that leads."""
        return self.of(Role.DEPARTMENT, division=COUNTY, organisation="县住建局")


@pytest.fixture
async def inboxes(mongo_url: str, mongo_prefix: str) -> AsyncIterator[Inboxes]:
    """The service, which has heard of one topic."""
    settings = Settings(mongo_url=mongo_url, mongo_prefix=mongo_prefix)
    mongo = connect(settings, "notify")
    database = mongo.database("notify")
    await mongo_store.prepare(database)
    app = build(SERVICE, settings, frozenset({Part.API}))
    app.state.process.prepared = True
    found = Inboxes(app, database, settings)
    minutes = count()
    found.set_clock(lambda: NOW + timedelta(minutes=next(minutes)))
    await found.hear(TOPIC)
    yield found
    mongo.close()


async def shown(client: httpx.AsyncClient, path: str = "/inbox", **query: Any) -> Any:
    """Return an answer, which must be no problem."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_notice_says_what_to_do_and_what_it_is_about(inboxes: Inboxes) -> None:
    await inboxes.hear(PROBLEM[:1])

    (notice,) = (await shown(inboxes.housing))["items"]

    assert notice == {
        "notice_id": notice["notice_id"],
        "recipient": "department:县住建局",
        "notice_class": "transactional",
        "title": notice["title"],
        "body": notice["body"],
        "topic_id": "street-lamps",
        "topic_title": "路灯补亮",
        "problem_id": "dark-corner",
        "problem_text": "东关社区三处路灯不亮",
        "meeting_id": None,
        "event_name": "ProblemAssigned",
        "posted_at": "2024-01-01T04:00:00Z",
        "read_at": None,
    }
    assert "最迟2024年9月3日答复" in notice["title"]
    assert await shown(inboxes.housing, f"/inbox/{notice['notice_id']}") == notice


async def test_the_newest_comes_first_over_all_pages(inboxes: Inboxes) -> None:
    await inboxes.hear(PROBLEM)
    titles: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await shown(inboxes.liaison, limit=1, **cursor)
        titles += [notice["title"][:6] for notice in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert titles == ["问题已解决，", "县住建局已答", "问题重新办理", "县住建局已答"]


async def test_notices_of_one_moment_are_each_on_one_page(inboxes: Inboxes) -> None:
    inboxes.set_clock(lambda: NOW)
    await inboxes.hear(PROBLEM)

    first = await shown(inboxes.liaison, limit=3)
    rest = await shown(inboxes.liaison, limit=3, cursor=first["next"])

    ids = [notice["notice_id"] for notice in [*first["items"], *rest["items"]]]
    assert rest["next"] is None
    assert (len(ids), len(set(ids))) == (4, 4)


async def test_what_was_read_waits_no_more(inboxes: Inboxes) -> None:
    await inboxes.hear(PROBLEM)
    newest, *others = (await shown(inboxes.liaison))["items"]
    assert await shown(inboxes.liaison, "/inbox/unread") == {"unread": 4}

    answer = await inboxes.liaison.post(f"/inbox/{newest['notice_id']}/reading")
    await inboxes.catch_up()

    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.headers["Location"] == f"/inbox/{newest['notice_id']}"
    assert await shown(inboxes.liaison, "/inbox/unread") == {"unread": 3}
    assert (await shown(inboxes.liaison, unread=True))["items"] == others
    assert (await shown(inboxes.liaison))["items"][0]["read_at"] is not None


async def test_a_second_reading_changes_nothing(inboxes: Inboxes) -> None:
    await inboxes.hear(PROBLEM[:1])
    (notice,) = (await shown(inboxes.housing))["items"]

    versions = [
        (await inboxes.housing.post(f"/inbox/{notice['notice_id']}/reading")).json()["version"]
        for _ in range(2)
    ]

    assert versions == [2, 2]


@pytest.mark.parametrize(
    ("roles", "division", "organisation"),
    [
        ((Role.DEPARTMENT,), COUNTY, "县财政局"),
        ((Role.DEPARTMENT,), COUNTY, None),
        ((Role.DEPARTMENT,), NEXT_COUNTY, "县住建局"),
        ((Role.LIAISON,), TOWN, None),
        ((Role.OFFICE,), COUNTY, None),
    ],
    ids=["other-department", "no-organisation", "same-name-in-next-county", "liaison", "office"],
)
async def test_for_others_a_notice_is_not_there(
    inboxes: Inboxes, roles: tuple[Role, ...], division: str, organisation: str | None
) -> None:
    await inboxes.hear(stream_of(f"problem-{CORNER}", ASSIGNED.model_copy(update={"co_handlers": ()})))
    (notice,) = (await shown(inboxes.housing))["items"]
    other = inboxes.of(*roles, division=division, organisation=organisation)

    answers = [
        await other.get(f"/inbox/{notice['notice_id']}"),
        await other.post(f"/inbox/{notice['notice_id']}/reading"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not-found")] * 2
    assert (await shown(other))["items"] == []
    assert await shown(other, "/inbox/unread") == {"unread": 0}
    await inboxes.catch_up()
    assert await shown(inboxes.housing, f"/inbox/{notice['notice_id']}") == notice


async def test_the_next_town_s_office_hears_nothing_and_the_county_s_what_it_decides(
    inboxes: Inboxes,
) -> None:
    await inboxes.hear([*PROBLEM[:3], *stream_of("problem-dark-lane", ASSIGNED, REPLIED, REFERRED)])

    assert (await shown(inboxes.of(Role.LIAISON, division=NEXT_TOWN)))["items"] == []
    for_the_county = (await shown(inboxes.of(Role.OFFICE, division=COUNTY)))["items"]
    assert [notice["title"] for notice in for_the_county] == ["重新办理后仍不满意，请研究决定"]


@pytest.mark.parametrize(
    ("roles", "reading", "marking"),
    [((), 401, 401), ((Role.MEMBER,), 200, 404), ((Role.ADMIN,), 403, 403), ((Role.AUDITOR,), 200, 403)],
    ids=["no-account", "member", "admin", "auditor"],
)
async def test_an_inbox_is_for_offices_departments_and_people(
    inboxes: Inboxes, roles: tuple[Role, ...], reading: int, marking: int
) -> None:
    somebody = inboxes.of(*roles, division=COUNTY)

    assert (await somebody.get("/inbox")).status_code == reading
    assert (await somebody.get("/inbox/unread")).status_code == reading
    assert (await somebody.post("/inbox/some-notice/reading")).status_code == marking


async def test_answers_say_how_fresh_they_are(inboxes: Inboxes) -> None:
    for path in ("/inbox", "/inbox/unread"):
        assert "HXS-Lag-Seconds" in (await inboxes.liaison.get(path)).headers


async def test_a_cursor_of_another_list_is_refused(inboxes: Inboxes) -> None:
    answer = await inboxes.liaison.get("/inbox", params={"cursor": "bm90LW91cnM"})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_an_inbox_is_read_along_its_index(inboxes: Inboxes) -> None:
    """Newest first, without sorting, however many notices others have."""
    await inboxes.hear(PROBLEM)
    documents = inboxes.database[collection_name(INBOX.name, 1)]
    await create_indexes(documents, INBOX)

    liaison_and_office = frozenset({Role.LIAISON, Role.OFFICE})
    addressed = addressed_to(Principal("p-1", liaison_and_office, TOWN, None))
    shown = [{**each, "notice_class": {"$nin": ["newsletter"]}} for each in addressed]
    found = documents.find({"$or": shown})
    plan = await found.sort([("posted_at", -1), ("_id", -1)]).explain()

    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "'SORT'" not in stages
    assert "SORT_MERGE" in stages
