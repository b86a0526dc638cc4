"""People who ask services over HTTP, and what is told of each step."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import httpx

from shared.cli.failures import UNREACHABLE, CliError
from shared.eventsourcing.http import person_id
from shared.platform.language import Language, Text
from shared.platform.settings import Settings
from shared.platform.working_days import today

PATIENCE_SECONDS = 30.0
"""For what another service has to hear of first."""

_PAUSE_SECONDS = 0.1
_MOST_SHOWN = 600
_PAGE = 200
_COLON = Text("：", ": ")
_NOT_HEARD_OF_YET = frozenset({"topic-unknown", "topic-not-adopted", "entry-unknown"})
"""What meetings says of a topic whose adoption is on its way from topics, and cases of a meeting's entry."""

Answer = dict[str, Any]
_Found = TypeVar("_Found")


class UnexpectedAnswerError(CliError):
    """A service answered something else than the tour goes on from; the message shows it."""

    def __init__(self, answer: httpx.Response) -> None:
        asked = f"{answer.request.method} {answer.request.url.path}"
        said = answer.text if answer.text.isprintable() else f"{len(answer.content)} bytes"
        facts = f"{answer.status_code} {said[:_MOST_SHOWN]}"
        super().__init__(
            Text(f"演示中断：{asked} 的应答是 {facts}", f"the tour stopped: {asked} was answered {facts}")
        )


class MissingError(CliError):
    """An answer of the right status lacks what it should show."""

    def __init__(self, what: str) -> None:
        super().__init__(Text(f"演示中断：{what}", f"the tour stopped: {what}"))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the tour.

    Attributes:
        number: of the chapter and in it, e.g. `4.2`.
        code: what it shows, for programs.
        facts: what came of it, for programs; all read from answers.
        what, by, result: the same for people.
    """

    number: str
    code: str
    chapter: str
    by: str
    what: str
    result: str
    facts: Mapping[str, Any]

    def as_json(self) -> Answer:
        """Return it as JSON values."""
        return asdict(self)


def _look_until(look: Callable[[], _Found], is_it: Callable[[_Found], bool]) -> _Found:
    """Return what is seen as soon as it is what is waited for, or the last that was not.

    Services are asked again, as anybody's program would: what is waited for is another service's doing,
    of which the one that is asked knows no version to wait for.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_it(seen := look()) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return seen


class Tour:
    """A tour on its way: sends requests, numbers and tells steps.

    Args:
        settings: say where the services are.
        client: for requests to them.
        language: of what is told.
        told: of each line.
    """

    def __init__(
        self, settings: Settings, client: httpx.Client, language: Language, told: Callable[[str], None]
    ) -> None:
        self.settings = settings
        self.client = client
        self.language = language
        self.steps: list[Step] = []
        self._told = told
        self._chapter = ""
        self._chapters = self._steps_of_chapter = 0

    @property
    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return datetime.now(UTC)

    @property
    def today(self) -> date:
        """Return today's date in Asia/Shanghai."""
        return today(self.now)

    def says(self, text: Text) -> str:
        """Return a text in the language of the tour."""
        return text.in_(self.language)

    def chapter(self, title: Text) -> None:
        """Begin a chapter."""
        self._chapter, self._steps_of_chapter = self.says(title), 0
        self._chapters += 1
        self._told(f"{self._chapters}  {self._chapter}")

    def step(self, code: str, by: Text, what: Text, result: Text, /, **facts: object) -> None:
        """Tell a step: who did what, and what came of it."""
        self._steps_of_chapter += 1
        number = f"{self._chapters}.{self._steps_of_chapter}"
        step = Step(number, code, self._chapter, self.says(by), self.says(what), self.says(result), facts)
        self.steps.append(step)
        self._told(f"   {number}  {step.by}{self.says(_COLON)}{step.what} → {step.result}")

    def waits_for(self, what: str, found: Callable[[], _Found | None]) -> _Found:
        """Return what is found, as soon as it is there.

        Args:
            what: it is, for people.
            found: looks for it; None while it is not there.

        Raises:
            MissingError: it does not come.
        """
        there = _look_until(found, lambda there: there is not None)
        if there is None:
            raise MissingError(f"{what} did not come within {PATIENCE_SECONDS:g} s")
        return there

    def patiently(
        self, send: Callable[[], httpx.Response], is_ready: Callable[[httpx.Response], bool]
    ) -> httpx.Response:
        """Return an answer as soon as it is ready, or the last one that was not.

        Raises:
            CliError: a service does not answer.
        """
        try:
            return _look_until(send, is_ready)
        except httpx.TransportError as error:
            raise CliError(
                Text(
                    f"演示中断：服务没有应答（{error}）",
                    f"the tour stopped: a service does not answer: {error}",
                ),
                UNREACHABLE,
            ) from error


def _is_heard(answer: httpx.Response) -> bool:
    """Tell whether a service has heard of all that a command builds on, and is not busy."""
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return False
    return not answer.is_error or code_of(answer) not in _NOT_HEARD_OF_YET


def _is_there(answer: httpx.Response) -> bool:
    return answer.status_code != httpx.codes.NOT_FOUND and _is_heard(answer)


def _done(answer: httpx.Response) -> Answer:
    if not answer.is_success:
        raise UnexpectedAnswerError(answer)
    done: Answer = answer.json()
    return done


