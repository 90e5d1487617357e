"""Values of a profile written as TOML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convergia_wsdl import Dialect

if TYPE_CHECKING:
    from collections.abc import Container, Iterable


def spell_text(text: str) -> str:
    """Return a TOML string. JSON's escapes are valid in TOML too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def spell_codes(codes: Iterable[int]) -> str:
    """Return an array of codes."""
    return f"[{', '.join(map(str, codes))}]"


def spell_dialect(dialect: Dialect, hidden: Container[str] = ()) -> str:
    """Return an inline table with all fields that matter to the dialect's form.

    A profile is merged over the packaged one key by key, so missing fields keep the packaged
    values.

    Args:
        dialect: the dialect.
        hidden: the fields that no reply showed ("order", "keys.id"). Left out if they equal the
            packaged values.
    """
    default = Dialect()
    own = _pairs(dialect, default, ("form", "separator", "order"), hidden)
    keys = _pairs(dialect.keys, default.keys, ("code", "id", "text"), hidden, "keys.")
    flags = f"text = {str(dialect.text).lower()}, html = {str(dialect.html).lower()}"
    return f"{{ {own}, {flags}, keys = {{ {keys} }} }}"


def _pairs(
    values: object,
    default: object,
    names: Iterable[str],
    hidden: Container[str],
    prefix: str = "",
) -> str:
    return ", ".join(
        f"{name} = {spell_text(getattr(values, name))}"
        for name in names
        if prefix + name not in hidden or getattr(values, name) != getattr(default, name)
    )
