"""The work queue in the course of the tour: a duty comes, and goes with what does it."""

from __future__ import annotations

from shared.cli.demo.tour.playing import Answer, Person, Tour
from shared.platform.language import Text

_PAGE = 200


def duties(page: Answer, kind: str | None, about: dict[str, str]) -> list[Answer]:
    """Return the duties of a page that are of a kind, or of any, and about something."""
    return [
        duty
        for duty in page["items"]
        if kind in (None, duty["kind"]) and all(duty[name] == value for name, value in about.items())
    ]


def _path(kind: str | None) -> str:
    return f"/todo?limit={_PAGE}" + (f"&kind={kind}" if kind else "")


def waits_for(tour: Tour, person: Person, kind: str, **about: str) -> Answer:
    """Tell what waits for somebody, as soon as it does, and return it."""
    page = person.reads("board", _path(kind), until=lambda page: bool(duties(page, kind, about)))
    duty, *_ = duties(page, kind, about)
    due = duty["due_on"]
    tour.step(
        "duty-waits",
        person.title,
        Text("查看待办", "looks at what waits"),
        Text(
            f"{duty['what']}" + (f"，{due} 前（{duty['light']['text']}）" if due else ""),
            f"{duty['what']}" + (f", by {due} ({duty['light']['text']})" if due else ""),
        ),
        kind=kind,
        due_on=due,
        light=duty["light"]["colour"],
        recipients=duty["recipients"],
    )
    return duty


def waits_no_more(tour: Tour, person: Person, kind: str | None, **about: str) -> None:
    """Tell that something does not wait for somebody any more, as soon as it does not."""
    person.reads("board", _path(kind), until=lambda page: not duties(page, kind, about))
    tour.step(
        "duty-done",
        person.title,
        Text("再看待办", "looks again at what waits"),
        Text("已办，不再列出", "it is done, and not there any more"),
        kind=kind,
        **about,
    )
