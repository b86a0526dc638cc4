"""How the tour says what answers say in codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.platform.language import Text

_WORDS = {
    "proposed": Text("已提出", "proposed"),
    "adopted": Text("已立项", "adopted"),
    "merged": Text("已并入", "merged"),
    "planned": Text("未启动", "planned"),
    "in-progress": Text("进行中", "in progress"),
    "deferred": Text("已延期", "deferred"),
    "registered": Text("已有席位", "has a seat"),
    "waitlisted": Text("候补", "on the waitlist"),
    "host": Text("主持人", "host"),
    "recorder": Text("记录人", "recorder"),
    "participant": Text("参会人", "participant"),
    "transport": Text("交通", "transport"),
}


def word(code: str) -> Text:
    """Return what a code means; itself where that is not known here."""
    return _WORDS.get(code, Text(code, code))


def flags(found: Iterable[dict[str, Any]]) -> Text:
    """Return the flags of an answer as one text."""
    said = [f"{flag['rule']} {flag['text']}" for flag in found]
    return Text("；".join(said) or "无提示", "; ".join(said) or "no flag")


def joined(texts: Iterable[Text]) -> Text:
    """Return texts as an enumeration."""
    each = list(texts)
    return Text("、".join(text.zh for text in each), ", ".join(text.en for text in each))
