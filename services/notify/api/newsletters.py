"""Newsletters over HTTP: the county's office writes to those who asked for them (N01)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status
from pydantic import BaseModel, ConfigDict

from services.notify.deciders import NEWSLETTER
from services.notify.domain.newsletter import WriteNewsletter
from services.notify.projections.newsletters import NEWSLETTERS
from services.notify.views.newsletters import NEWSLETTER_LIST, NewsletterView
from shared.contracts.types import DivisionCode, Id
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.reading import EXPORTS, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, require, visible_divisions
from shared.platform.clock import Now
from shared.platform.http import MinVersion, Page
from shared.platform.lists import ListRequest
from shared.platform.privacy import MaskedLine, MaskedText

router = APIRouter()

Office = Annotated[Principal, Depends(require(Role.OFFICE, scope="county"))]
Reader = Annotated[Principal, Depends(require(Role.OFFICE, access=Access.READ))]


class NewNewsletter(BaseModel):
    """What is written to those who asked for newsletters; it cannot be changed afterwards.

    Attributes:
        division: whose people it is for: a county's, or those of a place in it.
        title, body: telephone, identity numbers and e-mail addresses are masked before they are kept.
    """

    model_config = ConfigDict(extra="forbid")

    division: DivisionCode
    title: MaskedLine
    body: MaskedText


@router.post("/newsletters", status_code=status.HTTP_201_CREATED)
async def write_newsletter(body: NewNewsletter, _: Office, commands: CommandsOf, now: Now) -> Written:
    """Write a newsletter; it goes out at once to those in the division who asked for newsletters."""
    newsletter_id = commands.new_id()
    command = WriteNewsletter(newsletter_id, body.division, body.title, body.body, now)
    location = f"/newsletters/{newsletter_id}"
    return await commands.execute(
        NEWSLETTER, newsletter_id, command, location=location, division=body.division
    )


@router.get("/newsletters", responses=EXPORTS, response_model=Page[NewsletterView])
async def list_newsletters(
    caller: Reader, reading: ReadingOf, asked: Annotated[ListRequest, Depends(NEWSLETTER_LIST)]
) -> Page[NewsletterView] | Response:
    """List the newsletters that were written, newest first."""
    query = {"division": visible_divisions(caller)}
    return await reading.listed(NEWSLETTERS, NEWSLETTER_LIST, query, asked)


@router.get("/newsletters/{newsletter_id}")
async def get_newsletter(
    newsletter_id: Id, caller: Reader, reading: ReadingOf, minimum: MinVersion
) -> NewsletterView:
    """Return a newsletter, and how many were told."""
    return await reading.one(NEWSLETTERS, newsletter_id, NewsletterView, caller=caller, minimum=minimum)
