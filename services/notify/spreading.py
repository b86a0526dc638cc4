"""News of a topic to all behind it (N08), and newsletters to all who asked for them (N01).

That a proposal was received is told by a reaction: its event says whom. Whom all else concerns is in read
models, so a worker tells it: it takes what has not been told yet, posts a notice to each, and notes that all
were told. Killed in between, it or another begins again, and finds posted what is posted (N03).

Told is only what happened lately: whoever starts this service on a record of years tells nobody of old times.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.notify.deciders import NEWS as NEWS_DECIDER
from services.notify.deciders import NOTICE
from services.notify.domain.news import News, news_of, receipt_of
from services.notify.domain.notice import STALE_AFTER, PostNotice
from services.notify.domain.recipients import person
from services.notify.domain.spread import NoteSpread, news_id
from services.notify.posting import LONGEST_STEP_SECONDS, give, post
from services.notify.projections.audience import AUDIENCE, Member, behind
from services.notify.projections.news import NEWS, event_of
from services.notify.projections.preferences import PREFERENCES
from services.notify.projections.topics import TOPICS, family_of, survivor_of
from services.notify.seen import seen_until
from shared.contracts.base import DomainEvent
from shared.contracts.envelope import Recorded, rfc3339
from shared.contracts.notify import NewsletterWritten, NoticeClass
from shared.contracts.topics import TopicProposed
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reactions import Reaction, Send
from shared.eventsourcing.workers import Workbench, Worker

NAME = "news"
EVERY_SECONDS = 0.5
BATCH = 100
PAGE = 500


def confirm_receipt(recorded: Recorded) -> list[Send]:
    """Tell a proposer that their topic was received."""
    event = recorded.event
    if not isinstance(event, TopicProposed) or event.proposer is None or (said := receipt_of(event)) is None:
        return []
    title, body = said
    notice = PostNotice(
        division=recorded.division,
        recipient=person(event.proposer),
        cause=recorded.id,
        caused_at=recorded.recorded_at,
        title=title,
        body=body,
        topic_id=event.topic_id,
        notice_class=NoticeClass.FOLLOW,
    )
    return [Send(NOTICE.stream(notice.notice_id), notice)]


RECEIPT = Reaction("confirm_receipt", (TopicProposed,), confirm_receipt)


@dataclass
class _Telling:
    """Some news, and to whom this process has told it."""

    cause: str
    division: str
    event: DomainEvent
    told: set[str] = field(default_factory=set)


class Spreading:
    """Tells news for one process."""

    def __init__(self) -> None:
        self._unfinished: _Telling | None = None

    async def step(self, bench: Workbench) -> None:
        """Tell all that has not been told yet, oldest first."""
        until = await seen_until(bench, NEWS, TOPICS, AUDIENCE, PREFERENCES)
        if until is None:
            return
        ends = time.monotonic() + LONGEST_STEP_SECONDS
        after = rfc3339(bench.clock() - STALE_AFTER)
        # Not what is newer than the read models that say whom it concerns.
        while waiting := await _waiting(bench, after, rfc3339(until)):
            for document in waiting:
                telling = self._begun(document)
                if not await _tell(bench, telling, ends):
                    self._unfinished = telling
                    return
            after = waiting[-1]["recorded_at"]

    def _begun(self, document: Mapping[str, Any]) -> _Telling:
        if self._unfinished is not None and self._unfinished.cause == document["cause"]:
            return self._unfinished
        return _Telling(document["cause"], document["division"], event_of(document))


async def _waiting(bench: Workbench, after: str, until: str) -> list[Document]:
    query = {"spread": False, "recorded_at": {"$gt": after, "$lt": until}}
    return await bench.read_models[NEWS.name].find(query, sort=(("recorded_at", 1),), limit=BATCH)


async def _tell(bench: Workbench, telling: _Telling, ends: float) -> bool:
    """Tell some news to all whom it concerns; tell whether there was time for it before `ends`."""
    event = telling.event
    if isinstance(event, NewsletterWritten):
        pages = _of_newsletter(bench, event, telling)
    elif (news := news_of(event)) is None or (family := await _family(bench, event, news)) is None:
        return True  # a topic that is not known yet: later
    else:
        pages = _of_topic(bench, news, family, telling)
    async for notices in pages:
        fresh = [notice for notice in notices if notice.recipient not in telling.told]
        await post(bench, NAME, {notice.recipient: notice for notice in fresh}.values())
        telling.told.update(notice.recipient for notice in fresh)
        if time.monotonic() > ends:
            return False
    noted = NoteSpread(telling.cause, telling.division, len(telling.told), bench.clock())
    stream = NEWS_DECIDER.stream(news_id(telling.cause))
    await give(bench, NAME, noted, stream=stream, cause=telling.cause, division=telling.division)
    return True


# topics


async def _family(bench: Workbench, event: DomainEvent, news: News) -> list[str] | None:
    topics = bench.read_models[TOPICS.name]
    topic_id: str = getattr(event, "topic_id", "")  # every stage names its topic
    goes_on = await survivor_of(topics, topic_id)
    if goes_on is None:
        return None
    return await family_of(topics, topic_id if news.here else goes_on)


async def _of_topic(
    bench: Workbench, news: News, family: list[str], telling: _Telling
) -> AsyncIterator[Iterable[PostNotice]]:
    audience = bench.read_models[AUDIENCE.name]
    # Proposers first: who is proposer here and supporter there is told as proposer.
    for proposed in (True, False):
        async for page in behind(audience, family, proposed=proposed):
            yield [
                _of_stage(telling, news, member, notice_class)
                for member in page
                if (notice_class := class_for(member, news)) is not None
            ]


def class_for(member: Member, news: News) -> NoticeClass | None:
    """Return as what somebody is told some news; None where they are not told."""
    if person(member.person) in news.told or (member.proposed and news.own):
        return None
    if member.proposed and news.result:
        return NoticeClass.TRANSACTIONAL
    return None if member.wanted is False else NoticeClass.FOLLOW


def _of_stage(telling: _Telling, news: News, member: Member, notice_class: NoticeClass) -> PostNotice:
    said = telling.event
    return PostNotice(
        division=telling.division,
        recipient=person(member.person),
        cause=telling.cause,
        title=news.title,
        body=news.body,
        topic_id=getattr(said, "topic_id", None),
        notice_class=notice_class,
        meeting_id=getattr(said, "meeting_id", None),
        problem_id=getattr(said, "problem_id", None),
    )


# newsletters


async def _of_newsletter(
    bench: Workbench, event: NewsletterWritten, telling: _Telling
) -> AsyncIterator[Iterable[PostNotice]]:
    model = bench.read_models[PREFERENCES.name]
    last = ""
    while True:
        found = await model.find({"newsletter": True, "_id": {"$gt": last}}, limit=PAGE)
        yield [
            PostNotice(
                division=each["division"],
                recipient=each["recipient"],
                cause=telling.cause,
                title=event.title,
                body=event.body,
                notice_class=NoticeClass.NEWSLETTER,
            )
            for each in found
            if each["division"].startswith(event.division)
        ]
        if len(found) < PAGE:
            return
        last = found[-1]["_id"]


def worker() -> Worker:
    """Return the worker of one process."""
    return Worker(NAME, Spreading().step, EVERY_SECONDS)
