"""Limits for peers that send slowly, stop half-way, never send or never read."""

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
    """The interface of a connection, for code that limits resources.

    Attributes:
        loop: the event loop of the server.
        transport: the transport of the connection.
        receiving_since: the time at which the current request began. 0.0 between requests.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    receiving_since: float

    @property
    def idle_since(self) -> float:
        """The time, by the loop's clock, since which it may be closed to make room.

        It is the end of the last reply, or the start of the connection or of an incomplete head.
        0.0 while a body is received or a request is answered.
        """
        ...


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of connections.

    Attributes:
        head_seconds: the longest time from the first byte of a request to the end of its head. If
            no byte comes, it counts from the connection.
        pause_seconds: the longest time between two pieces of a body, and until a peer that does not
            read its reply continues.
        body_seconds: the longest time for a whole body.
        connections: the largest number of connections. A further one replaces an idle one.
    """

    head_seconds: float = 30.0
    pause_seconds: float = 30.0
    body_seconds: float = 600.0
    connections: int = 2000


def make_room(connections: Iterable[Connection], newest: Connection) -> bool:
    """Close the longest idle of the first 64 connections. Return False if none is idle."""
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
    """Return the number of connections that the process can have open, up to `wanted`.

    Some file descriptors are reserved for late imports, `--db` and threads.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return wanted
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, files - _FILES_BESIDE, files * 3 // 4))
