"""Published, numbered versions: what is shipped, and how a county goes on from there (T06). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from shared.contracts.refusal import RefusedError


class Version(Protocol):
    """A published version; it never changes."""

    @property
    def code(self) -> str:
        """Return what it is a version of."""

    @property
    def version(self) -> int:
        """Return its number, from 1."""


V = TypeVar("V", bound=Version)


def going_on_with(shipped: Mapping[str, tuple[V, ...]], published: Iterable[V]) -> dict[str, tuple[V, ...]]:
    """Return what is shipped, followed by what a county published: its numbers count from there on.

    Args:
        shipped: versions by code, oldest first.
        published: by the county, those of one code oldest first.
    """
    by_code = dict(shipped)
    for each in published:
        before = [version for version in by_code.get(each.code, ()) if version.version < each.version]
        by_code[each.code] = (*before, each)
    return by_code


def require_next(version: Version, known: Sequence[Version]) -> None:
    """Refuse a version that is there already or leaves a gap (T06).

    Args:
        version: to be published.
        known: those that there are, oldest first.

    Raises:
        RefusedError: it is not the next.
    """
    expected = known[-1].version + 1 if known else 1
    if version.version != expected:
        raise RefusedError(
            "version-not-next",
            rule="T06",
            zh=f"已发布的版本不再改动;下一个版本号为 {expected}。",
            en=f"A published version never changes; the next one is {expected}.",
            field="version",
        )
