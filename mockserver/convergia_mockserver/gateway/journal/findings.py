"""What a developer would never have noticed about a request."""

from __future__ import annotations

import ipaddress
import re
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


class Finding(msgspec.Struct, frozen=True):
    """One observation.

    Attributes:
        kind: `arguments`, `charset`, `encoding`, `cleartext-password`, `resend` or `duplicate`
            (a resend after the earlier answer was lost).
        text: the same for people.
    """

    kind: FindingKind
    text: str


def findings(
    exchange: Exchange, call: Call | None, answer: Answer | None, profile: Profile
) -> tuple[Finding, ...]:
    """All that is to be said about a request."""
    if call is None:
        return ()
    found = [Finding("arguments", text) for text in call.findings]
    if call.face == "soap":
        found += _about_losses(exchange, call, profile)
    if call.operation == "send" and call.arguments.get("message"):
        found += _about_text(call.arguments["message"], profile)
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
    return tuple(found)


def _about_losses(exchange: Exchange, call: Call, profile: Profile) -> Iterator[Finding]:
    """Find characters that were lost on the way to the script: the envelope still has them."""
    envelope = masked_body(exchange.body, call.arguments.get("password", ""))
    yield from _losses(
        _unescaped(envelope.decode(errors="ignore")), profile, "these arrived as '?'"
    )


def _unescaped(text: str) -> str:
    """Return a text without its references. Those of very many digits, which Python refuses, go."""
    return unescape(_LONG_REFERENCE.sub("", text))


def _about_text(text: str, profile: Profile) -> Iterator[Finding]:
    yield from _losses(text, profile, "over SOAP these would arrive as '?'")
    weight = measure(text)
    parts = "1 SMS" if weight.segments == 1 else f"{weight.segments} SMS"
    units = "septets" if weight.encoding == "GSM-7" else "UTF-16 units"
    yield Finding("encoding", f"{weight.encoding}, {weight.units} {units}, {parts}")


def _losses(text: str, profile: Profile, what: str) -> Iterator[Finding]:
    charset = profile.text.soap_charset
    lost = sorted({each for each in text if not _encodable(each, charset)}) if charset else []
    if lost:
        characters = " ".join(f"{each} (U+{ord(each):04X})" for each in lost)
        yield Finding("charset", f"{what}, for they are not in {charset.upper()}: {characters}")


def _encodable(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _is_cleartext(exchange: Exchange) -> bool:
    """Tell whether a request crossed a network: a peer on loopback is this machine, by any name."""
    if exchange.scheme != "http":
        return False
    try:
        address = ipaddress.ip_address(exchange.address)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def _about_resend(resend: Resend) -> Finding:
    before = f"message {resend.message_id}, accepted {resend.seconds:.3f} s earlier"
    if resend.lost_by is None:
        return Finding("resend", f"the same send as {before}: the customer gets it twice")
    return Finding(
        "duplicate",
        f"a resend of {before}, whose answer was lost ({resend.lost_by}): the customer gets it"
        " twice",
    )
