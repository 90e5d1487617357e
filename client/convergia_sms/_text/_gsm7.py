"""The GSM 7-bit default alphabet and its extension (3GPP TS 23.038, 6.2.1), as sets of characters.

The national language tables (6.2.1.2) are left out on purpose. The Spanish one would encode `á í ó
ú ç` in septets, but a sender cannot know whether the carrier and the phone support it.
"""

from __future__ import annotations

# One septet each. U+001B is left out: it is the escape to the extension table, and not a character.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each: the escape and another one. Both must be in the same part.
EXTENSION = frozenset("\f^{}\\[~]|€")
ALPHABET = BASIC | EXTENSION
