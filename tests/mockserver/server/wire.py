"""Handwritten requests, and the bytes of their replies."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from convergia_mockserver.gateway import FaceName

TIMEOUT = 10

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<m:{operation} xmlns:m="urn:webservice">{arguments}</m:{operation}></e:Body></e:Envelope>'
)


class Received(NamedTuple):
    """A reply taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(face: FaceName, base_url: str, **arguments: str) -> bytes:
    """The bytes of a send (or, with a messageid, a status query); the arguments in their order."""
    url = urlsplit(base_url)
    values = {"username": "demo", "password": "demo"}
    if "messageid" not in arguments:
        values |= {"number": "525512345678", "message": "hola", "extra": ""}
    values |= arguments
    if face == "http":
        path = "/estatus_mensaje.php" if "messageid" in values else "/"
        return (
            f"GET {url.path}{path}?{urlencode(values)} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
    operation = "estatus_mensaje" if "messageid" in values else "enviar_mensaje"
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    body = _ENVELOPE.format(operation=operation, arguments=inner).encode()
    head = (
        f"POST {url.path}/webservice.php HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f"Content-Type: text/xml; charset=utf-8\r\nSOAPAction: urn:webservice#{operation}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def connect(base_url: str) -> socket.socket:
    url = urlsplit(base_url)
    return socket.create_connection((url.hostname or "", url.port or 80), timeout=TIMEOUT)


def exchange(base_url: str, data: bytes) -> bytes:
    """Send bytes; everything that comes back until the server closes.

    Raises:
        ConnectionResetError: it did not close but reset.
    """
    with connect(base_url) as connection:
        connection.sendall(data)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def parse(data: bytes) -> Received:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Received(int(first.split()[1]), headers, body)


def send(face: FaceName, base_url: str, **arguments: str) -> Received:
    """Send a request and return the reply."""
    return parse(exchange(base_url, request(face, base_url, **arguments)))
