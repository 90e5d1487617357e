"""The GSM 7-bit default alphabet and its extension (3GPP TS 23.038, 6.2.1), as sets of characters.

The national language tables (6.2.1.2) are left out on purpose: the Spanish one would carry
`á í ó ú ç` in septets, but a sender cannot know whether the carrier and the phone use it.
"""

from __future__ import annotations

# One septet each. U+001B is in the table as the way into the extension: no character of its own.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Two septets each: the escape and a second one, which no part may tear apart.
EXTENSION = frozenset("\f^{}\\[~]|€")
ALPHABET = BASIC | EXTENSION
