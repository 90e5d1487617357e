"""Values of a profile as TOML spells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_wsdl import Dialect


def spell_text(text: str) -> str:
    """A basic string; JSON's escapes are TOML's too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def spell_codes(codes: Iterable[int]) -> str:
    """An array of codes."""
    return f"[{', '.join(map(str, codes))}]"


def spell_dialect(dialect: Dialect) -> str:
    """An inline table with all that matters to the dialect's form, and nothing else changed.

    Every key is written: a profile is laid over the packaged one key by key.
    """
    keys = dialect.keys
    return (
        f"{{ form = {spell_text(dialect.form)}, separator = {spell_text(dialect.separator)},"
        f" order = {spell_text(dialect.order)}, text = {str(dialect.text).lower()},"
        f" html = {str(dialect.html).lower()},"
        f" keys = {{ code = {spell_text(keys.code)}, id = {spell_text(keys.id)},"
        f" text = {spell_text(keys.text)} }} }}"
    )
