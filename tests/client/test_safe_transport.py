"""Tests of other people's zeep clients over our transports: one request, and clear failures."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import zeep
import zeep.cache
import zeep.exceptions
from convergia_sms import ConnectionFailedError, NotSentError, OutcomeUnknownError, Timeout
from convergia_sms.soap import AsyncSafeTransport, DocumentUnavailableError, SafeTransport
from convergia_wsdl import load_profile

from tests.client.conftest import ENVELOPE, RawGateway, http_reply, reset
from tests.client.forward_proxy import ForwardProxy

if TYPE_CHECKING:
    from collections.abc import Callable

# zeep has no types.
ZEEP: Any = zeep
XML = "Content-Type: text/xml; charset=ISO-8859-1"
ACCEPTED = http_reply(ENVELOPE.format("100|1"), "200 OK", XML)
FAULT = http_reply(
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>'
    "<faultcode>Client</faultcode><faultstring>no balance</faultstring></e:Fault></e:Body>"
    "</e:Envelope>",
    "500 Internal Server Error",
    XML,
)
SECRET = "s3cr3t-of-mine"
ARGUMENTS = ("demo", SECRET, "525512345678", "Hola", "")


@dataclass
class User:
    """Somebody's program with a zeep client of either kind."""

    kind: str
    wsdl: str
    options: dict[str, Any]

    def calls(self, count: int = 1) -> list[Any]:
        """Call the operation several times in turn. Return each result or error."""
        if self.kind == "async":
            return asyncio.run(self._calls_in_a_loop(count))
        with SafeTransport(**self.options) as transport:
            client = ZEEP.Client(self.wsdl, transport=transport)
            return [_outcome(client.service.enviar_mensaje) for _ in range(count)]

    async def _calls_in_a_loop(self, count: int) -> list[Any]:
        ended: list[Any] = []
        async with AsyncSafeTransport(**self.options) as transport:
            client = ZEEP.AsyncClient(self.wsdl, transport=transport)
            for _ in range(count):
                ended += await asyncio.gather(
                    client.service.enviar_mensaje(*ARGUMENTS), return_exceptions=True
                )
        return ended

    def call(self) -> Any:
        return self.calls()[0]


def _outcome(operation: Callable[..., Any]) -> Any:
    try:
        return operation(*ARGUMENTS)
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


@pytest.fixture
def wsdl(raw_gateway: RawGateway, tmp_path: Path) -> str:
    """The packaged WSDL, leading to the raw gateway."""
    document = load_profile().wsdl_bytes()
    address = f"{raw_gateway.base_url}/webservice.php".encode()
    path = tmp_path / "service.wsdl"
    path.write_bytes(document.replace(b"http://127.0.0.1:8181/webservice.php", address))
    return str(path)


@pytest.fixture(params=["sync", "async"])
def user(request: pytest.FixtureRequest, wsdl: str) -> Callable[..., User]:
    def make(**options: Any) -> User:
        return User(request.param, wsdl, options)

    return make


def test_calls_are_answered_over_one_connection(
    user: Callable[..., User], raw_gateway: RawGateway
) -> None:
    raw_gateway.script = [ACCEPTED]

    assert user().calls(3) == ["100|1"] * 3

    assert len(raw_gateway.requests) == 3
    assert raw_gateway.connections == 1
    assert raw_gateway.requests[0].line == "POST /webservice.php HTTP/1.1"
    assert raw_gateway.requests[0].header("SOAPAction")
    assert SECRET.encode() in raw_gateway.requests[0].body


def test_a_request_to_an_unreachable_service_is_not_sent(
    user: Callable[..., User], raw_gateway: RawGateway
) -> None:
    nowhere = raw_gateway.base_url.replace("127.0.0.1", "127.0.0.9")

    error = user(proxy=nowhere).call()

    assert type(error) is ConnectionFailedError
    assert isinstance(error, NotSentError)


