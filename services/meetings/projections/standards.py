"""One document for each standard of which a county published versions, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.meetings.projections.keys import stream_key
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import StandardPublished
from shared.eventsourcing.projection import Document, Projection


def fold_standard(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the versions that a county published of a standard, oldest first."""
    event = recorded.event
    assert isinstance(event, StandardPublished)  # noqa: S101 - all that this projection reads
    said = event.model_dump(mode="json", exclude={"division", "standard", "standard_version", "back_entry"})
    version = {"code": event.standard, "version": event.standard_version, **said, "official": False}
    versions = document["versions"] if document else []
    return {"division": event.division, "code": event.standard, "versions": [*versions, version]}


STANDARDS = Projection(
    name="standards",
    version=1,
    events=(StandardPublished,),
    keys=stream_key,
    fold=fold_standard,
    main_category="standard",
    indexes=((("division", 1), ("_id", 1)),),
)
