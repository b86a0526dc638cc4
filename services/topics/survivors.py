"""Where a topic goes on: mergers followed to their end (T12)."""

from __future__ import annotations

from services.topics.deciders import TOPIC
from services.topics.domain.topic import Ended, OtherTopic, Unknown
from shared.eventsourcing.http import Commands
from shared.platform.auth import Principal


async def survivor_of(commands: Commands, topic_id: str) -> str:
    """Return the topic in which this one goes on, however often it was merged; itself where it was not."""
    seen: set[str] = set()
    while topic_id not in seen:  # topics merged into each other in the same moment are a circle for a while
        seen.add(topic_id)
        found = await commands.state(TOPIC, topic_id)
        if not isinstance(found, Ended) or found.into is None:
            break
        topic_id = found.into
    return topic_id


async def other_topic(commands: Commands, topic_id: str | None, caller: Principal) -> OtherTopic | None:
    """Return how another topic stands that the caller names; None where they know of none."""
    if topic_id is None:
        return None
    found = await commands.state(TOPIC, topic_id)
    if isinstance(found, Unknown) or not caller.covers(found.division):
        return None
    if not isinstance(found, Ended):
        return OtherTopic()
    return OtherTopic(found.ending, await survivor_of(commands, topic_id) if found.into else None)
