"""Timeouts of a call."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Timeout"]


@dataclass(frozen=True, slots=True)
class Timeout:
    """Time limits of one call, in seconds. Each must be finite and above 0.

    Attributes:
        connect: for opening a connection: DNS, TCP, proxy and TLS.
        read: the longest time without data from or to the gateway.
        total: for the whole call, with its retries and pauses.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "total"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)):
                raise TypeError(
                    f"timeout: {name} must be a number of seconds, not {type(value).__name__}"
                )
            if not math.isfinite(value) or value <= 0:
                raise ValueError(
                    f"timeout: {name} must be finite and above 0 seconds, not {value!r}"
                )

    @classmethod
    def within(cls, total: float) -> Timeout:
        """Return the default limits, with none above `total` seconds.

        Raises:
            ValueError: `total` is not finite, or not above 0.
            TypeError: `total` is not a number.
        """
        if not isinstance(total, (int, float)):
            raise TypeError(
                f"timeout must be a number of seconds or a Timeout, not {type(total).__name__}"
            )
        default = cls()
        return cls(min(default.connect, total), min(default.read, total), total)


def timeout_of(value: float | Timeout | None, default: Timeout) -> Timeout:
    """Return the limits for a call's `timeout=`: seconds in total, a `Timeout`, or the default."""
    if value is None:
        return default
    return value if isinstance(value, Timeout) else Timeout.within(value)
