"""Findings: remarks about a request that its developer would not notice otherwise."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Literal

import msgspec

from convergia_mockserver.gateway.text import measure

from .exchanges import masked_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_wsdl import Profile

    from convergia_mockserver.gateway.calls import Answer, Call, Resend

    from .exchanges import Exchange


_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{20,};?")

FindingKind = Literal[
    "arguments", "charset", "encoding", "cleartext-password", "resend", "duplicate"
]
_OF_THE_TEXT = frozenset(("arguments", "charset"))


class Finding(msgspec.Struct, frozen=True):
    """A remark about a request.

    Attributes:
        kind: `arguments`, `charset`, `encoding`, `cleartext-password`, `resend` or `duplicate`
            (a resend after the earlier answer was lost).
        text: the remark, for people.
    """

    kind: FindingKind
    text: str


def findings(
    exchange: Exchange, call: Call | None, answer: Answer | None, profile: Profile
) -> tuple[Finding, ...]:
    """Return all findings about a request."""
    found = oddities(exchange, call, answer, profile)
    if call is not None and call.operation == "send" and call.arguments.get("message"):
        # The encoding comes after the findings about the text, and before those about the request.
        after = sum(each.kind in _OF_THE_TEXT for each in found)
        found.insert(after, _encoding(call.arguments["message"]))
    return tuple(found)


def oddities(
    exchange: Exchange, call: Call | None, answer: Answer | None, profile: Profile
) -> list[Finding]:
    """Return all findings about a request except the encoding of its text."""
    if call is None:
        return []
    found = [Finding("arguments", text) for text in call.findings]
    if call.face == "soap":
        found += _about_losses(exchange, call, profile)
    if call.operation == "send" and call.arguments.get("message"):
        found += _losses(call.arguments["message"], profile, "over SOAP these would arrive as '?'")
    if call.arguments.get("password") and _is_cleartext(exchange):
        found.append(
            Finding(
                "cleartext-password",
                f"the password came over plain HTTP from {exchange.address}: anyone in between"
                " can read it",
            )
        )
    if answer is not None and answer.resend is not None:
        found.append(_about_resend(answer.resend))
    return found


def _about_losses(exchange: Exchange, call: Call, profile: Profile) -> Iterator[Finding]:
    """Find characters of the envelope that were lost on the way to the gateway's script."""
    if exchange.body.isascii() and b"&" not in exchange.body:
        return  # ASCII, as in most requests, is part of every charset.
    envelope = masked_body(exchange.body, call.arguments.get("password", ""))
    yield from _losses(
        _unescaped(envelope.decode(errors="ignore")), profile, "these arrived as '?'"
    )


def _unescaped(text: str) -> str:
    """Resolve references in a text. Drop those with more digits than Python converts."""
    return unescape(_LONG_REFERENCE.sub("", text))


def _encoding(text: str) -> Finding:
    weight = measure(text)
    parts = "1 SMS" if weight.segments == 1 else f"{weight.segments} SMS"
    units = "septets" if weight.encoding == "GSM-7" else "UTF-16 units"
    if weight.units == 1:
        units = units.removesuffix("s")
    return Finding("encoding", f"{weight.encoding}, {weight.units} {units}, {parts}")


def _losses(text: str, profile: Profile, what: str) -> Iterator[Finding]:
    charset = profile.text.soap_charset
    if not charset or _encodable(text, charset):
        return
    lost = sorted({each for each in text if not _encodable(each, charset)})
    if lost:
        characters = " ".join(f"{each} (U+{ord(each):04X})" for each in lost)
        yield Finding("charset", f"{what}, because they are not in {charset.upper()}: {characters}")


def _encodable(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _is_cleartext(exchange: Exchange) -> bool:
    """Return True if a request came unencrypted from another machine, not over loopback."""
    return exchange.scheme == "http" and _is_elsewhere(exchange.address)


@lru_cache(maxsize=256)
def _is_elsewhere(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return not (mapped or parsed).is_loopback


def _about_resend(resend: Resend) -> Finding:
    before = f"message {resend.message_id}, accepted {resend.seconds:.3f} s earlier"
    if resend.lost_by is None:
        return Finding("resend", f"the same send as {before}: the customer gets it twice")
    return Finding(
        "duplicate",
        f"a resend of {before}, whose answer was lost ({resend.lost_by}): the customer gets it"
        " twice",
    )
