"""Published, numbered versions: what is shipped, and how a county goes on from there (T06). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Generic, Protocol, Self, TypeVar

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


class PresetsError(Exception):
    """What is shipped cannot be pinned safely; `reason` says why."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


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


@dataclass(frozen=True)
class Versions(Generic[V]):
    """The published versions of everything of one kind, by code, oldest first.

    Attributes:
        kind: what they are versions of, as fields and codes of refusals name it.
        title: the same in Chinese.
        rule: by which one that is asked for has to be there.
    """

    by_code: Mapping[str, tuple[V, ...]]

    kind: ClassVar[str]
    title: ClassVar[str]
    rule: ClassVar[str]

    @classmethod
    def shipped(cls, versions: Iterable[V]) -> Self:
        """Return versions that come in any order.

        Raises:
            PresetsError: a version is missing or there twice (T06).
        """
        by_code: dict[str, tuple[V, ...]] = {}
        for each in versions:
            by_code[each.code] = (*by_code.get(each.code, ()), each)
        for code, found in by_code.items():
            by_code[code] = ordered = tuple(sorted(found, key=lambda version: version.version))
            numbers = [version.version for version in ordered]
            if numbers != list(range(1, len(ordered) + 1)):
                raise PresetsError(code, f"versions {numbers}; number them 1, 2, 3 … without gap or double")
        return cls(by_code)

    def going_on_with(self, published: Iterable[V]) -> Self:
        """Return these, followed by what a county published: its numbers count from there on."""
        return type(self)(going_on_with(self.by_code, published))

    def newest(self, code: str) -> V:
        """Return the newest version under a code.

        Raises:
            RefusedError: there is none.
        """
        try:
            return self.by_code[code][-1]
        except KeyError:
            raise RefusedError(
                f"{self.kind}-unknown",
                rule=self.rule,
                zh=f"没有{self.title}“{code}”。可选：{'、'.join(self.by_code)}。",
                en=f"There is no {self.kind} {code!r}; there are {', '.join(self.by_code)}.",
                field=self.kind,
            ) from None


@dataclass(frozen=True)
class Circumstances(Generic[V]):
    """What a publication meets when it arrives.

    Attributes:
        presets: what is shipped.
        today: in Asia/Shanghai.
    """

    presets: Versions[V]
    today: date


def check_publication(version: V, published: Sequence[V], published_on: date, at: Circumstances[V]) -> None:
    """Let pass the next version, published by today (T06).

    Args:
        version: to be published.
        published: by the county under its code, oldest first.
        published_on: the day, in Asia/Shanghai.
        at: what it meets.

    Raises:
        RefusedError: the version is there already or leaves a gap, or the day has not come yet.
    """
    known = at.presets.going_on_with(published).by_code.get(version.code, ())
    expected = known[-1].version + 1 if known else 1
    if version.version != expected:
        raise RefusedError(
            "version-not-next",
            rule="T06",
            zh=f"已发布的版本不再改动；下一个版本号为 {expected}。",
            en=f"A published version never changes; the next one is {expected}.",
            field="version",
        )
    if published_on > at.today:
        raise RefusedError(
            "day-in-the-future",
            rule="T06",
            zh="发布日期不能晚于今天。",
            en="The day has not come yet.",
            field="published_on",
        )
