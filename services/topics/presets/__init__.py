"""Procedures shipped as data: a county's defaults, not rules of any authority (see README.md)."""

from __future__ import annotations

from importlib.resources import files

from pydantic import TypeAdapter

from services.topics.domain.procedures import Procedure, Procedures


def parse_procedures(presets: bytes) -> Procedures:
    """Return the procedures of a JSON document; raises as `load_procedures`."""
    return Procedures.shipped(TypeAdapter(tuple[Procedure, ...]).validate_json(presets))


def load_procedures() -> Procedures:
    """Return the procedures of `procedures.json`, in the file's order, the versions of each ascending.

    Raises:
        pydantic.ValidationError: the file is not a list of procedures.
        PresetsError: a version is missing or there twice (T06).
    """
    return parse_procedures((files(__name__) / "procedures.json").read_bytes())
