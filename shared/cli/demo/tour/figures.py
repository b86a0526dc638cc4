"""What the board says of it all: statistics of the town, and a day's lights (C12)."""

from __future__ import annotations

from shared.cli.demo.tour.cast import DEPARTMENT, Cast
from shared.cli.demo.tour.handling import CALENDAR, DUE_WORKING_DAYS, Problem
from shared.cli.demo.tour.playing import Answer, Tour
from shared.cli.demo.tour.queue import duties
from shared.cli.demo.tour.words import word
from shared.platform.language import Text

_SHOWN = ("meetings", "problems_assigned", "problems_solved", "loops_closed")


def look_ahead(tour: Tour, cast: Cast, problem: Problem) -> None:
    """Play how what waits today would look on later days."""
    about = {"problem_id": problem.problem_id}
    last = CALENDAR.add_working_days(tour.today, DUE_WORKING_DAYS)
    late = CALENDAR.add_working_days(tour.today, DUE_WORKING_DAYS + 2)
    lights = {}
    for day in (last, late):
        page = cast.department.reads("board", f"/todo?limit=200&kind=reply&as_of={day}")
        (duty,) = duties(page, "reply", about)
        lights[day.isoformat()] = duty["light"]
    said = [f"{day}：{light['text']}" for day, light in lights.items()]
    tour.step(
        "queue-as-of",
        cast.department.title,
        Text("按以后的日期查看待办", "looks at the queue as of later days"),
        Text("；".join(said), "; ".join(said)),
        lights={day: light["colour"] for day, light in lights.items()},
    )


def read_statistics(tour: Tour, cast: Cast) -> None:
    """Play what the board counts of this year's activities in the town."""
    tour.chapter(Text("看板：本年统计、部门台账", "The board: statistics, a department's record"))
    path = f"/statistics?year={tour.today.year}&town={cast.town}"

    def closed(statistics: Answer) -> bool:
        return bool(statistics["total"]["loops_closed"])

    found = cast.visitor.reads("board", path, until=closed)["total"]
    english = ", ".join(f"{word(name).en} {found[name]}" for name in _SHOWN)
    chinese = "，".join(f"{word(name).zh} {found[name]}" for name in _SHOWN)
    tour.step(
        "statistics-read",
        cast.visitor.title,
        Text(f"查看{cast.town_name}本年统计", f"reads this year's figures of {cast.town_name}"),
        Text(chinese, english),
        **{name: found[name] for name in _SHOWN},
    )
    listed = f"/departments?division={cast.town}&department={DEPARTMENT}&year={tour.today.year}"
    (record,) = cast.liaison.reads("board", listed)["items"]
    tour.step(
        "department-read",
        cast.liaison.title,
        Text(f"查看{DEPARTMENT}办理情况", f"reads the record of {DEPARTMENT}"),
        Text(
            f"交办 {record['assigned']}，答复 {record['answered']}，在办 {record['open']}",
            f"assigned {record['assigned']}, answered {record['answered']}, open {record['open']}",
        ),
        **record,
    )
