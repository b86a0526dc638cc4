"""One trace from the request through Kafka to what comes of it: a read model, and a reaction's own commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from fastapi import Depends
from fastapi.routing import APIRouter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.eventsourcing.decider import Decider
from shared.eventsourcing.http import CommandsOf, Written
from shared.eventsourcing.projection import Projection
from shared.eventsourcing.reactions import Reaction, Send
from shared.eventsourcing.service import Service, build
from shared.platform import tracing
from shared.platform.authorisation import anyone
from shared.platform.settings import Settings, load_settings
from tests.conftest import TopicMaker
from tests.log_tools import until
from tests.projection_tools import BoxEvents, box_events

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class PutIn:
    pass


@dataclass(frozen=True)
class Shake:
    pass


@pytest.fixture
def exporter(service_name: str) -> Iterator[InMemorySpanExporter]:
    found = InMemorySpanExporter()
    on = load_settings(otel_exporter_endpoint="http://127.0.0.1:4318")
    tracing.configure(service_name, on, [SimpleSpanProcessor(found)])
    yield found
    tracing.shutdown()


def packing(name: str, events: BoxEvents) -> Service:
    """A service whose boxes are shaken, by a reaction, as soon as something was put into them."""
    decider: Decider[PutIn | Shake, int] = Decider(
        category="box",
        initial=0,
        decide=lambda command, state: (
            [events.Put(amount=1)] if isinstance(command, PutIn) else [events.Shaken()]
        ),
        evolve=lambda state, event: state + 1,
        state_type=int,
    )
    router = APIRouter()

    @router.post("/boxes/{box_id}", dependencies=[Depends(anyone())])
    async def put(box_id: str, commands: CommandsOf) -> Written:
        return await commands.execute(
            decider, box_id, PutIn(), location=f"/boxes/{box_id}", division="371621"
        )

    boxes = Projection(
        name="boxes",
        version=1,
        events=(events.Put,),
        keys=lambda recorded: (recorded.stream,),
        fold=lambda document, recorded, key: {"seen": True},
    )
    shake = Reaction("shake", (events.Put,), lambda recorded: [Send(recorded.stream, Shake())])
    return Service(
        name=name,
        title=name,
        deciders=(decider,),
        projections=(boxes,),
        reactions=(shake,),
        routers=(router,),
    )


@asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = build(service, settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)
        yield client


async def test_a_request_its_read_model_and_its_reaction_are_one_trace(
    settings: Settings, service_name: str, create_topics: TopicMaker, exporter: InMemorySpanExporter
) -> None:
    await create_topics(service_name)
    service = packing(service_name, box_events(service_name))
    async with running(service, settings) as client:
        assert (await client.post("/boxes/1", headers={"traceparent": PARENT})).status_code == 200

        def spans() -> dict[str, ReadableSpan]:
            ours = [
                s for s in exporter.get_finished_spans() if s.context and s.context.trace_id == int(TRACE, 16)
            ]
            return {span.name: span for span in ours}

        async def both_there() -> bool:
            return {"projection boxes", "reaction shake"} <= spans().keys()

        await until(both_there)

    request = spans()[f"{service_name} POST /boxes/{{box_id}}"]
    for later in ("projection boxes", "reaction shake"):
        span = spans()[later]
        assert span.parent is not None
        assert request.context is not None
        assert span.parent.span_id == request.context.span_id
        assert (span.attributes or {})["event"] == "box-1:1"
