"""State that one turn of a worker passes on to the next."""

from __future__ import annotations

from dataclasses import dataclass

from ._sender import RECONNECT

__all__ = ["Turn"]

# Units of a rate are reserved at most this long ahead: in seconds, and as a part of the lease. A
# message that waits for longer than half of the lease is not sent.
_AHEAD, _AHEAD_OF_LEASE = 1.0, 1 / 4
# The next turn may take longer than the last ones, or begin late.
_MARGIN = 1.25
# The longest recent turn counts. With each second, it counts a fifth less.
_MEMORY = 0.8


@dataclass(slots=True)
class Turn:
    """State that one turn passes on to the next.

    Attributes:
        upkeep_at: the next time to look for dead workers and expired messages.
        lease: seconds of silence after which the worker counts as dead.
        leased: True if this worker has a lease.
        in_doubt: True if messages may be claimed in this worker's name without its knowledge.
        pause: seconds to wait before an unavailable store is tried again.
        ahead: the seconds for which units of a rate are reserved ahead. They must last until the
            worker's next turn, which takes long over a slow network.
    """

    upkeep_at: float
    lease: float
    leased: bool = False
    in_doubt: bool = False
    pause: float = RECONNECT[0]
    ahead: float = 0.0

    def succeed(self, seconds: float) -> None:
        """Record that a turn succeeded, and how many seconds it took, with its upkeep."""
        self.in_doubt, self.pause = False, RECONNECT[0]
        recent = self.ahead * _MEMORY**seconds
        self.ahead = min(_AHEAD, self.lease * _AHEAD_OF_LEASE, max(_MARGIN * seconds, recent))

    def next_pause(self) -> float:
        """Return the seconds to wait for an unavailable store. The next pause is twice as long."""
        pause, self.pause = self.pause, min(RECONNECT[1], self.pause * 2)
        return pause
