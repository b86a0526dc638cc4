"""Where recipients get their mail (N12).

An address is kept in `people`, a person's under their own id, so that erasing the person erases it; it is
never in an event, a log line or a read model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.notify.domain.recipients import recipient_id
from shared.platform.people import Details, People

Recipient = tuple[str, str]
"""A recipient as notices spell it, and the division of what they are told about."""


async def addresses_of(people: People, recipients: Iterable[Recipient]) -> Mapping[Recipient, str]:
    """Return the addresses of those who have one; nobody who was erased has."""
    ids = {each: recipient_id(*each) for each in recipients}
    known = await people.emails_of(ids.values())
    return {each: known[id_] for each, id_ in ids.items() if id_ in known}


async def keep_address(people: People, recipient: str, division: str, address: str | None) -> bool:
    """Keep a recipient's address; None takes it back. False where the person was erased."""
    id_ = recipient_id(recipient, division)
    if address is None:
        return await people.forget(id_, ("email",))
    return await people.put(id_, division=division, details=Details(email=address))
