"""What somebody without an account is told of a topic that they proposed, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date, datetime

from services.topics.views.base import View


class SubmissionReceipt(View):
    """What a proposer keeps.

    Attributes:
        receipt: number; may be read out on the telephone.
        query_code: opens the topic for whoever has it; cannot be recovered.
        topic_id: of the topic.
        version: of its stream.
        follow: where a person looks the topic up with the two.
        repeated: the request had been done before; this is the first answer.
    """

    receipt: str
    query_code: str
    topic_id: str
    version: int
    follow: str
    repeated: bool = False


class FollowedStep(View):
    """A step of the procedure; `status` is `open`, `done` or `waived`."""

    code: str
    title: str | None = None
    status: str
    on: date | None = None


class OtherTopic(View):
    """A topic that this one goes on in, or a part of it."""

    title: str
    situation: str
    steps: tuple[FollowedStep, ...] = ()


class FollowedSupplement(View):
    """Something that was added."""

    text: str
    on: date


class FollowedTopic(View):
    """A topic as its proposer sees it.

    Attributes:
        situation: `proposed`, `adopted`, `rejected`, `merged`, `withdrawn` or `concluded`.
        survivor: after a merger the topic that goes on, however often it was merged itself (T12).
        parts: topics that were split off (T12).
        free_until: until then it can be withdrawn without a reason, UTC (T08).
        may_supplement, may_withdraw: whether it still takes either.
    """

    receipt: str
    title: str
    description: str | None = None
    situation: str
    proposed_on: date
    adopted_on: date | None = None
    concluded_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal_reason: str | None = None
    rejection_reason: str | None = None
    steps: tuple[FollowedStep, ...] = ()
    survivor: OtherTopic | None = None
    parts: tuple[OtherTopic, ...] = ()
    supplements: tuple[FollowedSupplement, ...] = ()
    free_until: datetime | None = None
    may_supplement: bool = False
    may_withdraw: bool = False
