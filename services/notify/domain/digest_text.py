"""A digest in words: grouped by topic, newest first (N05).

A digest is a notice like any other, so all of it is in its body, as text that reads well where nothing
renders it: a line `〔topic〕` for each topic, below it a line `· …` for each piece of news. Mails turn the
two into headings and lists (`blocks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.notify.domain.wording import SHANGHAI

_LONGEST_BODY = 4000  # what `NoticePosted` takes
_LONGEST_LINE = 300
_ROOM_FOR_THE_REST = 60

ENTRY = "· "
OTHER = "其他"


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """One piece of news.

    Attributes:
        at: when it was noticed, aware.
        title, body: of the notice that it would have been.
    """

    at: datetime
    title: str
    body: str | None = None


@dataclass(frozen=True, slots=True)
class DigestTopic:
    """What is new of one topic; `title` is None for what belongs to none, or to one not yet heard of."""

    title: str | None
    entries: Sequence[DigestEntry]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a notice's body: paragraphs of text, or a heading with its list.

    Attributes:
        heading: None for plain text.
        lines: paragraphs; below a heading the entries of its list.
    """

    heading: str | None
    lines: list[str] = field(default_factory=list)


def digest_body(topics: Sequence[DigestTopic]) -> str:
    """Return a digest as the body of a notice.

    The topic with the newest entry comes first, and in each the newest entry. What no longer fits is
    counted.

    Args:
        topics: in any order, each with at least one entry.
    """
    ordered = sorted(topics, key=lambda topic: max(entry.at for entry in topic.entries), reverse=True)
    written: list[str] = []
    left = sum(len(topic.entries) for topic in topics)
    room = _LONGEST_BODY - _ROOM_FOR_THE_REST
    for lines, entries in _lines(ordered):
        needed = sum(len(line) + 1 for line in lines)
        if needed > room:
            return "\n".join([*written, f"还有 {left} 条，请登录惠协商查看。"])
        written += lines
        room -= needed
        left -= entries
    return "\n".join(written)


def _lines(topics: Sequence[DigestTopic]) -> Iterator[tuple[list[str], int]]:
    # What has to stand together, and how many entries it is: a heading never stands without its first entry.
    for topic in topics:
        heading = [f"〔{_one_line(topic.title or OTHER)}〕"]
        for entry in sorted(topic.entries, key=lambda entry: entry.at, reverse=True):
            yield [*heading, _entry(entry)], 1
            heading = []


def _entry(entry: DigestEntry) -> str:
    at = entry.at.astimezone(SHANGHAI)
    said = "：".join(_one_line(part) for part in (entry.title, entry.body) if part)
    line = f"{ENTRY}{at.month}月{at.day}日 {said}"
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def blocks(body: str) -> list[Block]:
    """Return a notice's body in the parts of which it is made; a body that is no digest is one of text."""
    found: list[Block] = []
    for line in (stripped for part in body.splitlines() if (stripped := part.strip())):
        if line.startswith("〔") and line.endswith("〕"):
            found.append(Block(line[1:-1]))
        elif found and found[-1].heading is not None and line.startswith(ENTRY):
            found[-1].lines.append(line.removeprefix(ENTRY))
        elif found and found[-1].heading is None:
            found[-1].lines.append(line)
        else:
            found.append(Block(None, [line]))
    return found
