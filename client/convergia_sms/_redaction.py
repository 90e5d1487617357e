"""Takes secrets out of bytes that others will see."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

MASK = b"***"


class Redactor:
    """Masks secrets in every spelling in which a gateway may echo them."""

    def __init__(self, *secrets: str) -> None:
        spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = (
            re.compile(b"|".join(map(re.escape, longest_first)), re.IGNORECASE)
            if longest_first
            else None
        )

    def mask(self, raw: bytes) -> bytes:
        """`raw` with the secrets masked."""
        return raw if self._pattern is None else self._pattern.sub(MASK, raw)


def _spellings(secret: str) -> set[bytes]:
    texts = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret, safe=""),
        quote(secret, safe="", encoding="iso-8859-1", errors="replace"),
        escape(secret),
        html.escape(secret),
        html.escape(secret, quote=True).replace("&#x27;", "&#039;"),
        json.dumps(secret)[1:-1],
    }
    return {
        text.encode(charset, errors="replace")
        for text in texts
        for charset in ("utf-8", "iso-8859-1")
    }
