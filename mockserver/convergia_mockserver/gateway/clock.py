"""The clock of a space, which can be frozen, set and advanced without waiting.

Thread-safe: each change holds the lock of the space. Reading needs no lock, because the whole state
is one tuple.
"""

from __future__ import annotations

import math
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .numbers import LATEST_INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that follows the machine's clock until it is set.

    Args:
        source: returns the seconds since the epoch. By default the machine's wall clock.
        on_change: called after each change, so that waiters look again. If it raises, the change
            is undone.
        lock: the lock to hold during a change and its `on_change`. By default the clock's own.
    """

    __slots__ = ("_begun", "_lock", "_on_change", "_source", "_state")

    def __init__(
        self,
        source: Callable[[], float] = time.time,
        on_change: Callable[[], None] | None = None,
        lock: threading.RLock | None = None,
    ) -> None:
        self._source = source
        self._on_change = on_change
        self._lock = lock or threading.RLock()
        # The time at which it is frozen, or None, and the seconds that it is ahead of the source.
        self._state: tuple[float | None, float] = (None, 0.0)
        self._begun: tuple[float | None, float] = self._state

    def now(self) -> float:
        """Return the seconds since the epoch."""
        at, offset = self._state
        return self._source() + offset if at is None else at

    def utc(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def frozen(self) -> bool:
        """True if the clock stands still."""
        return self._state[0] is not None

    @property
    def offset(self) -> float:
        """The seconds by which the clock is ahead of its source."""
        at, offset = self._state
        return offset if at is None else at - self._source()

    def freeze(self, at: float | datetime | None = None) -> None:
        """Stop the clock at `at`, by default now."""
        with self._lock:
            self._become(_instant(self.now() if at is None else at), frozen=True)

    def advance(self, by: float | timedelta) -> None:
        """Jump ahead by seconds or a timedelta. A frozen clock stays frozen.

        Raises:
            ValueError: if `by` is negative, or the new time would be after the year 9999.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else float(by)
        if not seconds >= 0:
            raise ValueError(f"a clock advances by zero or more seconds, not by {by!r}; see `set`")
        with self._lock:
            self._become(_instant(self.now() + seconds), frozen=self.frozen)

    def set(self, at: float | datetime) -> None:
        """Jump to a time, back or ahead. A frozen clock stays frozen.

        Raises:
            ValueError: if `at` is not between 1970 and 9999, or is a datetime without a timezone.
        """
        with self._lock:
            self._become(_instant(at), frozen=self.frozen)

    def resume(self) -> None:
        """Let a frozen clock run again from its time."""
        with self._lock:
            self._become(self.now(), frozen=False)

    def reset(self) -> None:
        """Follow the source again."""
        with self._lock:
            self._jump((None, 0.0))

    def begin(self, frozen_at: float | None, offset: float) -> None:
        """Set the initial state, which does not count as a change. The arguments are `restore`'s.

        Raises:
            ValueError: if the time is not between 1970 and 9999.
        """
        self.load(frozen_at, offset)
        self._begun = self._state

    def load(self, frozen_at: float | None, offset: float) -> None:
        """Set the state without calling `on_change`. The arguments are `restore`'s.

        Raises:
            ValueError: if the time is not between 1970 and 9999.
        """
        self.check(frozen_at, offset)
        self._state = (frozen_at, 0.0) if frozen_at is not None else (None, offset)

    @property
    def changed(self) -> bool:
        """True if the state is not the one that `begin` set."""
        return self._state != self._begun

    def check(self, frozen_at: float | None, offset: float) -> None:
        """Check arguments for `restore`.

        Raises:
            ValueError: if the time is not between 1970 and 9999.
        """
        try:
            _instant(self._source() + offset if frozen_at is None else frozen_at)
        except ValueError as error:
            raise ValueError(f"clock: {error}") from None

    def restore(self, frozen_at: float | None, offset: float) -> None:
        """Freeze the clock at `frozen_at`, or let it run `offset` seconds ahead of the source.

        Raises:
            ValueError: if the time is not between 1970 and 9999.
        """
        with self._lock:
            at = self._source() + offset if frozen_at is None else frozen_at
            self._become(_instant(at), frozen=frozen_at is not None)

    def _become(self, at: float, *, frozen: bool) -> None:
        self._jump((at, 0.0) if frozen else (None, at - self._source()))

    def _jump(self, state: tuple[float | None, float]) -> None:
        before, self._state = self._state, state
        try:
            if self._on_change is not None:
                self._on_change()
        except BaseException:  # A change that could not be stored must not stay in force.
            self._state = before
            raise


def _instant(at: float | datetime) -> float:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at!r} has no timezone; add one, for example tzinfo=datetime.UTC")
        at = at.timestamp()
    if not (math.isfinite(at) and 0 <= at <= LATEST_INSTANT):
        raise ValueError(f"{at!r} must be a time between 1970 and 9999")
    return float(at)
