"""Where and how somebody is told: their address, and what they chose (N01, N02, N04, N12)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel

from services.notify.addresses import addresses_of, keep_address
from services.notify.deciders import RECIPIENT
from services.notify.domain.preferences import ChoosePreferences
from services.notify.domain.recipients import department, liaison, office, person, recipient_id
from services.notify.inbox import inboxes_of
from services.notify.projections.preferences import PREFERENCES, preferences_of
from services.notify.projections.receipts import RECEIPTS
from services.notify.views.recipients import AddressBody, AddressView, PreferencesBody, RecipientView
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.http import CommandsOf, Written, person_id
from shared.eventsourcing.reading import Reading, ReadingOf
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import Access, anyone, require
from shared.platform.clock import Now
from shared.platform.http import MinVersion
from shared.platform.people import People
from shared.platform.people_http import PeopleOf
from shared.platform.problems import NotFoundError
from shared.platform.rate_limit import DAY, HOUR, LimitsOf, Rate, limited
from shared.platform.receipts import opens, receipt_key

router = APIRouter()

Anybody = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.RESIDENT))]
AnybodyReading = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.RESIDENT, access=Access.READ))]
Clerk = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.LIAISON))]
ClerkReading = Annotated[Principal, Depends(require(Role.DEPARTMENT, Role.LIAISON, access=Access.READ))]

OrganisationName = Annotated[
    str,
    Path(
        pattern=r"^(department:[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,188}|liaison:[0-9]{9}|office:[0-9]{6})$",
        description="As notices name it: `department:县住建局`, `liaison:371621001`, `office:371621`",
    ),
]


class Addressee(BaseModel):
    """A recipient, and the division that tells namesakes apart."""

    recipient: str
    division: str

    @property
    def id(self) -> str:
        """Return the id under which address and preferences are kept."""
        return recipient_id(self.recipient, self.division)


def _myself(caller: Principal) -> Addressee:
    return Addressee(recipient=person(person_id(caller.subject)), division=caller.division)


def _organisation(recipient: str, caller: Principal) -> Addressee:
    """Return an organisation that the caller acts for, or that lies in the county whose office asks.

    Raises:
        NotFoundError: it is somebody else's.
    """
    if recipient in inboxes_of(caller):
        return Addressee(recipient=recipient, division=caller.division)
    kind, _, where = recipient.partition(":")
    division = caller.division[:6] if kind == "department" else where
    oversees = not {Role.OFFICE, Role.AUDITOR}.isdisjoint(caller.roles)
    known = {department(where), liaison(where), office(where)}
    if not oversees or recipient not in known or not caller.covers(division):
        raise NotFoundError
    if kind == "department" and len(caller.division) > len(division):
        raise NotFoundError  # departments are the county's
    return Addressee(recipient=recipient, division=division)


async def _shown(who: Addressee, people: People, reading: Reading, minimum: int | None) -> RecipientView:
    key = (who.recipient, who.division)
    addresses = await addresses_of(people, [key])
    if minimum:
        await reading.document(PREFERENCES, who.id, minimum=minimum, visible=lambda _: True)
    found = await reading.all(PREFERENCES, {"_id": who.id})
    chosen = preferences_of(found[0] if found else None)
    return RecipientView.of(who.recipient, addresses.get(key), chosen)


async def _keep(who: Addressee, body: AddressBody, people: People) -> AddressView:
    if not await keep_address(people, who.recipient, who.division, body.email):
        raise RefusedError(
            "erased",
            rule="N12",
            zh="个人信息已按要求删除，不再保存邮箱地址。",
            en="This person was erased; no address is kept any more.",
        )
    return AddressView(recipient=who.recipient, email=body.email)


async def _choose(
    who: Addressee, body: PreferencesBody, commands: CommandsOf, now: Now, location: str
) -> Written:
    command = ChoosePreferences(
        recipient=who.recipient,
        division=who.division,
        at=now,
        choices=tuple(choice.said() for choice in body.choices),
        digest=body.digest,
        digest_hour=body.digest_hour,
        quiet_from=body.quiet_from,
        quiet_to=body.quiet_to,
    )
    return await commands.execute(RECIPIENT, who.id, command, location=location, division=who.division)


# Before the organisations: routes are tried in this order.
@router.get("/recipients/me")
async def get_me(
    caller: AnybodyReading, people: PeopleOf, reading: ReadingOf, minimum: MinVersion
) -> RecipientView:
    """Return the caller's own address, and how they want to be told."""
    return await _shown(_myself(caller), people, reading, minimum)


