"""The HTTP request that carried a call, as criteria compare it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import ElementTree


@dataclass(slots=True)
class RequestParts:
    """Method, path, headers and body of a request. The body is parsed as XML at most once.

    Attributes:
        method: the method in upper case.
        path: the path without the space's prefix.
        headers: the headers in their order.
        body: the bytes of the body.
    """

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    _document: ElementTree | None = field(default=None, init=False, repr=False)
    _read: bool = field(default=False, init=False, repr=False)

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas. Empty without the header."""
        wanted = name.lower().encode("latin-1", "replace")
        found = [value for known, value in self.headers if known.lower() == wanted]
        return b", ".join(found).decode("latin-1")

    @property
    def soap_action(self) -> str:
        """The SOAPAction header without quotes, or the media type's `action` in SOAP 1.2."""
        action = self.header("soapaction")
        if not action:
            for parameter in self.header("content-type").split(";")[1:]:
                name, _, value = parameter.strip().partition("=")
                if name.lower() == "action":
                    action = value
        return action.strip().strip('"')

    def document(self) -> ElementTree | None:
        """Return the body as a document for XPath. None if it is not XML or too large."""
        if not self._read:
            from .xpaths import read_document

            self._read, self._document = True, read_document(self.body)
        return self._document
