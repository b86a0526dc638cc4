"""Names, numbers and addresses to plant wherever somebody may type them, and a search of what comes out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from shared.platform import logs
from shared.platform.auth import Role
from shared.platform.settings import load_settings
from tests.authorisation.example import COUNTY, ME, TOWN, Example, Who
from tests.unit.authorisation.world import World

ANN, BEN, CAT = "欧阳惊鸿", "慕容听雨", "司徒望月"
ANNS_PHONE, BENS_PHONE, CATS_PHONE = "13977770001", "13977770002", "13977770003"
ANNS_MAIL, BENS_MAIL = "ouyang.jinghong@example.org", "murong.tingyu@example.org"
ANNS_IDENTITY = "371621198502030015"
PASSWORD = "password-of-a-receiver"
PLANTED = (
    *(ANN, BEN, CAT),
    *(ANNS_PHONE, BENS_PHONE, CATS_PHONE),
    *(ANNS_MAIL, BENS_MAIL, ANNS_IDENTITY, PASSWORD),
)

OFFICE, LIAISON = Who(Role.OFFICE, COUNTY, "an-official"), Who(Role.LIAISON, TOWN, "a-clerk")
READERS = (
    OFFICE,
    Who(Role.AUDITOR, COUNTY),
    LIAISON,
    Who(Role.MEMBER, TOWN, ME),
    Who(Role.RESIDENT, TOWN),
    Who(None, TOWN),
)

LOOK_UPS = {
    "GET /people/{person_id}",
    "POST /people/searches",
    "GET /topics/{topic_id}/proposer",
    "GET /meetings/{meeting_id}/sign-in-sheet",
    "GET /meetings/{meeting_id}/sign-in-sheet.docx",
    "GET /members/names",
    # Minutes say who said what: kept apart from the record, and erased with the person.
    "GET /meetings/{meeting_id}/minutes",
    "GET /meetings/{meeting_id}/minutes.docx",
    # Drafts likewise: what is found in them is found before they are published.
    "GET /cases/{case_id}/text",
    "GET /cases/{case_id}/text.docx",
    "GET /cases/{case_id}/findings",
    # Everybody their own.
    "GET /recipients/me",
    "PUT /recipients/me",
    "PUT /receipts/{receipt}/address",
    # A form shows again what was typed into it.
    "POST /public/receipt",
    # Who may change it sees its whole address.
    "GET /webhooks/{webhook_id}",
}
"""Endpoints that are there to tell names and addresses, to those who may."""


def text_of(response: httpx.Response) -> str:
    """Return all that was answered, headers too, as text."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    if not response.content.startswith(b"PK"):
        return f"{headers}\n{response.text}"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:  # a workbook or a Word document
        return "\n".join(
            [headers, *(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())]
        )


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Catch every line of the log, the chattiest too."""
    stream = io.StringIO()
    logs.configure("planted", load_settings(log_level="debug", log_format="json"), stream)
    try:
        yield stream
    finally:
        logs.configure("planted", load_settings())


def kept_for_ever(world: World) -> str:
    """Return all commits as they are stored, and each event as it is published."""
    commits = [commit for stream in vars(world.kept.log)["_streams"].values() for commit in stream]
    published = [recorded.event.model_dump_json() for commit in commits for recorded in commit.recorded()]
    return "\n".join([*(str(commit.to_document()) for commit in commits), *published])


@dataclass
class Planted:
    """A service in which names were planted, and what came out of it.

    Attributes:
        found: a value that those are told who may look people up.
        answers: by whom and what was asked.
        things: ids by the name of a path's parameter, to be asked about besides the examples' own.
    """

    world: World
    examples: tuple[Example, ...]
    found: str = ANN
    answers: dict[str, str] = field(default_factory=dict)
    things: dict[str, list[str]] = field(default_factory=dict)

    async def tell(
        self,
        path: str,
        body: Mapping[str, Any],
        by: Who,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        answers: int | None = None,
    ) -> Any:
        """Send something that names people; what is answered must not repeat it.

        Args:
            path: of the request.
            body: JSON.
            by: whoever sends it.
            headers: further ones.
            method: HTTP's.
            answers: status; unless given, whatever says that it was done.
        """
        endpoint = f"{method} {path}"
        response = await self.world.send(by, Example(endpoint, path, body, headers=headers or {}))
        self.answers[f"{by} {endpoint} {len(self.answers)}"] = text_of(response)
        assert response.status_code == answers or (answers is None and response.is_success), response.text
        return response.json()

    async def ask_everything(self, readers: Sequence[Who] = READERS) -> None:
        """Let people ask all that can be asked, about the examples' things and those that name people."""
        for example in self._questions():
            for who in readers:
                response = await self.world.send(who, replace(example, subject=who.subject))
                assert response.status_code < 500, response.text
                self.answers[f"{who} {example.endpoint} {example.path}"] = text_of(response)

    def _questions(self) -> Iterator[Example]:
        for example in (e for e in self.examples if e.method == "GET"):
            yield example
            yield from self._about_planted(example)
            if example.lists:
                for kind in ("csv", "xlsx"):
                    yield replace(
                        example, path=f"{example.path}{'&' if '?' in example.path else '?'}format={kind}"
                    )

    def _about_planted(self, example: Example) -> Iterator[Example]:
        template = example.endpoint.partition(" ")[2]
        for parameter, ids in self.things.items():
            if template.startswith(f"/{parameter}s/{{{parameter}_id}}"):
                rest = example.path.split("/", 3)[3:]
                for id_ in ids:
                    yield replace(example, path="/".join([f"/{parameter}s/{id_}", *rest]))

    def shown(self) -> dict[str, str]:
        """Return the answers of those endpoints that are not there to tell names."""
        return {asked: said for asked, said in self.answers.items() if not self._is_look_up(asked)}

    @staticmethod
    def _is_look_up(asked: str) -> bool:
        return any(f" {endpoint} " in asked for endpoint in LOOK_UPS)


def leaks(places: Mapping[str, str], planted: tuple[str, ...] = PLANTED) -> list[str]:
    """Return where which planted value stands."""
    return [f"{value} in {place}" for place, text in places.items() for value in planted if value in text]
