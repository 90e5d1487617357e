"""A server that answers every request with a canned reply, as fast as Python can.

`python -m benchmarks.canned_server` prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

ENVELOPE = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope '
    b'SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" '
    b'xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
    b'xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    b'xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body>'
    b'<ns1:enviar_mensajeResponse xmlns:ns1="urn:webservice">'
    b'<return xsi:type="xsd:string">100|100000001</return>'
    b"</ns1:enviar_mensajeResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
TEXT = b"100|100000001"


def _reply(body: bytes, kind: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (kind, len(body)) + body


SOAP_REPLY = _reply(ENVELOPE, b"text/xml; charset=ISO-8859-1")
HTTP_REPLY = _reply(TEXT, b"text/html; charset=UTF-8")


class Canned(asyncio.Protocol):
    """A connection that answers each complete request."""

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for replies."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer all complete requests."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            _, _, rest = head.partition(b"content-length:")
            whole = end + 4 + int(rest.partition(b"\r\n")[0] or 0)
            if len(self._data) < whole:
                return
            self._transport.write(SOAP_REPLY if self._data.startswith(b"POST") else HTTP_REPLY)
            self._data = self._data[whole:]


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve())
