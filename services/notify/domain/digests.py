"""When a digest is due (N05): at the recipient's hour, on the next of their days after something came up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from services.notify.domain.wording import SHANGHAI
from shared.contracts.notify import DigestMode

_MONDAY = 0

TITLES = {DigestMode.DAILY: "今日汇总", DigestMode.WEEKLY: "本周汇总", DigestMode.OFF: "汇总"}


def due_at(mode: DigestMode, hour: int, waiting_since: datetime, last_on: date | None) -> datetime:
    """Return the moment of the next digest, in the time zone of `waiting_since`.

    Somebody who wants digests no longer gets what still waits as a last one.

    Args:
        mode: daily, or weekly on Mondays; off for the last one.
        hour: 0 to 23, Asia/Shanghai.
        waiting_since: when the oldest notice that waits came up, aware.
        last_on: the day of the digest before; there is one a day at most.
    """
    earliest = waiting_since.astimezone(SHANGHAI)
    if mode is DigestMode.OFF and (last_on is None or last_on < earliest.date()):
        return waiting_since
    day = earliest.date() if earliest.time() < time(hour) else earliest.date() + timedelta(days=1)
    if last_on is not None:
        day = max(day, last_on + timedelta(days=1))
    if mode is DigestMode.WEEKLY:
        day += timedelta(days=(_MONDAY - day.weekday()) % 7)
    return datetime.combine(day, time(hour), SHANGHAI).astimezone(waiting_since.tzinfo)


def digest_cause(recipient_id: str, day: date) -> str:
    """Return what a recipient's digest of a day comes of; one a day, whatever runs twice."""
    return f"digest:{recipient_id}:{day}"


def day_of(cause: str) -> date:
    """Return the day of a digest, given what it comes of."""
    return date.fromisoformat(cause.rpartition(":")[2])
