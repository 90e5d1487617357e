"""Tests of what hooks, logs and telemetry get of each request, and of what is kept from them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import ConnectionFailedError, Receipt, RequestInfo, Retries, Telemetry
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from collections.abc import Callable


def test_hooks_see_each_request_before_and_after(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, said) for said in ("109", "100|7", "3")]
    before: list[Any] = []
    after: list[Any] = []

    caller(
        before_request=before.append,
        after_request=after.append,
        retries=Retries(retryable_codes=1),
    ).call(("send", "5512345678", "Hola"), ("status", "7"))

    assert [(each.operation, each.attempt, each.segments) for each in before] == [
        ("send", 1, 1),
        ("send", 2, 1),
        ("status", 1, None),
    ]
    assert [(each.outcome, each.code, each.message_id, each.http_status) for each in after] == [
        ("rejected", 109, "", 200),
        ("accepted", 100, "7", 200),
        ("answered", 3, "7", 200),
    ]
    assert [each.request for each in after] == before
    assert before[0].url.startswith(raw_gateway.base_url)
    assert "?" not in before[0].url


def test_an_error_in_the_before_request_hook_prevents_the_request(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    def veto(_: RequestInfo) -> None:
        raise PermissionError("not on Sundays")

    assert isinstance(caller(before_request=veto).send(), PermissionError)
    assert raw_gateway.requests == []


def test_an_error_in_the_after_request_hook_does_not_lose_the_receipt(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    assert isinstance(caller(after_request=lambda _: 1 / 0).send(), Receipt)
    assert [record.message for record in caplog.records] == ["the after_request hook failed"]


def test_a_log_record_carries_structured_fields(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "convergia_sms")
    raw_gateway.script = [wire.says(transport, "100|7")]

    caller().send("Hola")

    (record,) = caplog.records
    fields = {name: value for name, value in vars(record).items() if name.startswith("convergia_")}
    assert fields.pop("convergia_seconds") > 0
    assert fields.pop("convergia_url").startswith(raw_gateway.base_url)
    assert fields == {
        "convergia_operation": "send",
        "convergia_transport": transport,
        "convergia_attempt": 1,
        "convergia_segments": 1,
        "convergia_outcome": "accepted",
        "convergia_http_status": 200,
        "convergia_code": 100,
        "convergia_message_id": "7",
    }
    assert "Hola" not in str(vars(record))
    assert "5512345678" not in str(vars(record))


@pytest.mark.parametrize(
    ("said", "level"),
    [("100|1", "DEBUG"), ("201", "INFO"), ("nonsense", "WARNING")],
)
def test_the_worse_the_outcome_the_louder_the_log(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    caplog: pytest.LogCaptureFixture,
    said: str,
    level: str,
) -> None:
    caplog.set_level(logging.DEBUG, "convergia_sms")
    raw_gateway.script = [wire.says(transport, said)]

    caller().send()

    assert [record.levelname for record in caplog.records] == [level]


class Recorded:
    """Telemetry that keeps its records."""

    def __init__(self, **options: bool) -> None:
        self.exporter = InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry(tracers, MeterProvider([self.reader]), **options)

    @property
    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())

    def metric(self, name: str) -> list[Any]:
        data: Any = self.reader.get_metrics_data()
        metrics = data.resource_metrics[0].scope_metrics[0].metrics
        return [point for each in metrics if each.name == name for point in each.data.data_points]


def test_a_span_has_the_conventional_attributes_and_the_gateways_answer(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "109"), wire.says(transport, "100|7")]
    recorded = Recorded()

    caller(telemetry=recorded.telemetry, retries=Retries(retryable_codes=1)).send("Hola")

    first, second = recorded.spans
    assert (first.name, first.kind.name, first.status.status_code.name) == (
        "convergia send",
        "CLIENT",
        "ERROR",
    )
    assert first.attributes["error.type"] == "GatewayUnavailableError"
    path = "/webservice.php" if transport == "soap" else "/"
    port = int(raw_gateway.base_url.rpartition(":")[2])
    assert dict(second.attributes) == {
        "http.request.method": "POST" if transport == "soap" else "GET",
        "http.request.resend_count": 1,
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": port,
        "url.full": raw_gateway.base_url + path,
        "url.scheme": "http",
        "convergia.operation": "send",
        "convergia.transport": transport,
        "convergia.segments": 1,
        "convergia.outcome": "accepted",
        "convergia.code": 100,
        "convergia.message_id": "7",
    }


def test_metrics_count_requests_and_segments_and_time_them(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|7"), wire.says(transport, "201")]
    recorded = Recorded()

    caller(telemetry=recorded.telemetry).call(
        ("send", "5512345678", "a" * 161), ("send", "5512345678", "Hola")
    )

    assert sum(point.count for point in recorded.metric("http.client.request.duration")) == 2
    assert {
        point.attributes["convergia.outcome"]: point.value
        for point in recorded.metric("convergia.requests")
    } == {"accepted": 1, "rejected": 1}
    assert [point.value for point in recorded.metric("convergia.segments")] == [2]


class Failing(SpanProcessor):
    """An application's span processor that does not work."""

    def __init__(self, when: str) -> None:
        self.when = when

    def on_start(self, span: Any, parent_context: Any = None) -> None:  # noqa: ARG002
        self.fail("on_start")

    def on_end(self, span: Any) -> None:  # noqa: ARG002
        self.fail("on_end")

    def fail(self, when: str) -> None:
        if when == self.when:
            raise RuntimeError("no disk left for spans")


