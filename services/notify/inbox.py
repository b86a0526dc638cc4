"""Whose notices an account reads, and reading them newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from services.notify.domain.preferences import Preferences
from services.notify.domain.recipients import department, liaison, office, person, recipient_id
from services.notify.projections.inbox import INBOX
from services.notify.projections.preferences import PREFERENCES, preferences_of
from shared.contracts.notify import NoticeChannel, NoticeClass
from shared.eventsourcing.http import person_id
from shared.eventsourcing.projection import Document
from shared.eventsourcing.read_model import without_runner_fields
from shared.eventsourcing.reading import Reading
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import visible_divisions
from shared.platform.http import Page, PageRequest, page_of

LISTING = "inbox-newest-first"


def _own(caller: Principal) -> str:
    return person(person_id(caller.subject))


def inboxes_of(caller: Principal) -> frozenset[str]:
    """Return the recipients for whom an account reads: its person, and an office or a department.

    A department is told by its name, which the account's token carries as `organisation`.
    """
    found = {_own(caller)}
    if Role.LIAISON in caller.roles:
        found.add(liaison(caller.division))
    if Role.OFFICE in caller.roles:
        found.add(office(caller.division))
    if Role.DEPARTMENT in caller.roles and caller.organisation:
        found.add(department(caller.organisation))
    return frozenset(found)


def is_for(caller: Principal, notice: Mapping[str, Any]) -> bool:
    """Tell whether a notice is the caller's to read.

    The division counts too, for departments of two counties may have one name; a person is one everywhere.
    """
    recipient = notice["recipient"]
    if recipient == _own(caller):
        return True
    return recipient in inboxes_of(caller) and caller.covers(notice["division"])


def addressed_to(caller: Principal) -> list[dict[str, Any]]:
    """Return `is_for` as database conditions, one for each inbox."""
    own = _own(caller)
    offices = sorted(inboxes_of(caller) - {own})
    within = visible_divisions(caller)
    return [{"recipient": own}, *({"recipient": office, "division": within} for office in offices)]


def _muted(chosen: Preferences) -> list[str]:
    return [kind for kind in NoticeClass if not chosen.wants(kind, NoticeChannel.INBOX)]


class InboxReading(Reading):
    """One request's way to the inbox and to what its notices are about."""

    async def condition(self, caller: Principal) -> dict[str, Any]:
        """Return what an account sees, as a database condition: `addressed_to`, less what was muted (N02).

        What is muted was posted all the same, and is there again when it is wanted again.
        """
        inboxes = addressed_to(caller)
        ids = {recipient_id(each["recipient"], caller.division): each for each in inboxes}
        found = await self.all(PREFERENCES, {"_id": {"$in": sorted(ids)}})
        chosen = {id_: Preferences() for id_ in ids} | {d["_id"]: preferences_of(d) for d in found}
        return {"$or": [{**each, "notice_class": {"$nin": _muted(chosen[id_])}} for id_, each in ids.items()]}

    async def newest(self, query: Mapping[str, Any], paging: PageRequest) -> Page[Document]:
        """Return a page of the notices that match a query, newest first.

        Raises:
            InvalidRequestError: the cursor belongs to another list.
        """
        conditions = [query]
        if after := paging.after(LISTING):
            posted_at, notice_id = after
            same_moment = {"posted_at": posted_at, "_id": {"$lt": notice_id}}
            conditions.append({"$or": [{"posted_at": {"$lt": posted_at}}, same_moment]})
        model = self._models[INBOX.name]
        order = (("posted_at", -1), ("_id", -1))
        found = await model.find({"$and": conditions}, sort=order, limit=paging.limit + 1)
        page = page_of(found, paging, LISTING, lambda d: (d["posted_at"], d["_id"]))
        await self._say_how_fresh(model)
        return Page(items=[without_runner_fields(d) for d in page.items], next=page.next)

    async def first(self, query: Mapping[str, Any], limit: int) -> list[Document]:
        """Return the newest notices that match a query, to work on."""
        return await self._models[INBOX.name].find(query, sort=(("posted_at", -1), ("_id", -1)), limit=limit)

    async def count(self, query: Mapping[str, Any]) -> int:
        """Return how many notices match a query."""
        model = self._models[INBOX.name]
        await self._say_how_fresh(model)
        return await model.count(query)


async def _inbox_reading(request: Request, response: Response) -> InboxReading:
    return InboxReading(request.app.state.read_models, response)


InboxReadingOf = Annotated[InboxReading, Depends(_inbox_reading)]
