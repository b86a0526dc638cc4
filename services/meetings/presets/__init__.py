"""Venue standards shipped as data: a county's defaults, not rules of any authority (see README.md)."""

from __future__ import annotations

from importlib.resources import files

from pydantic import TypeAdapter

from services.meetings.domain.standards import ITEMS, Standards, VenueStandard


class PresetsError(Exception):
    """A presets file holds what no venue could be held against safely; `reason` says what."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}: {reason}")


def _in_order(code: str, versions: list[VenueStandard]) -> tuple[VenueStandard, ...]:
    ordered = sorted(versions, key=lambda standard: standard.version)
    numbers = [standard.version for standard in ordered]
    if numbers != list(range(1, len(ordered) + 1)):
        raise PresetsError(code, f"versions {numbers}; number them 1, 2, 3 … without gap or double")
    for standard in ordered:
        if len(standard.items) != ITEMS or len({item.code for item in standard.items}) != ITEMS:
            raise PresetsError(code, f"version {standard.version} needs {ITEMS} items, each code once")
    return tuple(ordered)


def parse_standards(presets: bytes) -> Standards:
    """Return the standards of a JSON document; raises as `load_standards`."""
    by_code: dict[str, list[VenueStandard]] = {}
    for standard in TypeAdapter(tuple[VenueStandard, ...]).validate_json(presets):
        by_code.setdefault(standard.code, []).append(standard)
    return Standards({code: _in_order(code, versions) for code, versions in by_code.items()})


def load_standards() -> Standards:
    """Return the standards of `standards.json`, in the file's order, the versions of each ascending.

    Raises:
        pydantic.ValidationError: the file is not a list of standards.
        PresetsError: a version is missing or there twice (T06), or has not six items (M02).
    """
    return parse_standards((files(__name__) / "standards.json").read_bytes())
