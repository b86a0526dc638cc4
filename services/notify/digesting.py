"""The worker that sends digests (N05): one notice that sums up what somebody follows, at their hour.

Only recipients for whom something waits are looked at, by an index of when their digest is due: one query for
them, one for the notices of each, one for the titles of their topics. Two processes that do it at once post
one digest, for there is one a day for each recipient (N03).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from services.notify.domain.digest_text import DigestEntry, DigestTopic, digest_body
from services.notify.domain.digests import TITLES, digest_cause
from services.notify.domain.notice import PostNotice
from services.notify.posting import post
from services.notify.projections.digests import DIGESTS
from services.notify.projections.inbox import INBOX
from services.notify.projections.topics import TOPICS
from services.notify.seen import seen_until
from shared.contracts.envelope import rfc3339
from shared.contracts.notify import DigestMode, NoticeClass
from shared.eventsourcing.projection import Document
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.working_days import today

NAME = "digests"
EVERY_SECONDS = 5.0
BATCH = 200


async def step(bench: Workbench) -> None:
    """Send the digests that are due at the moment."""
    if await seen_until(bench, DIGESTS, INBOX) is None:
        return
    now = bench.clock()
    query = {"due_at": {"$lte": rfc3339(now)}}
    due = await bench.read_models[DIGESTS.name].find(query, sort=(("due_at", 1), ("_id", 1)), limit=BATCH)
    await post(bench, NAME, [await _digest(bench, document, today(now)) for document in due])


async def _digest(bench: Workbench, document: Document, day: date) -> PostNotice:
    waiting = sorted(document["waiting"])
    notices = await bench.read_models[INBOX.name].find({"_id": {"$in": waiting}})
    return PostNotice(
        division=document["division"],
        recipient=document["recipient"],
        cause=digest_cause(document["_id"], day),
        title=f"{TITLES[DigestMode(document['chosen']['digest'])]}：{len(waiting)} 条进展",
        body=digest_body(await _by_topic(bench, notices)) or None,
        notice_class=NoticeClass.DIGEST,
        gathers=tuple(waiting),
    )


async def _by_topic(bench: Workbench, notices: Sequence[Document]) -> list[DigestTopic]:
    of_topic: dict[str | None, list[DigestEntry]] = {}
    for notice in notices:
        entry = DigestEntry(datetime.fromisoformat(notice["posted_at"]), notice["title"], notice["body"])
        of_topic.setdefault(notice["topic_id"], []).append(entry)
    titles = await _titles(bench, [topic_id for topic_id in of_topic if topic_id is not None])
    return [DigestTopic(titles.get(topic_id), entries) for topic_id, entries in of_topic.items()]


async def _titles(bench: Workbench, topics: Sequence[str]) -> dict[Any, str]:
    found = await bench.read_models[TOPICS.name].find({"_id": {"$in": list(topics)}})
    return {each["_id"]: each["title"] for each in found}


WORKER = Worker(NAME, step, EVERY_SECONDS)
