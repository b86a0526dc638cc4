"""An example request for each endpoint of notify about inbox, recipients, deliveries; what it needs."""

from __future__ import annotations

from typing import Any

from services.notify.app import SERVICE
from services.notify.deciders import NOTICE
from services.notify.domain.delivery import Plan, PlanDeliveries, RecordFailure
from services.notify.domain.notice import PostNotice, notice_id
from services.notify.domain.recipients import person
from shared.contracts.envelope import Meta
from shared.contracts.notify import NoticeChannel
from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.http import person_id
from shared.platform.auth import Role
from shared.platform.health import Health
from shared.platform.receipts import receipt_number, receipt_of
from tests.authorisation.example import ME, NEXT_COUNTY, TOWN, Example, Further, Reach, Who
from tests.http import SETTINGS
from tests.unit.authorisation.world import World

OVERSEERS = (Role.OFFICE, Role.AUDITOR)
OFFICE_S, ANOTHER_COUNTY_S = f"/recipients/liaison:{TOWN}", f"liaison:{NEXT_COUNTY}001"
ADDRESS = {"email": "office@example.gov.cn"}


def _acts_for_it(who: Who) -> bool:
    return who.role in OVERSEERS or (who.role is Role.LIAISON and who.division == TOWN)


OWN_OFFICE = Further("departments and liaison offices: their own only", _acts_for_it, 404)
_OF_OFFICE: dict[str, Any] = {"further": OWN_OFFICE, "nothing": ANOTHER_COUNTY_S}

EXAMPLES = (
    Example("GET /inbox", "/inbox", reach=Reach.OWN, lists=True),
    Example("GET /inbox/unread", "/inbox/unread", reach=Reach.OWN),
    Example("GET /inbox/events", "/inbox/events", reach=Reach.OWN),
    Example("POST /inbox/reading", "/inbox/reading", reach=Reach.OWN),
    Example("GET /inbox/{notice_id}", "/inbox/{notice}", reach=Reach.OWN),
    Example("POST /inbox/{notice_id}/reading", "/inbox/{notice}/reading", reach=Reach.OWN),
    Example("GET /recipients/me", "/recipients/me", reach=Reach.OWN),
    Example("PUT /recipients/me", "/recipients/me", ADDRESS, reach=Reach.OWN),
    Example(
        "PUT /recipients/me/preferences", "/recipients/me/preferences", {"digest": "daily"}, reach=Reach.OWN
    ),
    Example("GET /recipients/{recipient}", OFFICE_S, **_OF_OFFICE),
    Example("PUT /recipients/{recipient}", OFFICE_S, ADDRESS, **_OF_OFFICE),
    Example(
        "PUT /recipients/{recipient}/preferences",
        f"{OFFICE_S}/preferences",
        {"digest": "daily"},
        **_OF_OFFICE,
    ),
    # Whoever has receipt number and query code may, an account beside them does not count.
    Example(
        "PUT /receipts/{receipt}/address",
        "/receipts/{receipt}/address",
        ADDRESS,
        headers={"HXS-Query-Code": "{code}"},
        reach=Reach.EVERYWHERE,
    ),
    Example("GET /deliveries", "/deliveries", reach=Reach.COUNTY, lists=True),
    Example("GET /deliveries/{delivery_id}", "/deliveries/{delivery}", reach=Reach.COUNTY),
    Example("POST /deliveries/{delivery_id}/retry", "/deliveries/{delivery}/retry", reach=Reach.COUNTY),
)


async def prepare(world: World) -> None:
    """Have the caller told something, by a mail that is stuck, and a topic proposed without an account."""
    await _tell(world)
    topic = "proposed-by-phone"
    receipt = receipt_of(topic, receipt_number(topic, "HX"), SETTINGS.signing_secrets)
    proposed = TopicProposed(
        topic_id=topic,
        division=TOWN,
        title="井盖松动",
        origin=Origin.RESIDENTS,
        channel=Channel.WEB,
        proposed_on=world.now.date(),
        proposer="somebody",
        receipt=receipt.number,
    )
    world.kept.log.hear(f"topic-{topic}", proposed)
    world.known |= {"receipt": receipt.number, "code": receipt.query_code}
    world.app.state.health = Health()
    world.app.state.health.drain()  # a stream of events ends at once instead of never


async def _tell(world: World) -> None:
    me, cause = person(person_id(ME)), "problem-corner:1"
    notice, mail = (notice_id(cause, me, channel) for channel in (NoticeChannel.INBOX, NoticeChannel.EMAIL))
    commands = (
        PostNotice(TOWN, me, cause, "您提出的议题未予受理"),
        PlanDeliveries((Plan(NoticeChannel.EMAIL),), world.now),
        RecordFailure(mail, 1, "550 no such user", world.now, permanent=True),
    )
    for n, command in enumerate(commands):
        await world.app.state.handlers[NOTICE.category].execute(
            command,
            stream=NOTICE.stream(notice),
            meta=Meta(TOWN, "worker", "example", "example"),
            command_id=f"example-{n}",
        )
    world.known |= {"notice": notice, "delivery": mail}


async def world() -> World:
    """Return a county in which somebody was told."""
    made = World(SERVICE)
    await prepare(made)
    made.remember()
    return made
