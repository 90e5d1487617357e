"""Finding and masking the rehearsal's password in any usual encoding."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from convergia_contract.redaction import MASK


def contains(text: str, password: str) -> bool:
    """Return True if the text contains the password in any usual encoding."""
    return any(spelling in text for spelling in _spellings(password))


def mask(text: str, password: str) -> str:
    """Mask every encoding of the password in the text."""
    for spelling in _spellings(password):
        text = text.replace(spelling, MASK)
    return text


def _spellings(password: str) -> list[str]:
    raw = password.encode()
    encoded = (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode())
    spellings = {
        password,
        quote(password, safe=""),
        quote_plus(password),
        escape(password),
        repr(password)[1:-1],
        raw.hex(),
        *(each.rstrip("=") for each in encoded),
    }
    return sorted(spellings - {""}, key=len, reverse=True)
