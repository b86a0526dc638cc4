"""Names, phones and what else identifies residents: kept by each service for itself, outside of the record.

Events know people by an opaque id only (docs/adr/0007). What an id stands for lies in the collection
`people` of the service that was told, one document a person, and can be erased: what stays is a tombstone
without any personal value, and nothing is ever written under that id again. Who looked at whom, and why, is
kept in `people_accesses`.

    await people.put(person_id, division=town, details=Details(name=body.name, phone=body.phone))
    found = await people.look_up(ids, reader=caller, why="签到表")    # id → Person, writes the log
    await people.restrict(member_id, division=county, facts={"party_member": True}, by=caller, why="党籍登记")
    facts = await people.restricted_of(ids)                           # never together with a name

Texts that name people (minutes, originals of submissions) are either kept here (`Details.texts`), or their
owner gives the service an `Eraser`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.types import Id, Line
from shared.platform.auth import Principal
from shared.platform.language import FieldValueError
from shared.platform.mongo import Document
from shared.platform.problems import NotFoundError

Facts = Mapping[str, str | int | bool | None]
"""Restricted facts about a person; None takes one back."""

LOOK_UP, RESTRICT, ERASE = "look-up", "restrict", "erase"
SHORTEST_PHONE = 3  # 110
MOST_AT_ONCE = 2000  # the sign-in sheet of the largest hall has fewer

_DETAILS = ("name", "phone", "email", "address", "note", "texts")


def _plain_phone(value: str) -> str:
    wide = unicodedata.normalize("NFKC", value)
    plain = "".join(sign for sign in wide if sign not in " -\u2010\u2011\u2012\u2013\u2014\u2212")
    if len(plain) < SHORTEST_PHONE:
        raise FieldValueError("请填写电话号码。", "Give a phone number.")
    return plain


PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=SHORTEST_PHONE, max_length=40),
    AfterValidator(_plain_phone),
]
"""Kept without spaces and hyphens, so that it is found however it is typed."""

Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Details(BaseModel):
    """What is known of a person. A field that is None says nothing, and leaves what is there.

    Attributes:
        name: as given.
        phone: as given; kept without spaces and hyphens.
        email: as given.
        address: where they live.
        note: for the clerks, e.g. when to call.
        texts: what they wrote in their own words, by an id of what it belongs to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PersonName | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Line | None = None
    note: Note | None = None
    texts: dict[Id, Annotated[str, StringConstraints(max_length=20_000)]] = Field(default_factory=dict)

    def identifying(self) -> tuple[str, ...]:
        """Return the values by which a text may name this person."""
        return tuple(value for value in (self.name, self.phone, self.email, self.address) if value)


class Person(Details):
    """A person with the id under which events know them, and the division that they were written down in."""

    id: Id
    division: str = ""

    def completed(self, other: Person | None) -> Person:
        """Return what is known here, and where that is nothing what somebody else knows."""
        if other is None:
            return self
        theirs = {name: getattr(other, name) for name in _DETAILS if not getattr(self, name)}
        return self.model_copy(update=theirs)


class Access(BaseModel):
    """One line of the log of who looked at personal data.

    Attributes:
        at: UTC.
        reader: opaque id of who did; `operator` for the command line.
        roles: that they had.
        person: opaque id of whose data it was.
        action: `look-up`, `restrict` (a restricted fact was written; which one is not told) or `erase`.
        why: as they said.
    """

    id: str
    at: datetime
    reader: str
    roles: list[str]
    person: str
    action: str
    why: str


class Eraser(Protocol):
    """Takes a person out of a place other than `people`; doing it twice must do no harm.

    Attributes:
        place: its name, told to whoever erases, e.g. `minutes`.
    """

    place: str

    async def erase(self, person: Person) -> int:
        """Erase all that is known of a person, and return in how many documents something was found.

        Args:
            person: the id, and what is known of them; `identifying()` is what a text may say.
        """


class PeopleStore(Protocol):
    """Where people are kept; documents as in the collections."""

    async def prepare(self) -> None:
        """Make the indexes."""

    async def merge(self, person_id: str, division: str, values: Document, at: datetime) -> bool:
        """Write values (dotted paths) of a person; False where the person is erased, or is being erased."""

    async def find(self, ids: Iterable[str]) -> list[Document]:
        """Return the documents of these ids, tombstones included."""

    async def matching(self, values: Document, within: str, limit: int) -> list[Document]:
        """Return the documents of people, not erased, with these values, inside a division."""

    async def names(self, within: str) -> frozenset[str]:
        """Return the names of all people inside a division."""

    async def begin_erasure(self, person_id: str, at: datetime) -> None:
        """Let nothing be written or read of a person any more, who may be unknown."""

    async def bury(self, person_id: str, division: str, by: str, at: datetime) -> None:
        """Leave of a person a tombstone only."""

    async def unfinished(self) -> list[str]:
        """Return the ids of people whose erasure was begun and not finished."""

    async def erased(self) -> list[str]:
        """Return the ids of all who were erased."""

    async def note(self, accesses: Sequence[Document]) -> None:
        """Write lines of the log."""

    async def accesses(self, query: Document, before: str | None, limit: int) -> list[Document]:
        """Return lines of the log, the newest first, before the one with an id."""

    def new_access_id(self) -> str:
        """Return an id that sorts after those before it."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure found.

    Attributes:
        person_id: whose.
        erased_at: UTC; of an earlier erasure where there was one; None where nothing was found.
        places: where something was found this time: `people`, `restricted`, and the erasers' own.
    """

    person_id: str
    erased_at: datetime | None
    places: tuple[str, ...] = field(default=())


