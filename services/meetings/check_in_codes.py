"""What somebody shows at the door: a signed code for the camera, and the same in short, to type (M10).

Both belong to one meeting, one person and one minute, follow from the installation's secrets and are stored
nowhere. Each holds in its own minute and in the next, so between one and two minutes; whoever shows it
fetches the next one when it has expired. That it holds no more is said by the meeting, not here: a request
that is repeated later is the same command, and gets its first answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.meetings.domain.seating import ShownCode
from shared.contracts.refusal import RefusedError
from shared.platform.codes import (
    CodeRefusedError,
    Secrets,
    grouped,
    has_check,
    is_short_code,
    normal,
    short_code,
    sign,
    verify,
    with_check,
)

PURPOSE = "check-in"
LETTERS = 7
"""Of a short code, without the one that reveals a mistyped one. It is accepted for minutes, from helpers
only, in one meeting: a guess hits somebody of a thousand once in a million times."""

_MINUTE = timedelta(minutes=1)
_MINUTES_HELD = 2
_MINUTES_KNOWN = 4  # an expired code is still told from a wrong one
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CheckInCode:
    """A code as it is shown.

    Attributes:
        short: in two groups of four.
    """

    token: str
    short: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class ReadCode:
    """Whose code it is, and when it holds."""

    person: str
    shown: ShownCode


def _minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _shown(minute: int) -> ShownCode:
    start = datetime.fromtimestamp(minute * 60, UTC)
    return ShownCode(start, start + _MINUTES_HELD * _MINUTE)


def _subject(meeting_id: str, person: str, minute: int) -> str:
    return f"{meeting_id}:{person}:{minute}"


def code_of(secrets: Secrets, meeting_id: str, person: str, now: datetime) -> CheckInCode:
    """Return the code that somebody shows now."""
    minute = _minute_of(now)
    subject, until = _subject(meeting_id, person, minute), _shown(minute).valid_until
    short = with_check(short_code(secrets, PURPOSE, subject, LETTERS))
    return CheckInCode(sign(secrets, PURPOSE, subject, expires_at=until), grouped(short), until)


def read_code(secrets: Secrets, meeting_id: str, sent: str, people: Iterable[str], now: datetime) -> ReadCode:
    """Return whose code was scanned or typed.

    Args:
        secrets: of the installation.
        meeting_id: where it is shown.
        sent: either kind of code, however it was typed.
        people: who may have typed a short one: those with a seat.
        now: for short codes, which do not say when they were made.

    Raises:
        RefusedError: mistyped, forged, or of another meeting.
    """
    if "." in sent:
        return _scanned(secrets, meeting_id, sent)
    if not has_check(sent):
        raise RefusedError(
            "code-mistyped",
            rule="M10",
            zh="签到码输入有误，请核对后重新输入。",
            en="The code is mistyped; compare it and type it again.",
            field="code",
        )
    found = list(_typed(secrets, meeting_id, normal(sent)[:-1], people, _minute_of(now)))
    if len(found) != 1:  # two people with one code: both have another one in a minute
        raise _unknown()
    return found[0]


def _scanned(secrets: Secrets, meeting_id: str, sent: str) -> ReadCode:
    try:
        subject = verify(secrets, PURPOSE, sent, now=_LONG_AGO)
    except CodeRefusedError:
        raise _unknown() from None
    of_meeting, person, minute = subject.split(":")
    if of_meeting != meeting_id:
        raise RefusedError(
            "code-of-other-meeting",
            rule="M10",
            zh="这是另一场协商活动的签到码。",
            en="This is the code of another meeting.",
            field="code",
        )
    return ReadCode(person, _shown(int(minute)))


def _typed(
    secrets: Secrets, meeting_id: str, letters: str, people: Iterable[str], now: int
) -> Iterator[ReadCode]:
    for person in people:
        for minute in range(now, now - _MINUTES_KNOWN, -1):
            subject = _subject(meeting_id, person, minute)
            if is_short_code(secrets, PURPOSE, subject, letters, LETTERS):
                yield ReadCode(person, _shown(minute))


def _unknown() -> RefusedError:
    return RefusedError(
        "code-unknown",
        rule="M10",
        zh="签到码无效，请刷新后再出示，或由工作人员手工签到。",
        en="The code is not valid here; refresh it and show it again, or let a helper check in by hand.",
        field="code",
    )
