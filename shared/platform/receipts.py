"""Receipt numbers and query codes: how somebody without an account follows what they proposed (T08).

A receipt number such as `HM-7F3K9-QWX4T` says which topic, and may be read out on the telephone; the query
code such as `K7CM-4RTW` opens it, and is for the proposer alone. Both follow from the topic's id, so that a
request that is repeated gets the same ones. Nothing of the code is stored; the number is in the event.

Nine characters of 24 tell 2.6 · 10¹² numbers apart: among a million topics two share one with a probability
of 17 %. Such two are no fault: the number then leads to both, and the code opens one of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shared.platform.codes import (
    ALPHABET,
    Secrets,
    grouped,
    has_check,
    is_short_code,
    normal,
    short_code,
    with_check,
)

CODE_LENGTH = 8
"""36 bits: at 200 tries a day, which is all that a receipt number takes, a guess needs a million years."""

_BODY_LENGTH = 9
_PURPOSE = "topic-query"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a proposer keeps.

    Attributes:
        number: which topic.
        query_code: opens it.
    """

    number: str
    query_code: str


def receipt_number(topic_id: str, prefix: str) -> str:
    """Return the number of a topic: always the same.

    Args:
        topic_id: of the topic.
        prefix: whose number it is, e.g. `HM` for 惠民.
    """
    number, letters = int.from_bytes(hashlib.sha256(topic_id.encode()).digest()), ""
    for _ in range(_BODY_LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return f"{prefix}-{grouped(with_check(letters), 5)}"


def receipt_key(typed: str) -> str | None:
    """Return what a receipt number is looked up by; None where nothing can bear it.

    Prefix, case, width, spaces and hyphens do not matter: they are not what tells numbers apart.
    """
    key = normal(typed)[-_BODY_LENGTH - 1 :]
    return key if len(key) == _BODY_LENGTH + 1 and has_check(key) else None


def receipt_of(topic_id: str, number: str, secrets: Secrets) -> Receipt:
    """Return number and code of a topic, as they are handed out."""
    return Receipt(number, grouped(short_code(secrets, _PURPOSE, topic_id, CODE_LENGTH)))


def opens(code: str, topic_id: str, secrets: Secrets) -> bool:
    """Tell whether a query code is a topic's; takes as long for a wrong one as for the right one."""
    return is_short_code(secrets, _PURPOSE, topic_id, code, CODE_LENGTH)
