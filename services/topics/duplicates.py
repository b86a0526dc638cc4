"""Topics that may say the same as another one, for the clerk who sorts new ones (T09).

Two topics are compared by the grams of their titles and, counting half as much, of all their words. To find
whom to compare with, only the rarest pairs of characters of the title are looked up, as many as lead to some
hundred topics: what two descriptions of one matter share is its place and its thing, not 的问题. So a search
costs the same among a thousand topics and a hundred thousand.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from shared.platform.divisions import town_of
from shared.platform.ngrams import grams, likeness

MOST_CANDIDATES = 500
"""Topics that are compared with one, in its town and once more in its county."""
LIKELY = 0.5
SHOWN = 5
CONCLUDED_DAYS = 365

# What many titles begin and end with tells none of them apart.
_FRAME = re.compile(
    r"^(关于|建议|请求|希望|反映)?(?P<core>.+?)(的?(问题|建议|意见|议题|诉求|情况))?$", re.DOTALL
)

Document = Mapping[str, Any]


class Topics(Protocol):
    """Where topics are looked up: the read model `topics`."""

    async def find(self, query: Mapping[str, Any], *, limit: int = 0) -> list[dict[str, Any]]:
        """Return the documents that match."""

    async def count(self, query: Mapping[str, Any], *, limit: int = 0) -> int:
        """Return how many match, at most `limit`."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A topic that may say the same.

    Attributes:
        topic: its document.
        likeness: from 0.5 to 1.0.
        same_town: whether it is of the same town.
    """

    topic: Document
    likeness: float
    same_town: bool


def core(title: str) -> str:
    """Return a title without what many titles begin and end with."""
    found = _FRAME.match(title.strip())
    return found["core"] if found else title


def likeness_of(one: Document, other: Document) -> float:
    """Return how much two topics' documents say the same, from 0.0 to 1.0."""
    titles = likeness(core(one["title"]), core(other["title"]))
    return (2 * titles + likeness(one["grams"], other["grams"])) / 3


def ranked(topic: Document, candidates: Iterable[Document]) -> list[Likely]:
    """Return the likely duplicates among candidates: those of the same town first, then the likest."""
    town = town_of(topic["division"])
    found = {c["topic_id"]: c for c in candidates if c["topic_id"] != topic["topic_id"]}
    scored = [
        Likely(c, round(likeness_of(topic, c), 3), town_of(c["division"]) == town) for c in found.values()
    ]
    likely = [each for each in scored if each.likeness >= LIKELY]
    return sorted(likely, key=lambda each: (not each.same_town, -each.likeness, each.topic["topic_id"]))[
        :SHOWN
    ]


def _searched(topic: Document) -> list[str]:
    found = grams(core(topic["title"]))
    pairs = [gram for gram in found if len(gram) > 1]
    return pairs or found


async def _candidates(topics: Topics, scope: Mapping[str, Any], searched: list[str]) -> list[dict[str, Any]]:
    asked = (topics.count({**scope, "grams": gram}, limit=MOST_CANDIDATES + 1) for gram in searched)
    counts = dict(zip(searched, await asyncio.gather(*asked), strict=True))
    chosen: list[str] = []
    total = 0
    for gram in sorted(searched, key=lambda each: counts[each]):
        total += counts[gram]
        if chosen and total > MOST_CANDIDATES:
            break
        chosen.append(gram)
    return await topics.find({**scope, "grams": {"$in": chosen}}, limit=MOST_CANDIDATES)


async def likely_duplicates(topics: Topics, topic: Document, today: date, within: str) -> list[Likely]:
    """Return topics that may say the same as one: going on, or concluded within the last year.

    Args:
        topics: where to look.
        topic: its document.
        today: in Asia/Shanghai.
        within: division of who wants to know: what lies elsewhere is not shown.
    """
    searched = _searched(topic)
    if not searched:
        return []
    recent = (today - timedelta(days=CONCLUDED_DAYS)).isoformat()
    alive = {"$or": [{"situation": {"$in": ["proposed", "adopted"]}}, {"concluded_on": {"$gte": recent}}]}
    found: list[dict[str, Any]] = []
    # The narrower of what is looked through and what may be seen; each once.
    for prefix in dict.fromkeys(
        max(p, within, key=len) for p in (town_of(topic["division"]), topic["division"][:6])
    ):
        inside = {"division": {"$gte": prefix, "$lt": prefix + ":"}}
        found += await _candidates(topics, {**inside, **alive}, searched)
        likely = ranked(topic, found)
        if len(likely) == SHOWN:
            break
    return likely
