"""Types shared by codecs and transports, and the protocol of a codec."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from convergia_sms._codecs.dialect import Reading, Unreadable
    from convergia_sms._models import Transport

# `call` and `query` are other operations of the WSDL. Only a `query` may be repeated.
Operation = Literal["send", "status", "call", "query"]
ASKING: frozenset[Operation] = frozenset({"status", "query"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """The username and password of a call. The repr shows neither."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request to the base URL's origin. The repr does not show credentials.

    Attributes:
        method: GET or POST.
        target: path and query, percent-encoded.
        headers: the codec's headers. The transport adds Host, Content-Length and others.
        body: the whole body. Empty for a GET.
    """

    method: Literal["GET", "POST"]
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP reply.

    Attributes:
        status: the HTTP status.
        content_type: the Content-Type header. Empty if absent.
        content_encoding: the Content-Encoding header in lower case. Empty if absent.
        body: the body.
        headers: all headers in order, with names in lower case.
    """

    status: int
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header with this lower-case name, or None."""
        return next((value for known, value in self.headers if known == name), None)


class Codec(Protocol):
    """The codec of a transport, for the gateway's two calls."""

    @property
    def transport(self) -> Transport:
        """The transport's public name."""
        ...

    def send(
        self, credentials: Credentials, number: str, message: str, extra: str | None
    ) -> Request:
        """Return the request that sends `message`."""
        ...

    def status(self, credentials: Credentials, message_id: str) -> Request:
        """Return the request that queries the status of a message."""
        ...

    def read(self, operation: Operation, reply: Reply) -> Reading | Unreadable:
        """Return the reading of a reply with a success status."""
        ...
