"""State that one turn of a worker passes on to the next."""

from __future__ import annotations

from dataclasses import dataclass

from ._sender import RECONNECT

__all__ = ["Turn"]

# Units of a rate are reserved for so many seconds ahead at most. The second figure is a part of the
# lease: a message that waits for longer than half of the lease is not sent.
_AHEAD, _AHEAD_OF_LEASE = 1.0, 1 / 4
# The next turn may take longer than the last ones, or begin late.
_MARGIN = 1.25
# The longest recent turn counts; each second it loses a fifth.
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
        ahead: for how many seconds ahead to reserve units of a rate: until the worker's next turn,
            which takes long over a slow network.
    """

    upkeep_at: float
    lease: float
    leased: bool = False
    in_doubt: bool = False
    pause: float = RECONNECT[0]
    ahead: float = 0.0

    def succeed(self, seconds: float) -> None:
        """Note a turn that succeeded, and how long it took, upkeep included."""
        self.in_doubt, self.pause = False, RECONNECT[0]
        recent = self.ahead * _MEMORY**seconds
        self.ahead = min(_AHEAD, self.lease * _AHEAD_OF_LEASE, max(_MARGIN * seconds, recent))

    def next_pause(self) -> float:
        """Return how long to wait for an unavailable store. Each pause doubles the next."""
        pause, self.pause = self.pause, min(RECONNECT[1], self.pause * 2)
        return pause
