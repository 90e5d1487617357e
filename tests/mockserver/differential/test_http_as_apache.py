"""Tests that the mock server accepts the same HTTP as Apache with mod_php.

Each request is sent to both as bytes. Both must answer it alike: the status and, after 200, the
body without the message id.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from convergia_contract.reference import ApacheGateway, apache_missing
from convergia_mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY = "username=demo&password=demo&number=525512345678&message="
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><n:enviar_mensaje'
    ' xmlns:n="urn:webservice"><a>demo</a><b>demo</b><c>525512345678</c><d>Hola</d><e></e>'
    "</n:enviar_mensaje></e:Body></e:Envelope>"
)
UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAI\r\n"
ID = re.compile(rb"(?<=100\|)[0-9]+")


def get(target: str | bytes, lines: str = "") -> bytes:
    raw = target.encode() if isinstance(target, str) else target
    return b"GET " + raw + b" HTTP/1.1\r\nHost: gateway.test\r\n" + lines.encode() + b"\r\n"


def post(lines: str, body: str = ENVELOPE) -> bytes:
    head = "POST /webservice.php HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: text/xml\r\n"
    return f"{head}{lines}\r\n{body}".encode()


LENGTH = f"Content-Length: {len(ENVELOPE)}\r\n"
CHUNKED = f"{len(ENVELOPE):x}\r\n{ENVELOPE}\r\n0\r\n\r\n"
REQUESTS = {
    "plain": get(f"/?{QUERY}Hola"),
    "soap": post(LENGTH),
    "upgrade h2c, GET": get(f"/?{QUERY}Hola", UPGRADE),
    "upgrade h2c, POST": post(LENGTH + UPGRADE),
    "upgrade h2c, chunked": post("Transfer-Encoding: chunked\r\n" + UPGRADE, CHUNKED),
    "upgrade websocket": get(f"/?{QUERY}Hola", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "UTF-8 in the query": get(f"/?{QUERY}Mañana"),
    "Latin-1 in the query": get(f"/?{QUERY}Ma".encode() + b"\xf1ana"),
    "UTF-8 in a name": get(f"/?{QUERY}Hola&añadido=1"),
    "UTF-8 in the path": get(f"/estatus_mensajé.php?{QUERY}Hola"),
    "folded header": get(f"/?{QUERY}Hola", "X-Note: a\r\n\tb\r\n"),
    "folded content type": post(LENGTH + "X-A: b\r\n  c\r\n"),
    "chunked": post("Transfer-Encoding: chunked\r\n", CHUNKED),
    "HTTP/1.0": f"GET /?{QUERY}Hola HTTP/1.0\r\n\r\n".encode(),
    "absolute URL": get(f"http://gateway.test/?{QUERY}Hola"),
    "bad length": post("Content-Length: x\r\n"),
    "negative length": post("Content-Length: -1\r\n"),
    "two lengths": post(LENGTH + "Content-Length: 1\r\n"),
    "bad chunk": post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n0\r\n\r\n"),
    "no request": b"hola\r\n\r\n",
    "header without a colon": get(f"/?{QUERY}Hola", "nada\r\n"),
    "blank before the colon": get(f"/?{QUERY}Hola", "X-A : b\r\n"),
}


def answer(base_url: str, request: bytes) -> tuple[int, bytes]:
    """Status and, of a 200, body: of the first reply."""
    url = urlsplit(base_url)
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    head, _, body = reply.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if status != 200:
        return status, b""
    chunks = b"transfer-encoding: chunked" in head.lower()
    return status, ID.sub(
        b"", body.partition(b"\r\n")[2].rpartition(b"\r\n0")[0] if chunks else body
    )


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[str, str]]:
    if (lacking := apache_missing()) is not None:
        pytest.skip(lacking)
    with ApacheGateway() as apache, MockServer() as server:
        yield apache.base_url, server.base_url


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_taken_as_apache_takes_it(name: str, both: tuple[str, str]) -> None:
    theirs, ours = (answer(base_url, REQUESTS[name]) for base_url in both)
    assert ours == theirs


def test_a_length_beside_chunks_is_refused_where_apache_takes_it(both: tuple[str, str]) -> None:
    request = post(LENGTH + "Transfer-Encoding: chunked\r\n", CHUNKED)
    theirs, ours = (answer(base_url, request) for base_url in both)
    assert (theirs[0], ours[0]) == (200, 400)
