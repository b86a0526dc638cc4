"""`audience`: who stands behind a topic: its proposer, those who support it, those who follow it (N08).

A document for each topic and person, `<topic>:<person>`: a campaign's thousands of supporters make no
document grow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.notify import TopicFollowed, TopicUnfollowed
from shared.contracts.topics import TopicProposed, TopicSupported
from shared.eventsourcing.projection import Document, Projection
from shared.eventsourcing.read_model import ReadModel

PAGE = 500

_NOBODY_YET: Mapping[str, Any] = {"proposed": False, "supports": False, "wanted": None}


def member_key(recorded: Recorded) -> Iterable[str]:
    """Return the topic and the person, where one is known."""
    match recorded.event:
        case TopicProposed() as event:
            return (f"{event.topic_id}:{event.proposer}",) if event.proposer else ()
        case TopicSupported() | TopicFollowed() | TopicUnfollowed() as event:
            return (f"{event.topic_id}:{event.person}",)
    return ()


def fold_member(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what a person has to do with a topic after an event of the topic's stream or their own."""
    topic_id, _, person = key.partition(":")
    known = {**_NOBODY_YET, "topic_id": topic_id, "person": person, **(document or {})}
    match recorded.event:
        case TopicProposed():
            return {**known, "proposed": True}
        case TopicSupported():
            return {**known, "supports": True}
        case TopicFollowed():
            return {**known, "wanted": True}
    return {**known, "wanted": False}


AUDIENCE = Projection(
    name="audience",
    version=1,
    events=(TopicProposed, TopicSupported, TopicFollowed, TopicUnfollowed),
    keys=member_key,
    fold=fold_member,
    indexes=(
        (("topic_id", 1), ("proposed", 1), ("_id", 1)),
        (("person", 1), ("wanted", 1), ("_id", 1)),
    ),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody behind a topic.

    Attributes:
        person: opaque id.
        proposed: it is theirs.
        wanted: whether they said that they want to hear of it; None where they said nothing.
    """

    person: str
    proposed: bool
    wanted: bool | None


async def behind(
    audience: ReadModel, family: Sequence[str], *, proposed: bool
) -> AsyncIterator[list[Member]]:
    """Go through those behind the topics of a family, in pages: its proposers, or all others.

    Who stands behind two topics of a family comes twice.
    """
    for topic_id in family:
        last = ""
        while True:
            query = {"topic_id": topic_id, "proposed": proposed, "_id": {"$gt": last}}
            found = await audience.find(query, limit=PAGE)
            yield [Member(each["person"], each["proposed"], each["wanted"]) for each in found]
            if len(found) < PAGE:
                break
            last = found[-1]["_id"]
