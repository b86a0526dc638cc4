"""What several of the board's endpoints ask for: who calls, which day, town and year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator, Field

from services.board.changes import Changes
from services.board.source import BoardSource
from shared.contracts.types import Day, DivisionCode
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require

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
AsOf = Annotated[Day | None, _EmptyIsNone, Query(description="Day of the lights, in Shanghai; else today")]
Town = Annotated[DivisionCode | None, _EmptyIsNone, Query(description="Only this town or community")]
_LedgerYear = Annotated[int, Field(ge=1949, le=2200)]
Year = Annotated[_LedgerYear | None, _EmptyIsNone, Query(description="Only this year's ledger")]


ELSEWHERE: dict[int | str, dict[str, Any]] = {404: {"description": "`town` lies outside the county"}}
"""`responses` of an endpoint that takes a town."""


def known_to(caller: Principal, document: Mapping[str, Any]) -> bool:
    """Tell whether a document of a topic is the caller's to see."""
    # Partial until its topic is known: then it has no division yet, and nobody is shown it.
    return document["division"] is not None and caller.covers(document["division"])
