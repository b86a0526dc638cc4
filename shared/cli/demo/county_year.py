"""A county's whole year, made up: as many members, meetings and opinions as one has, for trying out its size.

Nothing of it is real: names are put together from syllables, days and outcomes drawn at random, the same for
the same seed. It is entered as an office enters last year's ledger: back-entries, which ring nobody's bell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.cli.ledger.commands import Call
from shared.contracts.types import (
    Basis,
    HostPlatform,
    Level,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    Tier,
)
from shared.ledger.divisions import Divisions, Town
from shared.ledger.reading import LedgerReading
from shared.ledger.rows import ActivityRow, PlanItemRow, VenueRow

SOURCE = Path("county-year")
"""Stands where a workbook's name does: every command says which row it came of."""

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
_GIVEN = "安博成达恩方国海宏嘉建军康立民明宁平庆荣瑞思泰维文新兴雅永远"
_SECTORS = ("农业界", "工商联", "教育界", "医药卫生界", "经济界", "科技界", "文化艺术界", "社会福利界")
_PLACES = ("东街", "西关", "南苑", "北坛", "中心", "河东", "桥头", "新村")
_MATTERS = (
    ("路灯照明", "县住建局"),
    ("生活污水治理", "市生态环境局惠民分局"),
    ("农村公路养护", "县交通运输局"),
    ("老旧小区改造", "县住建局"),
    ("居家养老服务", "县民政局"),
    ("村卫生室用药", "县卫生健康局"),
    ("校园周边交通", "县公安局"),
    ("农贸市场环境", "县市场监管局"),
    ("灌溉水渠清淤", "县水利局"),
    ("技能培训与就业", "县人力资源社会保障局"),
)
_OPINIONS = (
    "由承办单位现场勘查,列出清单",
    "分批实施,每月公示进度",
    "完成后由村(居)民代表验收",
    "建立长效管护制度",
)
_UNTIL_HELD = timedelta(days=37)
"""Of every topic the consultation was held by today."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a year is.

    Attributes:
        members: of the county.
        venues, meetings: of each town.
        opinions: of each meeting.
    """

    members: int = 200
    venues: int = 8
    meetings: int = 300
    opinions: int = 10


def members(county: str, sizes: Sizes, *, year: int, seed: int) -> Iterator[Call]:
    """Yield what enters the county's members on the roster, with made-up names."""
    random = Random(seed)  # noqa: S311 - made-up data, and the same each time
    for number in range(1, sizes.members + 1):
        member_id = _id(county, year, f"member/{number}")
        body = {
            "member_id": member_id,
            "division": county,
            "name": random.choice(_SURNAMES) + random.choice(_GIVEN) + random.choice(_GIVEN),
            "sector": random.choice(_SECTORS),
            "liaison_office": "县政协委员联络室",
            "enrolled_on": date(year, 1, 2).isoformat(),
            "source": f"{SOURCE}#members!{number}",
        }
        yield Call("meetings", "/members", body, key=_id(county, year, f"command/member/{number}"))


