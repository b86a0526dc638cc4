"""The shape of plans, with the progress of their items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.board.progress import ItemProgress
from services.board.views.base import View
from services.board.words import PROGRESS
from shared.platform.language import Language


class PlanItemView(View):
    """An item of a plan; its progress follows from its activities (T05)."""

    number: int
    title: str
    form: str | None = None
    lead: str | None = None
    co_organisers: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    quarter: int | None = None
    expected_outcome: str | None = None
    progress: ItemProgress
    progress_text: str
    topic_ids: list[str]


class PlanView(View):
    """A year's plan with the progress of its items."""

    plan_id: str
    division: str
    year: int
    title: str
    stage: str
    document_number: str | None = None
    issued_on: date | None = None
    items: list[PlanItemView]

    @staticmethod
    def of(plan: Mapping[str, Any], language: Language) -> PlanView:
        """Return a plan as `progress.with_progress` made it."""
        items = [{**i, "progress_text": PROGRESS[i["progress"]].in_(language)} for i in plan["items"]]
        return PlanView.model_validate({**plan, "items": items})
