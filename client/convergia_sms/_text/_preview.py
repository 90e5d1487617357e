"""The preview of a message, before it is paid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._numbers import normalize

from ._damage import Unit, charset, damage, length
from ._measure import Encoding, measure
from ._transliterate import Transliteration, transliterate

if TYPE_CHECKING:
    from convergia_wsdl import Profile

    from convergia_sms._models import Transport


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent. Nothing was sent.

    Attributes:
        number: the 12 digits of the number.
        message: the text as given.
        transport: the transport to use, on which the gateway's charset depends.
        encoding: GSM-7 or UCS-2.
        units: septets or UTF-16 code units.
        segments: the number of SMS parts.
        forces_ucs2: the characters that are not in GSM-7, so that all parts are shorter.
        damaged: the characters that the gateway would silently replace by `?`.
        length: the length of the text in `unit`.
        max_length: the greatest length that the profile allows.
        unit: the unit of both lengths.
        transliteration: the text after transliteration, which is opt-in.
        transliterated_segments: the number of SMS parts of that text.
    """

    number: str
    message: str
    transport: Transport
    encoding: Encoding
    units: int
    segments: int
    forces_ucs2: tuple[str, ...]
    damaged: tuple[str, ...]
    length: int
    max_length: int
    unit: Unit
    transliteration: Transliteration
    transliterated_segments: int

    @property
    def too_long(self) -> bool:
        """True if the gateway would answer 105, by the profile's limit."""
        return self.length > self.max_length


def preview(
    number: str,
    message: str,
    *,
    transport: Transport = "soap",
    profile: Profile | None = None,
) -> Preview:
    """Return the encoding, parts and damage of a message, without sending it.

    Args:
        number: a Mexican number in any usual format.
        message: the text of the message.
        transport: the transport to use.
        profile: the profile of the gateway. The packaged one if None.

    Raises:
        ValueError: `number` is not a Mexican number.
    """
    if profile is None:
        from convergia_wsdl import load_profile

        profile = load_profile()
    normalized = normalize(number)
    facts = measure(message)
    instead = transliterate(message, charset(profile, transport))
    return Preview(
        number=normalized,
        message=message,
        transport=transport,
        encoding=facts.encoding,
        units=facts.units,
        segments=facts.segments,
        forces_ucs2=facts.forces_ucs2,
        damaged=damage(message, profile, transport),
        length=length(message, profile.text.unit),
        max_length=profile.text.max_length,
        unit=profile.text.unit,
        transliteration=instead,
        transliterated_segments=measure(instead.text).segments,
    )
