"""How a tour asks services: what it waits for, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import httpx
import pytest

from shared.cli.demo.tour import playing
from shared.cli.demo.tour.playing import Person, Tour, UnexpectedAnswerError
from shared.cli.demo.tour.rescheduling import _shortly
from shared.cli.failures import UNREACHABLE, WRONG, CliError
from shared.platform.language import Text
from shared.platform.settings import load_settings
from shared.platform.working_days import today

PROBLEM = {"content-type": "application/problem+json"}
SOMEBODY = Text("联络室", "office")


def tour_on(answer: Callable[[httpx.Request], httpx.Response], lines: list[str] | None = None) -> Tour:
    client = httpx.Client(transport=httpx.MockTransport(answer))
    told = [] if lines is None else lines
    return Tour(load_settings(), client, "zh", told.append)


def answering(*answers: httpx.Response) -> tuple[Person, list[httpx.Request]]:
    """Return somebody whom services answer with these, one after the other, the last one for ever."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[min(len(asked), len(answers)) - 1]

    return Person(tour_on(answer), SOMEBODY, "somebody", "a token"), asked


def refusal(code: str, status: int = 422) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "不行"}, headers=PROBLEM)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(playing, "_PAUSE_SECONDS", 0.001)


def test_an_unexpected_answer_ends_the_tour_and_is_shown() -> None:
    person, _ = answering(refusal("venue-closed"))

    with pytest.raises(
        UnexpectedAnswerError, match=r"POST /meetings was answered 422 .*venue-closed"
    ) as error:
        person.does("meetings", "/meetings", title="议题")

    assert error.value.code == WRONG


@pytest.mark.parametrize("answer", [httpx.Response(201, json={"id": "a"}), refusal("venue-closed")])
def test_a_refusal_that_does_not_come_ends_the_tour(answer: httpx.Response) -> None:
    person, _ = answering(answer)

    with pytest.raises(UnexpectedAnswerError):
        person.is_refused("venue-taken", "meetings", "/meetings")


def test_an_expected_refusal_is_what_was_said() -> None:
    person, _ = answering(refusal("venue-taken"))

    assert person.is_refused("venue-taken", "meetings", "/meetings")["detail"] == "不行"


@pytest.mark.parametrize("not_yet", [refusal("topic-unknown"), refusal("not-caught-up", 503)])
def test_what_another_service_has_not_heard_of_yet_is_tried_again_as_the_same_command(
    not_yet: httpx.Response,
) -> None:
    person, asked = answering(not_yet, httpx.Response(201, json={"id": "a"}))

    assert person.does("meetings", "/meetings") == {"id": "a"}
    assert len(asked) == 2
    assert len({request.headers["idempotency-key"] for request in asked}) == 1


def test_commands_are_told_apart_by_their_keys() -> None:
    person, asked = answering(httpx.Response(201, json={}))

    person.does("topics", "/topics")
    person.does("topics", "/topics")

    assert len({request.headers["idempotency-key"] for request in asked}) == 2


def test_what_follows_elsewhere_is_waited_for() -> None:
    states: Iterable[httpx.Response] = (
        httpx.Response(404),
        httpx.Response(200, json={"situation": "proposed"}),
        httpx.Response(200, json={"situation": "adopted"}),
    )
    person, _ = answering(*states)

    shown = person.reads("topics", "/topics/a", until=lambda topic: bool(topic["situation"] == "adopted"))

    assert shown == {"situation": "adopted"}


def test_what_does_not_follow_ends_the_tour() -> None:
    person, _ = answering(httpx.Response(200, json={"situation": "proposed"}))

    with pytest.raises(UnexpectedAnswerError, match="proposed"):
        person.reads("topics", "/topics/a", until=lambda topic: bool(topic["situation"] == "adopted"))


def test_what_must_not_be_there_ends_the_tour_where_it_is() -> None:
    person, _ = answering(httpx.Response(200, json={"name": "somebody"}))

    with pytest.raises(UnexpectedAnswerError):
        person.finds_nothing("topics", "/people/a")


def test_a_notice_is_heard_of_once() -> None:
    notices = [{"notice_id": "2", "title": "有席位了"}, {"notice_id": "1", "title": "邀请"}]
    person, _ = answering(
        httpx.Response(200, json={"items": notices[1:]}),
        httpx.Response(200, json={"items": notices[1:]}),
        httpx.Response(200, json={"items": notices}),
    )

    assert [person.hears()["title"], person.hears()["title"]] == ["邀请", "有席位了"]


def test_a_service_that_does_not_answer_is_out_of_reach() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(CliError, match="does not answer") as error:
        Person(tour_on(refuse), SOMEBODY).does("topics", "/topics")

    assert error.value.code == UNREACHABLE


def test_steps_are_numbered_by_chapter_and_told_a_line_each() -> None:
    lines: list[str] = []
    tour = tour_on(lambda _: httpx.Response(200), lines)

    for chapter in ("计划", "议题"):
        tour.chapter(Text(chapter, "a chapter"))
        tour.step("done", SOMEBODY, Text("做", "does it"), Text("成", "it is done"), number=1)

    assert [step.as_json()["number"] for step in tour.steps] == ["1.1", "2.1"]
    assert tour.steps[0].facts == {"number": 1}
    assert lines == ["1  计划", "   1.1  联络室：做 → 成", "2  议题", "   2.1  联络室：做 → 成"]


@pytest.mark.parametrize("clock", ["03:00", "15:55", "16:00", "23:59"])  # 16:00 UTC is midnight in Shanghai
def test_a_meeting_that_begins_shortly_begins_today(clock: str) -> None:
    now = datetime.fromisoformat(f"2026-11-22T{clock}:00").replace(tzinfo=UTC)

    assert now <= _shortly(now)
    assert today(_shortly(now)) == today(now)
