"""Proposing a topic without an account, and following it, over HTTP (T08)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, status
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from services.topics.projections.topics import TOPICS
from services.topics.rights import Liaison
from services.topics.submitting import Desk, DeskOf, Draft, Submitted
from services.topics.views.submissions import FollowedTopic, SubmissionReceipt
from shared.contracts.types import Channel, DivisionCode, Id, Line, Origin
from shared.eventsourcing.http import Written
from shared.eventsourcing.reading import ReadingOf
from shared.platform.authorisation import Access, anyone
from shared.platform.language import FieldValueError
from shared.platform.people import Person
from shared.platform.people import Phone as AnyPhone
from shared.platform.people_http import PeopleOf
from shared.platform.problems import NotFoundError
from shared.platform.rate_limit import DAY, HOUR, Limits, LimitsOf, Rate, limited
from shared.platform.receipts import receipt_key

router = APIRouter()

# A village behind one address of a carrier submits in the same minutes; a program that floods does not stop.
SUBMITTING = limited("submission", per_minute=30, per_hour=300, per_day=1000)
FOLLOWING = limited("following", per_minute=60, per_hour=600)
TRIES = (Rate(60, HOUR), Rate(200, DAY))
"""Of query codes for one receipt number, right ones included: else the limit would stop no guess."""

_PHONE = re.compile(r"\+?[0-9()]{5,20}")


def _like_a_phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise FieldValueError("请检查电话号码", "Please check the number")
    return value


# No control characters: some readers of exports and documents cannot hold them.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Words = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    ),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Phone = Annotated[AnyPhone, AfterValidator(_like_a_phone)]


class Submission(BaseModel):
    """A topic that somebody puts forward without an account.

    Attributes:
        division: the town that it is about; the venue's unless said.
        venue_id: from the QR code of a venue.
        name, phone: kept for those who handle the topic; never part of an event, never published.
    """

    model_config = ConfigDict(extra="forbid")

    title: Title
    description: Words | None = None
    division: DivisionCode | None = None
    venue_id: Id | None = None
    origin: Origin = Origin.RESIDENTS
    name: Name | None = None
    phone: Phone | None = None

    def draft(self) -> Draft:
        """Return what is proposed."""
        return Draft(**dict(self), channel=Channel.QR if self.venue_id else Channel.WEB)


class EntryOnBehalf(Submission):
    """A topic that a clerk enters for somebody (代为登记), in that person's words.

    Attributes:
        channel: how it reached the clerk.
    """

    channel: Channel = Channel.CLERK

    def draft(self) -> Draft:
        """Return what is proposed."""
        return Draft(**dict(self), on_behalf=True)


class OwnSupplement(BaseModel):
    """What its proposer adds to a topic."""

    text: Words


class OwnWithdrawal(BaseModel):
    """Why its proposer takes a topic back; within ten minutes no reason is needed."""

    reason: Words | None = None


def handed_out(submitted: Submitted, desk: Desk) -> SubmissionReceipt:
    """Return what a proposer keeps, or a clerk hands to them."""
    return SubmissionReceipt(
        receipt=submitted.receipt.number,
        query_code=submitted.receipt.query_code,
        topic_id=submitted.written.id,
        version=submitted.written.version,
        follow=f"{desk.settings.public_url}/submit/follow",
        repeated=submitted.written.repeated,
    )


async def check_tries(limits: Limits, receipt: str) -> None:
    """Let pass who does not try one query code after the other.

    Raises:
        TooManyRequestsError: too many tries for this receipt number.
    """
    if key := receipt_key(receipt):
        await limits.hit(f"receipt:{key}", *TRIES)


@router.post(
    "/submissions",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(SUBMITTING), Depends(anyone(Access.WRITE))],
)
async def submit(body: Submission, desk: DeskOf) -> SubmissionReceipt:
    """Put a topic forward without an account (T08).

    Send an `Idempotency-Key` made at random, such as a UUID: whoever knows it and what was sent gets the
    receipt again.
    """
    desk = desk.for_anybody()
    return handed_out(await desk.submit(body.draft()), desk)


@router.post("/topics/on-behalf", status_code=status.HTTP_201_CREATED)
async def enter_on_behalf(body: EntryOnBehalf, caller: Liaison, desk: DeskOf) -> SubmissionReceipt:
    """Enter a topic for somebody who called, wrote or came (代为登记): they are its proposer (T07, T08)."""
    return handed_out(await desk.submit(body.draft()), desk)


@router.get("/topics/{topic_id}/proposer")
async def get_proposer(
    topic_id: Id,
    caller: Liaison,
    people: PeopleOf,
    reading: ReadingOf,
    why: Annotated[Line, Query(description="Why it has to be known; kept in the log")],
) -> Person:
    """Return who proposed a topic, for the clerks of where it lies by now; it is logged who looked, and why.

    Counts as a write, as every look at personal data: auditors see who looked instead.
    """
    topic = await reading.document(
        TOPICS, topic_id, minimum=None, visible=lambda d: caller.covers(d["division"])
    )
    proposer = topic["proposer"] or ""
    found = await people.look_up([proposer], reader=caller, why=why, division=topic["division"])
    if proposer not in found:
        raise NotFoundError
    return found[proposer]


Receipt = Annotated[str, Path(max_length=40, description="Receipt number, with or without hyphens")]
QueryCode = Annotated[
    str, Header(alias="HXS-Query-Code", max_length=40, description="In a header, since addresses are logged")
]
Follower = [Depends(FOLLOWING), Depends(anyone())]
FollowingWriter = [Depends(FOLLOWING), Depends(anyone(Access.WRITE))]


@router.get("/submissions/{receipt}", dependencies=Follower)
async def follow(receipt: Receipt, code: QueryCode, desk: DeskOf, limits: LimitsOf) -> FollowedTopic:
    """Return what became of a topic, to whoever has its receipt number and query code (T08, T11, T12)."""
    await check_tries(limits, receipt)
    return await desk.followed(await desk.find(receipt, code))


@router.post(
    "/submissions/{receipt}/supplements", status_code=status.HTTP_201_CREATED, dependencies=FollowingWriter
)
async def supplement(
    receipt: Receipt, code: QueryCode, body: OwnSupplement, desk: DeskOf, limits: LimitsOf
) -> Written:
    """Add to one's own topic (T08)."""
    await check_tries(limits, receipt)
    desk = desk.for_anybody()
    return await desk.supplement(await desk.find(receipt, code), body.text)


@router.post("/submissions/{receipt}/withdrawal", dependencies=FollowingWriter)
async def withdraw(
    receipt: Receipt, code: QueryCode, body: OwnWithdrawal, desk: DeskOf, limits: LimitsOf
) -> Written:
    """Take one's own topic back: within ten minutes without a reason, later with one (T08)."""
    await check_tries(limits, receipt)
    desk = desk.for_anybody()
    return await desk.withdraw(await desk.find(receipt, code), body.reason)
