"""Procedures as published, versioned data (T06, T10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contracts.refusal import RefusedError
from shared.contracts.topics import Step
from shared.contracts.types import MeetingRules

DEFAULT_PROCEDURE = "three-discussions-seven-steps"


@dataclass(frozen=True)
class Procedure:
    """A published version of a procedure; it never changes (T06).

    Attributes:
        days: calendar days that a topic has in all, counted from its proposal (T21); None for no limit.
        surveys_required: surveys that are to precede the consultation (T17); None where it asks for none.
        rules: for its meetings; None where it says nothing.
        official: False for a preset: a county's default, not a rule of any authority.
        source: where its wording comes from, in Chinese.
    """

    code: str
    version: int
    title: str
    steps: tuple[Step, ...]
    days: int | None = None
    surveys_required: int | None = None
    rules: MeetingRules | None = None
    official: bool = False
    source: str = ""


@dataclass(frozen=True)
class Procedures:
    """The published versions of every procedure."""

    by_code: Mapping[str, tuple[Procedure, ...]]

    def newest(self, code: str) -> Procedure:
        """Return the newest version of a procedure.

        Raises:
            RefusedError: there is no such procedure.
        """
        try:
            return self.by_code[code][-1]
        except KeyError:
            raise RefusedError(
                "procedure-unknown",
                rule="T10",
                zh=f"没有程序“{code}”。可选:{'、'.join(self.by_code)}。",
                en=f"There is no procedure {code!r}; there are {', '.join(self.by_code)}.",
                field="procedure",
            ) from None
