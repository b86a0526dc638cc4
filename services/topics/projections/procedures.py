"""One document for each procedure of which a county published versions, fed by its own stream alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.envelope import Recorded
from shared.contracts.topics import ProcedurePublished
from shared.eventsourcing.projection import Document, Projection


def procedure_key(recorded: Recorded) -> Iterable[str]:
    """Return the id of the county's versions of the procedure."""
    return (recorded.stream.removeprefix("procedure-"),)


def fold_procedure(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return the versions that a county published of a procedure, oldest first."""
    event = recorded.event
    assert isinstance(event, ProcedurePublished)  # noqa: S101 - all that this projection reads
    said = event.model_dump(mode="json", exclude={"division", "procedure", "procedure_version", "back_entry"})
    version = {"code": event.procedure, "version": event.procedure_version, **said, "official": False}
    versions = document["versions"] if document else []
    return {"division": event.division, "code": event.procedure, "versions": [*versions, version]}


PROCEDURES = Projection(
    name="procedures",
    version=1,
    events=(ProcedurePublished,),
    keys=procedure_key,
    fold=fold_procedure,
    main_category="procedure",
    indexes=((("division", 1), ("_id", 1)),),
)
