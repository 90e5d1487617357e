"""Tests of https and of HTTP proxies, against real ones on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from convergia_sms import AsyncClient, Client, ConnectionFailedError, Receipt, Retries
from convergia_sms._transports.http1 import tunnel_refusal

from tests.client.forward_proxy import ForwardProxy

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def client_cert(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.issue_cert("client").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "client.pem")
    )
    return tmp_path / "client.pem"


def speak_tls(gateway: Any, authority: trustme.CA, name: str = "localhost", *, mutual: bool) -> str:
    """Put the raw gateway behind TLS; its base URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    if mutual:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    gateway.tls = context
    url: str = gateway.base_url
    return url.replace("http://127.0.0.1", "https://localhost")


def test_a_gateway_with_a_certificate_from_a_trusted_ca_is_trusted(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    authority: trustme.CA,
    ca_file: Path,
) -> None:
    url = speak_tls(raw_gateway, authority, mutual=False)
    raw_gateway.script = [wire.says(transport, "100|1"), wire.says(transport, "100|2")]
    sends = [("send", "5512345678", "Hola")] * 2

    receipts = caller(base_url=url, ca_file=ca_file).call(*sends)

    assert [each.message_id for each in receipts] == ["1", "2"]
    assert raw_gateway.connections == 1


@pytest.mark.parametrize("problem", ["unknown authority", "another host's"])
def test_nothing_is_sent_to_a_host_with_the_wrong_certificate(
    caller: Callable[..., Any],
    raw_gateway: Any,
    authority: trustme.CA,
    ca_file: Path,
    problem: str,
) -> None:
    unknown = problem == "unknown authority"
    name = "localhost" if unknown else "elsewhere.example"
    url = speak_tls(raw_gateway, trustme.CA() if unknown else authority, name, mutual=False)

    error = caller(base_url=url, ca_file=ca_file).send()

    assert type(error) is ConnectionFailedError
    assert "the certificate is not trusted" in str(error)
    assert raw_gateway.requests == []


def test_a_client_certificate_opens_a_gateway_that_asks_for_one(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    authority: trustme.CA,
    ca_file: Path,
    client_cert: Path,
) -> None:
    url = speak_tls(raw_gateway, authority, mutual=True)
    raw_gateway.script = [wire.says(transport, "100|1")]

    assert isinstance(
        caller(base_url=url, ca_file=ca_file, client_cert=client_cert).send(), Receipt
    )
    # TLS 1.3 tells the lack of one only after the request went out: nobody can say more.
    assert not isinstance(caller(base_url=url, ca_file=ca_file).send(), Receipt)
    assert len(raw_gateway.requests) == 1


def test_plain_http_on_a_tls_port_is_not_an_answer(
    caller: Callable[..., Any], raw_gateway: Any, authority: trustme.CA
) -> None:
    speak_tls(raw_gateway, authority, mutual=False)

    assert not isinstance(caller().send(), Receipt)
    assert raw_gateway.requests == []


def test_a_gateway_that_disconnects_during_the_handshake_got_nothing(
    raw_gateway: Any, authority: trustme.CA, ca_file: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the server has the last word
    authority.issue_cert("localhost").configure_cert(context)
    url = raw_gateway.base_url.replace("http://127.0.0.1", "https://localhost")
    raw_gateway.greet = lambda connection: shake_and_hang_up(connection, context)

    async def send() -> object:
        async with AsyncClient(
            "demo", "demo", base_url=url, ca_file=ca_file, retries=Retries(connect=0)
        ) as client:
            (result,) = await asyncio.gather(client.send("5512345678", "x"), return_exceptions=True)
            return result

    error = asyncio.run(send())

    assert type(error) is ConnectionFailedError
    assert str(error).endswith(": closed")


def shake_and_hang_up(connection: socket.socket, context: ssl.SSLContext) -> None:
    """A handshake whose last flight brings the end of the connection along."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
            break
        connection.sendall(outgoing.read())
        incoming.write(connection.recv(65_536))
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.unwrap()
    connection.sendall(outgoing.read())


@pytest.mark.parametrize("option", ["ca_file", "client_cert"])
def test_an_invalid_certificate_file_is_reported(tmp_path: Path, option: str) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    options: dict[str, Any] = {option: tmp_path / "no.pem"}

    with pytest.raises(ValueError, match=f"{option}: .*no.pem"):
        Client("demo", "demo", base_url="https://localhost", **options)


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    proxy = ForwardProxy()
    yield proxy
    proxy.stop()


def test_a_plain_gateway_is_reached_through_a_proxy(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, proxy: ForwardProxy
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    assert isinstance(caller(proxy=proxy.url).send(), Receipt)
    assert (
        proxy.asked[0]
        .split("?")[0]
        .startswith(f"{'POST' if transport == 'soap' else 'GET'} {raw_gateway.base_url}/")
    )
    assert raw_gateway.requests[0].header("proxy-authorization") is None


def test_credentials_in_a_proxys_echo_of_the_request_are_masked(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    def echo(connection: socket.socket, request: Any) -> None:
        connection.sendall(wire.reply(request.head, "502 Bad Gateway"))

    raw_gateway.script = [echo]
    proxy = raw_gateway.base_url.replace("http://", "http://user:p%40ss@")

    error = caller(base_url="http://gateway.example:8181", proxy=proxy).send()

    assert b"Proxy-Authorization: Basic ***\r\n" in error.raw + b"\r\n"


def test_a_tls_gateway_is_reached_through_a_tunnel(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    proxy: ForwardProxy,
    authority: trustme.CA,
    ca_file: Path,
) -> None:
    url = speak_tls(raw_gateway, authority, mutual=False)
    raw_gateway.script = [wire.says(transport, "100|1")]

    assert isinstance(caller(base_url=url, ca_file=ca_file, proxy=proxy.url).send(), Receipt)
    assert [line.split(" ")[0] for line in proxy.asked] == ["CONNECT"]


def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing(
    caller: Callable[..., Any],
    raw_gateway: Any,
    proxy: ForwardProxy,
    authority: trustme.CA,
    ca_file: Path,
) -> None:
    url = speak_tls(raw_gateway, authority, mutual=False)
    wrong = proxy.url.replace("p%40ss", "wrong")

    error = caller(base_url=url, ca_file=ca_file, proxy=wrong).send()

    assert type(error) is ConnectionFailedError
    assert str(error).endswith(": the proxy opened no tunnel: HTTP 407")
    assert " by the proxy " in str(error)
    assert "wrong" not in repr(error)


@pytest.mark.parametrize(
    ("said", "told"),
    [(b"HTTP/1.1 204 Go ahead", None), (b"SSH-2.0-Open here", "not an HTTP reply")],
)
def test_a_tunnel_is_open_when_the_proxy_says_2xx(said: bytes, told: str | None) -> None:
    assert tunnel_refusal(said + b"\r\n\r\n") == told


def test_no_proxy_is_taken_from_the_environment(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    proxy: ForwardProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    raw_gateway.script = [wire.says(transport, "100|1")]

    assert isinstance(caller().send(), Receipt)
    assert proxy.asked == []
