"""What all the bodies that are being received may weigh together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .connection_limits import Connection

_MEBIBYTE = 1024 * 1024
# A body that comes more slowly than this, after so many seconds, makes room for others.
_SLOW = 64 * 1024
_PATIENCE = 2.0
# What an ordinary send weighs at most: that much every connection may hold.
_SMALL = 16 * 1024


class BodyBudget:
    """Counts the bytes of bodies that are not whole yet. Runs on the server's loop.

    One large body may come alone. Once several weigh more than the limit together, the slow ones
    among them are given up; if that is not enough, those that come last are refused.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int = 48 * _MEBIBYTE) -> None:
        self._limit = limit
        self._held: dict[Connection, int] = {}
        self._total = 0

    def fits(self, connection: Connection, size: int) -> bool:
        """Return True if a connection's body, which now has so many bytes, may come on."""
        if size <= _SMALL:
            return True
        self._total += size - self._held.get(connection, 0)
        self._held[connection] = size
        if self._total <= self._limit:
            return True
        self._make_room(connection)
        return self._total <= self._limit or len(self._held) == 1

    def release(self, connection: Connection) -> None:
        """Forget a connection's body: it is whole, or the connection is gone."""
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
