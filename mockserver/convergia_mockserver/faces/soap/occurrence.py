"""Occurrence constraints of a schema: `minOccurs`, `maxOccurs` and choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import _Element

# The largest number of repeated elements in a made-up value.
_MOST_REPEATED = 100


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The occurrence constraints of an element, a group or a model.

    Attributes:
        optional: True if it may be left out.
        repeated: True if it may occur several times.
        alternative: True if it is in a choice, but not in its first alternative.
        least: the least number of times if it is repeated.
    """

    optional: bool = False
    repeated: bool = False
    alternative: bool = False
    least: int = 1

    def within(self, inner: Occurrence) -> Occurrence:
        """Return the combined constraints of `inner` within this."""
        return Occurrence(
            self.optional or inner.optional,
            self.repeated or inner.repeated,
            self.alternative or inner.alternative,
            self.least * inner.least,
        )


ONCE: Final = Occurrence()


def occurrence(particle: _Element) -> Occurrence:
    """Return the constraints that an element, a group or a model declares."""
    least = particle.get("minOccurs", "1").strip()
    times = int(least) if least.isdecimal() and len(least) < len(str(_MOST_REPEATED)) else 1
    return Occurrence(
        optional=least == "0",
        repeated=particle.get("maxOccurs", "1") not in ("0", "1"),
        least=max(times, 1),
    )
