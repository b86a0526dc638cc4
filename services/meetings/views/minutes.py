"""The shape of minutes, as OpenAPI shows them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from services.meetings.views.base import View
from shared.contracts.types import Flag, SignerRole


class SignatureView(View):
    """Who signed a version, as what, and when.

    Attributes:
        person: opaque id.
        signed_at: UTC.
    """

    person: str
    role: SignerRole
    signed_at: datetime


class VersionView(View):
    """A version of the minutes, without its text.

    Attributes:
        sha256: of the text in UTF-8; what signatures are given on.
        reason: of a correction.
        published_on: null for a version that was never published.
        flags: minutes that came late.
    """

    number: int
    sha256: str
    reason: str | None = None
    drafted_on: date
    published_on: date | None = None
    signatures: tuple[SignatureView, ...] = ()
    flags: tuple[Flag, ...] = ()


class MinutesView(View):
    """The minutes of a meeting: one version with its text, and all that the caller may read.

    Attributes:
        shown: the version that `text` is of.
        text: null where a backup was restored without it.
        intact: the text still has the hash that was signed.
        erased_on: when somebody was last taken out of the text, which is why it is not intact.
        published: number of the version that counts; null where none was published yet.
        versions: the newest last.
    """

    meeting_id: str
    topic_id: str
    division: str
    shown: VersionView
    text: str | None
    intact: bool
    erased_on: date | None = None
    published: int | None = None
    versions: tuple[VersionView, ...]


class Suggestion(BaseModel):
    """A first draft of the minutes, made of what is known of the meeting."""

    text: str
