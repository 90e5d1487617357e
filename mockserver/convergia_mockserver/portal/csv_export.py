"""A report as CSV, for spreadsheets: streamed, marked as UTF-8, without formulas."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.text import measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from convergia_mockserver.gateway import Message

    from .languages import Texts

_COLUMNS = ("id", "created", "number", "text", "extra", "state", "outcome", "face", "parts")
_ROWS_AT_ONCE = 1000
# Excel takes a file for its own old code page unless it begins so.
_BYTE_ORDER_MARK = "\ufeff"
# What makes a cell a formula, for Excel, LibreOffice and Google Sheets, full-width forms included.
_FORMULA = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")


def rows(messages: Iterable[Message], texts: Texts, zone: ZoneInfo) -> Iterator[bytes]:
    """The file, some hundred kilobytes at a time."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_BYTE_ORDER_MARK)
    writer.writerow([texts(f"csv.{column}") for column in _COLUMNS])
    states = texts.beginning("state.")
    lines = (_row(message, states, zone) for message in messages)
    while True:
        several = list(islice(lines, _ROWS_AT_ONCE))
        writer.writerows(several)
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
        if len(several) < _ROWS_AT_ONCE:
            return


def defuse(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    cell = cell.replace("\0", "�")
    return "'" + cell if cell.lstrip(" \"'").startswith(_FORMULA) else cell


def _row(message: Message, states: dict[str, str], zone: ZoneInfo) -> list[object]:
    return [
        message.id,
        message.created.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        defuse(message.number),
        defuse(message.text),
        defuse(message.extra),
        message.state,
        states.get(f"state.{message.state}", ""),
        message.face,
        measure(message.text).segments,
    ]