@router.put("/recipients/me")
async def put_my_address(body: AddressBody, caller: Anybody, people: PeopleOf) -> AddressView:
    """Keep the caller's e-mail address; with null, forget it."""
    return await _keep(_myself(caller), body, people)


@router.put("/recipients/me/preferences")
async def choose_for_me(body: PreferencesBody, caller: Anybody, commands: CommandsOf, now: Now) -> Written:
    """Choose how the caller is told: classes by channel, digests, quiet hours; replaces what was chosen."""
    return await _choose(_myself(caller), body, commands, now, "/recipients/me")


# A department's name may have a slash in it: what ends in `/preferences` is looked for first.
@router.put("/recipients/{recipient:path}/preferences")
async def choose_for_organisation(
    recipient: OrganisationName, body: PreferencesBody, caller: Clerk, commands: CommandsOf, now: Now
) -> Written:
    """Choose how an office or a department is told."""
    who = _organisation(recipient, caller)
    return await _choose(who, body, commands, now, f"/recipients/{quote(recipient, safe=':')}")


@router.get("/recipients/{recipient:path}")
async def get_organisation(
    recipient: OrganisationName,
    caller: ClerkReading,
    people: PeopleOf,
    reading: ReadingOf,
    minimum: MinVersion,
) -> RecipientView:
    """Return the address of an office or a department, and how it wants to be told."""
    return await _shown(_organisation(recipient, caller), people, reading, minimum)


@router.put("/recipients/{recipient:path}")
async def put_organisation_address(
    recipient: OrganisationName, body: AddressBody, caller: Clerk, people: PeopleOf
) -> AddressView:
    """Keep the e-mail address of one's own office or department; the county's office, of any."""
    return await _keep(_organisation(recipient, caller), body, people)


# Without an account: whoever has the receipt of a topic.

FOLLOWING = limited("following", per_minute=60, per_hour=600)
TRIES = (Rate(60, HOUR), Rate(200, DAY))
"""Of query codes for one receipt number, right ones included: else the limit would stop no guess."""

Receipt = Annotated[str, Path(max_length=40, description="Receipt number, with or without hyphens")]
QueryCode = Annotated[
    str, Header(alias="HXS-Query-Code", max_length=40, description="In a header, since addresses are logged")
]


async def _proposer(
    receipt: Receipt, code: QueryCode, request: Request, reading: ReadingOf, limits: LimitsOf
) -> Addressee:
    """Return whose topic a receipt opens.

    Raises:
        NotFoundError: nobody's: the same for a wrong code as for a wrong number.
    """
    key = receipt_key(receipt)
    if key is None:
        raise NotFoundError
    await limits.hit(f"receipt:{key}", *TRIES)
    found = await reading.all(RECEIPTS, {"_id": key})
    secrets = request.app.state.settings.signing_secrets
    for topic in found[0]["topics"] if found else []:
        if opens(code, topic["topic_id"], secrets):
            return Addressee(recipient=person(topic["proposer"]), division=topic["division"])
    raise NotFoundError


@router.put("/receipts/{receipt}/address", dependencies=[Depends(FOLLOWING), Depends(anyone(Access.WRITE))])
async def put_proposer_address(
    who: Annotated[Addressee, Depends(_proposer)], body: AddressBody, people: PeopleOf
) -> AddressView:
    """Keep where to write to whoever proposed a topic without an account; with null, forget it."""
    return await _keep(who, body, people)
