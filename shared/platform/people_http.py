"""Looking people up, and erasing them, over HTTP: the same in every service that keeps people.

A look-up counts as a write, not as a read: it is for those who work with people, liaison and office, and not
for auditors, who see instead who looked at whom.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, model_validator

from shared.contracts.types import Id, Line
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access as Kind
from shared.platform.authorisation import require
from shared.platform.exports import EXPORTS
from shared.platform.http import Lang, Page, Paging, page_of
from shared.platform.language import FieldValueError
from shared.platform.lists import Format
from shared.platform.people import Access, People, Person, PersonName, Phone
from shared.platform.people_accesses import AccessFiltersAsked, accesses_file
from shared.platform.problems import NotFoundError
from shared.platform.working_days import SHANGHAI

_LISTING = "people-accesses"

people_router = APIRouter(tags=["people"])

Clerk = Annotated[Principal, Depends(require(Role.LIAISON))]
Office = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
LogReader = Annotated[Principal, Depends(require(Role.OFFICE, access=Kind.READ, scope="county"))]


async def _people(request: Request) -> People:
    people: People = request.app.state.people
    return people


PeopleOf = Annotated[People, Depends(_people)]
"""Dependency: the people whom this service knows."""


# Before `/people/{person_id}`: routes are tried in this order.
@people_router.get("/people/accesses", response_model=Page[Access], responses=EXPORTS)
async def list_accesses(
    caller: LogReader,
    people: PeopleOf,
    paging: Paging,
    wanted: AccessFiltersAsked,
    language: Lang,
    format: Annotated[Format, Query(description="`csv` and `xlsx` have all, not a page of it")] = Format.JSON,
) -> Page[Access] | Response:
    """List who looked at whose personal data, when and why, the newest first."""

    async def read(before: str | None, limit: int) -> list[Access]:
        return await wanted.lines(people, caller, before=before, limit=limit)

    if format is not Format.JSON:
        newest = await read(None, 1)
        stamp = f"{newest[0].at.astimezone(SHANGHAI):%Y%m%d-%H%M}" if newest else "0"
        return await accesses_file(read, format, language, stamp)
    after = paging.after(_LISTING)
    found = await read(str(after[0]) if after else None, paging.limit + 1)
    return page_of(found, paging, _LISTING, lambda line: (line.id,))


class Search(BaseModel):
    """Whom somebody is looking for; in the body, since a name does not belong into a URL."""

    model_config = ConfigDict(extra="forbid")

    name: PersonName | None = None
    phone: Phone | None = None
    why: Line

    @model_validator(mode="after")
    def _for_somebody(self) -> Search:
        if self.name is None and self.phone is None:
            raise FieldValueError("请填写姓名或电话。", "Give a name or a phone number.")
        return self


class Found(BaseModel):
    """People who were found; at most 50."""

    items: list[Person]


@people_router.post("/people/searches")
async def search_people(body: Search, caller: Clerk, people: PeopleOf) -> Found:
    """Find people of exactly this name or phone in the caller's division; logs who looked, and why."""
    return Found(items=await people.search(name=body.name, phone=body.phone, reader=caller, why=body.why))


@people_router.get("/people/{person_id}")
async def get_person(
    person_id: Id,
    caller: Clerk,
    people: PeopleOf,
    why: Annotated[Line, Query(description="Why it has to be known; kept in the log")],
) -> Person:
    """Return what is known of a person in the caller's division; it is logged who looked, and why."""
    found = await people.look_up([person_id], reader=caller, why=why)
    if person_id not in found:
        raise NotFoundError
    return found[person_id]


class ErasureBody(BaseModel):
    """Why a person is erased."""

    model_config = ConfigDict(extra="forbid")

    why: Line


class Erased(BaseModel):
    """What was erased.

    Attributes:
        id: whose data it was.
        erased_at: UTC; of the first time.
        places: where something was found this time.
    """

    id: str
    erased_at: datetime
    places: list[str]


@people_router.post("/people/{person_id}/erasure")
async def erase_person(person_id: Id, body: ErasureBody, caller: Office, people: PeopleOf) -> Erased:
    """Erase what this service knows of a person, for good; events keep their opaque id only."""
    done = await people.erase_for(person_id, reader=caller, why=body.why)
    if done.erased_at is None:
        raise NotFoundError
    return Erased(id=person_id, erased_at=done.erased_at, places=list(done.places))
