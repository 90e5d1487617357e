"""One-time codes in messages, for tests of logins."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(?<![\d+])(?:\d{4,8}|\d{3}[ -]\d{3})(?![\d])")
# Words that stand before or after a code, in Spanish and English.
_WORDS = re.compile(
    r"c[oó]digo|clave|contrase[ñn]a|\bNIP\b|\bPIN\b|\bOTP\b|token|\bcode\b|password", re.IGNORECASE
)


def code_in(text: str) -> str | None:
    """Return the one-time code in a text, without blanks or dashes. None without a code.

    A code has 4 to 8 digits, or two groups of 3. If there are several, return the one after the
    first word for a code (`código`, `clave`, `NIP`, `code`, …), otherwise the first.
    """
    found = list(_DIGITS.finditer(text))
    if not found:
        return None
    word = _WORDS.search(text)
    behind = [each for each in found if word is not None and each.start() >= word.end()]
    return re.sub("[ -]", "", (behind or found)[0][0])
