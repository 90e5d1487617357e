"""Counters that only grow, whatever is cleared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """The counters of one space or of several.

    Attributes:
        accepted: accepted messages.
        dropped: messages dropped for new ones.
        requests_dropped: journal entries dropped for new ones.
    """

    accepted: int = 0
    dropped: int = 0
    requests_dropped: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.accepted + other.accepted,
            self.dropped + other.dropped,
            self.requests_dropped + other.requests_dropped,
        )

    def __sub__(self, other: Totals) -> Totals:
        return Totals(
            self.accepted - other.accepted,
            self.dropped - other.dropped,
            self.requests_dropped - other.requests_dropped,
        )
