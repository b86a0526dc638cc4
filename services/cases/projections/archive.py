"""`archive`: the entries that were filed, by file number (C19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.contracts.cases import ArchiveNumberAssigned
from shared.contracts.envelope import Recorded
from shared.eventsourcing.projection import Document, Projection


def file_key(recorded: Recorded) -> Iterable[str]:
    """Return the file number."""
    event = recorded.event
    return (event.file_number,) if isinstance(event, ArchiveNumberAssigned) else ()


def fold_file(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what is under a file number: nothing changes it any more."""
    return recorded.event.model_dump(mode="json", exclude={"back_entry"})


ARCHIVE_FILES = Projection(
    name="archive",
    version=1,
    events=(ArchiveNumberAssigned,),
    keys=file_key,
    fold=fold_file,
    indexes=(
        (("file_number", 1), ("_id", 1), ("division", 1)),
        (("assigned_on", 1), ("_id", 1), ("division", 1)),
    ),
)
