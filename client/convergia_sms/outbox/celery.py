"""The outbox behind Celery: a task carries a message's id, and its worker sends the message.

It needs the `celery` extra. That Celery delivers a task twice, or again after its worker died, is
harmless: a message is claimed by compare-and-set in the store.
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

# A worker holds tasks for later in its memory, unacknowledged: Redis delivers them again after its
# visibility timeout (an hour), RabbitMQ cuts the worker off after its consumer timeout (half an
# hour). No task is put off for longer than this, in seconds.
_LONGEST_PAUSE = 300.0


class CeleryOutbox:
    """Enqueues messages, and has Celery's workers send them.

        app = Celery("shop", broker="redis://localhost")
        sms = CeleryOutbox(app, Outbox("postgresql://…"))
        sms.enqueue("5512345678", "Su pedido va en camino", key="pedido-1234")

    For the pools `prefork`, `solo` and `threads`. Celery has no part in the store's transactions:
    between the commit and the task a crash may come, so have `sweep` called now and then.

    Args:
        app: registers the task.
        outbox: where the messages are.
        client: makes a client for each task; its settings come from the environment when left out.
        sender: makes the `Sender`, such as `functools.partial(Sender, rate=50)`.
        name: the task's.
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

        # A task is done when its message's outcome is in the store, not when it was taken.
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
        """Put a message in, commit, and hand its task to Celery; gives its id.

        In a transaction of your own call `outbox.enqueue(…, connection=…)`, and `defer` once it is
        committed.

        Raises:
            ValueError: a number or a text that cannot be sent.
            KeyConflictError: the key is taken by a message with other content.
            kombu.exceptions.OperationalError: the broker is away. The message is in; `sweep` will
                find it.
        """
        id_ = self.outbox.enqueue(number, text, extra, **options)
        self.defer(id_)
        return id_

    def defer(self, id: int) -> None:  # noqa: A002 - the column's name
        """Hand a task for a message to Celery; one too many is harmless."""
        self.task.delay(id)

    def sweep(self, older_than: float = 600.0) -> int:
        """Defer tasks for what is due and may have none: after a crash, or a decision to requeue.

        Call it from a periodic task, about as often as `older_than` says. It also notices dead
        workers and messages past their time.

        Args:
            older_than: seconds for which a message must have been queued. Shorter than the
                queue's usual delay only makes needless tasks.

        Returns:
            How many.
        """
        count = 0
        for count, id_ in enumerate(stranded(self.outbox, older_than), 1):  # noqa: B007
            self.defer(id_)
        return count

    def _run(self, task: celery.Task, id: int) -> None:  # noqa: A002
        if os.getpid() != self._process:
            # A pool's process: the connections are its parent's, who goes on using them.
            self.outbox.database.engine.dispose(close=False)
            self._process = os.getpid()
        try:
            pause = asyncio.run(attend(self.outbox, self._client, self._sender, id))
        except AWAY as error:
            raise task.retry(exc=error, countdown=AWAY_PAUSE) from error
        if pause is not None:
            raise task.retry(countdown=min(pause, _LONGEST_PAUSE))
