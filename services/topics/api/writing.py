"""What the endpoints of a topic have in common."""

from __future__ import annotations

from services.topics.deciders import TOPIC
from services.topics.domain.topic import TopicCommand
from shared.eventsourcing.http import Commands, Written
from shared.platform.auth import Principal, Role

CLERKS = frozenset({Role.LIAISON, Role.OFFICE})


def is_clerk(caller: Principal) -> bool:
    """Tell whether the caller acts for others, not for themselves."""
    return not CLERKS.isdisjoint(caller.roles)


async def on_topic(
    commands: Commands, topic_id: str, command: TopicCommand, source: str | None = None
) -> Written:
    """Do a command on a topic; raises as `Commands.execute` does."""
    return await commands.execute(TOPIC, topic_id, command, location=f"/topics/{topic_id}", source=source)
