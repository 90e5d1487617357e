"""Time as a space sees it: it may stand still, jump and go on, and nothing sleeps for it.

Thread-safe: the whole state is one tuple, replaced at once.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .numbers import LATEST_INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that follows the machine's until it is set.

    Args:
        source: seconds since the epoch; the machine's wall clock when left out.
        on_change: called after each jump, so that who waits for a moment looks again.
    """

    __slots__ = ("_begun", "_on_change", "_source", "_state")

    def __init__(
        self,
        source: Callable[[], float] = time.time,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self._source = source
        self._on_change = on_change
        # (the instant it stands at, or None while it runs; seconds ahead of the source)
        self._state: tuple[float | None, float] = (None, 0.0)
        self._begun: tuple[float | None, float] = self._state

    def now(self) -> float:
        """Seconds since the epoch."""
        at, offset = self._state
        return self._source() + offset if at is None else at

    def utc(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._state[0] is not None

    @property
    def offset(self) -> float:
        """Seconds ahead of the source."""
        at, offset = self._state
        return offset if at is None else at - self._source()

    def freeze(self, at: float | datetime | None = None) -> None:
        """Stand still, now or at `at`."""
        self._become(_instant(self.now() if at is None else at), frozen=True)

    def advance(self, by: float | timedelta) -> None:
        """Jump ahead by seconds (or a timedelta); frozen stays frozen.

        Raises:
            ValueError: `by` is negative, or leads past what a calendar holds.
        """
        seconds = by.total_seconds() if isinstance(by, timedelta) else float(by)
        if not seconds >= 0:
            raise ValueError(f"a clock advances by zero or more seconds, not by {by!r}; see `set`")
        self._become(_instant(self.now() + seconds), frozen=self.frozen)

    def set(self, at: float | datetime) -> None:
        """Jump to an instant, back or ahead; frozen stays frozen.

        Raises:
            ValueError: no instant, or a datetime without a timezone.
        """
        self._become(_instant(at), frozen=self.frozen)

    def resume(self) -> None:
        """Run on from the instant at which it stands."""
        self._become(self.now(), frozen=False)

    def reset(self) -> None:
        """Follow the source again."""
        self._jump((None, 0.0))

    def begin(self, frozen_at: float | None, offset: float) -> None:
        """Be at its start as `restore` says, and do not call that a change.

        Raises:
            ValueError: it is not an instant between 1970 and 9999.
        """
        self.load(frozen_at, offset)
        self._begun = self._state

    def load(self, frozen_at: float | None, offset: float) -> None:
        """Be as `restore` says, and tell nobody: it was so before.

        Raises:
            ValueError: it is not an instant between 1970 and 9999.
        """
        self.check(frozen_at, offset)
        self._state = (frozen_at, 0.0) if frozen_at is not None else (None, offset)

    @property
    def changed(self) -> bool:
        """Whether it is not as `begin` put it."""
        return self._state != self._begun

    def check(self, frozen_at: float | None, offset: float) -> None:
        """Raise where `restore` cannot stand.

        Raises:
            ValueError: it is not an instant between 1970 and 9999.
        """
        try:
            _instant(self._source() + offset if frozen_at is None else frozen_at)
        except ValueError as error:
            raise ValueError(f"clock: {error}") from None

    def restore(self, frozen_at: float | None, offset: float) -> None:
        """Stand at an instant, or run so many seconds ahead of the source.

        Raises:
            ValueError: it is not an instant between 1970 and 9999.
        """
        at = self._source() + offset if frozen_at is None else frozen_at
        self._become(_instant(at), frozen=frozen_at is not None)

    def _become(self, at: float, *, frozen: bool) -> None:
        self._jump((at, 0.0) if frozen else (None, at - self._source()))

    def _jump(self, state: tuple[float | None, float]) -> None:
        before, self._state = self._state, state
        try:
            if self._on_change is not None:
                self._on_change()
        except BaseException:  # it could not be kept: then it is not so
            self._state = before
            raise


def _instant(at: float | datetime) -> float:
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at!r} has no timezone; say which, e.g. tzinfo=datetime.UTC")
        at = at.timestamp()
    if not (math.isfinite(at) and 0 <= at <= LATEST_INSTANT):
        raise ValueError(f"{at!r} is no instant between 1970 and 9999")
    return float(at)
