"""A worker's metrics for OpenTelemetry, the same as in `convergia_sms.outbox.metrics`.

It needs the `otel` extra. Without an OpenTelemetry SDK, nothing is exported.

    telemetry = OutboxTelemetry(outbox)
    worker = Worker(outbox, client, on_outcome=telemetry.count, on_waiting=telemetry.note_waiting)
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from convergia_sms._extras import install_command

from ._backlog import BUCKETS, REASONS, TEXTS, Backlog, BacklogReader

try:
    from opentelemetry import metrics
    from opentelemetry.metrics import Observation
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f"telemetry needs {_error.name}: {install_command('otel')}", name=_error.name
    ) from _error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import CallbackOptions, MeterProvider

    from ._outbox import Outbox
    from ._outcomes import Outcome
    from ._waiting import Waiting

__all__ = ["OutboxTelemetry"]

_PREFIX = "convergia.outbox."
# Seconds for which one query of the store serves all gauges of a collection.
_FRESH = 1.0


class OutboxTelemetry:
    """OpenTelemetry metrics: a worker's outcomes, and the messages that wait in the store.

    Args:
        outbox: the worker's outbox.
        meter_provider: the meter provider. The global one if None.
    """

    def __init__(self, outbox: Outbox, meter_provider: MeterProvider | None = None) -> None:
        meter = metrics.get_meter("convergia_sms", meter_provider=meter_provider)
        self._reader = BacklogReader(outbox)
        self._looked_at = -_FRESH
        self._backlog: Backlog | None = None
        self._reason: str | None = None
        self._outcomes = meter.create_counter(
            f"{_PREFIX}outcomes", unit="{message}", description=TEXTS["outcomes"]
        )
        self._seconds = meter.create_histogram(
            f"{_PREFIX}send.duration",
            unit="s",
            description=TEXTS["send_seconds"],
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        for name, key, unit, observe in (
            ("waiting", "waiting", "1", self._observe_waiting),
            ("messages", "messages", "{message}", self._observe_messages),
            ("oldest", "oldest_seconds", "s", self._observe_oldest),
            ("followed", "followed", "{message}", self._observe_total("followed")),
            ("workers", "workers", "{worker}", self._observe_total("workers")),
            ("webhooks.pending", "webhooks_pending", "{webhook}",
             self._observe_total("webhooks_pending")),
        ):  # fmt: skip
            meter.create_observable_gauge(
                _PREFIX + name, callbacks=[observe], unit=unit, description=TEXTS[key]
            )

    def count(self, outcome: Outcome) -> None:
        """Count an outcome. Pass this method as `Worker(on_outcome=…)`."""
        attributes: dict[str, str | int] = {"convergia.event": str(outcome.event)}
        if outcome.code is not None:
            attributes["convergia.code"] = outcome.code
        self._outcomes.add(1, attributes)
        if outcome.seconds is not None:
            self._seconds.record(outcome.seconds)

    def note_waiting(self, waiting: Waiting | None) -> None:
        """Set the reason why the worker waits. Pass this method as `Worker(on_waiting=…)`."""
        self._reason = None if waiting is None else waiting.reason

    def _observe_waiting(self, _options: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(int(self._reason == reason), {"convergia.reason": reason})
            for reason in REASONS
        ]

    def _observe_messages(self, _options: CallbackOptions) -> Iterable[Observation]:
        backlog = self._look()
        return [] if backlog is None else [
            Observation(count, {"convergia.state": state.value})
            for state, count in backlog.messages.items()
        ]  # fmt: skip

    def _observe_oldest(self, _options: CallbackOptions) -> Iterable[Observation]:
        backlog = self._look()
        return [] if backlog is None else [
            Observation(seconds, {"convergia.state": state.value})
            for state, seconds in backlog.oldest_seconds.items()
        ]  # fmt: skip

    def _observe_total(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            backlog = self._look()
            return [] if backlog is None else [Observation(backlog.totals[name])]

        return observe

    def _look(self) -> Backlog | None:
        """Return the backlog, or None if the store is unavailable. Then they have no value."""
        if time.monotonic() - self._looked_at >= _FRESH:
            self._backlog = self._reader.read()
            self._looked_at = time.monotonic()
        return self._backlog
