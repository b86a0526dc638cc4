"""What dashboards are told of read models is what the projections publish."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, create_model

from shared.cli.http_read_models import ANSWERED, schemas, standing_alone
from shared.cli.read_models import DOCS, documents, kind, published, schema_of, write
from shared.contracts.types import Tier
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.published import fields_of
from tests.books import BOOKS
from tests.documentation import ROOT

PUBLISHED = [
    pytest.param(projection, shape, id=f"{service}-{projection.name}")
    for service, projection, shape in published()
]
PERSONAL = {"name", "phone", "email", "person", "proposer", "actor", "party"}


class _Cover(BaseModel):
    colour: str


def test_the_page_and_the_schemas_are_current() -> None:
    there = {path.relative_to(ROOT / DOCS) for path in (ROOT / DOCS / "read-models").rglob("*.json")}
    wanted = documents()

    stale = [str(path) for path, text in wanted.items() if (ROOT / DOCS / path).read_text("utf-8") != text]
    assert stale == [], "run python -m shared.cli.read_models"
    assert {str(path) for path in there} == {str(path) for path in wanted if path.suffix == ".json"}


@pytest.mark.parametrize(("projection", "shape"), PUBLISHED)
def test_nothing_personal_is_published(projection: Projection, shape: type[BaseModel]) -> None:
    assert PERSONAL.isdisjoint(fields_of(shape))


def test_a_schema_says_what_may_be_relied_on_and_how_fresh_it_is() -> None:
    class Shape(BaseModel):
        """A book.

        Attributes:
            title: on its cover.
        """

        title: str

    made = schema_of(BOOKS, Shape)

    assert made["description"] == "A book."
    assert made["properties"]["title"] == {"type": "string", "description": "on its cover."}
    assert {"_id", "_as_of", "_stale"} <= made["properties"].keys()


def test_what_is_published_no_more_is_removed(tmp_path: Path) -> None:
    folder = tmp_path
    write(folder)
    (folder / "read-models" / "board").mkdir(parents=True, exist_ok=True)
    (folder / "read-models" / "board" / "gone.json").write_text("{}")

    assert write(folder) == [folder / "read-models" / "board" / "gone.json"]
    assert write(folder) == []


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (date | None, "day or null"),
        (datetime, "moment"),
        (list[Tier], "list of `hall` or `room` or `station`"),
        (dict[str, _Cover], "by key: object with `colour`"),
    ],
    ids=["day", "moment", "list", "by-key"],
)
def test_the_page_says_what_a_field_holds_in_words(annotation: Any, said: str) -> None:
    shape = create_model("Shape", field=(annotation, ...))
    schema = schema_of(BOOKS, shape)

    assert kind(schema["properties"]["field"], schema.get("$defs", {})) == said


def test_every_answer_that_people_look_at_has_a_schema_that_stands_alone() -> None:
    made = schemas()

    assert made.keys() == {answered.file for answered in ANSWERED}
    for text in made.values():
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)
        assert "#/components/" not in text
        assert {"properties", "$ref", "anyOf"} & schema.keys()


def test_a_schema_that_stands_alone_has_all_that_it_refers_to_and_nothing_else() -> None:
    def at(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    components = {
        "Page": {"type": "array", "items": at("Book")},
        "Book": {"properties": {"next": at("Book"), "cover": {"anyOf": [at("Cover"), {"type": "null"}]}}},
        "Cover": {"type": "string"},
        "Other": {"type": "string"},
    }

    schema = standing_alone(at("Page"), components)

    assert schema["$ref"] == "#/$defs/Page"
    assert schema["$defs"].keys() == {"Page", "Book", "Cover"}
    validator = Draft202012Validator(schema)
    assert validator.is_valid([{"next": {"cover": "blue"}}])
    assert not validator.is_valid([{"next": {"cover": 1}}])
