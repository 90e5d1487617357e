"""How long a call may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Timeout"]


@dataclass(frozen=True, slots=True)
class Timeout:
    """Limits of one call, in seconds; each finite and above 0.

    Attributes:
        connect: for a connection: name, TCP, proxy and TLS.
        read: between two pieces of a reply.
        total: for the whole call, its retries and their pauses included.
    """

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0

    def __post_init__(self) -> None:
        for name in ("connect", "read", "total"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)):
                raise TypeError(f"timeout: {name}: seconds, not {type(value).__name__}")
            if not math.isfinite(value) or value <= 0:
                raise ValueError(f"timeout: {name}: seconds, finite and above 0, not {value!r}")

    @classmethod
    def within(cls, total: float) -> Timeout:
        """Return the default limits, none of them above `total` seconds.

        Raises:
            ValueError: not finite, or not above 0.
            TypeError: not a number.
        """
        if not isinstance(total, (int, float)):
            raise TypeError(f"timeout: seconds or a Timeout, not {type(total).__name__}")
        default = cls()
        return cls(min(default.connect, total), min(default.read, total), total)


def timeout_of(value: float | Timeout | None, default: Timeout) -> Timeout:
    """Return what a call's `timeout=` means: seconds for all of it, a `Timeout`, the default."""
    if value is None:
        return default
    return value if isinstance(value, Timeout) else Timeout.within(value)
