"""An example request for every endpoint of notify, and a county in which it is right."""

from __future__ import annotations

from services.notify.app import SERVICE
from shared.platform.auth import Role
from shared.platform.people import Details
from tests.authorisation.example import COUNTY, TOWN, Example, Who
from tests.unit.authorisation import examples_notify_core as core
from tests.unit.authorisation import examples_notify_follows as follows
from tests.unit.authorisation import examples_notify_mail as mail
from tests.unit.authorisation import examples_notify_webhooks as webhooks
from tests.unit.authorisation.world import World

_PARTS = (core, follows, mail, webhooks)
PERSON, WHY = "somebody-with-an-address", "?why=退信"

_PEOPLE = (
    Example("GET /people/accesses", "/people/accesses", lives_in=COUNTY, lists=True),
    Example("POST /people/searches", "/people/searches", {"name": "王大山", "why": "退信"}, lists=True),
    Example("GET /people/{person_id}", f"/people/{PERSON}{WHY}"),
    Example("POST /people/{person_id}/erasure", f"/people/{PERSON}/erasure", {"why": "本人要求"}),
)
EXAMPLES = (*(example for part in _PARTS for example in part.EXAMPLES), *_PEOPLE)


async def world() -> World:
    """Return a county in which people are told."""
    made = World(SERVICE)
    for part in _PARTS:
        await part.prepare(made)
    known = Details(name="王大山", email="wang@example.org")
    await made.app.state.people.put(PERSON, division=TOWN, details=known)
    await made.done(f"/people/{PERSON}{WHY}", by=Who(Role.LIAISON, TOWN), method="GET")
    made.remember()
    return made
