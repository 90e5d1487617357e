"""Rows of a JSON Lines file, one object on each line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ._row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

__all__ = ["json_rows"]

_MAX_LINE = 1 << 20
_WHOLE = re.compile(r"(-?[0-9]+)\.0+")


def json_rows(file: TextIO) -> Iterator[Row]:
    """Yield the rows. A line that is not an object becomes a row with a problem."""
    for line, text in enumerate(_bounded(file), start=1):
        if text is None:
            yield Row(line, {}, f"more than {_MAX_LINE:,} characters on a line")
            continue
        if not text.strip():
            continue
        try:
            found = json.loads(
                text,
                parse_float=_number,
                parse_constant=_no_number,
                object_pairs_hook=_named_once,
            )
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deep"
            yield Row(line, {}, f"not JSON: {reason}")
            continue
        if not isinstance(found, dict):
            yield Row(line, {}, "not a JSON object")
            continue
        # Lists and objects are not texts. A template that names one reports a missing column.
        cells = {
            name: _text(value)
            for name, value in found.items()
            if not isinstance(value, list | dict)
        }
        yield Row(line, cells)


def _bounded(file: TextIO) -> Iterator[str | None]:
    """Yield the lines. None stands for a line that is too long to hold in memory."""
    ends = ("\n", "\r")
    while line := file.readline(_MAX_LINE + 1):
        if len(line) <= _MAX_LINE or line.endswith(ends):
            yield line
            continue
        while line and not line.endswith(ends):
            line = file.readline(_MAX_LINE)
        yield None


def _number(written: str) -> str:
    """Return a number as it is written: 10.50 may be an amount.

    Only a fraction of zeros is removed: 5512345678.0 becomes 5512345678. A number such as
    5.51235E+09 is kept too, because its last digits are lost.
    """
    whole = _WHOLE.fullmatch(written)
    return written if whole is None else whole[1]


def _no_number(written: str) -> object:
    raise ValueError(f"{written} is not a number")


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the object names {twice!r} twice")
    return found


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
