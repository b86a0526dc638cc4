"""Projections on a real broker and a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.platform.mongo import connect
from shared.platform.settings import Settings
from tests.projection_tools import World, boxes


@pytest.fixture
async def world(
    settings: Settings, service_name: str, create_topics: Callable[[str], Awaitable[None]]
) -> AsyncIterator[World]:
    await create_topics(service_name)
    mongo = connect(settings)
    yield await World(service_name, mongo.database(service_name), settings).prepare()
    mongo.close()


async def test_events_become_documents(world: World) -> None:
    projection = boxes(world.service)
    await world.record("box-1", world.put(3), world.put(4))

    async with world.running(projection):
        await world.until_equal(projection)
        await world.record("box-2", world.put(1))
        await world.until_equal(projection)

    documents = await world.documents(projection)
    assert (documents["1"]["total"], documents["2"]["total"]) == (7, 1)
    assert documents["1"]["_version"] == 2
