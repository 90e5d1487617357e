"""The rate limit of `send_many`."""

from __future__ import annotations


class Pace:
    """Spaces starts evenly, at most `rate` a second. Unused time allows no burst.

    Args:
        rate: starts a second. None for no limit.

    Raises:
        ValueError: `rate` is not above 0.
    """

    def __init__(self, rate: float | None) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"rate must be above 0 messages a second, not {rate!r}")
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._next = 0.0

    def delay(self, now: float) -> float:
        """Return the seconds until the next start is due."""
        return max(0.0, self._next - now)

    def started(self, now: float) -> None:
        """Count a start."""
        self._next = max(now, self._next) + self._gap
