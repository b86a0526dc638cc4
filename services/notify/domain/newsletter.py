"""A newsletter, written by the county's office for those who asked for it (N01).

The names and fields of its events are stored for good (`shared/contracts/notify.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.base import DomainEvent
from shared.contracts.notify import NewsletterWritten
from shared.contracts.refusal import RefusedError


@dataclass(frozen=True)
class Newsletter:
    """A newsletter; without an id none has been written in this stream."""

    newsletter_id: str = ""
    division: str = ""


@dataclass(frozen=True)
class WriteNewsletter:
    """Write to those who asked for newsletters.

    Attributes:
        division: whose people it is for.
        at: the moment, UTC.
    """

    newsletter_id: str
    division: str
    title: str
    body: str
    at: datetime


def evolve(newsletter: Newsletter, event: DomainEvent) -> Newsletter:
    """Return the newsletter after an event."""
    if isinstance(event, NewsletterWritten):
        return Newsletter(event.newsletter_id, event.division)
    return newsletter


def decide(command: WriteNewsletter, newsletter: Newsletter) -> Sequence[DomainEvent]:
    """Return what writing does.

    Raises:
        RefusedError: it was written; what was sent cannot be changed.
    """
    if newsletter.newsletter_id:
        raise RefusedError(
            "newsletter-written",
            rule="N01",
            zh="这期通讯已经发出，不能修改；请另写一期。",
            en="This newsletter has gone out and cannot be changed; write another one.",
        )
    return [
        NewsletterWritten(
            newsletter_id=command.newsletter_id,
            division=command.division,
            title=command.title,
            body=command.body,
            written_at=command.at,
        )
    ]
