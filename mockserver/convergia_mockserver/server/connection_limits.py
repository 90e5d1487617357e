"""Limits for peers that dribble, stop half-way, never speak, or never read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

_LOOKED_AT = 64
_FILES_BESIDE = 64


class Connection(Protocol):
    """A connection, as those that share out what there is look at it.

    Attributes:
        loop: the server's.
        transport: its socket.
        receiving_since: when the request that is being received began; 0.0 without one.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    receiving_since: float

    @property
    def idle_since(self) -> float:
        """When it last did something, by the loop's clock; 0.0 while a request is answered."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one peer may take.

    Attributes:
        head_seconds: from the first byte of a request (or from the connection, where none comes) to
            the end of its head.
        pause_seconds: between two pieces of a body; and until a peer reads on when it does not.
        body_seconds: for a body in all.
        connections: how many there may be; a new one then takes the place of an idle one.
    """

    head_seconds: float = 30.0
    pause_seconds: float = 30.0
    body_seconds: float = 600.0
    connections: int = 2000


def make_room(connections: Iterable[Connection], newest: Connection) -> bool:
    """Close the connection that has been idle longest, of some; return False if none is idle."""
    idle = [
        (since, number, connection)
        for number, connection in enumerate(islice(connections, _LOOKED_AT))
        if connection is not newest and (since := connection.idle_since)
    ]
    if not idle:
        return False
    min(idle)[2].transport.abort()
    return True


def connections_within(wanted: int) -> int:
    """Return how many connections the process can have open, at most so many as wanted.

    Some files stay free for all else: what is imported late, `--db`, threads.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, files - _FILES_BESIDE, files * 3 // 4))