@pytest.mark.parametrize(
    "answer",
    [
        reset,
        http_reply("<html>Bad Gateway</html>", "502 Bad Gateway"),
        http_reply("Fatal error", "500 Internal Server Error"),
        http_reply("", "500 Internal Server Error"),
        http_reply("<html>It works!</html>"),
        http_reply(ENVELOPE[:-20], "200 OK", XML),
        http_reply("", "302 Found", "Location: /elsewhere"),
    ],
    ids=["reset", "502", "500, no XML", "500, empty", "a page", "half an envelope", "a redirect"],
)
def test_a_lost_reply_leaves_the_outcome_unknown_after_one_request(
    user: Callable[..., User], raw_gateway: RawGateway, answer: Any
) -> None:
    raw_gateway.script = [answer]

    error = user().call()

    assert type(error) is OutcomeUnknownError
    assert len(raw_gateway.requests) == 1
    assert SECRET not in str(error) + repr(error)


def test_no_reply_in_time_leaves_the_outcome_unknown(
    user: Callable[..., User], raw_gateway: RawGateway
) -> None:
    raw_gateway.script = [lambda _connection, _request: raw_gateway.over.wait(10)]

    error = user(timeout=Timeout(connect=5, read=0.2, total=5)).call()

    assert type(error) is OutcomeUnknownError
    raw_gateway.wait_for(1)  # its thread may be slower than the client's timeout
    assert len(raw_gateway.requests) == 1


def test_a_fault_is_the_services_answer(user: Callable[..., User], raw_gateway: RawGateway) -> None:
    raw_gateway.script = [FAULT]

    error = user().call()

    assert type(error) is zeep.exceptions.Fault
    assert error.message == "no balance"


