"""An example request for each endpoint of notify about webhooks, and what it needs."""

from __future__ import annotations

from typing import Any

from services.notify.api.webhooks import targets_of
from services.notify.app import SERVICE
from services.notify.channels.webhook.attempts import Attempts, attempts_of
from services.notify.channels.webhook.messages import Messages, messages_of
from services.notify.channels.webhook.targets import Targets
from services.notify.channels.webhook.vault import Vault, vault_of
from shared.platform.auth import Role
from tests.authorisation.example import TOWN, Example, Further, Reach, Who
from tests.unit.authorisation.world import World
from tests.unit.notify.webhook_examples import MemoryAttempts, MemoryMessages, Names, vault

BODY: dict[str, Any] = {
    "url": "https://93.184.215.14/hxs",
    "description": "街道政务平台",
    "event_names": ["ProblemSolved"],
}
HOOK, DELIVERY = "/webhooks/{webhook}", "/webhooks/{webhook}/deliveries/{ping}"


def _sees(who: Who) -> bool:
    of_the_town = who.role is Role.LIAISON and who.division == TOWN
    return who.role in (Role.OFFICE, Role.AUDITOR) or of_the_town


OWN = Further("departments and liaison offices: their own only", _sees, 404)
NAMED = Further("departments: those that the token names", lambda w: w.role is not Role.DEPARTMENT, 409)


EXAMPLES = (
    Example("GET /webhook-events", "/webhook-events", reach=Reach.EVERYWHERE),
    Example("POST /webhooks", "/webhooks", BODY, answers=201, reach=Reach.OWN, further=NAMED),
    Example("GET /webhooks", "/webhooks", reach=Reach.OWN),
    Example("GET /webhooks/{webhook_id}", HOOK, further=OWN),
    Example("PUT /webhooks/{webhook_id}", HOOK, BODY, further=OWN),
    Example("DELETE /webhooks/{webhook_id}", HOOK, further=OWN),
    Example("GET /webhooks/{webhook_id}/history", f"{HOOK}/history", further=OWN),
    Example("POST /webhooks/{webhook_id}/rotation", f"{HOOK}/rotation", further=OWN),
    Example("POST /webhooks/{webhook_id}/disabling", f"{HOOK}/disabling", further=OWN),
    Example("POST /webhooks/{webhook_id}/enabling", f"{HOOK}/enabling", further=OWN),
    Example("POST /webhooks/{webhook_id}/test", f"{HOOK}/test", further=OWN),
    Example("GET /webhooks/{webhook_id}/deliveries", f"{HOOK}/deliveries", further=OWN),
    Example("GET /webhooks/{webhook_id}/deliveries/{delivery_id}", DELIVERY, further=OWN),
    Example(
        "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redelivery",
        f"{DELIVERY}/redelivery",
        further=OWN,
    ),
)


def stand_in(world: World) -> None:
    """Let memory stand in for what webhooks keep beside the record, and for the network's names."""
    kept, bodies, answers, where = vault(), MemoryMessages(), MemoryAttempts(), Targets(resolver=Names({}))

    async def vault_here() -> Vault:
        return kept

    async def messages_here() -> Messages:
        return bodies

    async def attempts_here() -> Attempts:
        return answers

    async def targets_here() -> Targets:
        return where

    instead = world.app.dependency_overrides
    instead[vault_of], instead[messages_of] = vault_here, messages_here
    instead[attempts_of], instead[targets_of] = attempts_here, targets_here


async def prepare(world: World) -> None:
    """Have a town tell another system, which was sent a test."""
    stand_in(world)
    town = Who(Role.LIAISON, TOWN)
    world.known["webhook"] = (await world.done("/webhooks", BODY, by=town))["id"]
    sent = await world.done(f"{HOOK}/test", by=town)
    world.known["ping"] = sent["delivery_id"]


async def world() -> World:
    """Return a county in which another system is told."""
    made = World(SERVICE)
    await prepare(made)
    made.remember()
    return made
