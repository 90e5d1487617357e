"""HTTP requests and replies of the faces, independent of any server's types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_mockserver.gateway.calls import Answer, Call
    from convergia_mockserver.gateway.operations import ResultCheck, ResultChecks


@dataclass(frozen=True, slots=True)
class RawRequest:
    """An HTTP request as it was received.

    Attributes:
        method: the method in upper case.
        path: the percent-decoded path, without the space's prefix.
        query: the undecoded part after the first `?`.
        headers: the headers in their order, with names in lower case and stripped values.
        body: the whole body.
        address: the IP address of the peer.
        scheme: `http` or `https`, as the client sees it.
        host: the value of the Host header, as the client wrote it.
        prefix: the part of the path before `path` (`/s/NAME`, or empty), for links back.
    """

    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = field(default=b"", repr=False)
    address: str = "127.0.0.1"
    scheme: str = "http"
    host: str = "127.0.0.1"
    prefix: str = ""

    def header(self, name: bytes) -> bytes | None:
        """Return the values of a header, joined by commas as in PHP. `name` must be lower case."""
        found = [value for known, value in self.headers if known == name]
        return b", ".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to send. The headers do not include Content-Length."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class WsdlReply(Reply):
    """A reply that holds the WSDL."""

    __slots__ = ()


class Face(Protocol):
    """The interface of a face, which speaks one transport.

    Attributes:
        operations: its operations other than send and status, by name. The value is a function that
            raises TypeError for a value that the operation cannot return.
        results: the same functions for send and status, by face and operation.
    """

    operations: Mapping[str, ResultCheck]
    results: ResultChecks

    def read(self, request: RawRequest) -> Call | Reply:
        """Return the call in a request, or the reply if it is not a call (a page, a fault)."""
        ...

    def write(self, call: Call, answer: Answer) -> Reply:
        """Encode an answer in the dialect of this face."""
        ...
