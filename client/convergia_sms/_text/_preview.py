"""Everything worth knowing about a message before it is paid for."""

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
    """A message as it would go out; nothing was sent.

    Attributes:
        number: the 12 digits.
        message: the text, as given.
        transport: by which it would go; the gateway's charset depends on it.
        encoding: GSM-7 or UCS-2.
        units: septets or UTF-16 code units.
        segments: how many SMS it takes.
        forces_ucs2: the characters that are not in GSM-7 and so make every SMS a short one.
        damaged: the characters that the gateway would silently replace by `?`.
        length: how long the text is in the profile's unit.
        max_length: how long it may be, by the profile.
        unit: what these two count.
        transliteration: what opting in to transliteration would send instead.
        transliterated_segments: how many SMS that takes.
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
        """Whether the gateway would answer 105, by the profile's limit."""
        return self.length > self.max_length


def preview(
    number: str,
    message: str,
    *,
    transport: Transport = "soap",
    profile: Profile | None = None,
) -> Preview:
    """Look at a message without sending it.

    Args:
        number: as a Mexican writes it.
        message: the text.
        transport: by which it would go.
        profile: the assumptions in force; the packaged ones when left out.

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
