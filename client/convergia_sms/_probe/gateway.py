"""The gateway that is probed, with a redacted transcript of all requests and replies."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from convergia_sms._codecs.wire import Credentials, Request
from convergia_sms._errors import ConnectionFailedError
from convergia_sms._exchange import Exchange, Failure
from convergia_sms._rules import not_sent
from convergia_sms._transports.blocking import BlockingTransport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Guide

    from convergia_sms._codecs.soap import SoapCodec
    from convergia_sms._codecs.wire import Operation
    from convergia_sms._models import Transport
    from convergia_sms._redaction import Redactor
    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint

_SHOWN = 4_000
# Requests without an answer after which the probe gives up.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """A request and its reply.

    Attributes:
        name: the name of the question.
        transport: the transport that was used.
        request: the request as sent, redacted, and cut if it is long.
        status: the reply's HTTP status. 0 without a reply.
        headers: the reply's headers, with names in lower case and the password masked.
        body: the reply's body, with the password masked.
    """

    name: str
    transport: Transport
    request: bytes
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The Content-Type header. Empty if there is none."""
        return self.headers.get("content-type", "")


class GatewaySilentError(Exception):
    """The gateway has stopped answering."""


class ProbedGateway:
    """A connection to the gateway that is probed.

    Args:
        endpoint: the gateway's endpoint.
        guide: the paths and parameters.
        redactor: masks secrets in the transcript.
        timeout: the limits of each request.
    """

    def __init__(
        self, endpoint: Endpoint, guide: Guide, redactor: Redactor, timeout: Timeout
    ) -> None:
        self.transcript: list[TranscriptEntry] = []
        self._endpoint = endpoint
        self._way = BlockingTransport(endpoint)
        self._guide = guide
        self._redactor = redactor
        self._timeout = timeout
        self._silent = 0

    def get(self, name: str, operation: Operation, arguments: Mapping[str, str]) -> TranscriptEntry:
        """Send a call by the guide's URL."""
        endpoint = self._guide.send if operation == "send" else self._guide.status
        query = f"?{urlencode(arguments)}" if arguments else ""
        return self._exchange(name, "http", Request("GET", endpoint.path + query))

    def post(
        self, name: str, codec: SoapCodec, operation: Operation, arguments: Mapping[str, str]
    ) -> TranscriptEntry:
        """Send a call as an envelope. Missing values are empty."""
        account = Credentials(arguments.get("username", ""), arguments.get("password", ""))
        request = (
            codec.send(account, arguments.get("number", ""), arguments.get("message", ""), None)
            if operation == "send"
            else codec.status(account, arguments.get("messageid", ""))
        )
        return self._exchange(name, "soap", request)

    def page(self, name: str, target: str) -> TranscriptEntry:
        """Request a page of the web service."""
        return self._exchange(name, "soap", Request("GET", target))

    def close(self) -> None:
        """Close the connections."""
        self._way.close()

    def _exchange(self, name: str, transport: Transport, request: Request) -> TranscriptEntry:
        shown = self._shown(request)
        target = self._endpoint.path + request.target
        deadline = time.monotonic() + self._timeout.total
        exchange = Exchange(replace(request, target=target), self._timeout, deadline)
        reply = self._way.exchange(exchange)
        self._silent = self._silent + 1 if isinstance(reply, Failure) else 0
        if isinstance(reply, Failure):
            self._give_up(reply, connected=exchange.on_wire)
            raw = self._redactor.mask(reply.raw or reply.reason.encode())
            entry = TranscriptEntry(name, transport, shown, reply.http_status or 0, body=raw)
        else:
            # A redirect repeats the URL, which contains the password.
            headers = {key: self._masked(value) for key, value in reply.headers}
            body = self._redactor.mask(reply.body)
            entry = TranscriptEntry(name, transport, shown, reply.status, headers, body)
        self.transcript.append(entry)
        if self._silent >= _PATIENCE:
            self._silent = 0
            raise GatewaySilentError(f"{_PATIENCE} requests in a row had no complete reply")
        return entry

    def _give_up(self, failure: Failure, *, connected: bool) -> None:
        """Stop if the gateway has never answered, because each request takes its full timeout.

        Raises:
            ConnectionFailedError: the gateway is unreachable, or did not answer several times.
            LiveGatewayBlockedError: CONVERGIA_FORBID_LIVE forbids the live gateway.
        """
        if any(entry.status for entry in self.transcript) or failure.http_status is not None:
            return
        where = self._endpoint.origin + self._endpoint.path
        if failure.blocked:
            raise not_sent(failure)
        if not connected:
            raise ConnectionFailedError(f"nothing answers at {where}: {failure.reason}")
        if len(self.transcript) + 1 >= _PATIENCE:
            raise ConnectionFailedError(
                f"{where} accepts connections but does not answer: {failure.reason}"
            )

    def _masked(self, value: str) -> str:
        return self._redactor.mask(value.encode("latin-1")).decode("latin-1")

    def _shown(self, request: Request) -> bytes:
        body = request.body
        head = f"{request.method} {request.target} HTTP/1.1\n" + "".join(
            f"{key}: {value}\n" for key, value in request.headers
        )
        return _cut(self._redactor.mask(head.encode())) + (
            b"\n" + _cut(self._redactor.mask(body)) + b"\n" if body else b""
        )


def _cut(text: bytes) -> bytes:
    if len(text) <= _SHOWN:
        return text
    return text[:_SHOWN] + f"… ({len(text):,} bytes)\n".encode()
