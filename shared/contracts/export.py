"""The published contracts as files: written by `hxs contracts export`, checked by `hxs contracts check`.

The committed files are the memory of what was published. So export never overwrites one with something
that its readers could not bear: the fault stays visible until it is mended, or until somebody deletes the
file of a version that nobody has seen yet.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath

import shared.contracts.all  # noqa: F401 - importing it registers every published event
from shared.contracts import asyncapi
from shared.contracts.base import ContractError, EventRegistry, registry
from shared.contracts.compatibility import ContractFault, Rule, evolution_faults, incompatibilities
from shared.contracts.schemas import Json, path_of, schema_of
from shared.contracts.upcasting import Upcasters, upcasters

ASYNCAPI = PurePosixPath("asyncapi.json")

_EXPORT = "run `hxs contracts export` and commit the result"
_MENDED_BY_EXPORT = {Rule.MISSING, Rule.STALE}
_SCHEMA_FILE = re.compile(r"^(?P<service>[a-z]+)/(?P<name>[A-Za-z]+\.v[0-9]+)\.json$")


class IncompatibleContractError(ContractError):
    """Exporting would have overwritten what was published; nothing was written.

    Attributes:
        faults: what has to be mended first.
    """

    def __init__(self, faults: list[ContractFault]) -> None:
        self.faults = faults
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(
            f"nothing exported:\n{lines}\nThe file of a version that was never released may be deleted first."
        )


def _schemas(events: EventRegistry) -> dict[PurePosixPath, tuple[str, Json]]:
    """Return each event's type and schema by the file it is kept in."""
    newest = {(cls.service, cls.name): cls.version for cls in events}
    return {
        path_of(cls): (cls.type, schema_of(cls, superseded=cls.version < newest[cls.service, cls.name]))
        for cls in events
    }


def _rendered(document: Json) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def documents(events: EventRegistry = registry) -> dict[PurePosixPath, bytes]:
    """Return the content of every file, by its path in the folder of contracts."""
    files = {path: _rendered(schema) for path, (_, schema) in _schemas(events).items()}
    return files | {ASYNCAPI: _rendered(asyncapi.document(events))}


def _parsed(content: bytes) -> Json:
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _compared(path: PurePosixPath, committed: bytes, type_: str, current: Json) -> list[ContractFault]:
    """Return what is wrong with a schema file that is not what the code gives."""
    try:
        published = _parsed(committed)
    except ValueError as error:
        text = f"no JSON Schema ({error}); restore it from version control"
        return [ContractFault(Rule.UNREADABLE, str(path), "", text)]
    faults = incompatibilities(type_, published, current)
    return faults or [ContractFault(Rule.STALE, str(path), "", f"not what the code says; {_EXPORT}")]


def _withdrawn(target: Path, events: EventRegistry) -> list[ContractFault]:
    """Return the published versions that no class declares any more."""
    faults = []
    for file in sorted(target.glob("*/*.json")):
        found = _SCHEMA_FILE.match(file.relative_to(target).as_posix())
        if found and (type_ := f"hxs.{found['service']}.{found['name']}") not in events:
            text = "published, but no class declares it: stored events could not be read; restore the class"
            faults.append(ContractFault(Rule.VERSION_WITHDRAWN, type_, "", text))
    return faults


def check(
    target: Path, events: EventRegistry = registry, steps: Upcasters = upcasters
) -> list[ContractFault]:
    """Return what is wrong with the contracts: nothing, if the committed files are current and compatible.

    Args:
        target: the folder of the committed files, `docs/contracts`.
        events: the declared ones.
        steps: their upcasters.
    """
    schemas = _schemas(events)
    faults = evolution_faults(events, steps) + _withdrawn(target, events)
    for path, content in documents(events).items():
        file = target / path
        if not file.exists():
            faults.append(ContractFault(Rule.MISSING, str(path), "", f"not there yet; {_EXPORT}"))
        elif (committed := file.read_bytes()) == content:
            continue
        elif path in schemas:
            faults += _compared(path, committed, *schemas[path])
        else:
            faults.append(ContractFault(Rule.STALE, str(path), "", f"not what the code says; {_EXPORT}"))
    return faults


def export(target: Path, events: EventRegistry = registry, steps: Upcasters = upcasters) -> list[Path]:
    """Write every event's JSON Schema and the AsyncAPI document; return the files that changed.

    Args:
        target: the folder to write to, `docs/contracts`.
        events: the declared ones.
        steps: their upcasters.

    Raises:
        IncompatibleContractError: a published version changed, went missing, or has no way to the newest.
    """
    if faults := [f for f in check(target, events, steps) if f.rule not in _MENDED_BY_EXPORT]:
        raise IncompatibleContractError(faults)
    changed = []
    for path, content in documents(events).items():
        file = target / path
        if file.exists() and file.read_bytes() == content:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        changed.append(file)
    return changed
