"""Whose problems they are: the proposers of a topic, and the topics that a receipt opens (C08, T08, T12)."""

from __future__ import annotations

from collections.abc import Collection

from services.cases.projections.topics import KNOWN_TOPICS
from shared.eventsourcing.reading import Reading
from shared.platform.codes import Secrets
from shared.platform.problems import NotFoundError
from shared.platform.receipts import opens, receipt_key

_NOBODY = "no-such-topic"


async def proposers_of(reading: Reading, topic_id: str) -> frozenset[str] | None:
    """Return the opaque ids of those who proposed a topic, or one merged into it.

    Returns:
        None where cases has not heard of the topic yet; nobody where the topic says nobody.
    """
    found = await reading.all(KNOWN_TOPICS, {"_id": topic_id})
    return frozenset(found[0]["proposers"]) if found else None


async def topics_of_receipt(reading: Reading, receipt: str, code: str, secrets: Secrets) -> frozenset[str]:
    """Return the ids of the topic that receipt number and query code open, and of those it went on in.

    Raises:
        NotFoundError: there is none: the same for a wrong code as for a wrong number.
    """
    key = receipt_key(receipt)
    found = await reading.all(KNOWN_TOPICS, {"receipt_key": key}) if key else []
    topics = [topic["topic_id"] for topic in found] or [_NOBODY]
    # All are tried, and for an unknown number one that is nobody's: an answer takes as long either way.
    opened = [topic for topic in topics if opens(code, topic, secrets) and topic != _NOBODY]
    if not opened:
        raise NotFoundError
    return await _where_they_went_on(reading, opened)


async def _where_they_went_on(reading: Reading, topic_ids: Collection[str]) -> frozenset[str]:
    """Follow topics into what they were merged into and the parts they were split into."""
    seen, new = set(topic_ids), list(topic_ids)
    while new:
        known = await reading.all(KNOWN_TOPICS, {"_id": {"$in": new}})
        parts = await reading.all(KNOWN_TOPICS, {"split_from": {"$in": new}})
        further = {topic["merged_into"] for topic in known if topic["merged_into"]}
        further |= {topic["topic_id"] for topic in parts}
        new = sorted(further - seen)
        seen |= further
    return frozenset(seen)
