"""The outbox with Celery: a task carries a message's id, and its worker sends the message.

It needs the `celery` extra. Celery may deliver a task twice, or again after its worker died. That
is harmless, because a message is claimed by compare-and-set in the store.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Unpack

from convergia_sms._async_client import AsyncClient

from ._sender import AWAY, Sender
from ._task import AWAY_PAUSE, NAME, Options, attend, stranded

if TYPE_CHECKING:
    import celery

    from ._outbox import Outbox
    from ._task import ClientFactory, SenderFactory

__all__ = ["CeleryOutbox"]

# A Celery worker keeps tasks with a countdown in memory, unacknowledged. Redis delivers them again
# after its visibility timeout (an hour), and RabbitMQ disconnects the worker after its consumer
# timeout (half an hour). So no task is postponed for longer than this, in seconds.
_LONGEST_PAUSE = 300.0


class CeleryOutbox:
    """Enqueues messages that Celery's workers send.

        app = Celery("shop", broker="redis://localhost")
        sms = CeleryOutbox(app, Outbox("postgresql://…"))
        sms.enqueue("5512345678", "Su pedido va en camino", key="pedido-1234")

    It works with the pools `prefork`, `solo` and `threads`. Celery takes no part in the store's
    transactions, so a crash may come between the commit and the task. Call `sweep` from a periodic
    task to find such messages.

    Args:
        app: the Celery app, in which the task is registered.
        outbox: the outbox that holds the messages.
        client: makes a client for each task. Its settings come from the environment by default.
        sender: makes the `Sender`, for example `functools.partial(Sender, rate=50)`.
        name: the task's name.
    """

    def __init__(
        self,
        app: celery.Celery,
        outbox: Outbox,
        client: ClientFactory = AsyncClient,
        *,
        sender: SenderFactory = Sender,
        name: str = NAME,
    ) -> None:
        self.outbox = outbox
        self._client = client
        self._sender = sender
        self._process = os.getpid()

        # Acknowledge late: a task is done when its message's outcome is in the store.
        @app.task(  # type: ignore[untyped-decorator]
            name=name,
            bind=True,
            acks_late=True,
            reject_on_worker_lost=True,
            ignore_result=True,
            max_retries=None,
        )
        def send(task: celery.Task, id: int) -> None:  # noqa: A002 - the column's name
            self._run(task, id)

        self.task = send

    def enqueue(
        self, number: str, text: str, extra: str | None = None, **options: Unpack[Options]
    ) -> int:
        """Enqueue a message, commit, and send its task to Celery. Return the message's id.

        In a transaction of your own, call `outbox.enqueue(…, connection=…)` instead, and `defer`
        after the commit.

        Raises:
            ValueError: a number, a text or another argument is not valid.
            KeyConflictError: the key is taken by a message with other content.
            kombu.exceptions.OperationalError: the broker is unavailable. The message is enqueued,
                and `sweep` will find it.
        """
        id_ = self.outbox.enqueue(number, text, extra, **options)
        self.defer(id_)
        return id_

    def defer(self, id: int) -> None:  # noqa: A002 - the column's name
        """Send a task for a message to Celery. A duplicate task is harmless."""
        self.task.delay(id)

    def sweep(self, older_than: float = 600.0) -> int:
        """Send tasks for due messages that may have none, after a crash or a requeue decision.

        Call it from a periodic task, about every `older_than` seconds. It also detects dead
        workers, and expires messages.

        Args:
            older_than: only messages queued for so many seconds. A value below the queue's usual
                delay only makes needless tasks.

        Returns:
            The number of tasks sent.
        """
        count = 0
        for count, id_ in enumerate(stranded(self.outbox, older_than), 1):  # noqa: B007
            self.defer(id_)
        return count

    def _run(self, task: celery.Task, id: int) -> None:  # noqa: A002
        if os.getpid() != self._process:
            # This is a child process of the pool. The connections belong to its parent, which still
            # uses them.
            self.outbox.database.engine.dispose(close=False)
            self._process = os.getpid()
        try:
            pause = asyncio.run(attend(self.outbox, self._client, self._sender, id))
        except AWAY as error:
            raise task.retry(exc=error, countdown=AWAY_PAUSE) from error
        if pause is not None:
            raise task.retry(countdown=min(pause, _LONGEST_PAUSE))