def _id(county: str, year: int, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{SOURCE}/{county}/{year}/{what}"))


def reading(divisions: Divisions, today: date, sizes: Sizes, *, seed: int) -> LedgerReading:
    """Return the year of a day as a ledger that was read without a fault.

    Args:
        divisions: the county and its towns.
        today: nothing in it is later.
        sizes: how many of each.
        seed: the same gives the same year.
    """
    random = Random(seed)  # noqa: S311 - made-up data, and the same each time
    venues = tuple(_venues(divisions.towns, sizes))
    activities = tuple(
        _activity(random, town, today, row=1 + place * sizes.meetings + number, number=number, sizes=sizes)
        for place, town in enumerate(divisions.towns)
        for number in range(1, sizes.meetings + 1)
    )
    return LedgerReading(
        path=SOURCE,
        county=divisions.county,
        sheets=(),
        activities=activities,
        plan_items=tuple(_plan_items(today.year)),
        venues=venues,
        findings=(),
        differences=(),
    )


def _plan_items(year: int) -> Iterator[PlanItemRow]:
    for number in range(1, 17):
        matter, department = _MATTERS[number % len(_MATTERS)]
        title = f"{matter}专题协商(第 {number} 项)"
        yield PlanItemRow(
            sheet="plan", row=number, year=year, number=number, title=title, departments=(department,)
        )


def _venue_title(town: Town, number: int) -> str:
    return f"{town.name}{_PLACES[number % len(_PLACES)]}协商议事室"


def _venues(towns: tuple[Town, ...], sizes: Sizes) -> Iterator[VenueRow]:
    platforms = list(HostPlatform)
    for place, town in enumerate(towns):
        for number in range(sizes.venues):
            yield VenueRow(
                sheet="venues",
                row=1 + place * sizes.venues + number,
                town=town,
                tier=Tier.ROOM if number == 0 else Tier.STATION,
                title=_venue_title(town, number),
                host_platform=platforms[number % len(platforms)],
            )


def _activity(random: Random, town: Town, today: date, *, row: int, number: int, sizes: Sizes) -> ActivityRow:
    matter, department = random.choice(_MATTERS)
    place = random.choice(_PLACES)
    first = date(today.year, 1, 5)
    proposed = first + timedelta(days=random.randrange(max((today - first).days - _UNTIL_HELD.days, 1)))
    days = _Days(random, proposed, today)
    adopted, consulted = days.after(12), days.after(25)  # together `_UNTIL_HELD` at most
    return ActivityRow(
        sheet="activities",
        row=row,
        year=today.year,
        number=row,
        town=town,
        title=f"{town.name}{place}{matter}问题(第 {number} 件)",
        origin=random.choice(list(Origin)),
        basis=random.choice(list(Basis)),
        level=Level.TOWN,
        proposed_on=proposed,
        adopted_on=adopted,
        surveys=random.choice((None, 1, 2)) if adopted else None,
        venue=_venue_title(town, random.randrange(sizes.venues)) if consulted else None,
        form=random.choice(list(MeetingForm)) if consulted else None,
        consulted_on=consulted,
        opinions=tuple(f"{n}. {matter}:{random.choice(_OPINIONS)}" for n in range(1, sizes.opinions + 1))
        if consulted
        else (),
        **(_attendance(random) | _problem(random, days, matter, department) if consulted else {}),
    )


class _Days:
    """One day after the other, until today: what would be later has not happened."""

    def __init__(self, random: Random, begin: date, today: date) -> None:
        self._random = random
        self._today = today
        self._last: date | None = begin

    def after(self, at_most: int) -> date | None:
        """Return a later day, None once there is none."""
        if self._last is not None:
            later = self._last + timedelta(days=self._random.randint(1, at_most))
            self._last = later if later <= self._today else None
        return self._last


def _attendance(random: Random) -> dict[str, int]:
    kinds = {"members": 3, "departments": 2, "stakeholders": 4, "residents": 20}
    present = {kind: random.randint(1, most) for kind, most in kinds.items()}
    return {**present, "present": sum(present.values()), "expected": sum(present.values()) + 2}


def _problem(random: Random, days: _Days, matter: str, department: str) -> dict[str, Any]:
    assigned = days.after(7)
    if assigned is None:
        return {}
    found: dict[str, Any] = {
        "problem": f"{matter}需要尽快解决",
        "lead_handler": department,
        "assigned_on": assigned,
        "due_on": assigned + timedelta(days=random.choice((30, 60, 92))),
    }
    replied = days.after(80)
    if replied is None:
        return found
    result = random.choices(list(ReplyResult), weights=(80, 10, 6, 4))[0]
    found |= {"replied_on": replied, "result": result}
    solved = days.after(12)
    if result is not ReplyResult.A or solved is None:
        return found
    found |= {
        "rating": random.choice((Rating.SATISFIED, Rating.SATISFIED, Rating.FAIRLY_SATISFIED)),
        "solved_on": solved,
    }
    return found | _written_up(random, days, matter)


def _written_up(random: Random, days: _Days, matter: str) -> dict[str, Any]:
    reported = days.after(20)
    if reported is None or random.random() < 0.2:
        return {}
    return {
        "case_title": f"协商解决{matter}问题",
        "case_background": "群众反映集中。",
        "case_results": "问题已解决,群众满意。",
        "outlet": "惠民县融媒体中心",
        "media_level": MediaLevel.COUNTY,
        "reported_on": reported,
    }
