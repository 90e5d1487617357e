"""Tests of a worker's metrics and health check."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from convergia_sms import _errors as errors
from convergia_sms.outbox import Filter, Outbox, Outcome, RetryPolicy, Waiting, Worker
from convergia_sms.outbox._backlog import BacklogReader
from convergia_sms.outbox.metrics import MetricsServer, WorkerMetrics
from convergia_sms.outbox.telemetry import OutboxTelemetry
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    InMemoryMetricReader,
)
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from tests.ipv6 import needs_ipv6
from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedGateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def outbox(store_url: str) -> Iterator[Outbox]:
    with Outbox(store_url) as outbox:
        yield outbox


def get(server: MetricsServer, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    url = f"http://{host}:{server.port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_count_outcomes_and_read_the_queue_when_asked(
    outbox: Outbox,
) -> None:
    for number in range(4):
        outbox.enqueue(NUMBER, f"m{number}", batch="b")
    outbox.enqueue(NUMBER, "later")
    metrics = WorkerMetrics(outbox)
    gateway = ScriptedGateway(
        errors.OutcomeUnknownError("lost"), errors.InvalidNumberError(307, "no")
    )
    worker = Worker(
        outbox, gateway, concurrency=1, batch="b", retry=RetryPolicy(budget=1),
        on_outcome=metrics.count, on_waiting=metrics.note_waiting,
    )  # fmt: skip
    await asyncio.wait_for(worker.run(until=Filter(batch="b")), PATIENCE)
    with MetricsServer(metrics, worker, "127.0.0.1", 0) as server:
        status, text = await asyncio.to_thread(get, server, "/metrics")
    assert status == 200
    found = samples(text)
    assert found["convergia_outbox_outcomes_total", "100", "accept"] == 2
    assert found["convergia_outbox_outcomes_total", "307", "reject"] == 1
    assert found["convergia_outbox_outcomes_total", "", "lose"] == 1
    assert found["convergia_outbox_send_seconds_count",] == 4
    assert found["convergia_outbox_messages", "queued"] == 1
    assert found["convergia_outbox_messages", "unknown"] == 1
    assert found["convergia_outbox_oldest_seconds", "queued"] >= 0
    assert found["convergia_outbox_followed",] == 2
    assert found["convergia_outbox_webhooks_pending",] == 0
    assert NUMBER not in text


@needs_ipv6
def test_metrics_are_served_at_an_ipv6_address(tmp_path: Path) -> None:
    outbox = Outbox(f"sqlite:///{tmp_path}/outbox.db")
    with (
        outbox,
        MetricsServer(WorkerMetrics(outbox), Worker(outbox, ScriptedGateway()), "::1", 0) as server,
    ):
        assert get(server, "/healthz", "[::1]")[0] == 200


async def test_opentelemetry_gets_the_same_as_prometheus(outbox: Outbox) -> None:
    for number in range(3):
        outbox.enqueue(NUMBER, f"m{number}", batch="b")
    outbox.enqueue(NUMBER, "later")
    reader = InMemoryMetricReader()
    telemetry = OutboxTelemetry(outbox, MeterProvider([reader], shutdown_on_exit=False))
    prometheus = WorkerMetrics(outbox)
    gateway = ScriptedGateway(
        errors.OutcomeUnknownError("lost"), errors.InvalidNumberError(307, "no")
    )

    def count(outcome: Outcome) -> None:
        telemetry.count(outcome)
        prometheus.count(outcome)

    worker = Worker(
        outbox, gateway, concurrency=1, batch="b", retry=RetryPolicy(budget=1),
        on_outcome=count, on_waiting=telemetry.note_waiting,
    )  # fmt: skip
    await asyncio.wait_for(worker.run(until=Filter(batch="b")), PATIENCE)
    telemetry.note_waiting(Waiting("breaker", 30))
    found = points(reader)
    expected = {
        "convergia.outbox.outcomes": {("accept", 100): 1, ("reject", 307): 1, ("lose",): 1},
        "convergia.outbox.messages": {("queued",): 1, ("sending",): 0, ("unknown",): 1},
        "convergia.outbox.followed": {(): 1},
        "convergia.outbox.workers": {(): 0},
        "convergia.outbox.webhooks.pending": {(): 0},
        "convergia.outbox.send.duration": {(): 3},
    }
    assert {name: found[name] for name in expected} == expected
    assert found["convergia.outbox.waiting"]["breaker",] == 1
    assert sum(found["convergia.outbox.waiting"].values()) == 1
    assert found["convergia.outbox.oldest"]["unknown",] >= 0
    kinds = {family.name for family in prometheus.registry.collect()}
    spelt = {name.replace(".", "_") for name in found}
    renamed = {"convergia_outbox_send_duration": "convergia_outbox_send_seconds",
               "convergia_outbox_oldest": "convergia_outbox_oldest_seconds"}  # fmt: skip
    assert {renamed.get(name, name) for name in spelt} == kinds


def points(reader: InMemoryMetricReader) -> dict[str, dict[tuple[object, ...], float]]:
    """Every number by its metric's name and its attributes' values; of a histogram, the count."""
    data = reader.get_metrics_data()
    assert data is not None
    return {
        metric.name: {
            tuple((point.attributes or {}).values()): (
                point.count if isinstance(point, HistogramDataPoint) else point.value
            )
            for point in metric.data.data_points
            if not isinstance(point, ExponentialHistogramDataPoint)
        }
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_gauges_of_a_store_that_is_away_have_no_value(outbox: Outbox) -> None:
    reader = InMemoryMetricReader()
    OutboxTelemetry(outbox, MeterProvider([reader], shutdown_on_exit=False))
    with outbox.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE convergia_outbox_webhook")
    assert set(points(reader)) == {"convergia.outbox.waiting"}


async def test_health_fails_when_a_worker_has_taken_no_turn_for_longer_than_its_lease(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(outbox, ScriptedGateway(), lease=30)
    with MetricsServer(WorkerMetrics(outbox), worker, "127.0.0.1", 0) as server:
        assert (await asyncio.to_thread(get, server, "/healthz"))[0] == 200
        monkeypatch.setattr(worker, "_last_turn", worker._last_turn - 31)
        status, text = await asyncio.to_thread(get, server, "/healthz")
        assert (status, text.partition(":")[0]) == (503, "silent")
        running = asyncio.create_task(worker.run())
        async with asyncio.timeout(PATIENCE):
            while (await asyncio.to_thread(get, server, "/healthz"))[0] != 200:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        worker.stop()
        await asyncio.wait_for(running, PATIENCE)
        assert (await asyncio.to_thread(get, server, "/"))[0] == 404


def test_a_store_that_is_down_hides_only_its_gauges(outbox: Outbox) -> None:
    metrics = WorkerMetrics(outbox)
    metrics.note_waiting(Waiting("store"))
    with outbox.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE convergia_outbox_webhook")
    with MetricsServer(metrics, Worker(outbox, ScriptedGateway()), "127.0.0.1", 0) as server:
        status, text = get(server, "/metrics")
    assert status == 200
    assert samples(text)["convergia_outbox_waiting", "store"] == 1
    assert "convergia_outbox_messages" not in text


def test_a_store_that_does_not_answer_delays_no_scrape_and_keeps_one_connection(
    outbox: Outbox,
) -> None:
    answers, asked = threading.Event(), 0

    def hang(_connection: object) -> None:
        nonlocal asked
        asked += 1
        answers.wait(PATIENCE)

    reader = BacklogReader(outbox, patience=0.01)
    event.listen(outbox.database.engine, "begin", hang)
    assert [reader.read() for _ in range(5)] == [None] * 5
    assert asked == 1
    answers.set()
    backlog = BacklogReader(outbox, PATIENCE).read()
    assert backlog is not None
    assert backlog.totals["workers"] == 0
