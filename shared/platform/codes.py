"""Codes that are handed out to people: short ones to type, and signed ones that hold for a short while.

Nothing of them is stored: a code follows from a secret, a purpose and what it is for. The newest secret
makes codes, all secrets are accepted, so that a secret is replaced without taking back what people hold.

    code = short_code(secrets, "topic-query", topic_id, length=8)     # K7CM4RTW, the same every time
    is_short_code(secrets, "topic-query", topic_id, typed, length=8)  # also k7cm-4rtw, or in full width

    token = sign(secrets, "check-in", f"{meeting_id}:{person}", expires_at=now + timedelta(seconds=90))
    subject = verify(secrets, "check-in", token, now=now)

A purpose is a word of the program and is part of the signature: a code for one thing opens nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from pydantic import SecretStr

Secrets: TypeAlias = Sequence[SecretStr]
"""`Settings.signing_secrets`: newest first."""

ALPHABET = "34679ACDEFGHJKMNPQRTVWXY"
"""Both of each pair that is mistaken for the other are left out: 0 O, 1 I L, 2 Z, 5 S, 8 B, U (V)."""

CHARACTER_BITS = 4.58
"""What one character of a short code is worth: 8 of them make 36 bits, so tries must be limited."""

_MAC_BYTES = 16
_SIGNED = re.compile(r"([A-Za-z0-9_-]{1,400})\.([0-9]{1,12})\.[A-Za-z0-9_-]{22}")


class CodeFault(StrEnum):
    """Why a signed code is not accepted."""

    MALFORMED = "malformed"
    FORGED = "forged"  # or of another purpose, or of a secret that is no longer accepted
    EXPIRED = "expired"


class CodeRefusedError(Exception):
    """A signed code that is not accepted.

    Attributes:
        fault: why, for the log and for what the caller is told.
    """

    def __init__(self, fault: CodeFault) -> None:
        self.fault = fault
        super().__init__(f"the code is {fault}")


def _mac(secret: SecretStr, purpose: str, *parts: str) -> bytes:
    # Lengths before the parts: no two different lists of parts read the same.
    message = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
    return hmac.new(secret.get_secret_value().encode(), message.encode(), hashlib.sha256).digest()


def _letters(digest: bytes, length: int) -> str:
    number, letters = int.from_bytes(digest), []
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(letters)


def normal(typed: str) -> str:
    """Return a code as it was made, however it was typed: case, width, spaces and hyphens do not matter."""
    wide = unicodedata.normalize("NFKC", typed).upper()
    return "".join(letter for letter in wide if letter not in "- \t\u2010\u2011\u2012\u2013\u2014\u2212")


def grouped(code: str, size: int = 4) -> str:
    """Return a code in groups that can be read out: `K7CM-4RTW`."""
    return "-".join(code[at : at + size] for at in range(0, len(code), size))


def short_code(secrets: Secrets, purpose: str, subject: str, length: int = 8) -> str:
    """Return the code for a subject that somebody can type in: the same one every time.

    Args:
        secrets: the first makes it.
        purpose: e.g. `topic-query`.
        subject: what it is for, e.g. a topic's id.
        length: characters, at most 40.
    """
    return _letters(_mac(secrets[0], f"short:{purpose}", subject), length)


def is_short_code(secrets: Secrets, purpose: str, subject: str, typed: str, length: int = 8) -> bool:
    """Tell whether this is the code for a subject; takes as long for a wrong one as for the right one."""
    given = normal(typed).encode()
    matches = [
        hmac.compare_digest(short_code([secret], purpose, subject, length).encode(), given)
        for secret in secrets
    ]
    return any(matches)


def check_character(code: str) -> str:
    """Return the character that reveals one mistyped, or two exchanged, of a code (Luhn, modulo 24).

    Raises:
        ValueError: the code has a character that codes do not have.
    """
    total, size = 0, len(ALPHABET)
    for place, letter in enumerate(reversed(code)):
        value = ALPHABET.index(letter) * (1 if place % 2 else 2)
        total += value // size + value % size
    return ALPHABET[-total % size]


def with_check(code: str) -> str:
    """Return a code with its check character at the end.

    Raises:
        ValueError: the code has a character that codes do not have.
    """
    return code + check_character(code)


def has_check(typed: str) -> bool:
    """Tell whether what was typed ends with the right check character, so that it may be a code at all."""
    code = normal(typed)
    if len(code) < 2 or any(letter not in ALPHABET for letter in code):
        return False
    return check_character(code[:-1]) == code[-1]


def _signed(secret: SecretStr, purpose: str, subject: str, until: str) -> str:
    mac = _mac(secret, f"signed:{purpose}", subject, until)[:_MAC_BYTES]
    parts = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (subject.encode(), mac))
    return f".{until}.".join(parts)


def sign(secrets: Secrets, purpose: str, subject: str, *, expires_at: datetime) -> str:
    """Return a code, fit for a link or a QR code, that says what it is for and until when it holds.

    The subject can be read by whoever has the code: an id, never a name.

    Args:
        secrets: the first signs.
        purpose: e.g. `check-in`.
        subject: what `verify` returns; one to 300 bytes.
        expires_at: aware; whole seconds count.
    """
    return _signed(secrets[0], purpose, subject, str(int(expires_at.timestamp())))


def verify(secrets: Secrets, purpose: str, token: str, *, now: datetime) -> str:
    """Return what a signed code is for.

    Raises:
        CodeRefusedError: malformed; not signed for this purpose by any of the secrets; expired.
    """
    found = _SIGNED.fullmatch(token.strip())
    if found is None:
        raise CodeRefusedError(CodeFault.MALFORMED)
    try:
        subject = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except ValueError:
        raise CodeRefusedError(CodeFault.MALFORMED) from None
    matches = [
        # The whole text is compared: there is one way to write a code down.
        hmac.compare_digest(_signed(secret, purpose, subject, found[2]), found[0])
        for secret in secrets
    ]
    if not any(matches):
        raise CodeRefusedError(CodeFault.FORGED)
    if now.timestamp() >= int(found[2]):
        raise CodeRefusedError(CodeFault.EXPIRED)
    return subject


async def _secrets(request: Request) -> Secrets:
    secrets: Secrets = request.app.state.settings.signing_secrets
    return secrets


SecretsOf = Annotated[Secrets, Depends(_secrets)]
"""Dependency: the installation's signing secrets."""
