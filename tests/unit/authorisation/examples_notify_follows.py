"""An example request for every endpoint of notify about following and newsletters, and what it needs."""

from __future__ import annotations

from datetime import UTC, datetime

from services.notify.app import SERVICE
from shared.contracts.notify import NewsletterWritten
from shared.contracts.topics import TopicProposed, TopicSupported
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from tests.authorisation.example import COUNTY, ME, TOWN, Example, Reach, Who
from tests.unit.authorisation.world import World

EXAMPLES = (
    Example("GET /follows", "/follows", reach=Reach.OWN, lists=True),
    Example("GET /follows/{topic_id}", "/follows/lamps"),
    Example("PUT /follows/{topic_id}", "/follows/lamps"),
    Example("DELETE /follows/{topic_id}", "/follows/lamps"),
    Example(
        "POST /newsletters",
        "/newsletters",
        {"division": COUNTY, "title": "九月通讯", "body": "本月协商活动三场。"},
        201,
        reach=Reach.COUNTY,
        lives_in=COUNTY,
    ),
    Example("GET /newsletters", "/newsletters", lists=True),
    Example("GET /newsletters/{newsletter_id}", "/newsletters/letter-1"),
)


async def prepare(world: World) -> None:
    """Have the world hear of a topic, which the caller supports and follows, and of a newsletter."""
    proposed = TopicProposed(
        topic_id="lamps",
        division=TOWN,
        title="路灯补亮",
        origin=Origin.RESIDENTS,
        channel=Channel.QR,
        proposed_on=world.now.date(),
    )
    mine = TopicSupported(topic_id="lamps", person=person_id(ME), supported_on=world.now.date())
    world.kept.log.hear("topic-lamps", proposed, mine)
    letter = NewsletterWritten(
        newsletter_id="letter-1",
        division=TOWN,
        title="八月",
        body="协商两场。",
        written_at=datetime(2024, 5, 1, tzinfo=UTC),
    )
    world.kept.log.hear("newsletter-letter-1", letter)
    await world.done("/follows/lamps", method="PUT", by=Who(Role.RESIDENT, TOWN, ME))


async def world() -> World:
    """Return a county with a topic that is followed, and a newsletter."""
    made = World(SERVICE)
    await prepare(made)
    made.remember()
    return made
