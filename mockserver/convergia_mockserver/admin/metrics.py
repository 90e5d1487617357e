"""Prometheus metrics, over all spaces: counted by the gateway, only told here."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric

    from convergia_mockserver.gateway import World
    from convergia_mockserver.server.asgi import App
    from convergia_mockserver.server.dispatch import Dispatcher


def create_app(dispatcher: Dispatcher) -> App:
    """What is mounted at `/metrics`, where Prometheus looks."""

    async def app(scope: object, receive: object, send: object) -> None:
        response = PlainTextResponse(exposition(dispatcher.world))
        await response(scope, receive, send)  # type: ignore[arg-type]

    return app


def exposition(world: World) -> str:
    """All metrics in Prometheus' text format. Spaces come and go, so none is a label."""
    registry = CollectorRegistry()
    registry.register(_Spaces(world))
    return generate_latest(registry).decode()


class _Spaces(Collector):
    def __init__(self, world: World) -> None:
        self._world = world

    def collect(self) -> Iterable[Metric]:
        spaces = [self._world.space(name) for name in self._world.names]
        answers: Counter[tuple[str, str, int, str]] = Counter()
        for space in spaces:
            answers.update(space.counts)
        calls = CounterMetricFamily(
            "convergia_mockserver_calls",
            "Calls answered, by face, operation, code and fault",
            labels=["face", "operation", "code", "fault"],
        )
        for (face, operation, code, fault), times in sorted(answers.items()):
            calls.add_metric([face, operation, str(code), fault], times)
        yield calls
        yield CounterMetricFamily(
            "convergia_mockserver_messages_accepted",
            "Messages accepted",
            value=sum(space.accepted for space in spaces),
        )
        yield CounterMetricFamily(
            "convergia_mockserver_messages_dropped",
            "Old messages that made room for new ones",
            value=sum(space.dropped for space in spaces),
        )
        yield CounterMetricFamily(
            "convergia_mockserver_requests_dropped",
            "Old journal entries that made room for new ones",
            value=sum(space.journal.dropped for space in spaces),
        )
        yield GaugeMetricFamily("convergia_mockserver_spaces", "Spaces", value=len(spaces))
