"""The worker that reminds (N06): on working days from eight in the morning, of what is open then.

It looks through all that is open every few minutes; what was told is told once, for the notices' ids follow
from the duty, its date and the occasion. What this process has told today it does not try again.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

from services.notify.domain.notice import PostNotice
from services.notify.domain.reminders import Duty, Matter, Reminder, reminders_due
from services.notify.posting import LONGEST_STEP_SECONDS, post
from services.notify.projections.audience import AUDIENCE, behind
from services.notify.projections.duties import DUTIES, duty_of
from services.notify.projections.topics import TOPICS, family_of, survivor_of
from services.notify.seen import seen_until
from shared.contracts.notify import NoticeClass
from shared.eventsourcing.projection import Document
from shared.eventsourcing.workers import Workbench, Worker
from shared.platform.working_days import SHANGHAI, WorkCalendar, today

NAME = "reminders"
EVERY_SECONDS = 120.0
FROM_HOUR, TO_HOUR = 8, 20
"""Asia/Shanghai: nobody is reminded of work at night, however late a process starts."""

PAGE = 500
CALENDAR = WorkCalendar()


class Reminding:
    """Reminds for one process."""

    def __init__(self) -> None:
        self._of: tuple[int, date] | None = None
        self._told: set[str] = set()

    async def step(self, bench: Workbench) -> None:
        """Remind of all that is due at the moment; each reminder once, whoever else reminds (N03)."""
        now = bench.clock()
        day = today(now)
        if not FROM_HOUR <= now.astimezone(SHANGHAI).hour < TO_HOUR or not CALENDAR.is_working_day(day):
            return
        if await seen_until(bench, DUTIES, TOPICS, AUDIENCE) is None:
            return
        if self._of != (id(bench), day):
            self._of, self._told = (id(bench), day), set()
        ends = time.monotonic() + LONGEST_STEP_SECONDS
        async for documents in _open(bench):
            if time.monotonic() > ends:
                return  # on from here with the next step: what was told is remembered
            notices = [n for document in documents for n in await self._notices(bench, document, day)]
            await post(bench, NAME, notices)
            self._told.update(notice.cause for notice in notices)

    async def _notices(self, bench: Workbench, document: Document, day: date) -> list[PostNotice]:
        duty = duty_of(document)
        due = reminders_due(duty, day, CALENDAR)
        if not due or due[0].cause in self._told:  # all of one duty on one day are of one cause
            return []
        if duty.matter is Matter.RATING:
            due = reminders_due(replace(duty, people=await _proposers(bench, duty)), day, CALENDAR)
        return [_notice(duty, reminder) for reminder in due]


async def _open(bench: Workbench) -> AsyncIterator[list[Document]]:
    last = ""
    while True:
        query = {"open": True, "_id": {"$gt": last}}
        found = await bench.read_models[DUTIES.name].find(query, limit=PAGE)
        yield found
        if len(found) < PAGE:
            return
        last = found[-1]["_id"]


async def _proposers(bench: Workbench, duty: Duty) -> tuple[str, ...]:
    topics = bench.read_models[TOPICS.name]
    goes_on = await survivor_of(topics, duty.topic_id) if duty.topic_id else None
    if goes_on is None:
        return ()
    family = await family_of(topics, goes_on)
    pages = behind(bench.read_models[AUDIENCE.name], family, proposed=True)
    return tuple([member.person async for page in pages for member in page])


def _notice(duty: Duty, reminder: Reminder) -> PostNotice:
    of_meeting = duty.matter is Matter.MINUTES
    return PostNotice(
        division=duty.division,
        recipient=reminder.recipient,
        cause=reminder.cause,
        title=reminder.title,
        body=reminder.body,
        topic_id=duty.topic_id,
        notice_class=NoticeClass.TRANSACTIONAL,
        meeting_id=duty.subject.removeprefix("minutes-") if of_meeting else None,
        problem_id=None if of_meeting else duty.subject.removeprefix("problem-"),
    )


def worker() -> Worker:
    """Return the worker of one process."""
    return Worker(NAME, Reminding().step, EVERY_SECONDS)
