"""What the gateway would do to a text without saying so, and what it would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from ._measure import measure

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_sms._models import Transport

Unit = Literal["characters", "septets", "segments"]


def charset(profile: Profile, transport: Transport) -> str:
    """Return the charset in which the gateway reads a text that comes by `transport`."""
    match transport:
        case "soap":
            return profile.text.soap_charset or "utf-8"
        case "http":
            return profile.text.http_charset
        case _:
            assert_never(transport)


def damage(text: str, profile: Profile, transport: Transport = "soap") -> tuple[str, ...]:
    """Return the characters of `text` that the gateway would silently replace, each once, in order.

    NuSOAP hands texts to the service in ISO-8859-1: `€` and emoji arrive as `?`, and the gateway
    answers 100 all the same. Empty when the text arrives as it is.
    """
    name = charset(profile, transport)
    try:
        text.encode(name)
    except UnicodeEncodeError:
        return tuple(each for each in dict.fromkeys(text) if not carried(each, name))
    return ()


def carried(text: str, charset: str) -> bool:
    """Whether `charset` can carry all of `text`."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def length(text: str, unit: Unit) -> int:
    """How long `text` is, in the unit in which the profile's `text.max_length` counts."""
    match unit:
        case "characters":
            return len(text)
        case "septets":
            return measure(text).units
        case "segments":
            return measure(text).segments
        case _:
            assert_never(unit)
