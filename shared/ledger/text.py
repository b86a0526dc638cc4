"""Text as offices type it, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Zero-width characters and byte-order marks come with text copied from web pages and chat programs.
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_CARRIAGE_RETURN = re.compile(r"_x000D_|\r\n?")
_BLANKS = re.compile(r"[^\S\n]+")
_BRACKETED = re.compile(r"[(\[【〔〈《{][^)\]】〕〉》}]*[)\]】〕〉》}]")
_BRACKETS = re.compile(r"[()\[\]【】〔〕〈〉《》{}]")
_HEADER_EDGES = re.compile(r"^(?:\d{1,2}[.、]|[①-⑳*※★])+|[*※★:：、.。/]+$")
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
_WRAP = re.compile(rf"(?<=[{_WIDE}]) ?\n ?|\n ?(?=[{_WIDE}])")


def tidy(text: str) -> str:
    """Return text without invisible characters, doubled blanks and blank lines; line breaks stay."""
    text = _CARRIAGE_RETURN.sub("\n", _INVISIBLE.sub("", text))
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """Return text without line breaks: they are layout, and Chinese puts nothing in their place."""
    return _WRAP.sub("", tidy(text)).replace("\n", " ")


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Return what two spellings of the same word share: half-width, no blanks, one letter case."""
    return "".join(
        unicodedata.normalize("NFKC", _INVISIBLE.sub("", _CARRIAGE_RETURN.sub("", text))).split()
    ).casefold()


@lru_cache(maxsize=4096)
def header_keys(text: str) -> tuple[str, ...]:
    """Return the keys under which a header may be known, the most telling first.

    `镇(街道)` is looked up as 镇街道 and as 镇, `实到(人)` as 实到人 and as 实到.
    """
    found = key(text)
    forms = (_BRACKETS.sub("", found), _BRACKETED.sub("", found))
    trimmed = (_HEADER_EDGES.sub("", form) for form in forms)
    return tuple(dict.fromkeys(form for form in trimmed if form))
