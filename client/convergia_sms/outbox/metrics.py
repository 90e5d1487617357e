"""Monitoring of a worker: Prometheus metrics and a health check.

It needs the `metrics` extra.

    metrics = WorkerMetrics(outbox)
    worker = Worker(outbox, client, on_outcome=metrics.count, on_waiting=metrics.note_waiting)
    with MetricsServer(metrics, worker, "127.0.0.1", 9464):
        await worker.run()
"""

from __future__ import annotations

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from convergia_sms._extras import install_command

from ._backlog import BUCKETS, REASONS, TEXTS, BacklogReader

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
    from prometheus_client.registry import Collector
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f"metrics need {_error.name}: {install_command('metrics')}", name=_error.name
    ) from _error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from ._outbox import Outbox
    from ._outcomes import Outcome
    from ._states import State
    from ._waiting import Waiting
    from ._worker import Worker

__all__ = ["MetricsServer", "WorkerMetrics"]

_PREFIX = "convergia_outbox_"
# Seconds that a client of the endpoint may take to send its request.
_TIMEOUT = 10


class WorkerMetrics:
    """Prometheus metrics: a worker's outcomes, and the messages that wait in the store.

    Args:
        outbox: the worker's outbox.
        registry: the registry for the metrics. A new one if None.
    """

    def __init__(self, outbox: Outbox, registry: CollectorRegistry | None = None) -> None:
        self.registry: CollectorRegistry = CollectorRegistry() if registry is None else registry
        self._outcomes = Counter(
            f"{_PREFIX}outcomes",
            TEXTS["outcomes"],
            ["event", "code"],
            registry=self.registry,
        )
        self._latency = Histogram(
            f"{_PREFIX}send_seconds",
            TEXTS["send_seconds"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._waiting = Gauge(
            f"{_PREFIX}waiting",
            TEXTS["waiting"],
            ["reason"],
            registry=self.registry,
        )
        for reason in REASONS:
            self._waiting.labels(reason).set(0)
        self.registry.register(_StoreCollector(outbox))

    def count(self, outcome: Outcome) -> None:
        """Count an outcome. Pass this method as `Worker(on_outcome=…)`."""
        code = "" if outcome.code is None else str(outcome.code)
        self._outcomes.labels(str(outcome.event), code).inc()
        if outcome.seconds is not None:
            self._latency.observe(outcome.seconds)

    def note_waiting(self, waiting: Waiting | None) -> None:
        """Set the reason why the worker waits. Pass this method as `Worker(on_waiting=…)`."""
        for reason in REASONS:
            self._waiting.labels(reason).set(waiting is not None and waiting.reason == reason)


class _StoreCollector(Collector):
    """Collects the store's metrics at each scrape."""

    def __init__(self, outbox: Outbox) -> None:
        self._reader = BacklogReader(outbox)

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering does not query the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers and ages of messages. Nothing if the store is unavailable."""
        backlog = self._reader.read()
        if backlog is None:
            return
        by_state: tuple[tuple[str, Mapping[State, float]], ...] = (
            ("messages", backlog.messages),
            ("oldest_seconds", backlog.oldest_seconds),
        )
        for name, values in by_state:
            family = GaugeMetricFamily(_PREFIX + name, TEXTS[name], labels=["state"])
            for state, value in values.items():
                family.add_metric([state.value], value)
            yield family
        for name, value in backlog.totals.items():
            yield GaugeMetricFamily(_PREFIX + name, TEXTS[name], value)


class MetricsServer:
    """Serves `/metrics` and `/healthz` in its own thread.

    `/healthz` answers 503 if the worker has not reached the store for longer than its lease: its
    loop hangs, it has ended, or the store is unavailable.

    Args:
        metrics: the metrics to serve.
        worker: the worker whose health `/healthz` reports.
        host: the address to listen on. The metrics contain no personal data, but should not be
            public either.
        port: the port to listen on, 0 for any free one.

    Raises:
        OSError: the port is in use, or the address is not this machine's.

    Attributes:
        port: the port that it listens on.
    """

    def __init__(self, metrics: WorkerMetrics, worker: Worker, host: str, port: int) -> None:
        class Handler(_Handler):
            registry = metrics.registry
            watched = worker

        class Server(ThreadingHTTPServer):
            # The library's default is IPv4 only.
            address_family = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0][0]
            daemon_threads = True

        self._server = Server((host, port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    registry: CollectorRegistry
    watched: Worker
    timeout = _TIMEOUT

    def do_GET(self) -> None:
        """Answer one request."""
        match self.path.partition("?")[0]:
            case "/metrics":
                try:
                    self._answer(HTTPStatus.OK, generate_latest(self.registry), CONTENT_TYPE_LATEST)
                except Exception:  # noqa: BLE001 - any error of a collector in the caller's registry
                    self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"a collector failed\n")
            case "/healthz":
                silent, most = self.watched.silent_for, self.watched.lease_seconds
                well = silent <= most
                text = f"{'ok' if well else 'silent'}: last turn {silent:.1f} s ago\n"
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, text.encode())
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"/metrics or /healthz\n")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing, because scrapes are frequent."""
