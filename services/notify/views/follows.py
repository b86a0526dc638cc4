"""The shape of what somebody follows, as OpenAPI shows it."""

from __future__ import annotations

from pydantic import BaseModel


class FollowView(BaseModel):
    """What the caller has to do with a topic, and whether they hear of it.

    Attributes:
        title: of the topic; null until this service has heard of it.
        following: they are told how it goes on. Who proposed it is told what came of it in any case.
        proposed: it is theirs.
        supports: they stand behind it, and so follow it unless they said otherwise.
    """

    topic_id: str
    title: str | None = None
    following: bool
    proposed: bool = False
    supports: bool = False
