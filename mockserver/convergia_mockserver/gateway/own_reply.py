"""A custom reply, which replaces the one that a face would write."""

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
# The server writes these headers itself. Broken framing is what the faults are for.
_FRAMING = frozenset({
    "connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


class OwnReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A custom reply. Its body is given by one of `text`, `base64` and `file`, or is empty.

    Attributes:
        status: the HTTP status, 200 to 599.
        headers: headers by name. The default Content-Type is the face's, in UTF-8 for `text`.
        text: the body, in UTF-8.
        base64: the bytes of the body, in Base64.
        file: the path of a file with the bytes of the body. It is read once, when a start file or
            Python names it.

    Raises:
        ValueError: if the reply is invalid. The message names the field and the reason.
    """

    status: int = 200
    headers: dict[str, str] = {}
    text: str | None = None
    base64: str | None = None
    file: str | None = None

    def __post_init__(self) -> None:
        if self.status not in _STATUSES:
            raise ValueError(f"status: {self.status} must be between 200 and 599")
        _check_headers(self.headers)
        if sum(each is not None for each in (self.text, self.base64, self.file)) > 1:
            raise ValueError("a body must be given by only one of text, base64 and file")
        try:
            body = self.body()
        except UnicodeEncodeError:
            raise ValueError(
                "text: it contains a lone surrogate, which UTF-8 cannot encode"
            ) from None
        except (binascii.Error, ValueError):
            raise ValueError("base64: the value is not Base64") from None
        if len(body) > LARGEST_BODY:
            raise ValueError(
                f"a body must have at most {LARGEST_BODY:,} bytes, but has {len(body):,}"
            )
        if body and self.status in _WITHOUT_BODY:
            raise ValueError(f"status: a reply with status {self.status} must not have a body")

    @classmethod
    def of(cls, body: str | bytes, status: int = 200, **headers: str) -> OwnReply:
        """Return a reply with this body. `Content_Type="text/plain"` gives a header."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return cls(status, named, text=body)
        return cls(status, named, base64=base64.b64encode(body).decode())

    def body(self) -> bytes:
        """Return the bytes of the body. They are empty for a file that was not read yet."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "", validate=True)

    def loaded(self, folder: Path) -> OwnReply:
        """Return the reply with its file read into `base64`. Without a file, return it unchanged.

        Args:
            folder: the folder that a relative path starts from.

        Raises:
            ValueError: if the file cannot be read, is not a regular file, or is too large.
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
            raise ValueError(f"headers: {name!r} is not a valid header name")
        if name.lower() in _FRAMING:
            raise ValueError(
                f"headers: the server writes {name} itself; use a fault to break a connection"
            )
        if name.lower() in seen:
            raise ValueError(f"headers: {name} is given twice")
        seen.add(name.lower())
        if value != value.strip(" \t") or not all(
            each == "\t" or (" " <= each <= "\xff" and each != "\x7f") for each in value
        ):
            raise ValueError(
                f"headers: {name}: {value!r} is not a valid header value, which must be one line"
                " of printable ISO-8859-1 characters"
            )
    if size > _LARGEST_HEADERS:
        raise ValueError(
            f"headers: all names and values must have at most {_LARGEST_HEADERS:,} characters"
        )
