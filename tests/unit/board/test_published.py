"""What dashboards are promised of the board's read models is what is stored."""

from __future__ import annotations

from functools import cache
from typing import Any

import bson
import jsonschema
import pytest

from services.board import projections
from shared.cli.read_models import schema_of
from shared.contracts.cases import TypicalCaseSelected
from shared.contracts.envelope import Recorded
from shared.contracts.types import SelectionLevel
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.published import fields_of
from shared.eventsourcing.testing import fold_all, stream_of
from tests.unit.board.live import ITS, whole_life
from tests.unit.board.streams import day, example_year
from tests.unit.board.test_activities import busy_topic
from tests.unit.board.test_members import enrolled

UNPUBLISHED = {"duties", "deeds", "happened"}
"""They name people by their opaque ids, or keep whole events."""

PUBLISHED = [each for each in projections.ALL if each.published is not None]


@cache
def lives() -> list[list[Recorded]]:
    """Return sets of streams in which everything happens that is stored somewhere."""
    selected = TypicalCaseSelected(
        **ITS.entry,
        case_id="c-1",
        year=2024,
        level=SelectionLevel.CITY,
        number=1,
        selected_on=day("12-01"),
    )
    whole = [event for stream in whole_life() for event in stream]
    (case,) = (event for event in whole if event.event.name == "TypicalCasePublished")
    again = stream_of("case-c-1", case.event, selected)
    others = [event for event in whole if event.stream != "case-c-1"]
    busy = [event for stream in busy_topic() for event in stream]
    partial = [event for event in whole if event.stream.startswith("problem-")]
    return [whole, [*others, *again], busy, partial, example_year(), enrolled()]


@pytest.mark.parametrize("projection", PUBLISHED, ids=lambda projection: projection.name)
def test_what_is_stored_keeps_what_is_promised(projection: Projection) -> None:
    assert projection.published is not None
    schema = schema_of(projection, projection.published)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    folded = [document for life in lives() for document in fold_all(projection, life).items()]

    assert folded
    for key, document in folded:
        stored: dict[str, Any] = bson.decode(bson.encode({**document, "_id": key}))
        checker.validate(stored)
        assert set(fields_of(projection.published)) <= stored.keys()


def test_every_read_model_is_published_but_those_that_name_people() -> None:
    without = {each.name for each in projections.ALL if each.published is None}

    assert without == UNPUBLISHED
