"""A bare ASGI app with lxml that reads each value of a send, and answers without any checks.

This is the minimum of a SOAP server in Python, without any feature of a mock server.
usage: python asgi_lxml.py PORT
"""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING, cast

import uvicorn
from lxml import etree

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

IDS = count(100_000_001)
REPLY = (
    '<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope'
    ' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body>'
    '<ns1:enviar_mensajeResponse xmlns:ns1="urn:webservice"><return>100|{}</return>'
    "</ns1:enviar_mensajeResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)


async def app(_: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer a send."""
    body, more = b"", True
    while more:
        event = await receive()
        body += cast("bytes", event.get("body", b""))
        more = bool(event.get("more_body", False))
    call = etree.fromstring(body)[0][0]
    arguments = {etree.QName(value).localname: value.text for value in call}
    assert arguments["number"]
    document = REPLY.format(next(IDS)).encode()
    headers = [(b"content-type", b"text/xml"), (b"content-length", b"%d" % len(document))]
    await send(
        {"type": "http.response.start", "status": 200, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": document, "more_body": False})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="critical")
