"""A reply of one's own: what a request gets in place of what its face would spell."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BODY = 1024 * 1024
_LARGEST_HEADERS = 16 * 1024
_STATUSES = range(200, 600)
# RFC 9110 §15: a reply with one of these has no body.
_WITHOUT_BODY = frozenset({204, 205, 304})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The server frames the reply by itself; the faults break the framing.
_FRAMING = frozenset({
    "connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class OwnReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A reply of one's own. Its body is given by one of `text`, `base64` and `file`, or empty.

    Attributes:
        status: 200 to 599.
        headers: by name. Without a Content-Type it is the face's own, and UTF-8 for a `text`.
        text: the body, in UTF-8.
        base64: the body's bytes.
        file: the file that holds the body's bytes. It is read once, when a start file or Python
            names it.

    Raises:
        ValueError: it cannot be a reply. The text says why.
    """

    status: int = 200
    headers: dict[str, str] = {}
    text: str | None = None
    base64: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if self.status not in _STATUSES:
            raise ValueError(f"status: {self.status} is not between 200 and 599")
        _check_headers(self.headers)
        if sum(each is not None for each in (self.text, self.base64, self.file)) > 1:
            raise ValueError("a body is given by one of: text, base64, file")
        try:
            body = self.body()
        except UnicodeEncodeError:
            raise ValueError("text: it holds half a character (a lone surrogate)") from None
        except (binascii.Error, ValueError):
            raise ValueError("base64: this is not Base64") from None
        if len(body) > LARGEST_BODY:
            raise ValueError(f"a body has at most {LARGEST_BODY:,} bytes, not {len(body):,}")
        if body and self.status in _WITHOUT_BODY:
            raise ValueError(f"status: a reply with {self.status} has no body")

    @classmethod
    def of(cls, body: str | bytes, status: int = 200, **headers: str) -> OwnReply:
        """Return a reply with this body. `Content_Type="text/plain"` gives a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return cls(status, named, text=body)
        return cls(status, named, base64=base64.b64encode(body).decode())

    def body(self) -> bytes:
        """Return the body's bytes; of a file that was not read none."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "", validate=True)

    def loaded(self, folder: Path) -> OwnReply:
        """Return the reply with the bytes of its file in it, if it names one.

        Args:
            folder: where a relative name begins.

        Raises:
            ValueError: the file cannot be read, is no regular file, or is too large.
        """
        if self.file is None:
            return self
        path = folder / self.file
        try:
            if not path.is_file():
                raise ValueError(f"file: {path} is not a file")
            with path.open("rb") as file:
                body = file.read(LARGEST_BODY + 1)
        except OSError as error:
            raise ValueError(f"file: {path} cannot be read: {error.strerror or error}") from None
        return msgspec.structs.replace(self, file=None, base64=base64.b64encode(body).decode())


def _check_headers(headers: dict[str, str]) -> None:
    size = 0
    seen: set[str] = set()
    for name, value in headers.items():
        size += len(name) + len(value)
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"headers: {name!r} is not a header's name")
        if name.lower() in _FRAMING:
            raise ValueError(
                f"headers: the server writes {name} by itself; the faults break a connection"
            )
        if name.lower() in seen:
            raise ValueError(f"headers: {name} is there twice")
        seen.add(name.lower())
        if value != value.strip(" \t") or not all(
            each == "\t" or (" " <= each <= "\xff" and each != "\x7f") for each in value
        ):
            raise ValueError(
                f"headers: {name}: {value!r} is not a header's value: printable, ISO-8859-1, one"
                " line"
            )
    if size > _LARGEST_HEADERS:
        raise ValueError(f"headers: they have at most {_LARGEST_HEADERS:,} characters together")
