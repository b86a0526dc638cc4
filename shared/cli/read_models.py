"""What dashboards may read, in the database and over HTTP: the page, and a JSON Schema for each read model.

`python -m shared.cli.read_models` writes them from what the projections publish and the services answer; a
test compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel

from shared.cli import composition, http_read_models
from shared.cli.composition import ServiceName
from shared.contracts.schemas import DIALECT, ContractSchema, documented_attributes, split_docstring
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.published import FRESHNESS, view_name

DOCS = Path("docs")
PAGE = PurePosixPath("read-models.md")
SCHEMAS = PurePosixPath("read-models")

_HEAD = """# Read models, for dashboards

<!-- generated: python -m shared.cli.read_models -->

What a dashboard may read in MongoDB itself, without asking a service: one view a read model, in the
database of the service that owns it (`<prefix>_<service>`). A view keeps its name when its read model is
rebuilt, and shows the fields below and no others: no personal data, nothing that is only ours. Documents gain
fields; a field that is here stays and keeps its meaning. Each has a JSON Schema.

Days are texts, `2024-09-05`, of Asia/Shanghai; moments are UTC. Lights are not stored: they follow from due
dates, the day and the working calendar, and the services' lists show them. `_as_of` says when the newest
event in a document was recorded, `_stale` that an operator has to look at it before it goes on.

An account that reads these views and nothing else, on a server that asks for passwords:

```text
hxs readers grant dashboards --password-stdin < password.txt
hxs readers views
```

It knows no rights of role and division; what is answered [over HTTP](#over-http) does.
"""


_FORMATS = {"date": "day", "date-time": "moment"}


def published() -> Iterator[tuple[ServiceName, Projection, type[BaseModel]]]:
    """Yield the service, the projection and the promised shape of every published read model."""
    for service in ServiceName:
        for projection in composition.load(service).projections:
            if projection.published is not None:
                yield service, projection, projection.published


def schema_of(projection: Projection, shape: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a published document, as it is stored."""
    made = shape.model_json_schema(mode="validation", by_alias=True, schema_generator=ContractSchema)
    freshness = {
        "_as_of": {"type": "string", "format": "date-time", "description": FRESHNESS["_as_of"]},
        "_stale": {"description": FRESHNESS["_stale"]},
    }
    properties = {"_id": {"type": "string"}, **made["properties"], **freshness}
    return {**made, "$schema": DIALECT, "title": projection.name, "properties": properties}


def documents() -> dict[PurePosixPath, str]:
    """Return the content of every file, by its path in the folder of documentation."""
    files: dict[PurePosixPath, str] = {}
    parts = [_HEAD]
    for service, projection, shape in published():
        path = SCHEMAS / service / f"{projection.name}.json"
        schema = schema_of(projection, shape)
        files[path] = json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        parts.append(_section(service, projection, shape, schema, path))
    parts.append(http_read_models.section(SCHEMAS))
    files |= {SCHEMAS / path: text for path, text in http_read_models.schemas().items()}
    return {PAGE: "\n".join(parts), **files}


def kind(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return what a field holds, in words, from its JSON Schema."""
    match schema:
        case {"$ref": str(where)}:
            return kind(definitions[where.rpartition("/")[2]], definitions)
        case {"anyOf": list(choices)}:
            return " or ".join(dict.fromkeys(kind(choice, definitions) for choice in choices))
        case {"enum": list(values)}:
            return " or ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": dict(items)}:
            return f"list of {kind(items, definitions)}"
        case {"type": "object", "properties": dict(fields)}:
            return f"object with {', '.join(f'`{name}`' for name in fields)}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"by key: {kind(values, definitions)}"
        case {"type": "string", "format": str(format_)}:
            return _FORMATS.get(format_, format_)
    return str(schema["type"])


def _section(
    service: str, projection: Projection, shape: type[BaseModel], schema: dict[str, Any], path: PurePosixPath
) -> str:
    text, _ = split_docstring(shape.__doc__)
    said = documented_attributes(shape)
    names = {name: field.alias or name for name, field in shape.model_fields.items()}
    holds = {stored: kind(schema["properties"][stored], schema.get("$defs", {})) for stored in names.values()}
    rows = [f"| `{stored}` | {holds[stored]} | {said.get(name, '')} |" for name, stored in names.items()]
    lines = [
        f"## {service}: `{view_name(projection.name)}`",
        f"{text}",
        f"Schema: [{path}]({path}). Fold version {projection.version}.",
        "| field | holds | |\n| --- | --- | --- |\n" + "\n".join(rows),
    ]
    return "\n\n".join(lines) + "\n"


def write(docs: Path = DOCS) -> list[Path]:
    """Write the files, and remove those of read models that are published no more; return what changed."""
    wanted = {docs / path: text for path, text in documents().items()}
    changed = [p for p, text in wanted.items() if not p.exists() or p.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    gone = [path for path in (docs / SCHEMAS).rglob("*.json") if path not in wanted]
    for path in gone:
        path.unlink()
    return changed + gone


if __name__ == "__main__":
    write()
