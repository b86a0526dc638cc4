"""The shape of typical cases, as OpenAPI shows them."""

from __future__ import annotations

from datetime import date

from services.cases.views.base import View
from shared.contracts.types import SelectionLevel
from shared.platform.privacy import FindingKind


class SelectionView(View):
    """That a case was selected as excellent (C15)."""

    year: int
    level: SelectionLevel
    body: str | None = None
    selected_on: date


class CaseSummary(View):
    """A published case, without its text."""

    case_id: str
    entry_id: str
    topic_id: str
    division: str
    title: str
    published_on: date
    selections: tuple[SelectionView, ...] = ()


class CaseTextView(View):
    """What a case says, in its five dimensions (C13); parts of a draft may be empty."""

    title: str
    background: str
    participants: str
    process: str
    opinions: str
    results: str


class PublishedVersion(CaseTextView):
    """A version of a case that was published.

    Attributes:
        number: of the version; drafts in between were numbered, too.
        sha256: of the draft that it was.
        reason: why it corrects the one published before; null for the first.
    """

    number: int
    sha256: str
    reason: str | None = None
    published_on: date


class CaseView(PublishedVersion):
    """A published case, as it reads now."""

    case_id: str
    entry_id: str
    topic_id: str
    division: str
    selections: tuple[SelectionView, ...] = ()


class VersionView(View):
    """A version of a case, without its text.

    Attributes:
        sha256: of the draft.
        reason: why it corrects what was published.
        published_on: null for a version that was never published.
    """

    number: int
    sha256: str
    reason: str | None = None
    drafted_on: date
    published_on: date | None = None


class DraftView(View):
    """A version of a case, as those see it who write it.

    Attributes:
        shown: the version that `text` is of.
        text: null where a backup was restored without it.
        names: of people who must not be named in it, as the editor listed them.
        intact: the text still is what was drafted.
        erased_on: when somebody was last taken out of the text, which is why it is not intact.
        published: number of the version that everybody reads; null where none was published yet.
        versions: the newest last.
    """

    case_id: str
    entry_id: str
    topic_id: str
    division: str
    shown: VersionView
    text: CaseTextView | None
    names: tuple[str, ...] = ()
    intact: bool
    erased_on: date | None = None
    published: int | None = None
    versions: tuple[VersionView, ...]


class DraftSummary(View):
    """A case whose newest version is not published.

    Attributes:
        title: of that version; null where its text is lost.
        number: of that version.
        published: number of the version that everybody reads; null where none was published yet.
    """

    case_id: str
    entry_id: str
    topic_id: str
    division: str
    title: str | None
    number: int
    drafted_on: date
    published: int | None = None


class FindingView(View):
    """Where something personal stands in a draft (C14).

    Attributes:
        part: `title` or one of the five dimensions.
        start: index of its first character in that part.
        end: index after its last.
        excerpt: the words around it.
    """

    part: str
    start: int
    end: int
    kind: FindingKind
    excerpt: str


class FindingsView(View):
    """What the privacy check finds in a version; it is published only when that is nothing.

    Attributes:
        number: of the version.
    """

    number: int
    items: tuple[FindingView, ...]
