"""How a tour asks services: what it waits for, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest

from shared.cli.demo.mail_catcher import Caught, MailCatcher
from shared.cli.demo.tour import playing
from shared.cli.demo.tour.mailbox import Mailbox
from shared.cli.demo.tour.playing import MissingError, Person, Tour, UnexpectedAnswerError
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
    notices = [
        {"notice_id": "3", "title": "议题将开展协商", "event_name": None},
        {"notice_id": "2", "title": "有席位了", "event_name": "SeatPromoted"},
        {"notice_id": "1", "title": "又有席位了", "event_name": "SeatPromoted"},
    ]
    person, _ = answering(
        httpx.Response(200, json={"items": notices[2:]}),
        httpx.Response(200, json={"items": notices[2:]}),
        httpx.Response(200, json={"items": notices}),
    )

    assert [person.hears("SeatPromoted")["title"] for _ in range(2)] == ["又有席位了", "有席位了"]


def test_what_another_service_has_not_heard_of_yet_is_put_again() -> None:
    person, asked = answering(httpx.Response(404), httpx.Response(200, json={"version": 1}))

    assert person.puts("notify", "/follows/a") == {"version": 1}
    assert [request.method for request in asked] == ["PUT", "PUT"]
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1


def test_a_list_is_read_to_its_end() -> None:
    person, asked = answering(
        httpx.Response(200, json={"items": [{"id": "a"}], "next": "behind-a"}),
        httpx.Response(200, json={"items": [{"id": "b"}], "next": None}),
    )

    assert [each["id"] for each in person.lists("notify", "/deliveries?channel=email")] == ["a", "b"]
    assert asked[1].url.params["cursor"] == "behind-a"


def test_what_does_not_come_ends_the_tour() -> None:
    tour = tour_on(lambda _: httpx.Response(200))

    with pytest.raises(MissingError, match="a mail did not come"):
        tour.waits_for("a mail", lambda: None)


def mail(number: int, to: str, id_: str, *, page: bool = True) -> Caught:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "提醒", id_
    message.set_content("请答复")
    if page:
        message.add_alternative("<p>请答复</p>", subtype="html")
    return Caught(number, datetime.now(UTC), (to,), message.as_bytes(), message)


@pytest.mark.parametrize(
    ("mails", "found"),
    [
        ((mail(1, "a@hxs.invalid", "<1@x>"),), True),
        ((mail(1, "b@hxs.invalid", "<1@x>"),), False),
        ((mail(1, "a@hxs.invalid", "<1@x>"), mail(2, "a@hxs.invalid", "<2@x>")), False),
        ((mail(1, "a@hxs.invalid", "<1@x>", page=False),), False),
    ],
    ids=["one", "somebody else's", "two", "without a page"],
)
def test_a_mail_comes_once_with_text_and_page(mails: tuple[Caught, ...], found: bool) -> None:
    catcher = MailCatcher()
    for each in mails:
        catcher.catch(each.recipients, each.content)
    mailbox = Mailbox(tour_on(lambda _: httpx.Response(200)), catcher)

    with nullcontext() if found else pytest.raises(MissingError):
        mailbox.gets("a@hxs.invalid", "a reminder", lambda mail: mail.subject == "提醒")


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
