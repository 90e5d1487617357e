"""The outbox with Procrastinate: a job carries a message's id, and its worker sends it.

It needs the `procrastinate` extra. Outbox and jobs are in one PostgreSQL database, so a message and
its job are written in one transaction. A job that runs twice is harmless, because a message is
claimed by compare-and-set in the store.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Unpack

from convergia_sms._async_client import AsyncClient
from convergia_sms._extras import install_command

from ._database import connection_of
from ._sender import AWAY, Sender
from ._task import AWAY_PAUSE, NAME, Options, attend, stranded

try:
    import procrastinate
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f"this adapter needs {_error.name}: {install_command('procrastinate')}",
        name=_error.name,
    ) from _error

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from procrastinate.tasks import Task
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from ._outbox import Outbox
    from ._task import ClientFactory, SenderFactory

__all__ = ["ProcrastinateOutbox"]


class ProcrastinateOutbox:
    """Enqueues messages that Procrastinate's workers send.

        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
        sms = ProcrastinateOutbox(app, Outbox(url))
        sms.enqueue("5512345678", "Su pedido va en camino", key="pedido-1234")

    Args:
        app: the app, in which the task is registered. Its schema must be in the outbox's database.
        outbox: the outbox that holds the messages, in PostgreSQL.
        client: makes a client for each job. Its settings come from the environment by default.
        sender: makes the `Sender`, for example `functools.partial(Sender, rate=50)`.
        name: the task's name.
        queue: the queue of the jobs.

    Raises:
        ValueError: the outbox is not in PostgreSQL.
    """

    def __init__(
        self,
        app: procrastinate.App,
        outbox: Outbox,
        client: ClientFactory = AsyncClient,
        *,
        sender: SenderFactory = Sender,
        name: str = NAME,
        queue: str = "default",
    ) -> None:
        if outbox.database.engine.dialect.name != "postgresql":
            raise ValueError(
                "Procrastinate needs an outbox in PostgreSQL, in the same database as its jobs"
            )
        self.outbox = outbox
        self._app = app
        self._client = client
        self._sender = sender
        # This app defers on the outbox's connections only, so it is never opened and needs no
        # settings.
        self._deferring = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        again = procrastinate.RetryStrategy(wait=AWAY_PAUSE, retry_exceptions=AWAY)
        self.task: Task[..., Coroutine[object, object, None], ...] = app.task(
            name=name, queue=queue, retry=again
        )(self._run)

    def enqueue(
        self,
        number: str,
        text: str,
        extra: str | None = None,
        *,
        connection: Connection | Session | None = None,
        **options: Unpack[Options],
    ) -> int:
        """Enqueue a message and its job in one transaction. Return the message's id.

        Args:
            number: as in `Outbox.enqueue`.
            text: as there.
            extra: as there.
            connection: SQLAlchemy's, in the caller's own transaction. Message and job exist if, and
                only if, that transaction commits.
            options: see `Draft`.

        Raises:
            ValueError: a number, a text or another argument is not valid.
            KeyConflictError: the key is taken by a message with other content.
        """
        if connection is None:
            with self.outbox.database.writing() as own:
                return self.enqueue(number, text, extra, connection=own, **options)
        id_ = self.outbox.enqueue(number, text, extra, connection=connection, **options)
        self.defer(id_, connection=connection)
        return id_

    def defer(
        self,
        id: int,  # noqa: A002 - the column's name
        *,
        connection: Connection | Session | None = None,
        at: datetime | None = None,
    ) -> None:
        """Defer a job for a message. A duplicate job is harmless.

        Args:
            id: the message's id in the outbox.
            connection: as for `enqueue`.
            at: the earliest time to run it, with a time zone.
        """
        if connection is None:
            with self.outbox.database.writing() as own:
                return self.defer(id, connection=own, at=at)
        self._deferring.configure_task(
            self.task.name,
            queue=self.task.queue,
            schedule_at=at,
            connection=connection_of(connection).connection.driver_connection,
        ).defer(id=id)
        return None

    async def sweep(self, older_than: float = 600.0, *, stalled_after: float = 60.0) -> int:
        """Recover what a crash or a decision to requeue left behind.

        Jobs of dead workers run again, and due messages that may have no job get one. Call it from
        a periodic task, about every `older_than` seconds. The app must be open.

        Args:
            older_than: only messages queued for so many seconds get another job.
            stalled_after: seconds without a heartbeat after which a job's worker counts as dead. It
                must be longer than Procrastinate's `update_heartbeat_interval` (10).

        Returns:
            The number of jobs that run again or were added.
        """
        manager = self._app.job_manager
        stalled = list(
            await manager.get_stalled_jobs(
                task_name=self.task.name, seconds_since_heartbeat=stalled_after
            )
        )
        for job in stalled:
            await manager.retry_job(job)
        return len(stalled) + await asyncio.to_thread(self._defer_stranded, older_than)

    def _defer_stranded(self, older_than: float) -> int:
        count = 0
        for count, id_ in enumerate(stranded(self.outbox, older_than), 1):  # noqa: B007
            self.defer(id_)
        return count

    async def _run(self, id: int) -> None:  # noqa: A002
        pause = await attend(self.outbox, self._client, self._sender, id)
        if pause is not None:
            at = datetime.now(UTC) + timedelta(seconds=pause)
            await asyncio.to_thread(self.defer, id, at=at)
