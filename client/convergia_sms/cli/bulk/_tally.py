"""The costs of messages and the oddities of their texts, counted."""

from __future__ import annotations

from typing import NamedTuple


class Tally(NamedTuple):
    """Numbers of messages and of SMS parts.

    Attributes:
        segments: the SMS parts.
        costlier: messages that take more parts because of characters outside GSM-7.
        spared: the parts saved without those characters.
        damaged: messages in which the gateway would replace characters with `?`.
        transliterated: messages that `--transliterate` changed.
        empty: messages with an empty cell for a column of the template.
        garbled: messages that were read in the wrong encoding, by their looks.
    """

    segments: int = 0
    costlier: int = 0
    spared: int = 0
    damaged: int = 0
    transliterated: int = 0
    empty: int = 0
    garbled: int = 0

    def without(self, other: Tally) -> Tally:
        """Return the difference to another tally."""
        return Tally(*(mine - its for mine, its in zip(self, other, strict=True)))
