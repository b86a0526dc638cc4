"""Venue standards shipped as data: a county's defaults, not rules of any authority (see README.md)."""

from __future__ import annotations

from importlib.resources import files

from pydantic import TypeAdapter

from services.meetings.domain.standards import ITEMS, Standards, VenueStandard
from shared.contracts.versions import PresetsError


def parse_standards(presets: bytes) -> Standards:
    """Return the standards of a JSON document; raises as `load_standards`."""
    standards = TypeAdapter(tuple[VenueStandard, ...]).validate_json(presets)
    for standard in standards:
        if not standard.has_its_items:
            reason = f"version {standard.version} needs {ITEMS} items, each code once"
            raise PresetsError(standard.code, reason)
    return Standards.shipped(standards)


def load_standards() -> Standards:
    """Return the standards of `standards.json`, in the file's order, the versions of each ascending.

    Raises:
        pydantic.ValidationError: the file is not a list of standards.
        PresetsError: a version is missing or there twice (T06), or has not six items (M02).
    """
    return parse_standards((files(__name__) / "standards.json").read_bytes())
