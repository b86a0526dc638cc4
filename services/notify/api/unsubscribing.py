"""Switching a class of mails off from a mail itself, with one click and no account (RFC 8058, N01)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path
from fastapi.responses import HTMLResponse

from services.notify.deciders import RECIPIENT
from services.notify.domain.preferences import MuteMail
from services.notify.domain.recipients import recipient_id
from services.notify.projections.inbox import INBOX
from services.notify.unsubscribing import CLASSES, PAGES, notice_of, unsubscribe_page
from shared.contracts.notify import NoticeClass
from shared.eventsourcing.http import CommandsOf
from shared.eventsourcing.projection import Document
from shared.eventsourcing.reading import ReadingOf
from shared.platform.authorisation import Access, unidentified
from shared.platform.clock import Now
from shared.platform.codes import SecretsOf
from shared.platform.http import Lang
from shared.platform.language import Language
from shared.platform.problems import NotFoundError

router = APIRouter()

Token = Annotated[
    str,
    Path(pattern=r"^[0-9a-z][0-9a-z-]{2,63}\.[0-9A-Z]{24}$", description="As it stands in the mail"),
]
_Reader = Annotated[None, Depends(unidentified(Access.READ))]
_Writer = Annotated[None, Depends(unidentified(Access.WRITE))]


async def _notice(token: Token, secrets: SecretsOf, reading: ReadingOf) -> Document:
    """Return the notice that a mail was about.

    Raises:
        NotFoundError: the address is of no mail of ours, or its class cannot be switched off.
    """
    notice_id = notice_of(token, secrets)
    if notice_id is None:
        raise NotFoundError
    found = await reading.document(INBOX, notice_id, minimum=None, visible=lambda _: True)
    if NoticeClass(found["notice_class"]) not in CLASSES:
        raise NotFoundError
    return found


_Notice = Annotated[Document, Depends(_notice)]


def _page(notice: Document, language: Language, *, done: bool) -> HTMLResponse:
    page = unsubscribe_page(NoticeClass(notice["notice_class"]), language, done=done)
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)


@router.get("/unsubscribe/{token}", response_class=HTMLResponse)
async def ask_to_unsubscribe(_: _Reader, notice: _Notice, language: Lang) -> HTMLResponse:
    """Ask whether to switch off the class of mails from which this address is; opening it changes nothing."""
    return _page(notice, language, done=False)


@router.post("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(
    _: _Writer, notice: _Notice, commands: CommandsOf, language: Lang, now: Now
) -> HTMLResponse:
    """Switch the class off by mail, for the recipient of the mail; a second time changes nothing.

    Mail programs send it by themselves when their own button is pressed (RFC 8058), whatever the body.
    """
    recipient, division = notice["recipient"], notice["division"]
    id_ = recipient_id(recipient, division)
    command = MuteMail(recipient, division, NoticeClass(notice["notice_class"]), now)
    # Whoever is signed in beside: the address speaks for the recipient alone.
    for_recipient = replace(commands, caller=None, expected_version=None)
    await for_recipient.execute(RECIPIENT, id_, command, location="/unsubscribe", division=division)
    return _page(notice, language, done=True)


def install(app: FastAPI) -> None:
    """Give the application the files of its page."""
    PAGES.mount(app, "/unsubscribe/static")
