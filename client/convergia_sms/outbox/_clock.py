"""The clock that a lease is measured on."""

from __future__ import annotations

import time

__all__ = ["steady"]

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def steady() -> float:
    """Return the seconds of a clock that never goes back.

    On Linux the clock also runs while the machine is suspended, like the clock of a database on
    another machine that leases are compared with. `time.monotonic` stands still then.
    """
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
