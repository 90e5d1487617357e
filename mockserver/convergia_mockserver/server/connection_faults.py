"""Faults of the connection: resets, silence, truncated bodies and slow replies.

Runs on the server's event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply
from convergia_mockserver.gateway.faults import Fault, FaultKind

if TYPE_CHECKING:
    from starlette.types import Receive, Send

_NO_LINGER = struct.pack("ii", 1, 0)
_DRIPS = 40
_ENDING_SECONDS = 1.0
_SENDING_NOTHING = frozenset(
    {
        FaultKind.RESET_BEFORE_READING,
        FaultKind.ACCEPTED_THEN_RESET,
        FaultKind.ACCEPTED_THEN_SILENCE,
    }
)


def reset(transport: asyncio.Transport) -> None:
    """Break the connection with an RST as a crashed gateway does, not with a FIN."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def on_the_wire(reply: Reply, fault: Fault) -> Reply:
    """Return the part of a reply that a client receives. Its status is 0 if nothing is sent."""
    if fault.kind in _SENDING_NOTHING:
        return Reply(0, (), b"")
    if fault.kind is FaultKind.TRUNCATED_BODY:
        return Reply(reply.status, _headers(reply), _half(reply))
    return reply


async def break_connection(
    fault: Fault,
    reply: Reply,
    transport: asyncio.Transport,
    send: Send,
    closing: asyncio.Event,
) -> bool:
    """Apply a fault. Return False if it is not a fault of the connection.

    Args:
        fault: the fault.
        reply: the reply without the fault.
        transport: the connection.
        send: the ASGI callable.
        closing: an event that is set when the server stops, which ends a silence or a slow reply.
    """
    match fault.kind:
        case FaultKind.RESET_BEFORE_READING | FaultKind.ACCEPTED_THEN_RESET:
            reset(transport)
        case FaultKind.ACCEPTED_THEN_SILENCE:
            await pause(closing, fault.seconds)
            transport.abort()
        case FaultKind.TRUNCATED_BODY:
            await _start(reply, send)
            await send({"type": "http.response.body", "body": _half(reply), "more_body": True})
            transport.close()
        case FaultKind.SLOW_DRIP:
            await _drip(reply, fault.seconds, send, closing)
        case _:
            return False
    return True


async def _start(reply: Reply, send: Send) -> None:
    headers = list(_headers(reply))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


def _headers(reply: Reply) -> tuple[tuple[bytes, bytes], ...]:
    return (*reply.headers, (b"content-length", b"%d" % len(reply.body)))


def _half(reply: Reply) -> bytes:
    return reply.body[: len(reply.body) // 2]


async def _drip(reply: Reply, seconds: float, send: Send, closing: asyncio.Event) -> None:
    """Send the whole reply over `seconds`, a few bytes at a time."""
    await _start(reply, send)
    step = max(1, -(-len(reply.body) // _DRIPS))
    pieces = [reply.body[at : at + step] for at in range(0, len(reply.body), step)] or [b""]
    for piece in pieces[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await pause(closing, seconds / len(pieces))
    await send({"type": "http.response.body", "body": pieces[-1], "more_body": False})


async def disconnected(receive: Receive) -> None:
    """Wait at most a second for the end of a connection that a fault closed.

    Otherwise uvicorn logs the missing reply as an error of the server.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_ENDING_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass


async def pause(closing: asyncio.Event, seconds: float) -> None:
    """Wait for `seconds`, or until the server stops."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
