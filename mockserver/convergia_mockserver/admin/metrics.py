"""Prometheus metrics over all spaces, from the gateway's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric
    from starlette.types import ASGIApp

    from convergia_mockserver.gateway import World
    from convergia_mockserver.server.dispatch import Dispatcher


def create_app(dispatcher: Dispatcher) -> ASGIApp:
    """Return the app that is mounted at `/metrics`."""

    async def app(scope: object, receive: object, send: object) -> None:
        response = PlainTextResponse(exposition(dispatcher.world))
        await response(scope, receive, send)  # type: ignore[arg-type]

    return app


def exposition(world: World) -> str:
    """Return all metrics in Prometheus' text format, summed over all spaces."""
    registry = CollectorRegistry()
    registry.register(_Spaces(world))
    return generate_latest(registry).decode()


class _Spaces(Collector):
    def __init__(self, world: World) -> None:
        self._world = world

    def collect(self) -> Iterable[Metric]:
        calls = CounterMetricFamily(
            "convergia_mockserver_calls",
            "Calls answered, by face, operation, code and fault",
            labels=["face", "operation", "code", "fault"],
        )
        for (face, operation, code, fault), times in sorted(self._world.counts.items()):
            calls.add_metric([face, operation, str(code), fault], times)
        yield calls
        totals = self._world.totals
        yield CounterMetricFamily(
            "convergia_mockserver_messages_accepted",
            "Messages accepted",
            value=totals.accepted,
        )
        yield CounterMetricFamily(
            "convergia_mockserver_messages_dropped",
            "Messages dropped for new ones",
            value=totals.dropped,
        )
        yield CounterMetricFamily(
            "convergia_mockserver_requests_dropped",
            "Journal entries dropped for new ones",
            value=totals.requests_dropped,
        )
        spaces = len(self._world.names)
        yield GaugeMetricFamily("convergia_mockserver_spaces", "Spaces", value=spaces)
