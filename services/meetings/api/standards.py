"""Venue standards over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, Field

from services.meetings.catalogue import PRESETS, standard_id
from services.meetings.deciders import STANDARD
from services.meetings.domain.standards import (
    ITEMS,
    Computed,
    PublishStandard,
    StandardItem,
    VenueStandard,
)
from services.meetings.moments import Now
from services.meetings.projections.standards import STANDARDS
from services.meetings.rights import Office
from services.meetings.views.standards import STANDARD_LIST, StandardView
from shared.contracts.types import Day, Line, Text
from shared.contracts.versions import Circumstances
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import ReadingOf
from shared.eventsourcing.versions import Catalogue, Code, CountyAsked, VersionNumber
from shared.platform.exports import EXPORTS
from shared.platform.http import Lang
from shared.platform.lists import Format
from shared.platform.working_days import today

router = APIRouter()


class ItemBody(BaseModel):
    """One of the six.

    Attributes:
        computed: what it is counted from; null where it needs evidence (M03).
        at_least: how many a computed item takes in twelve months.
    """

    code: Code
    title: Line
    computed: Computed | None = None
    at_least: int = Field(default=1, ge=1, le=1000)


class NewVersion(BaseModel):
    """The next version of a standard, whole.

    Attributes:
        version: one more than the newest, which the caller thereby says to have seen.
    """

    version: int = Field(ge=1, le=10_000)
    title: Line
    items: tuple[ItemBody, ...] = Field(min_length=ITEMS, max_length=ITEMS)
    source: Text | None = None
    published_on: Day

    def standard(self, code: str) -> VenueStandard:
        """Return it as the domain has it."""
        return VenueStandard(
            code=code,
            version=self.version,
            title=self.title,
            items=tuple(StandardItem(i.code, i.title, i.computed, i.at_least) for i in self.items),
            source=self.source or "",
        )


@router.post("/standards/{code}/versions", status_code=status.HTTP_201_CREATED)
async def publish_standard(
    code: Code, body: NewVersion, caller: Office, commands: CommandsOf, now: Now
) -> Written:
    """Publish the next version of a venue standard in the county (T06)."""
    county = caller.division[:6]
    at = Circumstances(PRESETS, today(now))
    return await commands.execute(
        STANDARD,
        standard_id(county, code),
        PublishStandard(county, body.standard(code), body.published_on, at),
        location=f"/standards/{code}/versions/{body.version}",
        division=county,
    )


CATALOGUE = Catalogue(PRESETS.by_code, STANDARDS, STANDARD_LIST)


@router.get("/standards", response_model=list[StandardView], responses=EXPORTS)
async def list_standards(
    county: CountyAsked,
    reading: ReadingOf,
    language: Lang,
    now: Now,
    format: Annotated[Format, Query()] = Format.JSON,
) -> list[StandardView] | Response:
    """List every published version of every venue standard of the county (T06)."""
    return await CATALOGUE.answer(reading, county, format, language, today(now))


@router.get("/standards/{code}/versions/{version}")
async def get_standard(
    code: Code, version: VersionNumber, county: CountyAsked, reading: ReadingOf
) -> StandardView:
    """Return one version of a venue standard, which never changes (T06)."""
    return await CATALOGUE.version(reading, county, code, version)
