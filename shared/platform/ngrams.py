"""Chinese text in small pieces, so that it can be searched and compared without a dictionary.

MongoDB's text index does not know where a Chinese word ends. So a fold keeps `grams(title, …)` in the field
`grams`, and a search asks for all grams of what somebody typed: `{"grams": {"$all": grams(typed)}}`.

A run of Chinese characters gives its characters and its pairs of neighbours, so that whatever part of it is
typed, one character or ten, is found. Other scripts and numbers give whole words, in lower case. Full-width
and half-width forms are the same (NFKC). Finding is by pairs: a long phrase also finds a text that has all
its pairs in another order, which in practice is rare and harmless.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import islice, pairwise

MAX_GRAMS = 2_000
"""Of one text; about a thousand different characters in a row. What comes after is not searched."""
MAX_WORD = 40
"""Characters of a word that count; the rest of a longer one does not tell it from others."""

# Ideographs with their extensions, 〇 and the mark of repetition 々.
_CHINESE = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<chinese>[{_CHINESE}]+)|(?P<word>[^\W_{_CHINESE}]+)")


def _grams_of(text: str) -> Iterator[str]:
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        if run["chinese"]:
            yield from run["chinese"]
            yield from (first + second for first, second in pairwise(run["chinese"]))
        else:
            yield run["word"][:MAX_WORD]


def grams(*texts: str | None) -> list[str]:
    """Return the grams of some texts, each once, in the order in which they come first.

    Args:
        *texts: None is passed over; of each text `MAX_GRAMS` at most are taken.
    """
    found: dict[str, None] = {}
    for text in texts:
        if text is not None:
            found |= dict.fromkeys(islice(dict.fromkeys(_grams_of(text)), MAX_GRAMS))
    return list(found)


def likeness(one: str | Collection[str], other: str | Collection[str]) -> float:
    """Return how much two texts have in common, from 0.0 to 1.0 (Dice's coefficient of their grams).

    Args:
        one: a text, or its grams, e.g. as a document keeps them.
        other: likewise.
    """
    first, second = (set(grams(side) if isinstance(side, str) else side) for side in (one, other))
    if not first or not second:
        return 0.0
    return 2 * len(first & second) / (len(first) + len(second))
