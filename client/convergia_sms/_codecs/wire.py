"""What codecs and transports hand each other, and the codec both transports' codecs are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from convergia_sms._codecs.dialect import Reading, Unreadable
    from convergia_sms._models import Transport

# `call` and `query` are other operations of the WSDL: `query` may be repeated, `call` may not.
Operation = Literal["send", "status", "call", "query"]
ASKING: frozenset[Operation] = frozenset({"status", "query"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who calls. Neither field shows in a repr."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to the base URL's origin; what holds credentials does not show in a repr.

    Attributes:
        method: GET or POST.
        target: path and query, percent-encoded.
        headers: what the codec asks for; the transport adds Host, Content-Length and the like.
        body: the whole body; empty for a GET.
    """

    method: Literal["GET", "POST"]
    target: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply, whole.

    Attributes:
        status: the HTTP status.
        content_type: the Content-Type header; empty when absent.
        content_encoding: the Content-Encoding header in lower case; empty when absent.
        body: as it came.
        headers: all of them in the order in which they came, names in lower case.
    """

    status: int
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in lower case; None if absent."""
        return next((value for known, value in self.headers if known == name), None)


class Codec(Protocol):
    """One transport's spelling of the gateway's two calls."""

    @property
    def transport(self) -> Transport:
        """Its public name."""
        ...

    def send(
        self, credentials: Credentials, number: str, message: str, extra: str | None
    ) -> Request:
        """Return the request that sends `message`."""
        ...

    def status(self, credentials: Credentials, message_id: str) -> Request:
        """Return the request that asks for a message's status."""
        ...

    def read(self, operation: Operation, reply: Reply) -> Reading | Unreadable:
        """Return what a reply with a success status says."""
        ...
