"""Tests that a sensitive text is sent, but shown nowhere."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import Client, Message, Receipt, Retries, Telemetry
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.client.test_secrets import everything_about, listening

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["listening"]

# Long enough not to stand in a log by chance: ports, ids and times do.
CODE = "739184550"
TEXT = f"Su código es {CODE}."
SPELLINGS = (TEXT, CODE, "Su+c%C3%B3digo", "digo es 7")
SEND = ("send", "5512345678", TEXT)


def silent(*shown: object) -> bool:
    return not [each for each in shown for spelling in SPELLINGS if spelling in str(each)]


@pytest.mark.parametrize(
    "reply",
    ["accepted", "rejected", "echo", "echo with 500", "broken off"],
)
def test_no_hook_log_error_or_receipt_shows_it(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    reply: str,
    listening: list[str],
) -> None:
    echo = f"<p>Not understood: {TEXT} (739184550)</p>".encode()
    raw_gateway.script = [
        {
            "accepted": wire.says(transport, "100|7"),
            "rejected": wire.says(transport, "204"),
            "echo": wire.reply(echo),
            "echo with 500": wire.reply(echo, "500 Internal Server Error"),
            "broken off": wire.reply(echo)[:-2],
        }[reply]
    ]
    told: list[Any] = []
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    (outcome,) = caller(
        before_request=told.append,
        after_request=told.append,
        telemetry=Telemetry(provider, text=True, number=True),
        timeout=2.0,
    ).call(SEND, sensitive=True)

    assert isinstance(outcome, Receipt) == (reply == "accepted")
    assert raw_gateway.requests[0].line.count("739") + raw_gateway.requests[0].body.count(b"739")
    texts = [outcome, repr(outcome), getattr(outcome, "raw", b"")]
    if isinstance(outcome, BaseException):
        texts += [*everything_about(outcome), repr(pickle.loads(pickle.dumps(outcome)))]
        texts += [getattr(outcome, "fault", "")]
    assert silent(*texts)
    assert listening
    assert silent(*listening, *map(repr, told))
    assert [each.text for each in told if hasattr(each, "text")] == ["***"]
    (span,) = spans.get_finished_spans()
    assert (span.attributes or {})["convergia.text"] == "***"
    assert silent(span.to_json())


def test_hooks_read_the_text_of_a_call_that_is_not_marked_sensitive(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|7")]
    told: list[Any] = []

    caller(before_request=told.append).call(SEND)

    assert told[0].text == TEXT


def test_send_many_hides_the_texts_of_sensitive_messages(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("http", "100|7")]
    told: list[Any] = []
    messages = [
        Message("5512345678", TEXT, sensitive=True),
        Message("5512345678", "Su pedido va en camino"),
    ]

    with Client(
        "demo",
        "demo",
        base_url=raw_gateway.base_url,
        transport="http",
        retries=Retries(),
        before_request=told.append,
    ) as client:
        results = list(client.send_many(messages))

    assert all(each.receipt for each in results)
    assert {each.text for each in told} == {"***", "Su pedido va en camino"}
    assert silent(*results, *map(repr, results), repr(messages[0]))
    assert "Su pedido va en camino" in repr(messages[1])
