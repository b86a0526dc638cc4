"""An example request for every endpoint of notify that a mail leads to, and what it needs."""

from __future__ import annotations

from services.notify.app import SERVICE
from services.notify.domain.notice import notice_id
from services.notify.domain.recipients import person
from services.notify.unsubscribing import address_to_unsubscribe
from shared.contracts.notify import NoticeChannel, NoticeClass, NoticePosted
from shared.eventsourcing.http import person_id
from tests.authorisation.example import STRANGER, TOWN, Example, Reach
from tests.http import SETTINGS
from tests.unit.authorisation.world import World

EXAMPLES = (
    # Whoever has the address from the mail may, an account beside it does not count.
    Example("GET /unsubscribe/{token}", "/unsubscribe/{unsubscribe}", reach=Reach.EVERYWHERE),
    Example("POST /unsubscribe/{token}", "/unsubscribe/{unsubscribe}", reach=Reach.EVERYWHERE),
)


async def prepare(world: World) -> None:
    """Have somebody told of what they follow, by a mail with an address to unsubscribe."""
    reader = person(person_id(STRANGER))
    id_ = notice_id("topic-lamps:3", reader, NoticeChannel.INBOX)
    posted = NoticePosted(
        notice_id=id_,
        division=TOWN,
        recipient=reader,
        channel=NoticeChannel.INBOX,
        notice_class=NoticeClass.FOLLOW,
        cause="topic-lamps:3",
        title="议题有新进展",
    )
    world.kept.log.hear(f"notice-{id_}", posted)
    world.known["unsubscribe"] = address_to_unsubscribe(SETTINGS, id_).rpartition("/")[2]


async def world() -> World:
    """Return a county in which somebody was told by mail."""
    made = World(SERVICE)
    await prepare(made)
    made.remember()
    return made
