"""What a face is given and what it gives back: HTTP messages, free of any server's own types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_mockserver.gateway.calls import Answer, Call
    from convergia_mockserver.gateway.operations import ResultCheck, ResultChecks


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it came off the wire.

    Attributes:
        method: upper case.
        path: percent-decoded, the space's prefix already taken off.
        query: what stood behind the first `?`, undecoded.
        headers: names in lower case, values stripped, in their order.
        body: the whole body.
        address: the peer's IP address.
        scheme: `http` or `https`, as the client sees it.
        host: the Host header's value, as the client wrote it.
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
        """Return what the headers of that (lower-case) name say; PHP joins several by commas."""
        found = [value for known, value in self.headers if known == name]
        return b", ".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it is to go onto the wire; headers without Content-Length."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class WsdlReply(Reply):
    """The WSDL as a reply."""

    __slots__ = ()


class Face(Protocol):
    """One transport's way in.

    Attributes:
        operations: those that it reads besides send and status, by name: a function that raises
            TypeError for what the operation cannot return.
        results: the same for what send and status may be made to return, by face and operation.
    """

    operations: Mapping[str, ResultCheck]
    results: ResultChecks

    def read(self, request: RawRequest) -> Call | Reply:
        """Understand a request: a call, or the reply that ends it (a page, a fault)."""
        ...

    def write(self, call: Call, answer: Answer) -> Reply:
        """Spell an answer in this face's dialect."""
        ...
