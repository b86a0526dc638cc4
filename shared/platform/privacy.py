"""Personal data in free text: where it stands, and the text without it (C14).

Found are telephone numbers with an area code, identity numbers, e-mail addresses, and the names that the
caller knows; names that nobody knows cannot be told from other words, so people still read what is published.
Pure.

    findings("请联系王秀英 138-1234-5678", names={"王秀英"})    # name 3–6, phone 7–20
    masked("请联系王秀英 138-1234-5678", names={"王秀英"})      # 请联系王** 138****5678
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from shared.contracts.types import Line, Text

SHORTEST_NAME = 2
"""A single character would be found everywhere."""

MASK = "*"


class FindingKind(StrEnum):
    """What was found."""

    IDENTITY_NUMBER = "identity-number"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something personal stands.

    Attributes:
        kind: what it is.
        start: index of its first character.
        end: index after its last.
    """

    kind: FindingKind
    start: int
    end: int


# People write numbers in groups, and with the width that their keyboard happens to have.
_PLAIN = {ord("０") + n: str(n) for n in range(10)}
_PLAIN |= {0xFF21 + n: chr(0x41 + n) for n in range(26)} | {0xFF41 + n: chr(0x61 + n) for n in range(26)}
_PLAIN |= {ord(wide): plain for wide, plain in zip("＠．－＿＋（）　", "@.-_+() ", strict=True)}
_PLAIN |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xB7), "-")
_PLAIN |= dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2009), " ")

_LOWER = {0x41 + n: chr(0x61 + n) for n in range(26)}
_GAP = r"[ \-.]{0,2}"


def _digits(count: str) -> str:
    return rf"(?:{_GAP}[0-9]){count}"


_MOBILE = re.compile(rf"(?<![0-9])(?:\+?(?:00)?86{_GAP})?1{_GAP}[3-9]{_digits('{9}')}(?![0-9])")
_LANDLINE = re.compile(
    rf"(?<![0-9])(?:\+?(?:00)?86{_GAP})?\(?0(?:10|2[0-9]|[3-9][0-9]{{2}})\)?[ \-]{{0,2}}"
    rf"[2-9]{_digits('{6,7}')}(?![0-9])"
)
_IDENTITY = re.compile(
    rf"(?<![0-9])[1-9]{_digits('{16}')}{_GAP}[0-9Xx](?![0-9A-Za-z])|(?<![0-9])[1-9]{_digits('{14}')}(?![0-9])"
)
_HINT = re.compile(r"[0-9@]")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63}){1,5}")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        return 1900 <= date(int(year), int(month), int(day)).year < 2100
    except ValueError:
        return False


def _is_identity(written: str) -> bool:
    """Tell whether digits have the birthday, or the check digit, of an identity number.

    One of the two is enough: a number with one wrong digit still tells who it is.
    """
    number = re.sub(r"[ \-.]", "", written).upper()
    if len(number) == 15:
        return _is_day("19" + number[6:8], number[8:10], number[10:12])
    check = _CHECKS[sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11]
    return number[-1] == check or _is_day(number[6:10], number[10:12], number[12:14])


def _numbers(plain: str) -> Iterator[Finding]:
    if not _HINT.search(plain):  # as a rule: spares four patterns
        return
    for found in _IDENTITY.finditer(plain):
        if _is_identity(found[0]):
            yield Finding(FindingKind.IDENTITY_NUMBER, *found.span())
    for pattern in (_MOBILE, _LANDLINE):
        for found in pattern.finditer(plain):
            yield Finding(FindingKind.PHONE, *found.span())
    for found in _EMAIL.finditer(plain):
        yield Finding(FindingKind.EMAIL, *found.span())


def _named(plain: str, names: Collection[str]) -> Iterator[Finding]:
    """Find names as they are written, also with spaces in between: 王 芳 stands under many a notice."""
    if not names:
        return
    known = {"".join(_folded(name).split()) for name in names if MASK not in name}
    lengths = sorted({len(name) for name in known if len(name) >= SHORTEST_NAME}, reverse=True)
    at = [index for index, letter in enumerate(plain) if not letter.isspace()]
    dense = "".join(plain[index] for index in at).translate(_LOWER)
    place = 0
    while place < len(dense):
        length = next(
            (n for n in lengths if dense[place : place + n] in known and place + n <= len(dense)), 0
        )
        if length:
            yield Finding(FindingKind.NAME, at[place], at[place + length - 1] + 1)
        place += length or 1


def _folded(text: str) -> str:
    return text.translate(_PLAIN).translate(_LOWER)


def findings(text: str, names: Collection[str] = ()) -> list[Finding]:
    """Return what personal data stands in a text, in its order; none overlaps another.

    Args:
        text: of any kind.
        names: of people whom the caller knows; a single character is passed over.
    """
    plain = text.translate(_PLAIN)
    taken: list[Finding] = []
    for found in (*_numbers(plain), *_named(plain, names)):  # the more telling kinds first
        if all(found.end <= other.start or other.end <= found.start for other in taken):
            taken.append(found)
    return sorted(taken, key=lambda found: found.start)


_SHOWN = {
    FindingKind.IDENTITY_NUMBER: (3, 2),
    FindingKind.PHONE: (3, 4),
    FindingKind.EMAIL: (1, 0),
    FindingKind.NAME: (1, 0),
}
"""How many characters stay readable at the beginning and at the end."""


def _mask(kind: FindingKind, written: str) -> str:
    if kind is FindingKind.EMAIL:
        name, at, domain = written.replace("＠", "@").partition("@")
        return name[:1] + MASK * max(len(name) - 1, 1) + at + domain
    first, last = _SHOWN[kind]
    letters = [index for index, letter in enumerate(written) if letter.isalnum()]
    hidden = set(letters[first : len(letters) - last])
    shown = "".join(MASK if index in hidden else letter for index, letter in enumerate(written))
    return shown if shown != written else MASK * len(written)  # a name of signs alone


def masked(text: str, names: Collection[str] = ()) -> str:
    """Return a text in which personal data is masked, yet can be recognised by whom it belongs to.

    Masked again it stays as it is, and `findings` finds nothing in it.

    Args:
        text: of any kind.
        names: see `findings`.
    """
    while found := findings(text, names):  # again: what stays of a number may be part of another one
        for each in reversed(found):
            text = text[: each.start] + _mask(each.kind, text[each.start : each.end]) + text[each.end :]
    return text


MaskedText = Annotated[Text, AfterValidator(masked)]
"""What somebody writes in their own words, and what then is kept for ever: without numbers and addresses."""

MaskedLine = Annotated[Line, AfterValidator(masked)]
"""Likewise, in one line."""
