"""Transliteration to characters that cost less and are not damaged. Opt-in and reported.

anyascii and Unidecode are not used: they turn every script into ASCII, so that `ñ` becomes `n`
although an SMS can carry it, and a Chinese name becomes syllables. Here a character changes only if
it must, and only if any reader understands the replacement. All others are kept and reported.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ._damage import carried
from ._gsm7 import ALPHABET

# Replacements that Unicode's decompositions lack, or define in a form that nobody would write.
_REPLACEMENTS = {
    **dict.fromkeys("“”„‟«»″〝〞", '"'),
    **dict.fromkeys("‘’‚‛‹›′´`ʼ", "'"),  # noqa: RUF001
    **dict.fromkeys("‐‑‒–—―−⁃", "-"),  # noqa: RUF001
    **dict.fromkeys("•·‣▪●", "*"),
    "…": "...",
    "€": "EUR",
    "©": "(c)",
    "®": "(R)",
    "™": "TM",
    "×": "x",  # noqa: RUF001
    "ª": "a",
    "º": "o",
    "\t": " ",
    "\u2028": "\n",
    "\u2029": "\n",
    # Zero-width marks have no meaning in an SMS. The joiners are kept, because emoji need them.
    "\u200b": "",
    "\u2060": "",
    "\ufeff": "",
    "\u00ad": "",
}
# A reader sees a character and its combining marks as one. macOS writes ñ as n and U+0303.
_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Replacement:
    """A kind of change: `original` (a character and its marks) became `replacement`."""

    original: str
    replacement: str
    count: int


@dataclass(frozen=True, slots=True)
class Transliteration:
    """The result of a transliteration.

    Attributes:
        text: the new text.
        replacements: the changes, each kind once, in the order of first use.
        remaining: the characters without an evident replacement, which were kept.
    """

    text: str
    replacements: tuple[Replacement, ...]
    remaining: tuple[str, ...]


def transliterate(text: str, charset: str = "utf-8") -> Transliteration:
    """Replace characters that GSM-7 or `charset` lacks, if there is an evident replacement.

    `á` becomes `a`, typographic quotes and dashes become plain ones, and a letter and its combining
    mark become one letter. `ñ`, `é` and `ü` are in GSM-7 and are kept. Emoji and other scripts are
    kept too, and listed in `remaining`.
    """
    counts: dict[tuple[str, str], int] = {}
    remaining: dict[str, None] = {}
    written: list[str] = []
    for cluster in _CLUSTER.findall(text):
        replacement = _replacement(cluster, charset)
        if replacement is None:
            replacement = cluster
            remaining.update(dict.fromkeys(each for each in cluster if not _fits(each, charset)))
        elif replacement != cluster:
            change = (cluster, replacement)
            counts[change] = counts.get(change, 0) + 1
        written.append(replacement)
    return Transliteration(
        "".join(written),
        tuple(Replacement(*change, count) for change, count in counts.items()),
        tuple(remaining),
    )


def _replacement(cluster: str, charset: str) -> str | None:
    """Return the replacement for a cluster (itself if it fits), or None if there is none."""
    composed = unicodedata.normalize("NFC", cluster)
    if _fits(composed, charset):
        return composed
    plain = [_REPLACEMENTS.get(each) for each in composed]
    if None not in plain and _fits(written := "".join(filter(None, plain)), charset):
        return written
    unmarked = "".join(
        _REPLACEMENTS.get(each, each)
        for each in unicodedata.normalize("NFKD", cluster)
        if not unicodedata.combining(each)
    )
    return unmarked if unmarked and _fits(unmarked, charset) else None


def _fits(text: str, charset: str) -> bool:
    return ALPHABET.issuperset(text) and carried(text, charset)
