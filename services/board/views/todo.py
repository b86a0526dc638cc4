"""The shape of the work queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.board.duties.kinds import Kind, without_people
from services.board.duties.words import ENDPOINTS, TITLES
from services.board.lights import Light
from services.board.queue import DutyCounts
from services.board.views.base import LightView, View
from shared.contracts.types import LoopItem
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language, Text
from shared.platform.lights import Calendar, Colour, countdown


class WhereView(View):
    """Where a duty is done: an endpoint of the service.

    Attributes:
        service: `topics`, `meetings` or `cases`.
        path: of that service.
    """

    service: str
    method: str
    path: str


class DutyView(View):
    """Something that waits to be done.

    Attributes:
        what: in words, in the reader's language.
        about: title of the topic or plan; null until it is known.
        text: of the problem, where it is about one.
        count: how many there are to be done, where it can be several.
        recipients: offices and departments that may do it; people are not listed.
        since: the day from which it waits.
        due_on: null where no rule sets a day.
        light: as of the day asked for; never stored (C12).
    """

    duty_id: str
    kind: Kind
    what: str
    about: str | None
    text: str | None = None
    division: str
    town_name: str
    lead: str | None = None
    count: int | None = None
    recipients: list[str]
    since: date
    due_on: date | None
    light: LightView
    where: WhereView
    topic_id: str | None = None
    plan_id: str | None = None
    meeting_id: str | None = None
    entry_id: str | None = None
    problem_id: str | None = None
    case_id: str | None = None
    step: str | None = None

    @staticmethod
    def of(
        duty: Mapping[str, Any],
        title: str | None,
        *,
        as_of: date,
        calendar: Calendar,
        divisions: Divisions,
        language: Language,
    ) -> DutyView:
        """Return a duty with its words and its light.

        Args:
            duty: as it is kept.
            title: of its topic.
            as_of: the day of the light.
            calendar: counts working days.
            divisions: names the town.
            language: of the words.
        """
        due_on = date.fromisoformat(duty["due_on"]) if duty["due_on"] else None
        kind = Kind(duty["kind"])
        endpoint = ENDPOINTS[kind]
        where = WhereView(service=endpoint.service, method=endpoint.method, path=endpoint.address(duty))
        return DutyView.model_validate(
            {
                **duty,
                "what": what_text(duty).in_(language),
                "about": duty.get("title") or title,
                "town_name": divisions.name(town_of(duty["division"])),
                "recipients": without_people(duty["recipients"]),
                "light": LightView.of(Light.of(countdown(due_on, as_of, calendar)), language),
                "where": where,
            }
        )


def what_text(duty: Mapping[str, Any]) -> Text:
    """Return what is to be done in words, with the step's title or the number where there is one."""
    title = TITLES[Kind(duty["kind"])]
    if duty.get("step_title"):
        return Text(f"{title.zh}：{duty['step_title']}", f"{title.en}: {duty['step_title']}")
    if duty["kind"] == Kind.ASSIGN:
        return _assign_text(title, duty["count"])
    return title


def _assign_text(title: Text, count: int) -> Text:
    if count:
        return Text(f"{title.zh}（还有 {count} 条）", f"{title.en} ({count} left)")
    return Text(
        "没有能解决的问题：再交办一个，或经批准免除",
        f"No problem may be solved any more: assign another, or have the {LoopItem.PROBLEM} exempted",
    )


class DutyCountsView(View):
    """How many duties wait.

    Attributes:
        red, yellow, green, none: by their lights as of the day; `none` have no due date.
        by_kind: those that occur.
    """

    total: int
    red: int
    yellow: int
    green: int
    none: int
    by_kind: dict[Kind, int]

    @staticmethod
    def of(counts: DutyCounts) -> DutyCountsView:
        """Return counts as they are shown."""
        by_light = {str(colour): counts.by_light[colour] for colour in Colour}
        return DutyCountsView.model_validate({"total": counts.total, "by_kind": counts.by_kind, **by_light})