@pytest.mark.parametrize("when", ["on_start", "on_end"])
def test_telemetry_that_fails_costs_no_receipt(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    when: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw_gateway.script = [wire.says(transport, "100|7")]
    tracers = TracerProvider()
    tracers.add_span_processor(Failing(when))

    outcome = caller(telemetry=Telemetry(tracers)).send()

    assert isinstance(outcome, Receipt)
    assert [record.message[:16] for record in caplog.records] == ["telemetry failed"]


@pytest.mark.parametrize("asked", [False, True])
def test_number_and_text_are_in_a_span_only_when_asked_for(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, asked: bool
) -> None:
    raw_gateway.script = [wire.says(transport, "100|7")]
    recorded = Recorded(number=asked, text=asked)

    caller(telemetry=recorded.telemetry).send("Hola")

    attributes = recorded.spans[0].attributes
    assert attributes.get("convergia.number") == ("525512345678" if asked else None)
    assert attributes.get("convergia.text") == ("Hola" if asked else None)


def test_no_span_or_metric_shows_the_password(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    raw_gateway.script = [wire.reply(b"denied: s3cr&t-Pa$$"), wire.reset]
    recorded = Recorded(number=True, text=True)

    caller(telemetry=recorded.telemetry).call(("send", "5512345678", "Hola"), ("status", "1"))

    told = json.dumps([json.loads(span.to_json()) for span in recorded.spans])
    told += str(recorded.reader.get_metrics_data())
    assert "convergia" in told
    assert "s3cr" not in told


def test_a_send_that_was_not_sent_has_a_span(caller: Callable[..., Any]) -> None:
    recorded = Recorded()

    error = caller(telemetry=recorded.telemetry, base_url="http://no-such-host.invalid").send()

    assert isinstance(error, ConnectionFailedError)
    assert recorded.spans[0].attributes["convergia.outcome"] == "not-sent"


WITHOUT_THE_EXTRA = """
import sys
sys.modules["opentelemetry"] = None  # as if it were not installed
from convergia_sms import Client
with Client("demo", "demo", transport="http") as client:
    print("built", "convergia_sms._telemetry" in sys.modules)
"""


def test_a_client_works_without_opentelemetry() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True
    )

    assert done.stdout == "built False\n"
