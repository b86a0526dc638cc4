"""Procedures shipped as data: a county's defaults, not rules of any authority (see README.md)."""

from __future__ import annotations

from importlib.resources import files

from pydantic import TypeAdapter

from services.topics.domain.procedures import Procedure, Procedures


class PresetsError(Exception):
    """The versions of a procedure in a presets file are not 1, 2, 3 …, so that none can be pinned safely."""

    def __init__(self, code: str, versions: list[int]) -> None:
        self.code = code
        self.versions = versions
        super().__init__(f"{code}: versions {versions}; number them 1, 2, 3 … without gap or double")


def _in_order(code: str, versions: list[Procedure]) -> tuple[Procedure, ...]:
    ordered = sorted(versions, key=lambda procedure: procedure.version)
    numbers = [procedure.version for procedure in ordered]
    if numbers != list(range(1, len(ordered) + 1)):
        raise PresetsError(code, numbers)
    return tuple(ordered)


def parse_procedures(presets: bytes) -> Procedures:
    """Return the procedures of a JSON document; raises as `load_procedures`."""
    by_code: dict[str, list[Procedure]] = {}
    for procedure in TypeAdapter(tuple[Procedure, ...]).validate_json(presets):
        by_code.setdefault(procedure.code, []).append(procedure)
    return Procedures({code: _in_order(code, versions) for code, versions in by_code.items()})


def load_procedures() -> Procedures:
    """Return the procedures of `procedures.json`, in the file's order, the versions of each ascending.

    Raises:
        pydantic.ValidationError: the file is not a list of procedures.
        PresetsError: a version is missing or there twice (T06).
    """
    return parse_procedures((files(__name__) / "procedures.json").read_bytes())
