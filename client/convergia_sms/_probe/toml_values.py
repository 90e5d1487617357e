"""Values of a profile as TOML spells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convergia_wsdl import Dialect

if TYPE_CHECKING:
    from collections.abc import Container, Iterable


def spell_text(text: str) -> str:
    """Return a basic string; JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def spell_codes(codes: Iterable[int]) -> str:
    """Return an array of codes."""
    return f"[{', '.join(map(str, codes))}]"


def spell_dialect(dialect: Dialect, unseen: Container[str] = ()) -> str:
    """Return an inline table with all that matters to the dialect's form, and nothing else changed.

    A profile is laid over the packaged one key by key, so that what it leaves out is as packaged.

    Args:
        dialect: the dialect.
        unseen: the fields that no reply showed ("order", "keys.id"); left out where they are as
            packaged.
    """
    default = Dialect()
    own = _pairs(dialect, default, ("form", "separator", "order"), unseen)
    keys = _pairs(dialect.keys, default.keys, ("code", "id", "text"), unseen, "keys.")
    flags = f"text = {str(dialect.text).lower()}, html = {str(dialect.html).lower()}"
    return f"{{ {own}, {flags}, keys = {{ {keys} }} }}"


def _pairs(
    values: object,
    default: object,
    names: Iterable[str],
    unseen: Container[str],
    prefix: str = "",
) -> str:
    return ", ".join(
        f"{name} = {spell_text(getattr(values, name))}"
        for name in names
        if prefix + name not in unseen or getattr(values, name) != getattr(default, name)
    )
