"""Days and long texts, as notices spell them."""

from __future__ import annotations

from datetime import date


def day(day: date) -> str:
    """Return a day in Chinese: 2024年9月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def fit(text: str, room: int) -> str:
    """Return a text no longer than `room`, with an ellipsis where it was cut."""
    return text if len(text) <= room else f"{text[: room - 1]}…"
