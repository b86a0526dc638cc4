"""Read models that others may read in the database themselves: under a name that stays, the fields promised.

A build of a projection is a collection `<name>__v<n>`, whose number changes with every rebuild and whose
documents hold what only its fold needs. A projection that says what it publishes gets a view beside it,
`read_<name>`: of the build that serves, the promised fields and no others. A dashboard's account may read
these views and nothing else (`hxs readers`); what they hold is in `docs/read-models.md`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.eventsourcing.pointer import Pointer, collection_name
from shared.eventsourcing.projection import Projection
from shared.platform.mongo import Database, OperationFailure

FRESHNESS = {"_as_of": "When the newest event in this document was recorded, UTC.", "_stale": "It waits."}
"""Fields of the runner that every published document has."""

_THERE_ALREADY = 48


def view_name(name: str) -> str:
    """Return the name of the view on a read model's serving build."""
    return f"read_{name}"


def fields_of(published: type[BaseModel]) -> list[str]:
    """Return the promised fields of a document, as they are stored."""
    return [field.alias or name for name, field in published.model_fields.items()]


async def publish(database: Database, projection: Projection, pointer: Pointer) -> None:
    """Have the view show the build that serves; doing it again changes nothing.

    A process that dies between a switch and this leaves the view on the retired build, which is kept for an
    hour; whoever serves the projection next sets it right.
    """
    if projection.published is None:
        return
    shown = dict.fromkeys((*fields_of(projection.published), *FRESHNESS), 1)
    view: dict[str, Any] = {
        "viewOn": collection_name(pointer.name, pointer.build),
        "pipeline": [{"$project": shown}],
    }
    name = view_name(projection.name)
    try:
        await database.command({"create": name, **view})
    except OperationFailure as failure:
        if failure.code != _THERE_ALREADY:
            raise
        await database.command({"collMod": name, **view})
