"""Export of a report as CSV for spreadsheets: streamed, marked as UTF-8, without formulas."""

from __future__ import annotations

import csv
import io
import unicodedata
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
# Without this mark, Excel reads a file in its old code page.
_BYTE_ORDER_MARK = "\ufeff"
# First characters that make a cell a formula in Excel, LibreOffice or Google Sheets. Their wide,
# small and raised forms do the same.
_FORMULA = frozenset("=+-@|%\u2212")
# Invisible characters besides Unicode's separators, controls, format characters and marks.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\"'")
# Characters that a spreadsheet may take for the end of a row, even between quotes.
_ROW_ENDS = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
_CONTROLS = {code: "\ufffd" for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n"}


def rows(messages: Iterable[Message], texts: Texts, zone: ZoneInfo) -> Iterator[bytes]:
    """Yield the file in chunks of 1,000 rows."""
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
    """Return a cell that no spreadsheet takes for a formula or for several rows.

    Invisible characters at the beginning are skipped, because spreadsheets ignore many of them.
    """
    cell = cell.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS | _ROW_ENDS)
    first = next((each for each in cell if not _is_blank(each)), "")
    # A cell that begins with a tab or a line feed is quoted as well.
    sign = unicodedata.normalize("NFKC", first)
    return "'" + cell if sign in _FORMULA or cell.startswith(("\t", "\n")) else cell


def _is_blank(character: str) -> bool:
    return character in _BLANK or character.isspace() or unicodedata.category(character)[0] in "ZCM"


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
