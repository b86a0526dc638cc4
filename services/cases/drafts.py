"""A typical case while it is being written: its text, the names that must not be in it, what is found (C14).

A draft is kept beside the record (`shared/platform/texts.py`), by case and SHA-256, because it may name
people. The names that its editor lists are part of it: so they are swept, versioned and erased with it, and
no event has them. A salt is part of it, too: the text of a published case and its hash are known to
everybody, and without a salt a name beside it could be found by trying names until the hash is right.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from services.cases.domain.typical_case import PARTS, CaseText
from shared.platform.privacy import FindingKind, findings
from shared.platform.texts import ERASED

_BETWEEN = "\x1e"
"""Between the parts of a draft as it is kept; no part has it, so that erasing a name leaves them apart."""

_SALT_BYTES = 16

EXCERPT_AROUND = 12
"""Characters before and after a finding that are shown with it."""


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A version of a case.

    Attributes:
        text: what is to be published; parts may still be empty.
        names: of people who must not be named in it.
        salt: keeps its hash from telling them; the same in all versions of a case, so that the same text
            is the same version.
    """

    text: CaseText
    names: tuple[str, ...]
    salt: str

    def written(self) -> str:
        """Return it as it is kept and hashed."""
        return _BETWEEN.join([*(getattr(self.text, part) for part in PARTS), self.salt, *self.names])

    @classmethod
    def read(cls, written: str) -> CaseDraft:
        """Return a draft that was kept; names of people erased since are gone from its list."""
        parts = written.split(_BETWEEN)
        text, (salt, *names) = CaseText(*parts[: len(PARTS)]), parts[len(PARTS) :]
        return cls(text, tuple(name for name in names if ERASED not in name), salt)


def new_salt() -> str:
    """Return a salt for a case that has none yet."""
    return secrets.token_hex(_SALT_BYTES)


@dataclass(frozen=True, slots=True)
class PartFinding:
    """Where something personal stands in a draft.

    Attributes:
        part: `title` or one of the five dimensions.
        start: index of its first character in the part.
        end: index after its last.
        excerpt: the words around it, for the editor.
    """

    part: str
    start: int
    end: int
    kind: FindingKind
    excerpt: str


def found_in(draft: CaseDraft, known: Collection[str]) -> Iterator[PartFinding]:
    """Find what personal data is left in a draft, part after part.

    Args:
        draft: with the names that its editor listed.
        known: further names, listed with other cases of its topic.
    """
    names = {*draft.names, *known}
    for part in PARTS:
        text = getattr(draft.text, part)
        for found in findings(text, names):
            excerpt = text[max(found.start - EXCERPT_AROUND, 0) : found.end + EXCERPT_AROUND]
            yield PartFinding(part, found.start, found.end, found.kind, excerpt)


def counted(found: Iterable[PartFinding]) -> dict[str, int]:
    """Return how many findings each part has; parts without any are left out."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.part] = counts.get(each.part, 0) + 1
    return counts