def test_nothing_is_logged_of_an_envelope(
    user: Callable[..., User], raw_gateway: RawGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    raw_gateway.script = [ACCEPTED]

    assert user().call() == "100|1"

    assert SECRET not in caplog.text


def test_a_call_goes_through_the_proxy(
    user: Callable[..., User], raw_gateway: RawGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_gateway.script = [ACCEPTED]
    proxy = ForwardProxy()
    try:
        monkeypatch.setenv("CONVERGIA_PROXY", proxy.url)
        assert user().call() == "100|1"
        assert proxy.dialled == raw_gateway.connections == 1
    finally:
        proxy.stop()


def test_threads_share_a_transport_without_cross_talk(raw_gateway: RawGateway, wsdl: str) -> None:
    def echo(connection: Any, request: Any) -> None:
        text = request.body.partition(b"<message>")[2].partition(b"</message>")[0].decode()
        connection.sendall(http_reply(ENVELOPE.format(text), "200 OK", XML))

    raw_gateway.script = [echo]
    got: dict[str, str] = {}
    with SafeTransport() as transport:
        client = ZEEP.Client(wsdl, transport=transport)

        def call(text: str) -> None:
            for _ in range(5):
                got[text] = client.service.enviar_mensaje("u", "p", "525512345678", text, "")

        threads = [threading.Thread(target=call, args=(f"text-{n}",)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

    assert got == {f"text-{n}": f"text-{n}" for n in range(16)}
    assert len(raw_gateway.requests) == 80


def test_a_timeout_of_a_block_applies_only_inside_it(raw_gateway: RawGateway, wsdl: str) -> None:
    raw_gateway.script = [lambda _connection, _request: raw_gateway.over.wait(10), ACCEPTED]
    with SafeTransport() as transport:
        client = ZEEP.Client(wsdl, transport=transport)
        short = Timeout(connect=60, read=0.2, total=60)
        with transport.settings(timeout=short), pytest.raises(OutcomeUnknownError):
            client.service.enviar_mensaje(*ARGUMENTS)
        raw_gateway.wait_for(1)
        assert client.service.enviar_mensaje(*ARGUMENTS) == "100|1"


def test_settings_and_services_of_zeep_work(raw_gateway: RawGateway, wsdl: str) -> None:
    raw_gateway.script = [ACCEPTED]
    with SafeTransport(headers={"X-Mine": "always"}) as transport:
        client = ZEEP.Client(wsdl, transport=transport)
        service = client.create_service(
            next(iter(client.wsdl.bindings)), f"{raw_gateway.base_url}/other?x=1"
        )
        with client.settings(raw_response=True, extra_http_headers={"X-Once": "now"}):
            response = service.enviar_mensaje(*ARGUMENTS)

    assert response.status_code == 200
    assert response.encoding == "ISO-8859-1"
    assert b"100|1" in response.content
    (request,) = raw_gateway.requests
    assert request.line == "POST /other?x=1 HTTP/1.1"
    assert (request.header("X-Mine"), request.header("X-Once")) == ("always", "now")


def test_a_header_with_a_line_break_is_refused_before_anything_is_sent(
    raw_gateway: RawGateway, wsdl: str
) -> None:
    raw_gateway.script = [ACCEPTED]
    with SafeTransport(headers={"X-Mine": "a\r\nX-Other: b"}) as transport:
        client = ZEEP.Client(wsdl, transport=transport)
        with pytest.raises(ValueError, match="X-Mine"):
            client.service.enviar_mensaje(*ARGUMENTS)
    assert raw_gateway.requests == []


SCHEMA = b"""<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:more">
<xsd:simpleType name="code"><xsd:restriction base="xsd:string"/></xsd:simpleType></xsd:schema>"""


@pytest.fixture
def published(raw_gateway: RawGateway, wsdl: str) -> str:
    """The WSDL over HTTP, behind a redirect, with a schema that it imports."""
    with open(wsdl, "rb") as file:  # noqa: PTH123
        document = file.read()
    imports = b'<xsd:import namespace="urn:more" schemaLocation="more.xsd"/>'
    start = document.index(b"<xsd:schema")
    end = document.index(b">", start) + 1
    document = document[:end] + imports + document[end:]

    def serve(connection: Any, request: Any) -> None:
        path = request.line.split()[1]
        if path == "/old?wsdl":
            connection.sendall(http_reply("", "301 Moved", "Location: /new/service?wsdl"))
        elif path == "/new/service?wsdl":
            connection.sendall(http_reply(document))
        elif path.endswith("more.xsd"):
            connection.sendall(http_reply(SCHEMA))
        elif request.line.startswith("POST"):
            connection.sendall(ACCEPTED)
        else:
            connection.sendall(http_reply("", "404 Not Found"))

    raw_gateway.script = [serve]
    return f"{raw_gateway.base_url}/old?wsdl"


def test_a_wsdl_is_loaded_over_http_with_its_imports_and_kept(
    raw_gateway: RawGateway, published: str
) -> None:
    cache = ZEEP.cache.InMemoryCache()
    for _ in range(2):
        with SafeTransport(cache=cache) as transport:
            client = ZEEP.Client(published, transport=transport)
            assert client.service.enviar_mensaje(*ARGUMENTS) == "100|1"

    loads = [one.line for one in raw_gateway.requests if one.line.startswith("GET")]
    assert len(loads) == len(set(loads)) == 3


@pytest.mark.parametrize("location", ["http://[::1", "ftp://a/", "http://a:99999999/", "//["])
def test_a_redirect_of_a_wsdl_to_an_invalid_url_names_its_origin(
    raw_gateway: RawGateway, location: str
) -> None:
    raw_gateway.script = [http_reply("", "302 Found", f"Location: {location}")]
    with (
        SafeTransport() as transport,
        pytest.raises(DocumentUnavailableError, match="a redirect to an invalid URL"),
    ):
        transport.load(f"{raw_gateway.base_url}/wsdl")


def test_a_call_with_a_missing_wsdl_is_not_sent(raw_gateway: RawGateway, published: str) -> None:
    with (
        SafeTransport() as transport,
        pytest.raises(DocumentUnavailableError, match="HTTP 404"),
    ):
        ZEEP.Client(f"{raw_gateway.base_url}/nothing?wsdl", transport=transport)


def test_tls_takes_the_ca_file_and_the_client_certificate(
    user: Callable[..., User], raw_gateway: RawGateway, wsdl: str, tmp_path: Path
) -> None:
    authority = trustme.CA()
    raw_gateway.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    raw_gateway.tls.verify_mode = ssl.CERT_REQUIRED
    # Where the server judges the client's certificate before the handshake ends.
    raw_gateway.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(raw_gateway.tls)
    authority.issue_cert("localhost").configure_cert(raw_gateway.tls)
    ca_file, client_cert = tmp_path / "ca.pem", tmp_path / "client.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(str(client_cert))
    raw_gateway.script = [ACCEPTED]
    document = Path(wsdl).read_bytes()
    Path(wsdl).write_bytes(document.replace(b"http://127.0.0.1:", b"https://localhost:"))

    assert user(ca_file=ca_file, client_cert=client_cert).call() == "100|1"
    assert type(user(ca_file=ca_file).call()) is ConnectionFailedError
    assert type(user(client_cert=client_cert).call()) is ConnectionFailedError
    assert len(raw_gateway.requests) == 1
