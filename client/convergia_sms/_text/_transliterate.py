"""A text in the characters that cost least and arrive whole: opt-in, and every change reported.

Not anyascii or Unidecode: they turn every script into ASCII, so that `ñ` becomes `n` though an SMS
carries it, and a Chinese name becomes syllables its owner never wrote. Here a character changes
only if it must, and only into what any reader takes for the same; the rest stays and is named.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ._damage import carried
from ._gsm7 import ALPHABET

# What Unicode's own decompositions do not say, or say in a way nobody would write.
_STAND_INS = {
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
    # Zero-width marks say nothing in an SMS; the joiners stay, for they hold emoji together.
    "\u200b": "",
    "\u2060": "",
    "\ufeff": "",
    "\u00ad": "",
}
# A character and its combining marks are one to a reader: macOS writes ñ as n and U+0303.
_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One kind of change: `original` (a character and its marks) became `replacement`."""

    original: str
    replacement: str
    count: int


@dataclass(frozen=True, slots=True)
class Transliteration:
    """What a transliteration did.

    Attributes:
        text: the new text.
        replacements: what changed, each kind once, in the order of its first appearance.
        remaining: the characters that have no evident stand-in and were left as they are.
    """

    text: str
    replacements: tuple[Replacement, ...]
    remaining: tuple[str, ...]


def transliterate(text: str, charset: str = "utf-8") -> Transliteration:
    """Replace what is not in GSM-7, or what `charset` cannot carry, where a stand-in is evident.

    `á` becomes `a`, typographic quotes and dashes become plain ones, a letter and its combining
    mark become one letter; `ñ`, `é` and `ü` stay, being in GSM-7. Emoji and other scripts stay too,
    and are listed in `remaining`.
    """
    counts: dict[tuple[str, str], int] = {}
    remaining: dict[str, None] = {}
    written: list[str] = []
    for cluster in _CLUSTER.findall(text):
        replacement = _stand_in(cluster, charset)
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


def _stand_in(cluster: str, charset: str) -> str | None:
    """Return what takes the cluster's place (itself, if it fits); None if nothing evident does."""
    composed = unicodedata.normalize("NFC", cluster)
    if _fits(composed, charset):
        return composed
    plain = [_STAND_INS.get(each) for each in composed]
    if None not in plain and _fits(written := "".join(filter(None, plain)), charset):
        return written
    unmarked = "".join(
        _STAND_INS.get(each, each)
        for each in unicodedata.normalize("NFKD", cluster)
        if not unicodedata.combining(each)
    )
    return unmarked if unmarked and _fits(unmarked, charset) else None


def _fits(text: str, charset: str) -> bool:
    return ALPHABET.issuperset(text) and carried(text, charset)