def code_of(answer: httpx.Response) -> str | None:
    """Return the code of a problem document; None of any other answer."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    code: str = answer.json()["code"]
    return code


@dataclass
class Person:
    """Somebody who asks services.

    Attributes:
        title: as what they are told of.
        subject: of their account; empty for somebody without one.
        token: that they sign in with, None without an account.
        headers: that go with all they ask.
    """

    tour: Tour
    title: Text
    subject: str = ""
    token: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        """Return the opaque id under which events know them."""
        return person_id(self.subject)

    def _ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Answer | None = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        signed_in = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.tour.settings.service_urls[service]}{path}"
        sent = {**self.headers, **signed_in, **(headers or {})}
        return self.tour.client.request(method, url, json=body, files=files, headers=sent)

    def _command(
        self,
        service: str,
        path: str,
        body: Answer | None,
        *,
        method: str = "POST",
        is_ready: Callable[[httpx.Response], bool] = _is_heard,
    ) -> httpx.Response:
        key = {"Idempotency-Key": str(uuid.uuid4())}  # one for all tries: it is done once
        return self.tour.patiently(lambda: self._ask(method, service, path, body=body, headers=key), is_ready)

    def does(self, service: str, path: str, /, **body: Any) -> Answer:  # noqa: ANN401 - JSON
        """Give a command, and return what it did.

        Raises:
            UnexpectedAnswerError: it was refused.
        """
        return _done(self._command(service, path, body))

    def puts(self, service: str, path: str, /, **body: Any) -> Answer:  # noqa: ANN401 - JSON
        """Say how something is to be, once the service has heard of it, and return what that did.

        Raises:
            UnexpectedAnswerError: it was refused, or is not heard of.
        """
        return _done(self._command(service, path, body, method="PUT", is_ready=_is_there))

    def removes(self, service: str, path: str) -> Answer:
        """Have something taken away, and return what that did.

        Raises:
            UnexpectedAnswerError: it was refused.
        """
        return _done(self._command(service, path, None, method="DELETE"))

    def uploads(self, service: str, name: str, content: bytes) -> str:
        """Send a file, and return its id.

        Raises:
            UnexpectedAnswerError: it was refused.
        """
        file_id: str = _done(self._ask("POST", service, "/files", files={"file": (name, content)}))["file_id"]
        return file_id

    def is_refused(
        self,
        code: str,
        service: str,
        path: str,
        /,
        *,
        method: str = "POST",
        **body: Any,  # noqa: ANN401 - JSON
    ) -> Answer:
        """Give a command that a rule forbids, and return the problem document.

        Raises:
            UnexpectedAnswerError: it was done, or refused for another reason.
        """
        answer = self._command(service, path, body, method=method)
        if code_of(answer) != code:
            raise UnexpectedAnswerError(answer)
        problem: Answer = answer.json()
        return problem

    def reads(
        self,
        service: str,
        path: str,
        *,
        version: int | None = None,
        until: Callable[[Answer], bool] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return what a path shows.

        Args:
            service: which one.
            path: of the service.
            version: that it shows at least.
            until: what has to be true of it first, where it follows from what another service does.
            headers: further ones.

        Raises:
            UnexpectedAnswerError: it is not shown, or does not become so.
        """
        asked = dict(headers or {})
        if version is not None:
            asked["HXS-Min-Version"] = str(version)

        def is_ready(answer: httpx.Response) -> bool:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return until is None
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return False
            return until is None or answer.is_error or until(answer.json())

        answer = self.tour.patiently(lambda: self._ask("GET", service, path, headers=asked), is_ready)
        if not answer.is_success or not is_ready(answer):
            raise UnexpectedAnswerError(answer)
        shown: Answer = answer.json()
        return shown

    def lists(self, service: str, path: str) -> list[Answer]:
        """Return all that a list has, page after page.

        Raises:
            UnexpectedAnswerError: it is not shown.
        """
        first = f"{path}{'&' if '?' in path else '?'}limit={_PAGE}"
        page = self.reads(service, first)
        found: list[Answer] = page["items"]
        while page["next"]:
            page = self.reads(service, f"{first}&cursor={page['next']}")
            found += page["items"]
        return found

    def fetches(self, service: str, path: str, version: int = 1) -> bytes:
        """Return the bytes that a path leads to, of a thing that is at least of a version.

        Raises:
            UnexpectedAnswerError: it leads to none.
        """
        asked = {"HXS-Min-Version": str(version)}
        answer = self.tour.patiently(
            lambda: self._ask("GET", service, path, headers=asked),
            lambda answer: answer.status_code != httpx.codes.SERVICE_UNAVAILABLE,
        )
        if not answer.is_success:
            raise UnexpectedAnswerError(answer)
        return answer.content

    def finds_nothing(self, service: str, path: str) -> int:
        """Ask for what must not be there, or not any more, and return the status.

        Raises:
            UnexpectedAnswerError: it is there.
        """
        answer = self.tour.patiently(
            lambda: self._ask("GET", service, path),
            lambda answer: answer.status_code == httpx.codes.NOT_FOUND,
        )
        if answer.status_code != httpx.codes.NOT_FOUND:
            raise UnexpectedAnswerError(answer)
        return answer.status_code

    def hears(self, of: str) -> Answer:
        """Return the newest notice of an event in their inbox that they have not read yet, once there is one.

        Args:
            of: the event's name; what else they are told meanwhile does not matter.

        Raises:
            UnexpectedAnswerError: there is none.
        """
        inbox = self.reads("notify", "/inbox", until=lambda page: bool(self._unread(page, of)))
        newest, *_ = self._unread(inbox, of)
        self._read.add(newest["notice_id"])
        return newest

    def _unread(self, page: Answer, of: str) -> list[Answer]:
        return [
            notice
            for notice in page["items"]
            if notice["event_name"] == of and notice["notice_id"] not in self._read
        ]
