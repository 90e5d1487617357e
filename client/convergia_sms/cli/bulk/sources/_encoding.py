"""The encoding of a text file, checked against its content.

A text read in the wrong encoding is still a text, and would be sent: `JosÃ©`.
"""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING

from ._row import SourceError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["encoding_of"]

_DEFAULT = "utf-8-sig"
# The UTF-16 mark is a prefix of the UTF-32 mark, so UTF-32 is tested first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a zip file", "if it is a workbook, name it .xlsx"),
    (bytes.fromhex("d0cf11e0"), "an old Excel file", "open it in Excel and save it as .xlsx"),
    (b"<", "a web page or XML", "open it in Excel and save it as .xlsx"),
)
_HEAD = 64
_BLOCK = 1 << 16


def encoding_of(path: Path, said: str | None) -> str:
    """Return the encoding to read a file with.

    Args:
        path: the file.
        said: the encoding that the caller names. None for UTF-8, or for the encoding of the file's
            byte order mark.

    Raises:
        SourceError: the file is not a text, or not in this encoding.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked is None:
        _refuse_other_kinds(path, head)
    if said is None:
        # In UTF-16, every other byte of Latin letters is zero.
        if marked is None and head.count(0) * 3 > len(head):
            guess = "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
            raise SourceError(
                f"{path.name} is not utf-8: it looks like {guess}",
                f"add --encoding {guess}, or save it as UTF-8",
            )
        return _DEFAULT if marked is None or marked == "utf-8" else marked
    name = _known(said)
    if name.startswith("utf"):
        if marked is None or name.startswith(marked):
            return said
    elif marked is None:
        if not _is_utf8_beyond_ascii(path):
            return said
        marked = "utf-8"
    raise SourceError(f"{path.name} is {marked}, not {said}", f"add --encoding {marked}")


def _known(said: str) -> str:
    """Return Python's name for the encoding.

    Raises:
        SourceError: there is no such text encoding.
    """
    try:
        # Unlike the lookup, this rejects codecs that do not produce text, such as rot13.
        io.TextIOWrapper(io.BytesIO(), encoding=said)
        return codecs.lookup(said).name
    except (LookupError, ValueError):
        raise SourceError(f"no such encoding: {said!r}", "try cp1252 or utf-8") from None


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for begins, what, cure in _OTHER_KINDS:
        if head.lstrip().startswith(begins):
            raise SourceError(f"{path.name} is {what}, not text", cure)


def _is_utf8_beyond_ascii(path: Path) -> bool:
    """Return True if the file is UTF-8 with more than ASCII, which is never an accident."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    plain = True
    try:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(_BLOCK), b""):
                plain = plain and block.isascii()
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not plain
