"""One document a member, fed by its own stream alone: no name, no phone, no Party membership (M18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import MemberChanged, MemberEnrolled, MemberPosted, MemberRetired
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams

_OF_THE_STREAM = {"member_id", "back_entry"}


def fold_member(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a member's document after an event of its stream; the latest posting comes last.

    Raises:
        OutOfOrderError: the member was not enrolled first.
    """
    event = recorded.event
    if isinstance(event, MemberEnrolled):
        said = event.model_dump(mode="json")
        return {**said, "situation": "serving", "postings": [], "grams": _grams(said)}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case MemberChanged():
            said = event.model_dump(mode="json", exclude={*_OF_THE_STREAM, "changed_on"})
            return {**document, **said, "grams": _grams(said)}
        case MemberPosted():
            posting = event.model_dump(mode="json", exclude=_OF_THE_STREAM)
            others = [p for p in document["postings"] if p["posted_to"] != event.posted_to]
            in_order = sorted([*others, posting], key=lambda p: (p["from_on"], p["posted_to"]))
            return {**document, "postings": in_order}
        case MemberRetired():
            retirement = {"retired_on": event.retired_on.isoformat(), "retirement_reason": event.reason}
            return {**document, "situation": "retired", **retirement}
    raise OutOfOrderError(event, document)


def _grams(said: Mapping[str, Any]) -> list[str]:
    return grams(said["sector"], said["liaison_office"], said["term"], *said["skills"])


MEMBERS = Projection(
    name="members",
    version=1,
    events=(MemberEnrolled, MemberChanged, MemberPosted, MemberRetired),
    keys=stream_key,
    fold=fold_member,
    main_category="member",
    indexes=(
        (("division", 1), ("_id", 1)),
        (("sector", 1), ("_id", 1), ("division", 1)),
        (("liaison_office", 1), ("_id", 1), ("division", 1)),
        (("enrolled_on", 1), ("_id", 1), ("division", 1)),
        (("account", 1),),
        (("grams", 1),),
    ),
)
