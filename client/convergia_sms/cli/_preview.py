"""A preview on the screen: `convergia send --dry-run`."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ._failures import CommandFailure
from ._json import json_wanted, print_json
from ._table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_sms import Preview


def print_preview(seen: Preview, *, strict: bool) -> None:
    """Print what a message would take.

    Raises:
        CommandFailure: it would be rejected as too long or, with `strict`, be damaged.
    """
    if json_wanted():
        print_json(_document(seen))
    else:
        print_table(("A message", "that was not sent"), _rows(seen), worded=(0,))
    if seen.too_long:
        raise CommandFailure(
            f"too long: {seen.length} {seen.unit}, and the profile says {seen.max_length}",
            "shorten the text; the gateway would answer 105",
            told=True,
        )
    if strict and seen.damaged:
        raise refuse_damaged(seen, told=True)


def refuse_damaged(seen: Preview, *, told: bool = False) -> CommandFailure:
    """Return what `--strict` says to a text that would not arrive as it is."""
    return CommandFailure(
        f"not sent: the gateway would turn {character_names(seen.damaged)} into question marks",
        "write it in other words, say --transliterate, or send it with --transport http"
        if seen.transport == "soap"
        else "write it in other words, or say --transliterate",
        told=told,
    )


def character_names(characters: Iterable[str]) -> str:
    """Return the characters; one that would not show on a screen by its name."""
    return " ".join(
        each if each.isprintable() and not unicodedata.combining(each) else f"U+{ord(each):04X}"
        for each in characters
    )


def _rows(seen: Preview) -> list[tuple[str, str]]:
    instead = seen.transliteration
    rows = [
        ("number", seen.number),
        ("transport", seen.transport),
        ("encoding", seen.encoding),
        ("units", f"{seen.units} {'septets' if seen.encoding == 'GSM-7' else 'code units'}"),
        ("sms", str(seen.segments)),
        ("length", f"{seen.length} of {seen.max_length} {seen.unit}"),
        ("forces UCS-2", character_names(seen.forces_ucs2)),
        ("damaged", character_names(seen.damaged)),
    ]
    if instead.replacements:
        rows += [
            ("transliterated", instead.text),
            ("transliterated sms", str(seen.transliterated_segments)),
        ]
    return rows


def _document(seen: Preview) -> dict[str, object]:
    instead = seen.transliteration
    return {
        "outcome": "not-sent",
        "number": seen.number,
        "message": seen.message,
        "transport": seen.transport,
        "encoding": seen.encoding,
        "units": seen.units,
        "segments": seen.segments,
        "length": seen.length,
        "max_length": seen.max_length,
        "unit": seen.unit,
        "too_long": seen.too_long,
        "forces_ucs2": seen.forces_ucs2,
        "damaged": seen.damaged,
        "transliteration": {
            "text": instead.text,
            "segments": seen.transliterated_segments,
            "replacements": [
                {"original": each.original, "replacement": each.replacement, "count": each.count}
                for each in instead.replacements
            ],
            "remaining": instead.remaining,
        },
    }
