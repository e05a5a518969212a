"""What the server counts of itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """One registry for each server, so that two in one process do not add up."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fairlead_requests", "Requests by route, method and status.", ("route", "method", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "fairlead_request_seconds", "Seconds until a request was answered.", ("route",), registry=self._registry
        )
        self._ended = Counter(
            "fairlead_deployments_ended", "Deployments that ended, by outcome.", ("outcome",), registry=self._registry
        )
        self._streams = Gauge("fairlead_streams_open", "Streams that are open.", registry=self._registry)
        self._busy = Gauge("fairlead_units_busy", "Units that are being driven.", registry=self._registry)
        self._failed = Counter(
            "fairlead_drivers_failed", "Drivers of units that ended with an error.", registry=self._registry
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. `route` is a template, so that identifiers do not make a series each."""
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route).observe(seconds)

    def ended(self, outcome: str) -> None:
        """Count a deployment that ended."""
        self._ended.labels(outcome).inc()

    def driver_failed(self) -> None:
        """Count a driver that ended with an error."""
        self._failed.inc()

    def driving(self, units: int) -> None:
        """Say how many units are being driven."""
        self._busy.set(units)

    def exposed(self, streams: int) -> bytes:
        """Return everything in the text format, with so many streams open now."""
        self._streams.set(streams)
        return generate_latest(self._registry)
