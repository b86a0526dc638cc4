"""Every figure a process shows to Prometheus, in one place.

A process makes one `Metrics` and hands it on; tests make their own, so that nothing is shared.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

_COMMAND_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """The metrics and the registry that holds them.

    Attributes:
        commands: by service, command and outcome (`done`, `repeated`, `refused`, `conflict`, `failed`).
        command_seconds: from the command's arrival to its answer.
        conflicts: version conflicts met, also those that a retry resolved.
        unrelayed_commits: commits that are stored and not yet on Kafka.
        unrelayed_age_seconds: age of the oldest of them, 0 where there is none.
        projection_lag_events: events between what a projection has folded and the end of the log.
        projection_lag_seconds: age of the oldest event not yet folded, 0 where there is none.
        parked_keys: keys that a consumer put aside after a fault; an operator has to look at them.
        relayed: events written to Kafka.
        deliveries: notices sent or not, by channel and outcome.
    """

    def __init__(self, *, of_process: bool = True) -> None:
        self.registry = CollectorRegistry()
        if of_process:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
            GCCollector(registry=self.registry)
        self.commands = self._counter("commands", "Commands by outcome", "service", "command", "outcome")
        self.command_seconds = Histogram(
            "hxs_command_seconds",
            "Time from a command's arrival to its answer",
            ["service", "command"],
            buckets=_COMMAND_SECONDS,
            registry=self.registry,
        )
        self.conflicts = self._counter("conflicts", "Version conflicts, resolved or not", "service")
        self.unrelayed_commits = self._gauge("unrelayed_commits", "Commits not yet on Kafka", "service")
        self.unrelayed_age_seconds = self._gauge(
            "unrelayed_age_seconds", "Age of the oldest commit not yet on Kafka", "service"
        )
        self.projection_lag_events = self._gauge(
            "projection_lag_events", "Events not yet folded", "service", "projection", "partition"
        )
        self.projection_lag_seconds = self._gauge(
            "projection_lag_seconds",
            "Age of the oldest event not yet folded",
            "service",
            "projection",
            "partition",
        )
        self.parked_keys = self._gauge("parked_keys", "Keys put aside after a fault", "service", "consumer")
        self.relayed = self._counter("relayed", "Events written to Kafka", "service")
        self.deliveries = self._counter("deliveries", "Notices by outcome", "channel", "outcome")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"hxs_{name}", text, labels, registry=self.registry)  # `_total` is added on output

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"hxs_{name}", text, labels, registry=self.registry)

    async def endpoint(self, request: Request) -> Response:
        """Answer `GET /metrics` in the format the scraper asks for."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self.registry), headers={"content-type": content_type})
