"""One document a sector branch, fed by its own stream alone: no secretary, no members (M18, M20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    SectorBranchActivityRecorded,
    SectorBranchChanged,
    SectorBranchDissolved,
    SectorBranchFounded,
)
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection
from shared.platform.ngrams import grams

_OF_THE_STREAM = {"branch_id", "back_entry"}


def fold_branch(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return a branch's document after an event of its stream; its latest activity comes last.

    What it owes is not in it: that follows from the day on which somebody asks.

    Raises:
        OutOfOrderError: the branch was not founded first.
    """
    event = recorded.event
    if isinstance(event, SectorBranchFounded):
        said = event.model_dump(mode="json")
        return {**said, "situation": "standing", "activities": [], "grams": _grams(said)}
    if document is None:
        raise OutOfOrderError(event, document)
    match event:
        case SectorBranchChanged():
            said = event.model_dump(mode="json", exclude={*_OF_THE_STREAM, "changed_on"})
            return {**document, **said, "grams": _grams(said)}
        case SectorBranchActivityRecorded():
            held = event.model_dump(mode="json", exclude=_OF_THE_STREAM)
            return {**document, "activities": sorted([*document["activities"], held], key=_by_day)}
        case SectorBranchDissolved():
            end = {"dissolved_on": event.dissolved_on.isoformat(), "dissolution_reason": event.reason}
            return {**document, "situation": "dissolved", **end}
    raise OutOfOrderError(event, document)


def _by_day(activity: Mapping[str, Any]) -> str:
    return str(activity["done_on"])


def _grams(said: Mapping[str, Any]) -> list[str]:
    return grams(said["title"], said["base"], *said["sectors"])


BRANCHES = Projection(
    name="branches",
    version=1,
    events=(
        SectorBranchFounded,
        SectorBranchChanged,
        SectorBranchActivityRecorded,
        SectorBranchDissolved,
    ),
    keys=stream_key,
    fold=fold_branch,
    main_category="branch",
    indexes=(
        (("title", 1), ("_id", 1), ("division", 1)),
        (("founded_on", 1), ("_id", 1), ("division", 1)),
        (("grams", 1),),
    ),
)
