"""What several views of the board have in common: freshness, lights, due dates."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from services.board.lights import Light
from services.board.page import due_text, light_text
from services.board.status import DueKind
from services.board.summary import Line
from shared.platform.language import Language
from shared.platform.lights import Colour


class View(BaseModel):
    """A part of an answer; fields of the stored document that it does not name stay inside."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class FreshnessView(View):
    """How fresh the figures are.

    Attributes:
        as_of: everything recorded before this moment is in them, UTC; null while nothing is known.
        behind_events, behind_seconds: what is not in them yet, at most.
    """

    as_of: datetime | None
    behind_events: int
    behind_seconds: float


class LightView(View):
    """A light as of a day (C12).

    Attributes:
        working_days: late where red, else left.
        on: the day it counts.
        kind: `reply` or `follow-up`.
        lead: who has it in hand (承办单位).
        provisional: the holidays of that year are not published yet.
        text: in the reader's language, e.g. 红灯 · 逾期 3 个工作日; empty where nothing is due.
    """

    colour: Colour
    working_days: int
    on: date | None
    kind: DueKind | None
    lead: str | None
    provisional: bool
    text: str

    @staticmethod
    def of(light: Light, language: Language) -> LightView:
        """Return a light with its words."""
        return LightView(
            colour=light.colour,
            working_days=light.working_days,
            on=light.on,
            kind=light.kind,
            lead=light.lead,
            provisional=light.provisional,
            text=light_text(light, language),
        )


class DueView(View):
    """An activity that is overdue or due soon."""

    topic_id: str
    title: str
    town: str
    town_name: str
    light: LightView
    due: str

    @staticmethod
    def of(line: Line, language: Language) -> DueView:
        """Return a line that has a light."""
        return DueView(
            topic_id=line.activity["topic_id"],
            title=line.activity["title"],
            town=line.town,
            town_name=line.town_name,
            light=LightView.of(line.light, language),
            due=due_text(line.light, language),
        )
