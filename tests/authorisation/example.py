"""One example request to an endpoint, and what may be reached by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.platform.auth import Role

COUNTY, TOWN, NEXT_TOWN, NEXT_COUNTY = "371621", "371621001", "371621002", "371622"

ME, STRANGER = "p-1", "p-2"
"""Subjects of two accounts: the first has a part in what is there, the second has none."""


class Reach(StrEnum):
    """Where what an endpoint touches may lie, seen from the caller; declared right and role apart."""

    DIVISION = "own division"
    COUNTY = "whole county"
    OWN = "what is one's own"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Who:
    """A caller; no role: somebody without an account."""

    role: Role | None
    division: str
    subject: str = ME

    def reaches(self, reach: Reach, division: str) -> bool:
        """Tell whether what lies in a division is in reach."""
        match reach:
            case Reach.DIVISION:
                return division.startswith(self.division)
            case Reach.COUNTY:
                return division[:6] == self.division[:6]
            case _:
                return True


@dataclass(frozen=True)
class Further:
    """A rule beyond role and division.

    Attributes:
        text: for the page.
        lets: who of those in reach passes.
        otherwise: how the others are answered.
    """

    text: str
    lets: Callable[[Who], bool]
    otherwise: int


@dataclass(frozen=True)
class Example:
    """A request that is right in all but who sends it.

    Attributes:
        endpoint: e.g. `POST /topics/{topic_id}/adoption`.
        path: of the request; `{…}` in it, in headers and in forms are names of what the world knows.
        answers: status for who is let in.
        body: JSON.
        form: fields of a page.
        file: whether a file is sent.
        headers: further ones.
        reach: where what it touches may lie.
        lives_in: where that lies.
        lists: the answer has `items`: those that are in reach, so it is no less than 200 for anybody else.
        subject: whose account asks.
        further: a rule beyond role and division.
        nothing: an id that is none of a thing that is there, in the form in which such ids are.
    """

    endpoint: str
    path: str
    body: Mapping[str, Any] | None = None
    answers: int = 200
    form: Mapping[str, str] | None = None
    file: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    reach: Reach = Reach.DIVISION
    lives_in: str = TOWN
    lists: bool = False
    subject: str = ME
    further: Further | None = None
    nothing: str = "no-such-thing"

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        return self.endpoint.partition(" ")[0]
