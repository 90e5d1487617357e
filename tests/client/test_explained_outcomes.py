"""Tests of the explanations of unknown outcomes, and of calls that were certainly not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    Client,
    ConnectionFailedError,
    NotSentError,
    OutcomeUnknownError,
    QueryFailedError,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.conftest import RawGateway


def fault(text: str, code: str = "SOAP-ENV:Client") -> str:
    return (
        '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<e:Body><e:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        "</e:Fault></e:Body></e:Envelope>"
    )


# As NuSOAP, ext-soap, Axis, .NET, gSOAP and CXF word it.
REFUSALS = [
    "Operation 'enviar_mensaje' is not defined in the WSDL for this service",
    "method 'enviar_mensaje' ('enviar_mensaje') not defined in service ('Sms' '.')",
    "Procedure 'enviar_mensaje' not present",
    'Function ("enviar_mensaje") is not a valid method for this service',
    "Missing parameter",
    "No such operation 'enviar_mensaje'",
    "Server did not recognize the value of HTTP Header SOAPAction: urn:webservice#enviar_mensaje.",
    "Method 'enviar_mensaje' not implemented: method name or namespace not recognized",
    "Message part {urn:x}enviar_mensaje was not recognized. (Does it exist in service WSDL?)",
]


@pytest.mark.parametrize("transport", ["soap"])
@pytest.mark.parametrize("status", ["500 Internal Server Error", "200 OK"])
@pytest.mark.parametrize("text", REFUSALS)
def test_a_fault_of_the_engine_itself_says_that_nothing_was_sent(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    status: str,
    text: str,
) -> None:
    raw_gateway.script = [wire.reply(fault(text), status)]

    error = caller().send()

    assert type(error) is NotSentError
    assert text in str(error)


@pytest.mark.parametrize("transport", ["soap"])
@pytest.mark.parametrize(
    "text",
    [
        "Missing parameter: saldo",
        "error in database",
        "Procedure 'registrar' not present; the message was sent",
        "",
    ],
)
def test_any_other_fault_leaves_the_outcome_unknown_and_is_shown(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, text: str
) -> None:
    raw_gateway.script = [wire.reply(fault(text, "SOAP-ENV:Server"), "500 No")]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert (error.fault, error.cure, error.http_status) == (text, "portal", 500)
    assert text in str(error)
    assert "HTTP 500, a SOAP fault (SOAP-ENV:Server)" in str(error)


@pytest.mark.parametrize("transport", ["soap"])
def test_a_query_that_no_engine_accepted_has_failed(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.reply(fault(REFUSALS[0]), "500 No")]

    (error,) = caller().call(("status", "1"))

    assert isinstance(error, QueryFailedError)
    assert REFUSALS[0] in str(error)


@pytest.mark.parametrize(
    ("status", "body", "shown", "cure"),
    [
        ("200 OK", "Todo bien", 'The reply: "Todo bien"', "probe"),
        (
            "503 Busy",
            "<html><head><title>x</title></head><body><h1>En   mantenimiento</h1>\n</body></html>",
            'HTTP 503. The reply: "En mantenimiento"',
            "portal",
        ),
        ("404 No", "nada", 'HTTP 404. The reply: "nada"', "doctor"),
        ("200 OK", "x" * 400, f'"{"x" * 159}…"', "probe"),
    ],
)
def test_the_reply_is_shown_up_to_a_line(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    status: str,
    body: str,
    shown: str,
    cure: str,
) -> None:
    raw_gateway.script = [wire.reply(body, status)]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert shown in str(error)
    assert (error.cure, error.raw.decode()) == (cure, body)


def test_a_redirect_is_named_without_the_credentials_it_repeats(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any
) -> None:
    location = "Location: https://u:s3cr&t-Pa$$@sms.example/?password=s3cr&t-Pa$$"
    raw_gateway.script = [wire.reply("", "301 Moved", location)]

    error = caller().send()

    assert "HTTP 301: a redirect to sms.example, which is not followed" in str(error)
    assert "s3cr" not in str(error)


@pytest.mark.parametrize("location", ["http://[::1", "http://a:99999999", "//[", "\xff"])
def test_a_redirect_to_an_invalid_url_is_an_unknown_outcome(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, location: str
) -> None:
    raw_gateway.script = [wire.reply("", "302 Found", f"Location: {location}")]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert "HTTP 302: a redirect" in str(error)


def test_nothing_that_turns_the_direction_of_writing_is_shown(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any
) -> None:
    raw_gateway.script = [wire.reply("Fallo \u202e\u2066\x9b1", "200 OK")]

    assert 'The reply: "Fallo 1"' in str(caller().send())


@pytest.mark.parametrize("body", ["&#{};", "<b>&#{};</b>", "<table><tr><td>&#{}</td></tr></table>"])
def test_a_character_number_without_end_is_an_unknown_outcome(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, body: str
) -> None:
    raw_gateway.script = [wire.reply(body.format("9" * 6000), "200 OK")]

    assert isinstance(caller().send(), OutcomeUnknownError)


def test_neither_password_nor_number_nor_text_is_shown(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any
) -> None:
    said = "s3cr&t-Pa$$ 525512345678 (55) 1234 5678 Su clave es 4711"
    raw_gateway.script = [wire.reply(said, "500 No")]

    error = caller().send("Su clave es 4711")

    for private in ("s3cr", "5678", "4711"):
        assert private not in str(error)


def test_a_connection_error_names_host_and_port(caller: Callable[..., Any]) -> None:
    error = caller(base_url="http://127.0.0.1:9").send()

    assert isinstance(error, ConnectionFailedError)
    assert str(error) == "no connection to 127.0.0.1:9: Connection refused"


def test_a_connection_error_says_that_it_was_the_live_gateway(
    monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    from convergia_sms._transports.endpoint import endpoint_of

    monkeypatch.delenv("CONVERGIA_BASE_URL", raising=False)
    where = endpoint_of(Settings.resolve("demo", "demo")).where

    assert where == (
        "the live gateway smswebservices.convergia.net.mx:8181 (CONVERGIA_BASE_URL is not set)"
    )


@pytest.mark.parametrize(
    ("url", "cure"),
    [
        (
            "smswebservices.convergia.net.mx:8181",
            "Write 'http://smswebservices.convergia.net.mx:8181'",
        ),
        ("localhost:8181/x", "Write 'http://localhost:8181'"),
        ("http://a.example:8181/webservice.php", "Write 'http://a.example:8181'"),
        ("http://a.example:8181/webservice.php?wsdl", "Write 'http://a.example:8181'"),
        ("http://a.example/sms/estatus_mensaje.php", "Write 'http://a.example/sms'"),
    ],
)
def test_an_almost_valid_base_url_is_refused_with_the_cure(url: str, cure: str) -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        Client("demo", "demo", base_url=url)

    assert cure in str(caught.value)
