"""A task that carries a message's id: what the adapters of all task queues share."""

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
"""What the task is called in the queue."""

AWAY_PAUSE = 5
"""Seconds until a task that found the store away asks again."""

# While another has the message, and while the rate does not allow it.
_TAKEN_PAUSE = 5.0
_SOONEST = 1.0

ClientFactory: TypeAlias = "Callable[[], AbstractAsyncContextManager[SendGateway]]"
SenderFactory: TypeAlias = "Callable[[Outbox, SendGateway], Sender]"


class Options(TypedDict, total=False):
    """What `Outbox.enqueue` takes by name, but for the transaction; see `Draft`."""

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
    """Send the message if that is for this delivery of its task to do.

    Client and sender last as long as the delivery: nothing of theirs is idle between two tasks, or
    crosses a fork.

    Returns:
        Seconds until the task is to come again; None when it has nothing left to do.

    Raises:
        KeyError: the outbox has no such message.
        sqlalchemy.exc.OperationalError: the store is away.
    """
    async with client() as gateway, sender(outbox, gateway) as one:
        entry = await one.send(id)
        held = one.held_for(entry)
    return await asyncio.to_thread(_pause, outbox, entry, held)


def _pause(outbox: Outbox, entry: Entry, held: float) -> float | None:
    # Where only task queues run, nobody else looks for the dead and the expired.
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
    """Yield the ids of what is due and was queued over `seconds` ago: perhaps without a task.

    Calls dead workers dead, and expires what is past its time, on the way.
    """
    outbox.recover()
    outbox.expire()
    now = outbox.now()
    # One more millisecond: `until` is exclusive, and 0 seconds are to mean all.
    until = now - timedelta(seconds=seconds) + timedelta(milliseconds=1)
    for entry in outbox.messages(Filter(states=[State.QUEUED], until=until)):
        if entry.due <= now:
            yield entry.id
