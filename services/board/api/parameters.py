"""What several of the board's endpoints ask for: who calls, which day, town and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator, Field

from services.board.source import BoardSource
from shared.contracts.types import Day, DivisionCode
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require
from shared.platform.sse import Changes

Reader = Annotated[Principal, Depends(require(Role.MEMBER, Role.DEPARTMENT, access=Access.READ))]
Public = Depends(anyone())


def source_of(request: Request) -> BoardSource:
    """Return where this process gets the board's figures."""
    source: BoardSource = request.app.state.board
    return source


def changes_of(request: Request) -> Changes:
    """Return the streams of this process."""
    changes: Changes = request.app.state.changes
    return changes


Source = Annotated[BoardSource, Depends(source_of)]
# A form sends what was left empty as an empty text.
_EmptyIsNone = BeforeValidator(lambda value: value or None)
AsOf = Annotated[
    Day | None,
    _EmptyIsNone,
    Query(
        description="As it stood at the end of that day, in Shanghai; of a later day than today the lights"
    ),
]
Town = Annotated[DivisionCode | None, _EmptyIsNone, Query(description="Only this town or community")]
_LedgerYear = Annotated[int, Field(ge=1949, le=2200)]
Year = Annotated[_LedgerYear | None, _EmptyIsNone, Query(description="Only this year's ledger")]


ELSEWHERE: dict[int | str, dict[str, Any]] = {404: {"description": "`town` lies outside the county"}}
"""`responses` of an endpoint that takes a town."""


@dataclass(frozen=True, slots=True)
class When:
    """Of which day the board is asked for.

    Attributes:
        asked: in Asia/Shanghai; None for the present day, whichever it is.
        today: likewise.
    """

    asked: date | None
    today: date

    @property
    def day(self) -> date:
        """The day of the lights."""
        return self.asked or self.today

    @property
    def past(self) -> date | None:
        """The day as of which all is shown; None where it is shown as it is now."""
        return self.asked if self.asked is not None and self.asked < self.today else None


async def _when(source: Source, as_of: AsOf = None) -> When:
    return When(as_of, source.today())


WhenAsked = Annotated[When, Depends(_when)]


def known_to(caller: Principal, document: Mapping[str, Any]) -> bool:
    """Tell whether a document of a topic is the caller's to see."""
    # Partial until its topic is known: then it has no division yet, and nobody is shown it.
    return document["division"] is not None and caller.covers(document["division"])
