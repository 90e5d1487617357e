"""Headers of the caller, checked before anything is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # ISO-8859-1 without control characters
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def header_lines(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers as lines.

    Raises:
        ValueError: a name or a value is not valid in HTTP, or the header frames the body, which
            only the transport may set. The error never shows the value.
    """
    lines = tuple((str(name), str(value)) for name, value in headers.items())
    for name, value in lines:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(
                f"header {name!r} has a line break, or a character that HTTP does not allow"
            )
        if name.lower() in _FRAMING:
            raise ValueError(f"header {name!r}: the transport writes it")
    return lines
