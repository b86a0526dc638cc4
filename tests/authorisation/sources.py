"""Where the examples of each service lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from tests.authorisation.example import Example
from tests.unit.authorisation import (
    examples_board,
    examples_cases,
    examples_meetings,
    examples_notify,
    examples_topics,
)
from tests.unit.authorisation.world import World


class Source(Protocol):
    """The examples of a service.

    Attributes:
        EXAMPLES: one or more for every endpoint.
    """

    @property
    def EXAMPLES(self) -> tuple[Example, ...]:
        """See the class."""

    async def world(self) -> World:
        """Return what has to be there for them to be right."""


SOURCES: Final[Mapping[str, Source]] = {
    "topics": examples_topics,
    "meetings": examples_meetings,
    "cases": examples_cases,
    "notify": examples_notify,
    "board": examples_board,
}
"""Services whose every endpoint is tried by everybody."""
