"""How often an element may stand where a schema declares it: `minOccurs`, `maxOccurs`, choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import _Element

# More of them than this are not made up.
_MOST_REPEATED = 100


@dataclass(frozen=True, slots=True)
class Occurrence:
    """How often something may stand where it is declared.

    Attributes:
        optional: whether it may be left out.
        repeated: whether it may stand there several times.
        alternative: whether it is part of a choice, and not of its first alternative.
        least: how many times it stands there at least, if it is repeated.
    """

    optional: bool = False
    repeated: bool = False
    alternative: bool = False
    least: int = 1

    def within(self, inner: Occurrence) -> Occurrence:
        """Return how often `inner` may stand, inside of this."""
        return Occurrence(
            self.optional or inner.optional,
            self.repeated or inner.repeated,
            self.alternative or inner.alternative,
            self.least * inner.least,
        )


ONCE: Final = Occurrence()


def occurrence(particle: _Element) -> Occurrence:
    """Return how often an element, a group or a model may stand in its place."""
    least = particle.get("minOccurs", "1").strip()
    times = int(least) if least.isdecimal() and len(least) < len(str(_MOST_REPEATED)) else 1
    return Occurrence(
        optional=least == "0",
        repeated=particle.get("maxOccurs", "1") not in ("0", "1"),
        least=max(times, 1),
    )
