"""Published, numbered versions over HTTP: those shipped, and those that the county published (T06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, StringConstraints

from shared.contracts.versions import Version, going_on_with
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.reading import Reading
from shared.platform.auth import Principal
from shared.platform.authorisation import anyone
from shared.platform.exports import whole_file
from shared.platform.language import Language
from shared.platform.lists import Format, Listing
from shared.platform.problems import NotFoundError

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
VersionNumber = Annotated[int, Path(ge=1, le=10_000)]


class VersionView(BaseModel):
    """What every version shows of itself."""

    code: str
    version: int


V = TypeVar("V", bound=VersionView)


async def _county_asked(caller: Annotated[Principal | None, Depends(anyone())], request: Request) -> str:
    county: str = caller.division[:6] if caller else request.app.state.settings.county
    return county


CountyAsked = Annotated[str, Depends(_county_asked)]
"""The caller's county; the installation's own for whoever is nobody. What is published is for everybody."""


@dataclass(frozen=True)
class Catalogue(Generic[V]):
    """All versions of one kind that a county has.

    Attributes:
        shipped: by code, oldest first.
        published: documents whose `versions` a county published, oldest first.
        listing: how they are listed, and what is shown of one.
    """

    shipped: Mapping[str, tuple[Version, ...]]
    published: Projection
    listing: Listing[V]

    async def versions(self, reading: Reading, county: str) -> list[V]:
        """Return every version, by code in the order of what is shipped, oldest first."""
        show = self.listing.view.model_validate
        shipped = {
            code: tuple(show(version, from_attributes=True) for version in versions)
            for code, versions in self.shipped.items()
        }
        documents = await reading.all(self.published, {"division": county})
        own = [show(version) for document in documents for version in document["versions"]]
        return [version for versions in going_on_with(shipped, own).values() for version in versions]

    async def version(self, reading: Reading, county: str, code: str, number: int) -> V:
        """Return one version, which never changes.

        Raises:
            NotFoundError: there is none.
        """
        for found in await self.versions(reading, county):
            if (found.code, found.version) == (code, number):
                return found
        raise NotFoundError

    async def answer(
        self, reading: Reading, county: str, form: Format, language: Language, today: date
    ) -> list[V] | Response:
        """Return every version, as JSON or as a file to save."""
        versions = await self.versions(reading, county)
        if form is Format.JSON:
            return versions
        return await whole_file(self.listing, versions, form, language, f"{today:%Y%m%d}")
