"""The shape of a procedure, as OpenAPI shows it."""

from __future__ import annotations

from services.topics.views.base import View


class StepTitle(View):
    """A step of a procedure, in Chinese."""

    code: str
    title: str
    phase: str
    papers: tuple[str, ...]


class ProcedureView(View):
    """A published version of a procedure; `official` is False for presets."""

    code: str
    version: int
    title: str
    official: bool
    source: str
    days: int | None
    steps: tuple[StepTitle, ...]
