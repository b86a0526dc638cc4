"""One person under two ids: a member enrolled before they had an account, and the account.

Ids stand in events and cannot be exchanged. So what is known of the member is written under both, each says
which the other is, and to erase one is to erase both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from shared.platform.auth import Principal
from shared.platform.mongo import Database, Document
from shared.platform.people import Details, People, PeopleStore, Person
from shared.platform.people_store import MongoPeopleStore

_KNOWN_AS = "known_as:"
_WHY = "关联委员账号"


async def link(people: People, person: str, account: str, *, division: str, by: Principal) -> bool:
    """Let an account be known as a person, with what is known of them; doing it again changes nothing.

    Returns:
        False where one of the two was erased: then nothing of the person was written under the account.
    """
    known = await people.find_person(person)
    if known is None or person == account:
        return known is not None
    details = Details.model_validate(known.model_dump(exclude={"id", "division"}))
    # The links first: a kill in between must leave no name that an erasure would not find.
    for one, other in ((person, account), (account, person)):
        facts = {f"{_KNOWN_AS}{other}": True}
        if not await people.restrict(one, division=division, facts=facts, by=by, why=_WHY):
            return False
    return await people.put(account, division=division, details=details)


def _other_ids(document: Document) -> list[str]:
    facts = document.get("restricted", {})
    return [fact.removeprefix(_KNOWN_AS) for fact in facts if fact.startswith(_KNOWN_AS)]


class LinkedPeople:
    """Erases a person's other ids with them; see `people.Eraser`."""

    place = "linked"

    def __init__(self, store: PeopleStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    @classmethod
    def of(cls, database: Database) -> LinkedPeople:
        """Return the eraser of a service's database."""
        return cls(MongoPeopleStore(database), lambda: datetime.now(UTC))

    async def erase(self, person: Person) -> int:
        """Leave a tombstone of each other id of a person, and return how many those were."""
        seen, ids = {person.id}, [person.id]
        erased = 0
        while ids:
            others: list[str] = []
            for document in await self._store.find(ids):
                others += _other_ids(document)
                if document["_id"] != person.id and "erased_at" not in document:
                    await self._store.bury(document["_id"], document["division"], self.place, self._clock())
                    erased += 1
            ids = [other for other in others if other not in seen]
            seen.update(ids)
        return erased
