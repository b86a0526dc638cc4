"""Following topics over HTTP: what the caller hears of, and hears no more of (N08)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.notify.deciders import FOLLOW
from services.notify.domain.following import FollowCommand, FollowTopic, UnfollowTopic, follow_id
from services.notify.projections.audience import AUDIENCE
from services.notify.projections.topics import TOPICS
from services.notify.views.follows import FollowView
from shared.contracts.types import Id
from shared.eventsourcing.http import Commands, CommandsOf, Written, person_id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, check_division, require
from shared.platform.clock import Now
from shared.platform.http import Page, Paging
from shared.platform.problems import NotFoundError

router = APIRouter()

Follower = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT))]
Reader = Annotated[Principal, Depends(require(Role.RESIDENT, Role.DEPARTMENT, access=Access.READ))]


@router.get("/follows")
async def list_follows(caller: Reader, reading: ReadingOf, paging: Paging) -> Page[FollowView]:
    """List the topics that the caller said they want to hear of."""
    query = {"person": person_id(caller.subject), "wanted": True}
    page = await reading.page(AUDIENCE, query, paging)
    return Page(items=await _views(reading, page.items), next=page.next)


@router.get("/follows/{topic_id}")
async def get_follow(topic_id: Id, caller: Reader, reading: ReadingOf) -> FollowView:
    """Return whether the caller hears of a topic."""
    topic = await _topic(reading, topic_id, caller)
    found = await reading.all(AUDIENCE, {"_id": f"{topic_id}:{person_id(caller.subject)}"})
    return _view(found[0], topic) if found else FollowView(**_about(topic_id, topic), following=False)


@router.put("/follows/{topic_id}")
async def follow_topic(
    topic_id: Id, caller: Follower, reading: ReadingOf, commands: CommandsOf, now: Now
) -> Written:
    """Hear of a topic from now on; again, it changes nothing."""
    topic = await _topic(reading, topic_id, caller)
    command = FollowTopic(topic_id, person_id(caller.subject), topic["division"], now)
    return await _say(commands, command)


@router.delete("/follows/{topic_id}")
async def unfollow_topic(
    topic_id: Id, caller: Follower, reading: ReadingOf, commands: CommandsOf, now: Now
) -> Written:
    """Hear no more of a topic, also of one that the caller supports; again, it changes nothing.

    Who proposed it is told what came of it even so (N01).
    """
    topic = await _topic(reading, topic_id, caller)
    command = UnfollowTopic(topic_id, person_id(caller.subject), topic["division"], now)
    return await _say(commands, command)


async def _topic(reading: Reading, topic_id: str, caller: Principal) -> Mapping[str, Any]:
    found = await reading.all(TOPICS, {"_id": topic_id})
    if not found:
        raise NotFoundError
    check_division(caller, found[0]["division"])
    return found[0]


async def _say(commands: Commands, command: FollowCommand) -> Written:
    return await commands.execute(
        FOLLOW,
        follow_id(command.person, command.topic_id),
        command,
        location=f"/follows/{command.topic_id}",
        division=command.division,
    )


async def _views(reading: Reading, members: Sequence[Mapping[str, Any]]) -> list[FollowView]:
    found = await reading.all(TOPICS, {"_id": {"$in": [member["topic_id"] for member in members]}})
    topics = {topic["_id"]: topic for topic in found}
    return [_view(member, topics.get(member["topic_id"], {})) for member in members]


def _view(member: Mapping[str, Any], topic: Mapping[str, Any]) -> FollowView:
    wanted = member["wanted"]
    behind = member["proposed"] or member["supports"]
    return FollowView(
        **_about(member["topic_id"], topic),
        following=behind if wanted is None else wanted,
        proposed=member["proposed"],
        supports=member["supports"],
    )


def _about(topic_id: str, topic: Mapping[str, Any]) -> dict[str, Any]:
    return {"topic_id": topic_id, "title": topic.get("title")}
