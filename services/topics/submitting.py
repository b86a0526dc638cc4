"""Proposing a topic without an account, and coming back to it with receipt number and query code (T08).

What somebody says of themselves goes to `people`, under an opaque id, before the event that names the id: a
kill in between leaves a person without a topic, never a topic whose proposer is unknown. Text becomes part of
an event only after telephone numbers, identity numbers, e-mail addresses and the given name were masked; the
original stays with the person, for the clerk, and is erased with them. Every id follows from the request's,
so that a repeated request ends in the same topic, person, number and code.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from services.topics.deciders import TOPIC
from services.topics.domain.topic import ProposeTopic, Receiving, SupplementTopic, WithdrawTopic
from services.topics.domain.topic.life import SECOND_THOUGHTS
from services.topics.projections.receipts import RECEIPTS
from services.topics.projections.topics import TOPICS
from services.topics.projections.venues import VENUES
from services.topics.views.submissions import FollowedTopic, OtherTopic
from shared.contracts.refusal import RefusedError
from shared.contracts.types import Channel, Origin
from shared.eventsourcing.errors import IdempotencyKeyReusedError
from shared.eventsourcing.http import COMMAND_NAMESPACE, Commands, CommandsOf, Written
from shared.eventsourcing.projection import Document
from shared.eventsourcing.read_model import ReadModel
from shared.platform.authorisation import check_division
from shared.platform.clock import Now
from shared.platform.language import Text
from shared.platform.people import Details, People
from shared.platform.people_http import PeopleOf
from shared.platform.privacy import masked
from shared.platform.problems import NotFoundError, UnavailableError
from shared.platform.receipts import Receipt, opens, receipt_key, receipt_number, receipt_of
from shared.platform.settings import Settings
from shared.platform.working_days import today

BEHIND_SECONDS = 5.0
"""So far behind, the read models no longer tell a number that is unknown from one that is new."""

_GOING = ("proposed", "adopted")
_NOBODY = "no-such-topic"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody proposes.

    Attributes:
        division: that it belongs to; None for the venue's.
        venue_id: of the QR code that it comes by.
        name, phone: of the proposer, where they say.
        on_behalf: a clerk enters it for them.
    """

    title: str
    description: str | None = None
    division: str | None = None
    venue_id: str | None = None
    origin: Origin = Origin.RESIDENTS
    channel: Channel = Channel.WEB
    name: str | None = None
    phone: str | None = None
    on_behalf: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """A topic that came in.

    Attributes:
        title: as it is in the record.
        received_at: UTC.
    """

    receipt: Receipt
    written: Written
    title: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """One request's way to submit and to follow: the same for programs and for pages.

    Attributes:
        models: the service's read models, by name.
    """

    commands: Commands
    people: People
    models: Mapping[str, ReadModel]
    settings: Settings
    now: datetime

    def for_anybody(self) -> Desk:
        """Return the desk for somebody whose account, if they have one, does not matter."""
        return replace(self, commands=replace(self.commands, caller=None))

    def keyed(self, form: str, key: str) -> Desk:
        """Return the desk for a form, which is one request however often it is sent."""
        command_id = str(uuid.uuid5(COMMAND_NAMESPACE, f"form:{form}:{key}"))
        return replace(self, commands=replace(self.commands, command_id=command_id))

    async def venue(self, venue_id: str | None) -> Document | None:
        """Return title and division of a venue; None where it is unknown here, or another county's."""
        found = await self.models[VENUES.name].get(venue_id) if venue_id else None
        return found if found and found["division"].startswith(self.settings.county) else None

    async def submit(self, draft: Draft) -> Submitted:
        """Put a topic forward.

        Raises:
            RefusedError: it is not said where it belongs, or that is not in this county.
            NotFoundError: outside the division of the clerk who enters it.
            IdempotencyKeyReusedError: the key was used for another submission.
        """
        division = await self._division(draft)
        topic_id = self.commands.new_id()
        proposer = str(uuid.uuid5(COMMAND_NAMESPACE, f"proposer:{self.commands.command_id}"))
        names = (draft.name,) if draft.name else ()
        title = masked(draft.title, names=names)
        description = masked(draft.description, names=names) if draft.description else None
        changed = (title, description) != (draft.title, draft.description)
        words = {topic_id: "\n\n".join(filter(None, (draft.title, draft.description)))} if changed else {}
        await self._keep(proposer, division, Details(name=draft.name, phone=draft.phone, texts=words))
        number = receipt_number(topic_id, self.settings.receipt_prefix)
        command = ProposeTopic(
            topic_id=topic_id,
            division=division,
            title=title,
            description=description,
            origin=draft.origin,
            channel=draft.channel,
            proposer=proposer,
            venue_id=draft.venue_id,
            on_behalf=draft.on_behalf,
            at=Receiving(self.now, today(self.now), number),
        )
        written = await self.commands.execute(
            TOPIC, topic_id, command, location=f"/submissions/{number}", division=division
        )
        receipt = receipt_of(topic_id, number, self.settings.signing_secrets)
        return Submitted(receipt, written, title, self.now)

    async def find(self, receipt: str, code: str, *, version: int = 1) -> Document:
        """Return the topic that receipt number and query code open, of this version or a later one.

        Raises:
            NotFoundError: there is none: the same for a wrong code as for a wrong number.
            UnavailableError: it may only not be there yet.
        """
        key = receipt_key(receipt)
        found = await self.models[RECEIPTS.name].get(key) if key else None
        topics = found["topics"] if found else [_NOBODY]
        # All are tried, and for an unknown number one that is nobody's: an answer takes as long either way.
        opened = [topic for topic in topics if opens(code, topic, self.settings.signing_secrets)]
        if not opened:
            raise await self._not_found()
        return await self.models[TOPICS.name].wait_for_version(opened[0], version)

    async def followed(self, topic: Document) -> FollowedTopic:
        """Return what the proposer of a topic is told of it."""
        going = topic["situation"] in _GOING
        received_at = topic.get("received_at")
        free_until = datetime.fromisoformat(received_at) + SECOND_THOUGHTS if received_at else None
        survivor = await self._survivor(topic)
        parts = await self.models[TOPICS.name].find({"_id": {"$in": topic["parts"]}})
        said: dict[str, Any] = {
            **topic,
            "supplements": [{"text": s["text"], "on": s["supplemented_on"]} for s in topic["supplements"]],
            "survivor": OtherTopic.model_validate(survivor) if survivor else None,
            "parts": [OtherTopic.model_validate(part) for part in parts],
            "free_until": free_until if going else None,
            "may_supplement": going,
            "may_withdraw": going,
        }
        return FollowedTopic.model_validate(said)

    async def supplement(self, topic: Document, text: str) -> Written:
        """Add to a topic, for its proposer.

        Raises:
            RefusedError: it takes no more (T20).
        """
        supplement_id = self.commands.new_id()
        said = await self._own_words(topic, supplement_id, text)
        command = SupplementTopic(
            supplement_id=supplement_id, text=said, today=today(self.now), by=topic["proposer"], own=True
        )
        return await self._on_topic(topic, command)

    async def withdraw(self, topic: Document, reason: str | None) -> Written:
        """Take a topic back, for its proposer: for ten minutes without a reason.

        Raises:
            RefusedError: the reason is missing, or the topic has ended.
        """
        said = await self._own_words(topic, self.commands.new_id(), reason) if reason else None
        command = WithdrawTopic(reason=said, by=topic["proposer"], at=self.now, today=today(self.now))
        return await self._on_topic(topic, command)

    async def _on_topic(self, topic: Document, command: SupplementTopic | WithdrawTopic) -> Written:
        return await self.commands.execute(
            TOPIC, topic["topic_id"], command, location=f"/submissions/{topic['receipt']}"
        )

    async def _own_words(self, topic: Document, text_id: str, text: str) -> str:
        """Return a text as it may become part of an event; the original is kept with the person."""
        proposer = await self.people.find_person(topic["proposer"])
        said = masked(text, names=proposer.identifying() if proposer else ())
        if said != text:
            await self._keep(topic["proposer"], topic["division"], Details(texts={text_id: text}))
        return said

    async def _division(self, draft: Draft) -> str:
        venue = await self.venue(draft.venue_id)
        division = draft.division or (venue["division"] if venue else None)
        if division is None:
            raise RefusedError(
                "place-missing",
                rule="T08",
                zh="请写明是哪个镇街的事。",
                en="State the town that it is about.",
                field="division",
            )
        if not division.startswith(self.settings.county):
            raise RefusedError(
                "division-elsewhere",
                rule="T08",
                zh=f"这里只受理本县（{self.settings.county}）的议题。",
                en=f"Topics of this county ({self.settings.county}) only are taken here.",
                field="division",
            )
        if self.commands.caller is not None:
            check_division(self.commands.caller, division)
        return division

    async def _keep(self, person_id: str, division: str, details: Details) -> None:
        """Write down what was said of a person; never over what an earlier request has said."""
        known = await self.people.find_person(person_id)
        if known is not None and _contradicts(known, details):
            raise IdempotencyKeyReusedError(self.commands.command_id)
        await self.people.put(person_id, division=division, details=details)

    async def _survivor(self, topic: Document) -> Document | None:
        seen = {topic["topic_id"]}
        last: Document | None = None
        while (into := (last or topic).get("merged_into")) and into not in seen:
            seen.add(into)
            found = await self.models[TOPICS.name].get(into)
            if found is None:
                break
            last = found
        return last

    async def _not_found(self) -> NotFoundError | UnavailableError:
        fresh = await self.models[RECEIPTS.name].freshness()
        if fresh.behind_seconds > BEHIND_SECONDS:
            detail = Text(
                "数据正在更新，请稍后再查。", "The data is being brought up to date; try again shortly."
            )
            return UnavailableError(detail, retry_after_seconds=int(BEHIND_SECONDS))
        return NotFoundError()


def _contradicts(known: Details, said: Details) -> bool:
    given = said.model_dump(exclude_none=True, include={"name", "phone"})
    return any(getattr(known, name) != value for name, value in given.items()) or any(
        known.texts.get(key, text) != text for key, text in said.texts.items()
    )


async def _desk(request: Request, commands: CommandsOf, people: PeopleOf, now: Now) -> Desk:
    state = request.app.state
    return Desk(commands, people, state.read_models, state.settings, now)


DeskOf = Annotated[Desk, Depends(_desk)]
"""Dependency: submitting and following."""
