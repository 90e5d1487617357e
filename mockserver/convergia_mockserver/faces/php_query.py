"""Reading of a query string as PHP does it for `$_GET`.

Source: PHP's `php_default_treat_data` and `php_register_variable_ex` (main/php_variables.c),
compared with PHP 8.2 by the differential tests.
"""

from __future__ import annotations

import re
from typing import Final

# The defaults of php.ini.
MAX_INPUT_VARS: Final = 1000
MAX_NESTING: Final = 64

_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_MANGLED = bytes.maketrans(b" .", b"__")


class ArrayValue:
    """The marker of a PHP array, which a script that expects strings cannot use."""

    def __repr__(self) -> str:
        return "ARRAY"


ARRAY: Final = ArrayValue()


def parse_query(query: bytes) -> dict[bytes, list[bytes | ArrayValue]]:
    """Return the values of every variable by its name as PHP mangles it. PHP keeps the last."""
    variables: dict[bytes, list[bytes | ArrayValue]] = {}
    pieces = [piece for piece in query.split(b"&") if piece]
    for piece in pieces[:MAX_INPUT_VARS]:
        raw_name, _, raw_value = piece.partition(b"=")
        named = _variable(unquote(raw_name))
        if named is None:
            continue
        name, depth = named
        if depth > MAX_NESTING:
            variables.pop(name, None)
        else:
            value = ARRAY if depth else unquote(raw_value)
            variables.setdefault(name, []).append(value)
    return variables


def unquote(text: bytes) -> bytes:
    """Decode as PHP's `urldecode`: `+` is a space, `%` without two hexadecimal digits stays."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text.replace(b"+", b" "))


def _variable(name: bytes) -> tuple[bytes, int] | None:
    """Return the name of a variable and its array depth. None for a name that PHP drops."""
    name = name.partition(b"\0")[0].lstrip(b" ")
    base, bracket, rest = name.partition(b"[")
    if not base:
        return None
    base = base.translate(_MANGLED)
    if not bracket:
        return base, 0
    depth = 0
    while bracket:
        index, closed, after = rest.partition(b"]")
        if not closed:
            # A bracket that never closes is part of the name.
            return (base + b"_" + index.translate(_MANGLED), 0) if depth == 0 else (base, depth)
        depth += 1
        bracket = after[:1] if after[:1] == b"[" else b""
        rest = after[1:]
    return base, depth
