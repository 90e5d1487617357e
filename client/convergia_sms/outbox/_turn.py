"""What one turn of a worker leaves to the next."""

from __future__ import annotations

from dataclasses import dataclass

from ._sender import RECONNECT

__all__ = ["Turn"]

# Seconds for which units of a rate are reserved ahead at most, and the same as a part of the lease,
# for what lies about for longer than half of the lease is not sent.
_AHEAD, _AHEAD_OF_LEASE = 1.0, 1 / 4
# The next turn may take longer than the last ones, and the worker may come to it late.
_MARGIN = 1.25
# What a second leaves of what was learnt before it.
_MEMORY = 0.8


@dataclass(slots=True)
class Turn:
    """What one turn leaves to the next.

    Attributes:
        upkeep_at: when it is time again to look for dead workers and expired messages.
        lease: seconds of silence after which the worker counts as dead.
        leased: whether this worker's name is good.
        in_doubt: whether messages may be in this worker's name that it does not know of.
        pause: seconds to wait for a store that is away.
        ahead: seconds for which to reserve units of a rate. The worker reserves none before its
            next turn, and over a slow network that is far away.
    """

    upkeep_at: float
    lease: float
    leased: bool = True
    in_doubt: bool = False
    pause: float = RECONNECT[0]
    ahead: float = 0.0

    def succeed(self, seconds: float) -> None:
        """Note a turn that succeeded, upkeep included, and how long it took."""
        self.in_doubt, self.pause = False, RECONNECT[0]
        recent = self.ahead * _MEMORY**seconds
        self.ahead = min(_AHEAD, self.lease * _AHEAD_OF_LEASE, max(_MARGIN * seconds, recent))

    def next_pause(self) -> float:
        """Return how long to wait for a store that is away: longer each time."""
        pause, self.pause = self.pause, min(RECONNECT[1], self.pause * 2)
        return pause
