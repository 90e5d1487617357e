"""The differences of a profile from the packaged one, as lines for another profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convergia_wsdl import Profile

_ITS_OWN = frozenset({"wsdl", "source"})


def changes(profile: Profile) -> Mapping[str, str]:
    """Return the differences from the packaged profile, except the WSDL's path.

    Returns:
        The values in TOML, by dotted key.
    """
    return dict(_changes(profile, load_profile(), ""))


def _changes(
    ours: msgspec.Struct, packaged: msgspec.Struct, above: str
) -> Iterator[tuple[str, str]]:
    for name in ours.__struct_fields__:
        key = f"{above}{name}"
        value, known = getattr(ours, name), getattr(packaged, name)
        if value == known or key in _ITS_OWN:
            continue
        if isinstance(value, msgspec.Struct) and isinstance(known, msgspec.Struct):
            yield from _changes(value, known, f"{key}.")
        else:
            yield key, _spelt(value)


def _spelt(value: object) -> str:
    if isinstance(value, str):
        # JSON's escapes are valid in TOML too, except that TOML also forbids an unescaped DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, frozenset):
        return _spelt(tuple(sorted(value)))
    if isinstance(value, tuple):
        return f"[{', '.join(map(_spelt, value))}]"
    if isinstance(value, msgspec.Struct):
        return _spelt({name: getattr(value, name) for name in value.__struct_fields__})
    if isinstance(value, dict):
        members = (f"{_spelt(name)} = {_spelt(inner)}" for name, inner in value.items())
        return f"{{ {', '.join(members)} }}"
    return json.dumps(value)