def _living(document: Document) -> bool:
    return "erased_at" not in document and "erasing_at" not in document


def _person(document: Document) -> Person:
    known = {name: document[name] for name in _DETAILS if document.get(name) is not None}
    return Person.model_construct(**known, id=document["_id"], division=document.get("division", ""))


class People:
    """The people whom one service knows.

    Args:
        store: where they are kept.
        identify: returns the opaque id of a caller's subject.
        clock: returns the aware moment.
        erasers: of the other places in which the service keeps what is personal.
    """

    def __init__(
        self,
        store: PeopleStore,
        *,
        identify: Callable[[str], str],
        clock: Callable[[], datetime],
        erasers: Sequence[Eraser] = (),
    ) -> None:
        self._store = store
        self._identify = identify
        self._clock = clock
        self._erasers = tuple(erasers)

    async def prepare(self) -> None:
        """Make the indexes; needed once, before anything is written."""
        await self._store.prepare()

    async def put(self, person_id: str, *, division: str, details: Details) -> bool:
        """Write down what is known of a person; the same again changes nothing.

        To be called before the event that names the id: a kill in between leaves a person without an event,
        never an event whose person is unknown.

        Returns:
            False where the person was erased: then nothing was written.
        """
        values: Document = {}
        for name, value in details.model_dump(exclude_none=True, include=set(_DETAILS)).items():
            if name == "texts":
                values |= {f"texts.{key}": text for key, text in value.items()}
            else:
                values[name] = value
        return await self._store.merge(person_id, division, values, self._clock())

    async def look_up(
        self, ids: Iterable[str], *, reader: Principal, why: str, division: str | None = None
    ) -> dict[str, Person]:
        """Return whom ids stand for, by id; the log tells that somebody looked, before they see anything.

        Left out are the unknown, the erased, and people outside of the reader's division.

        Args:
            ids: at most 2000.
            reader: who is going to see it; their role is the endpoint's business.
            why: as they said, or what the program does; names nobody.
            division: of what they are looked up for, where that counts instead of their own: a topic may
                have been passed on to another town.

        Raises:
            ValueError: too many at once.
        """
        wanted = list(dict.fromkeys(ids))
        if len(wanted) > MOST_AT_ONCE:
            raise ValueError(f"{len(wanted)} people at once; at most {MOST_AT_ONCE}")
        living = [d for d in await self._store.find(wanted) if _living(d)]
        found = [d for d in living if reader.covers(division or d["division"])]
        return await self._shown(found, reader, why)

    async def search(
        self,
        *,
        name: str | None = None,
        phone: str | None = None,
        reader: Principal,
        why: str,
        limit: int = 50,
    ) -> list[Person]:
        """Return people of exactly this name or phone in the reader's division; logs that they were seen."""
        wanted = Details(name=name, phone=phone).model_dump(exclude_none=True, include={"name", "phone"})
        if not wanted:
            return []
        found = await self._store.matching(wanted, reader.division, limit)
        return list((await self._shown(found, reader, why)).values())

    async def names_of(self, division: str) -> frozenset[str]:
        """Return the names of all people in a division, for masking texts; to be shown to nobody."""
        return await self._store.names(division)

    async def forget(self, person_id: str, names: Iterable[str]) -> bool:
        """Take back details of a person, such as their `email`; everything else stays.

        Returns:
            False where the person was erased: then nothing is left to take back.
        """
        found = await self._store.find([person_id])
        if not found:
            return True
        division = found[0].get("division", "")
        return await self._store.merge(person_id, division, dict.fromkeys(names), self._clock())

    async def emails_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the e-mail addresses of the living, by id, for the program that writes to them.

        Nobody is shown them, so nothing is logged.
        """
        found = await self._store.find(dict.fromkeys(ids))
        return {d["_id"]: d["email"] for d in found if _living(d) and d.get("email")}

    async def restrict(self, person_id: str, *, division: str, facts: Facts, by: Principal, why: str) -> bool:
        """Write restricted facts, such as Party membership; the log tells that one was written, not which.

        Returns:
            False where the person was erased: then nothing was written.
        """
        await self._note(self._identify(by.subject), sorted(by.roles), [person_id], division, RESTRICT, why)
        values = {f"restricted.{name}": value for name, value in facts.items()}
        return await self._store.merge(person_id, division, values, self._clock())

    async def restricted_of(self, ids: Iterable[str]) -> dict[str, Facts]:
        """Return restricted facts, by id, to compute with.

        Only what no longer tells of one person may leave the service: percentages over five people or more.
        """
        found = await self._store.find(dict.fromkeys(ids))
        return {d["_id"]: d.get("restricted", {}) for d in found if _living(d)}

    async def find_person(self, person_id: str) -> Person | None:
        """Return what is known of a person, for those who erase; nobody is shown it, so nothing is logged."""
        found = await self._store.find([person_id])
        return _person(found[0]) if found and "erased_at" not in found[0] else None

    async def erase_for(self, person_id: str, *, reader: Principal, why: str) -> Erasure:
        """Erase a person for somebody who asked over HTTP.

        Raises:
            NotFoundError: unknown, or outside of their division.
        """
        found = await self._store.find([person_id])
        if not found or not reader.covers(found[0].get("division", "")):
            raise NotFoundError
        return await self.erase(
            person_id, by=self._identify(reader.subject), roles=sorted(reader.roles), why=why
        )

    async def erase(
        self,
        person_id: str,
        *,
        by: str,
        why: str,
        roles: Sequence[str] = (),
        known: Person | None = None,
    ) -> Erasure:
        """Erase a person here and wherever the erasers look; doing it again finishes what was interrupted.

        Args:
            person_id: whom.
            by: opaque id of who does, or `operator`.
            why: as they said; kept in the log, as are their roles.
            roles: that they have.
            known: what other services know of them, whom texts here may name.
        """
        found = await self._store.find([person_id])
        document: Document = found[0] if found else {}
        own = _person({"_id": person_id, **document})
        now = self._clock()
        if document and "erased_at" not in document:
            await self._store.begin_erasure(person_id, now)
        counts = {each.place: await each.erase(own.completed(known)) for each in self._erasers}
        places = [place for place, count in counts.items() if count]
        if "erased_at" in document:
            return Erasure(person_id, document["erased_at"], tuple(places))
        if document:
            places = ["people", *(["restricted"] if document.get("restricted") else []), *places]
        if not places and known is None:
            return Erasure(person_id, None)
        await self._note(by, roles, [person_id], document.get("division", ""), ERASE, why)
        await self._store.bury(person_id, document.get("division", ""), by, now)
        return Erasure(person_id, now, tuple(places))

    async def finish_erasures(self, by: str = "operator") -> int:
        """Finish what a killed process left half done, and return how many that were."""
        unfinished = await self._store.unfinished()
        for person_id in unfinished:
            await self.erase(person_id, by=by, why="interrupted before")
        return len(unfinished)

    async def erased(self) -> list[str]:
        """Return the ids of all who were erased: to be erased again when an older backup was restored."""
        return await self._store.erased()

    async def accesses(
        self,
        *,
        reader: Principal,
        person: str | None,
        before: str | None,
        limit: int,
        by: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Access]:
        """Return lines of the log about people in the reader's division, the newest first.

        Args:
            reader: who wants to see it.
            person: only those about one.
            before: id of the last line seen.
            limit: at most so many.
            by: only what one did, by their opaque id.
            since: only from this moment on.
            until: only before this moment.
        """
        query: Document = {"division": {"$gte": reader.division, "$lt": reader.division + ":"}}
        query |= {"person": person} if person is not None else {}
        query |= {"reader": by} if by is not None else {}
        bounds = {"$gte": since, "$lt": until}
        asked = {operator: moment for operator, moment in bounds.items() if moment is not None}
        query |= {"at": asked} if asked else {}
        found = await self._store.accesses(query, before, limit)
        return [Access.model_validate({**line, "id": line["_id"]}) for line in found]

    async def _shown(self, found: Sequence[Document], reader: Principal, why: str) -> dict[str, Person]:
        for division in {d["division"] for d in found}:
            ids = [d["_id"] for d in found if d["division"] == division]
            await self._note(
                self._identify(reader.subject), sorted(reader.roles), ids, division, LOOK_UP, why
            )
        return {d["_id"]: _person(d) for d in found}

    async def _note(
        self,
        reader: str,
        roles: Sequence[str],
        ids: Sequence[str],
        division: str,
        action: str,
        why: str,
    ) -> None:
        line: dict[str, Any] = {
            "at": self._clock(),
            "reader": reader,
            "roles": list(roles),
            "division": division,
            "action": action,
            "why": why,
        }
        await self._store.note([{"_id": self._store.new_access_id(), "person": each, **line} for each in ids])
