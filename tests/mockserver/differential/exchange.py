"""A request on a connection of its own, byte for byte, and the reply to it."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = re.compile(rb"(?<=100\|)[0-9]+")
# The faultcode before it and the status count; what an XML parser calls its error does not.
_XML_ERROR = re.compile(rb"(?<=XML error parsing SOAP payload on line )[0-9]+: [^<]*")
_TIMEOUT = 20


@dataclass(frozen=True)
class Request:
    """A request. `{ID}` stands for the id of a message that the gateway has accepted."""

    method: str
    target: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """A reply without what may differ: message ids, and an XML parser's name for its error."""

    status: int
    content_type: str
    body: bytes

    def same_as(self, other: Reply) -> bool:
        """Return True if status, content type and canonical XML are the same."""
        heads = (self.status, self.content_type) == (other.status, other.content_type)
        return heads and _canonical(self.body) == _canonical(other.body)


@dataclass(frozen=True)
class Gateway:
    """The address of a gateway, and the id of a message that it has."""

    base_url: str
    message_id: str = ""

    def ask(self, request: Request) -> Reply:
        """Send `request` and read the reply to its end."""
        host, port = urlsplit(self.base_url).netloc.split(":")
        known = self.message_id.encode()
        body = request.body.replace(b"{ID}", known)
        headers = {"Host": f"{host}:{port}", "Connection": "close", **request.headers}
        if body or request.method == "POST":
            headers["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        target = request.target.replace(b"{ID}", known)
        head = request.method.encode() + b" " + target + b" HTTP/1.1\r\n"
        with socket.create_connection((host, int(port)), timeout=_TIMEOUT) as connection:
            connection.sendall(head + lines.encode("latin-1") + b"\r\n" + body)
            response = HTTPResponse(connection, method=request.method)
            response.begin()
            content = response.read()
        content_type = response.getheader("Content-Type", "")
        content = _XML_ERROR.sub(b"?", _ID.sub(b"ID", content))
        return Reply(response.status, content_type, content)


def with_a_message(base_url: str) -> Gateway:
    """A gateway that has accepted one message."""
    gateway = Gateway(base_url)
    send = b"/?username=demo&password=demo&number=525512345678&message=Hola"
    host = urlsplit(base_url).netloc
    with socket.create_connection((host.split(":")[0], int(host.split(":")[1]))) as connection:
        connection.sendall(b"GET " + send + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        response = HTTPResponse(connection)
        response.begin()
        code, _, message_id = response.read().decode().partition("|")
    assert code == "100"
    return Gateway(gateway.base_url, message_id)


def _canonical(body: bytes) -> bytes:
    """Return canonical XML without comments, or the bytes themselves if there is none for them."""
    try:
        tree = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        return etree.tostring(tree, method="c14n", with_comments=False)
    except (etree.XMLSyntaxError, etree.C14NError):
        return body
