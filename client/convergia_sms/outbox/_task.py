"""Parts shared by the adapters for task queues, whose tasks carry a message's id."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from ._query import Filter
from ._states import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from ._outbox import Outbox
    from ._records import Entry, Priority
    from ._sender import Sender, SendGateway

__all__ = ["AWAY_PAUSE", "NAME", "ClientFactory", "Options", "SenderFactory", "attend", "stranded"]

NAME = "convergia_sms.send"
"""The task's name in the queue."""

AWAY_PAUSE = 5
"""Seconds until a task is retried that found the store unavailable."""

# Seconds while another worker has the message, and the least while the rate is used up.
_TAKEN_PAUSE = 5.0
_SOONEST = 1.0

ClientFactory: TypeAlias = "Callable[[], AbstractAsyncContextManager[SendGateway]]"
SenderFactory: TypeAlias = "Callable[[Outbox, SendGateway], Sender]"


class Options(TypedDict, total=False):
    """Keyword arguments of `Outbox.enqueue`, except for the connection. See `Draft`."""

    key: str | None
    batch: str | None
    priority: Priority
    due: datetime | None
    expires: datetime | None
    sensitive: bool


async def attend(
    outbox: Outbox,
    client: ClientFactory,
    sender: SenderFactory,
    id: int,  # noqa: A002 - the column's name
) -> float | None:
    """Send the message, if it is still queued and due.

    Client and sender exist only during this call, so nothing is idle between two tasks, or shared
    across a fork.

    Returns:
        Seconds until the task must run again. None if it is done.

    Raises:
        KeyError: the outbox has no such message.
        sqlalchemy.exc.OperationalError: the store is not available.
    """
    async with client() as gateway, sender(outbox, gateway) as one:
        entry = await one.send(id)
        held = one.held_for(entry)
    return await asyncio.to_thread(_pause, outbox, entry, held)


def _pause(outbox: Outbox, entry: Entry, held: float) -> float | None:
    # If only task queues run, nothing else recovers from dead senders or expires messages.
    if entry.state is State.SENDING:
        outbox.recover()
    elif entry.state is State.QUEUED:
        outbox.expire()
    else:
        return None
    entry = outbox.get(entry.id)
    if entry.state is State.SENDING:
        return _TAKEN_PAUSE
    if entry.state is not State.QUEUED:
        return None
    return max(_SOONEST, held, (entry.due - outbox.now()).total_seconds())


def stranded(outbox: Outbox, seconds: float) -> Iterator[int]:
    """Yield the ids of messages that are due and were queued over `seconds` ago.

    They may have no task. First recover from dead workers, and expire old messages.
    """
    outbox.recover()
    outbox.expire()
    now = outbox.now()
    # One more millisecond, because `until` is exclusive and 0 seconds must include all.
    until = now - timedelta(seconds=seconds) + timedelta(milliseconds=1)
    for entry in outbox.messages(Filter(states=[State.QUEUED], until=until)):
        if entry.due <= now:
            yield entry.id
