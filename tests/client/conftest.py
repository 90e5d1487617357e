"""A gateway made of a bare socket: it counts what arrives and answers as a test tells it to."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import AsyncClient, Client, Retries

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

ENVELOPE = (
    '<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope '
    'SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" '
    'xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><SOAP-ENV:Body>'
    '<ns1:enviar_mensajeResponse xmlns:ns1="urn:webservice">'
    '<return xsi:type="xsd:string">{}</return>'
    "</ns1:enviar_mensajeResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)


@dataclass
class Received:
    """A request as it arrived."""

    connection: int
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode("latin-1")

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            found, _, value = line.partition(":")
            if found.lower() == name.lower():
                return value.strip()
        return None


Action = "Callable[[socket.socket, Received], None]"


@dataclass
class RawGateway:
    """Accepts connections, reads requests, and lets `script` (the last item over and over) answer.

    An item is bytes, written as they are, or a function of the connection and the request. An
    answer that closes the connection ends it.
    """

    listener: socket.socket
    script: list[Any] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)
    tls: ssl.SSLContext | None = None
    greet: Callable[[socket.socket], None] | None = None
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.arrived:
                self.connections += 1
                number = self.connections
                self._open.append(connection)
            thread = threading.Thread(target=self._talk, args=(connection, number), daemon=True)
            thread.start()
            self._threads.append(thread)  # started first: stop() may be joining them already

    def wait_for(self, count: int) -> None:
        """Wait until `count` requests have arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, timeout=60)

    def stop(self) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self._open:
            connection.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _talk(self, connection: socket.socket, number: int) -> None:
        try:
            if self.greet is not None:
                self.greet(connection)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while (request := _read(connection, number)) is not None:
                with self.arrived:
                    self.requests.append(request)
                    item = self.script[min(len(self.requests), len(self.script)) - 1]
                    self.arrived.notify_all()
                if isinstance(item, bytes):
                    connection.sendall(item)
                else:
                    item(connection, request)
        except (OSError, ValueError):
            return
        finally:
            connection.close()


def _read(connection: socket.socket, number: int) -> Received | None:
    """Read one request. `makefile` would keep the socket open after its `close`."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    request = Received(number, head, body)
    length = int(request.header("content-length") or 0)
    while len(request.body) < length:
        request.body += connection.recv(65_536)
    return request


def http_reply(body: bytes | str, status: str = "200 OK", *headers: str) -> bytes:
    """A whole HTTP reply."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + raw


def reset(connection: socket.socket, _request: Received | None = None) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silent(connection: socket.socket, _request: Received) -> None:
    """Send nothing until the client disconnects."""
    connection.recv(1)


@dataclass
class Wire:
    """Methods with which a test writes replies."""

    reply = staticmethod(http_reply)
    reset = staticmethod(reset)
    silent = staticmethod(silent)

    @staticmethod
    def says(transport: str, said: str) -> bytes:
        """A reply that returns `said`, as the transport's face would."""
        return http_reply(said if transport == "http" else ENVELOPE.format(said))


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def raw_gateway() -> Iterator[RawGateway]:
    gateway = RawGateway(socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=gateway.serve, daemon=True)
    thread.start()
    yield gateway
    gateway.stop()
    thread.join(timeout=10)


@pytest.fixture(params=["soap", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


NO_RETRIES = Retries(connect=0, status=0)


@dataclass
class Caller:
    """A client of either kind, called the same way."""

    kind: str
    options: dict[str, Any]

    def call(self, *steps: tuple[Any, ...], **keywords: Any) -> list[Any]:
        """Make calls with one client in turn. Return each result, or the error raised."""
        if self.kind == "sync":
            with Client(**self.options) as client:
                return [_outcome(getattr(client, name), *args, **keywords) for name, *args in steps]

        async def run() -> list[Any]:
            async with AsyncClient(**self.options) as client:
                results = []
                for name, *args in steps:
                    try:
                        results.append(await getattr(client, name)(*args, **keywords))
                    except Exception as error:  # noqa: BLE001
                        results.append(error)
                return results

        return asyncio.run(run())

    def send(self, text: str = "Hola", extra: str | None = None) -> Any:
        """Send once. Return the receipt or the error."""
        return self.call(("send", "5512345678", text, extra))[0]


def _outcome(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    try:
        return function(*args, **keywords)
    except Exception as error:  # noqa: BLE001
        return error


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, raw_gateway: RawGateway, transport: str
) -> Callable[..., Caller]:
    """A function that makes a caller of the raw gateway, for each kind and transport."""

    def make(**options: Any) -> Caller:
        known = {
            "username": "demo",
            "password": "s3cr&t-Pa$$",
            "base_url": raw_gateway.base_url,
            "transport": transport,
            "retries": NO_RETRIES,
        }
        return Caller(request.param, known | options)

    return make


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test at any attempt to resolve a name or to connect."""

    def refuse(*args: Any, **_: Any) -> None:
        raise AssertionError(f"the network was asked: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
