"""The preview of a message, for `convergia send --dry-run`."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ._failures import CommandFailure
from ._json import json_wanted, print_json
from ._table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_sms import Preview


def print_preview(preview: Preview, *, strict: bool) -> None:
    """Print the encoding, the parts and the damage of a message.

    Raises:
        CommandFailure: the message is too long or, with `strict`, would be damaged.
    """
    if json_wanted():
        print_json(_document(preview))
    else:
        print_table(("A message", "that was not sent"), _rows(preview), worded=(0,))
    if preview.too_long:
        raise CommandFailure(
            f"too long: {preview.length} {preview.unit}, and the profile says {preview.max_length}",
            "shorten the text; the gateway would answer 105",
            in_json=True,
        )
    if strict and preview.damaged:
        raise refuse_damaged(preview, in_json=True)


def refuse_damaged(preview: Preview, *, in_json: bool = False) -> CommandFailure:
    """Return the failure of `--strict` for a text that would be damaged."""
    return CommandFailure(
        f"not sent: the gateway would turn {character_names(preview.damaged)} into question marks",
        "use other words, add --transliterate, or send it with --transport http"
        if preview.transport == "soap"
        else "use other words, or add --transliterate",
        in_json=in_json,
    )


def character_names(characters: Iterable[str]) -> str:
    """Return the characters. Those that a screen does not show appear as U+XXXX."""
    return " ".join(
        each if each.isprintable() and not unicodedata.combining(each) else f"U+{ord(each):04X}"
        for each in characters
    )


def _rows(preview: Preview) -> list[tuple[str, str]]:
    instead = preview.transliteration
    rows = [
        ("number", preview.number),
        ("transport", preview.transport),
        ("encoding", preview.encoding),
        ("units", f"{preview.units} {'septets' if preview.encoding == 'GSM-7' else 'code units'}"),
        ("sms", str(preview.segments)),
        ("length", f"{preview.length} of {preview.max_length} {preview.unit}"),
        ("forces UCS-2", character_names(preview.forces_ucs2)),
        ("damaged", character_names(preview.damaged)),
    ]
    if instead.replacements:
        rows += [
            ("transliterated", instead.text),
            ("transliterated sms", str(preview.transliterated_segments)),
        ]
    return rows


def _document(preview: Preview) -> dict[str, object]:
    instead = preview.transliteration
    return {
        "outcome": "not-sent",
        "number": preview.number,
        "message": preview.message,
        "transport": preview.transport,
        "encoding": preview.encoding,
        "units": preview.units,
        "segments": preview.segments,
        "length": preview.length,
        "max_length": preview.max_length,
        "unit": preview.unit,
        "too_long": preview.too_long,
        "forces_ucs2": preview.forces_ucs2,
        "damaged": preview.damaged,
        "transliteration": {
            "text": instead.text,
            "segments": preview.transliterated_segments,
            "replacements": [
                {"original": each.original, "replacement": each.replacement, "count": each.count}
                for each in instead.replacements
            ],
            "remaining": instead.remaining,
        },
    }
