"""What Prometheus is shown."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shared.platform.metrics import Metrics


async def scrape(metrics: Metrics, accept: str = "") -> httpx.Response:
    app = Starlette(routes=[Route("/metrics", metrics.endpoint)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        return await client.get("/metrics", headers={"accept": accept})


async def test_every_figure_has_the_name_dashboards_know() -> None:
    metrics = Metrics(of_process=False)
    metrics.commands.labels("topics", "adopt", "done").inc()
    metrics.command_seconds.labels("topics", "adopt").observe(0.004)
    metrics.conflicts.labels("topics").inc()
    metrics.unrelayed_commits.labels("topics").set(2)
    metrics.unrelayed_age_seconds.labels("topics").set(0.5)
    metrics.projection_lag_events.labels("topics", "timeline", "3").set(7)
    metrics.projection_lag_seconds.labels("topics", "timeline", "3").set(1.5)
    metrics.parked_keys.labels("topics", "timeline").set(1)
    metrics.relayed.labels("topics").inc(5)
    metrics.deliveries.labels("e-mail", "sent").inc()
    text = (await scrape(metrics)).text
    for line in (
        'hxs_commands_total{command="adopt",outcome="done",service="topics"} 1.0',
        'hxs_command_seconds_bucket{command="adopt",le="0.005",service="topics"} 1.0',
        'hxs_conflicts_total{service="topics"} 1.0',
        'hxs_unrelayed_commits{service="topics"} 2.0',
        'hxs_unrelayed_age_seconds{service="topics"} 0.5',
        'hxs_projection_lag_events{partition="3",projection="timeline",service="topics"} 7.0',
        'hxs_projection_lag_seconds{partition="3",projection="timeline",service="topics"} 1.5',
        'hxs_parked_keys{consumer="timeline",service="topics"} 1.0',
        'hxs_relayed_total{service="topics"} 5.0',
        'hxs_deliveries_total{channel="e-mail",outcome="sent"} 1.0',
    ):
        assert line in text


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
async def test_the_scraper_gets_the_format_it_asks_for(accept: str, content_type: str) -> None:
    response = await scrape(Metrics(of_process=False), accept)
    assert response.headers["content-type"].startswith(content_type)


async def test_memory_of_the_process_is_shown() -> None:
    assert "process_resident_memory_bytes" in (await scrape(Metrics())).text


def test_two_of_them_share_nothing() -> None:
    first, second = Metrics(), Metrics()
    first.conflicts.labels("topics").inc()
    assert second.conflicts.labels("topics")._value.get() == 0
