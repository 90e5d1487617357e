"""The limit on the memory that incomplete bodies take together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .connection_limits import Connection

_MEBIBYTE = 1024 * 1024
# A body that is slower than this many bytes per second may be dropped for others, after a grace
# period in seconds.
_SLOW = 64 * 1024
_PATIENCE = 2.0
# Every connection may hold this much, which is enough for an ordinary send.
_SMALL = 16 * 1024


class BodyBudget:
    """A counter of the bytes of incomplete bodies, which runs on the server's loop.

    A single large body is always allowed. If several exceed the limit together, the slow ones are
    dropped. If that is not enough, the newest are refused.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int = 48 * _MEBIBYTE) -> None:
        self._limit = limit
        self._held: dict[Connection, int] = {}
        self._total = 0

    def fits(self, connection: Connection, size: int) -> bool:
        """Return True if a connection's body, which now has `size` bytes, may continue."""
        if size <= _SMALL:
            return True
        self._total += size - self._held.get(connection, 0)
        self._held[connection] = size
        if self._total <= self._limit:
            return True
        self._make_room(connection)
        return self._total <= self._limit or len(self._held) == 1

    def release(self, connection: Connection) -> None:
        """Stop counting a connection's body, because it is complete or the connection closed."""
        self._total -= self._held.pop(connection, 0)

    def _make_room(self, newest: Connection) -> None:
        now = newest.loop.time()
        for connection, size in list(self._held.items()):
            if self._total <= self._limit:
                return
            seconds = now - connection.receiving_since
            if connection is not newest and seconds > _PATIENCE and size < seconds * _SLOW:
                self.release(connection)
                connection.transport.abort()
