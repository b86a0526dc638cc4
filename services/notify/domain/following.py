"""Somebody follows a topic, or wants to hear no more of it: one stream for each person and topic.

The names and fields of its events are stored for good (`shared/contracts/notify.py`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.base import DomainEvent
from shared.contracts.notify import TopicFollowed, TopicUnfollowed

_FOLLOW_IDS = uuid.UUID("1f6f3f0a-90a5-5a0e-8d43-6f0c9e6f2b54")
"""What ids of followings are derived in; it never changes."""


def follow_id(person: str, topic_id: str) -> str:
    """Return the id of the one following that there is for these two."""
    return str(uuid.uuid5(_FOLLOW_IDS, f"{person}/{topic_id}"))


@dataclass(frozen=True)
class Following:
    """What somebody said about a topic.

    Attributes:
        wanted: whether they want to hear of it; None as long as they have not said.
        division: of the topic.
    """

    wanted: bool | None = None
    division: str = ""


@dataclass(frozen=True)
class FollowTopic:
    """Hear of a topic from now on.

    Attributes:
        person: opaque id of the caller's account.
        division: of the topic.
        at: the moment, UTC.
    """

    topic_id: str
    person: str
    division: str
    at: datetime


@dataclass(frozen=True)
class UnfollowTopic:
    """Hear no more of a topic, also where one follows it because one supports it; see `FollowTopic`."""

    topic_id: str
    person: str
    division: str
    at: datetime


FollowCommand = FollowTopic | UnfollowTopic


def evolve(following: Following, event: DomainEvent) -> Following:
    """Return what somebody said after an event."""
    match event:
        case TopicFollowed():
            return Following(True, event.division)
        case TopicUnfollowed():
            return Following(False, event.division)
    return following


def decide(command: FollowCommand, following: Following) -> Sequence[DomainEvent]:
    """Return what saying so does: nothing where it was said already."""
    about = {
        "follow_id": follow_id(command.person, command.topic_id),
        "topic_id": command.topic_id,
        "division": command.division,
        "person": command.person,
    }
    match command:
        case FollowTopic() if following.wanted is not True:
            return [TopicFollowed(**about, followed_at=command.at)]
        case UnfollowTopic() if following.wanted is not False:
            return [TopicUnfollowed(**about, unfollowed_at=command.at)]
    return []
