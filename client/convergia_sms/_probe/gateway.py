"""Asks a gateway, once for each question, and keeps what went over the wire, redacted."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from convergia_sms._codecs.wire import Credentials, Request
from convergia_sms._errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Guide

    from convergia_sms._codecs.soap import SoapCodec
    from convergia_sms._codecs.wire import Operation
    from convergia_sms._models import Transport
    from convergia_sms._redaction import Redactor

_MAX_BYTES = 1024 * 1024
_SHOWN = 4_000
# Questions put before a gateway that answers none is given up.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One request and its reply.

    Attributes:
        name: the question's.
        transport: the transport it went by.
        request: the request as sent, redacted and cut where it is long.
        status: the reply's HTTP status; 0 when no reply came.
        headers: the reply's, names in lower case, with the password masked.
        body: the reply's, as it came, with the password masked.
    """

    name: str
    transport: Transport
    request: bytes
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The Content-Type header; empty when there is none."""
        return self.headers.get("content-type", "")


class ProbedGateway:
    """A way to one gateway.

    Args:
        base_url: without a trailing slash.
        guide: paths and parameters.
        redactor: takes the secrets out of what is kept.
        timeout: seconds for each read.
    """

    def __init__(self, base_url: str, guide: Guide, redactor: Redactor, timeout: float) -> None:
        self.base_url = base_url
        self.transcript: list[TranscriptEntry] = []
        self._guide = guide
        self._redactor = redactor
        self._timeout = timeout

    def get(self, name: str, operation: Operation, arguments: Mapping[str, str]) -> TranscriptEntry:
        """Ask by the guide's URL."""
        endpoint = self._guide.send if operation == "send" else self._guide.status
        query = f"?{urlencode(arguments)}" if arguments else ""
        return self._exchange(name, "http", Request("GET", endpoint.path + query))

    def post(
        self, name: str, codec: SoapCodec, operation: Operation, arguments: Mapping[str, str]
    ) -> TranscriptEntry:
        """Ask by an envelope, in which what is left out stands empty."""
        account = Credentials(arguments.get("username", ""), arguments.get("password", ""))
        request = (
            codec.send(account, arguments.get("number", ""), arguments.get("message", ""), None)
            if operation == "send"
            else codec.status(account, arguments.get("messageid", ""))
        )
        return self._exchange(name, "soap", request)

    def page(self, name: str, target: str) -> TranscriptEntry:
        """Have a page of the web service."""
        return self._exchange(name, "soap", Request("GET", target))

    def _exchange(
        self,
        name: str,
        transport: Transport,
        request: Request,
    ) -> TranscriptEntry:
        url = urlsplit(self.base_url)
        secure = url.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(url.netloc, timeout=self._timeout)
        headers, body = dict(request.headers), request.body
        shown = self._shown(request)
        try:
            self._connect(connection)
            connection.request(request.method, url.path + request.target, body or None, headers)
            reply = connection.getresponse()
            # A redirect repeats the URL, and that the password.
            kept = {key.lower(): self._masked(value) for key, value in reply.getheaders()}
            raw = self._redactor.mask(reply.read(_MAX_BYTES))
            entry = TranscriptEntry(name, transport, shown, reply.status, kept, raw)
        except (OSError, http.client.HTTPException) as error:
            # Its text may hold the URL, and that the password.
            entry = TranscriptEntry(name, transport, shown, 0, body=type(error).__name__.encode())
            self._silent(type(error).__name__)
        finally:
            connection.close()
        self.transcript.append(entry)
        return entry

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except OSError as error:
            if any(one.status for one in self.transcript):
                raise  # it was there: what it has answered so far is worth keeping
            reason = error.strerror or str(error) or type(error).__name__
            raise ConnectionFailedError(f"nothing answers at {self.base_url}: {reason}") from None

    def _silent(self, reason: str) -> None:
        """Give up on a gateway that has not answered once: each question waits its whole time."""
        if len(self.transcript) + 1 >= _PATIENCE and not any(one.status for one in self.transcript):
            raise ConnectionFailedError(
                f"{self.base_url} takes connections and answers nothing: {reason}"
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
