"""Damage that the gateway does to a text, and the length by which it rejects one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from ._measure import measure

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_sms._models import Transport

Unit = Literal["characters", "septets", "segments"]


def charset(profile: Profile, transport: Transport) -> str:
    """Return the charset in which the gateway reads a text sent by `transport`."""
    match transport:
        case "soap":
            return profile.text.soap_charset or "utf-8"
        case "http":
            return profile.text.http_charset
        case _:
            assert_never(transport)


def damage(text: str, profile: Profile, transport: Transport = "soap") -> tuple[str, ...]:
    """Return the characters that the gateway would silently replace, each once, in order.

    NuSOAP passes texts to the service in ISO-8859-1, so that `€` and emoji become `?`, and the
    gateway still answers 100. Empty if the text arrives unchanged.
    """
    name = charset(profile, transport)
    try:
        text.encode(name)
    except UnicodeEncodeError:
        return tuple(each for each in dict.fromkeys(text) if not carried(each, name))
    return ()


def carried(text: str, charset: str) -> bool:
    """Return True if `charset` can encode all of `text`."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def length(text: str, unit: Unit) -> int:
    """Return the length of `text` in `unit`, in which the profile's `text.max_length` counts."""
    match unit:
        case "characters":
            return len(text)
        case "septets":
            return measure(text).units
        case "segments":
            return measure(text).segments
        case _:
            assert_never(unit)
