"""Texts for people in Chinese and English, and which of the two a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the text in the language asked for."""
        return self.zh if language == "zh" else self.en


class FieldValueError(ValueError):
    """A validator of our own refuses a value and says so in both languages.

    Raised inside pydantic validators; the problem document then shows `text` beside the field's name.
    """

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(en)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=256)  # browsers send a handful of different headers
def negotiate(accept_language: str) -> Language:
    """Return the language an `Accept-Language` header prefers; Chinese where it names neither."""
    best: Language = "zh"
    best_quality = 0.0
    for part in accept_language.split(","):
        tag, *parameters = part.split(";")
        quality = _quality(parameters)
        primary = tag.strip().lower().partition("-")[0]
        if primary in {"zh", "en"} and quality > best_quality:
            best, best_quality = ("en" if primary == "en" else "zh"), quality
    return best
