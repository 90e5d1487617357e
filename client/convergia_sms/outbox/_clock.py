"""The clock that a lease is measured on."""

from __future__ import annotations

import time

__all__ = ["steady"]

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def steady() -> float:
    """Return seconds on a clock that never goes back.

    On Linux it also runs while the machine is suspended, as the leases in a database elsewhere do.
    `time.monotonic` stands still then.
    """
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
