"""The outbox, as an application sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Self

from sqlalchemy import Engine, and_

from ._accounts import account_name
from ._database import Database, connection_of, open_engine, runner, unless_deadlocked
from ._decide import decide
from ._enqueue import chunks, insert_chunk, insert_one, row
from ._migrate import migrate
from ._opt_outs import opt_in, opt_out, stream_opt_outs
from ._purge import PURGEABLE, purge, purgeable
from ._query import (
    Filter,
    count,
    count_by_batch,
    count_queued_elsewhere,
    last_decisions,
    stream,
    stream_decisions,
)
from ._records import Draft, Enqueued, Priority, instant, milliseconds
from ._recovery import LongWrite, expire, recover
from ._states import Event, State
from ._waiting import Waiting, count_by_zone, waiting_until_due

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from convergia_sms._models import Message

    from ._database import Cursor
    from ._records import Decision, Entry, OptOut

__all__ = ["Outbox"]

_EVERYTHING = Filter()
_CHUNK = 5000


class Outbox:
    """Messages that survive a crash until their outcome is known.

    Synchronous and safe to share between threads; `Worker` and `Poller` are its asynchronous
    side.

        outbox = Outbox("sqlite:///outbox.db")
        outbox.enqueue("5512345678", "Su pedido va en camino", key="pedido-1234")

    Args:
        url: `sqlite:///FILE` (`sqlite:////absolute/file`) or `postgresql://user@host/database`;
            or an SQLAlchemy engine of the application's own, for one of these two.
        account: whose messages they are; `CONVERGIA_USERNAME` if None, and `default` without that.
            A worker sends only its own account's messages: give the workers' outbox and the
            application's the same.
        migrate: create the tables, or bring them up to date, now. False when somebody else does.
        clock: milliseconds since 1970 UTC; the database's clock when left out.

    Raises:
        ValueError: another kind of database.
        AccountNameError: an account that its column cannot hold.
        NewerSchemaError: a later version of this package has changed the tables.
    """

    def __init__(
        self,
        url: str | Engine,
        *,
        account: str | None = None,
        migrate: bool = True,
        clock: Callable[[], int] | None = None,
    ) -> None:
        self._owns_engine = not isinstance(url, Engine)
        self.account: str = account_name(account)
        engine = url if isinstance(url, Engine) else open_engine(url)
        self.database: Database = Database(engine, clock)
        if migrate:
            try:
                self.migrate()
            except BaseException:
                self.close()
                raise

    def __repr__(self) -> str:
        return f"Outbox({self.database.engine.url!r}, account={self.account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that this outbox opened; an engine of the caller's stays open."""
        if self._owns_engine:
            self.database.engine.dispose()

    def migrate(self) -> None:
        """Create the tables, or bring older ones up to date."""
        migrate(self.database.engine)

    def now(self) -> datetime:
        """Return the time by the clock that all who share the store go by."""
        with self.database.reading() as connection:
            return instant(self.database.now(connection))

    # Putting messages in

    def enqueue(
        self,
        number: str,
        text: str,
        extra: str | None = None,
        *,
        key: str | None = None,
        batch: str | None = None,
        priority: Priority = Priority.NORMAL,
        due: datetime | None = None,
        expires: datetime | None = None,
        sensitive: bool = False,
        connection: Connection | Session | Cursor | None = None,
    ) -> int:
        """Put one message in; see `Draft` for the arguments.

        Args:
            connection: in a transaction of the caller's own: the message is there if, and only
                if, that transaction commits. An SQLAlchemy connection or session, or a DB-API
                cursor that takes `%s`, as Django's `connection.cursor()` gives.

        Returns:
            The message's id; that of the earlier message when the key and the content are known.

        Raises:
            ValueError: a number or a text that cannot be sent.
            KeyConflictError: the key is taken by a message with other content.
        """
        draft = Draft(number, text, extra, key, batch, priority, due, expires, sensitive)
        new = row(draft, self.account)
        dialect = self.database.engine.dialect
        if connection is not None:
            return insert_one(self.database, runner(connection, dialect), new)
        with self.database.writing() as own:
            return insert_one(self.database, runner(own, dialect), new)

    def enqueue_many(
        self,
        drafts: Iterable[Draft | Message],
        *,
        connection: Connection | Session | None = None,
    ) -> Enqueued:
        """Put many in, streaming: takes 5,000 at a time from `drafts`.

        Without `connection` each 5,000 are committed by themselves; when it fails half-way, do it
        again: with keys, nothing goes in twice.

        Raises:
            ValueError: a number or a text that cannot be sent.
            KeyConflictError: a key is taken by a message with other content.
        """
        new = existing = 0
        long = None if connection is None else LongWrite(self.database, connection_of(connection))
        for rows in chunks(drafts, self.account, _CHUNK):
            if long is not None:
                done = insert_chunk(self.database, long.connection, rows)
                long.bear_with_workers()
            else:
                done = unless_deadlocked(partial(self._insert_chunk, rows))
            new += done.new
            existing += done.existing
        return Enqueued(new, existing)

    def _insert_chunk(self, rows: list[dict[str, object]]) -> Enqueued:
        with self.database.writing() as own:
            return insert_chunk(self.database, own, rows)

    # Asking what is there

    def get(self, id: int) -> Entry:  # noqa: A002 - the column's name
        """One message.

        Raises:
            KeyError: no message of this account has this id.
        """
        for entry in self.messages(Filter(ids=[id])):
            return entry
        raise KeyError(id)

    def messages(self, where: Filter = _EVERYTHING) -> Iterator[Entry]:
        """Messages by id, streaming: a thousand at a time in memory, no transaction left open."""
        return stream(self.database, where.condition(self.account))

    def unknown(self) -> Iterator[Entry]:
        """Return the messages that may have been sent and wait for a decision."""
        return self.messages(Filter(states=[State.UNKNOWN]))

    def counts(self, where: Filter = _EVERYTHING) -> dict[State, int]:
        """How many messages are in each state; every state is there."""
        return count(self.database, where.condition(self.account))

    def batches(self) -> dict[str | None, dict[State, int]]:
        """How many messages of each batch are in each state; None: those of no batch."""
        return count_by_batch(self.database, _EVERYTHING.condition(self.account))

    def due_later(self, batch: str | None = None) -> Waiting | None:
        """Return how many queued messages are due later, and when the first is; None if none is."""
        return waiting_until_due(self.database, self.account, batch)

    def due_by_zone(self, batch: str | None = None) -> dict[str | None, int]:
        """Count the queued messages that are due, by the time zones of their numbers' areas.

        None: those in Mexico City's, or in an unknown area. An area with two zones has both names.
        """
        return count_by_zone(self.database, self.account, batch)

    def waiting_elsewhere(self) -> dict[str, int]:
        """Count the queued messages of other accounts that no living worker sends."""
        return count_queued_elsewhere(self.database, self.account)

    # Deciding

    def reconcile(
        self,
        event: Event,
        where: Filter,
        *,
        by: str,
        reason: str,
        message_id: str | None = None,
    ) -> int:
        """Take a decision about messages, and record who took it and why.

        Args:
            event: for messages whose outcome is unknown: `Event.CONFIRM` (it was accepted, under
                `message_id` if that is known), `Event.REQUEUE` (it was not sent: send it) or
                `Event.GIVE_UP` (leave it). `Event.REQUEUE` also sends rejected and not sent
                messages again; `Event.CANCEL` is for queued ones.
            where: which messages; those in another state stay as they are.
            by: who decides.
            reason: why.
            message_id: the gateway's id, when confirming one message.

        Returns:
            How many messages moved.

        Raises:
            ValueError: not a decision, no `by` or `reason`, or one message id for several messages.
        """
        return decide(
            self.database,
            event,
            where.condition(self.account),
            by=by,
            reason=reason,
            message_id=message_id,
        )

    def cancel(self, where: Filter, *, by: str, reason: str) -> int:
        """Cancel queued messages; gives how many."""
        return self.reconcile(Event.CANCEL, where, by=by, reason=reason)

    def decisions(self, where: Filter = _EVERYTHING) -> Iterator[Decision]:
        """Who moved these messages by hand, when and why, oldest first."""
        return stream_decisions(self.database, where.condition(self.account))

    def last_decisions(self, ids: Collection[int]) -> dict[int, Decision]:
        """Return the last decision about each of these messages, by id; not all need have one."""
        return last_decisions(self.database, Filter(ids=ids).condition(self.account))

    # Opting out

    def opt_out(self, numbers: Iterable[str], *, by: str, reason: str) -> int:
        """Send these numbers nothing any more, and cancel what is queued for them.

        Whatever is enqueued for one of them later is cancelled instead of being sent. What is
        `sending` at this moment goes out.

        Args:
            numbers: as a Mexican writes them.
            by: who decides.
            reason: why.

        Returns:
            How many of the numbers are new.

        Raises:
            ValueError: not a number, or no `by` or `reason`.
        """
        return opt_out(self.database, self.account, numbers, by=by, reason=reason)

    def opt_in(self, numbers: Iterable[str]) -> int:
        """Forget that these numbers opted out; return how many of them had.

        Raises:
            ValueError: not a number.
        """
        return opt_in(self.database, self.account, numbers)

    def opt_outs(self) -> Iterator[OptOut]:
        """Read the numbers that opted out, in their order, streaming."""
        return stream_opt_outs(self.database, self.account)

    # Deleting

    def purge(
        self,
        where: Filter = _EVERYTHING,
        *,
        older_than: timedelta | None = None,
        dry_run: bool = False,
        on_progress: Callable[[int], object] = lambda _: None,
    ) -> dict[State, int]:
        """Delete finished messages for good, with the decisions and notifications about them.

        Finished are those that are delivered, failed, rejected, not sent, expired or cancelled, and
        accepted ones that nobody follows (any more). All others stay whatever is said here, and so
        does a message whose notification is still to be posted. A thousand are deleted in a
        transaction, so that workers are not held up; broken off, it has done a part.

        A key protects for as long as its message is there: enqueued again afterwards, it is a new
        message.

        Args:
            where: which messages.
            older_than: they came to their state at least so long ago.
            dry_run: delete nothing, only count.
            on_progress: called after each transaction with how many are deleted so far.

        Returns:
            How many messages were (or would be) deleted, by state; every state is there.

        Raises:
            ValueError: neither `where` nor `older_than` says which, or `where` names a state that
                is never deleted.
        """
        if where == _EVERYTHING and older_than is None:
            raise ValueError("which messages? say older_than, or a filter")
        if kept := set(where.states or ()) - PURGEABLE:
            raise ValueError(f"messages that are {', '.join(sorted(kept))} are never deleted")
        if older_than is not None:
            where = replace(where, until=self._before(older_than, where.until))
        condition = where.condition(self.account)
        if dry_run:
            return count(self.database, and_(condition, purgeable(self.account)))
        return purge(self.database, condition, self.account, on_progress)

    def _before(self, age: timedelta, until: datetime | None) -> datetime:
        """Return the earlier of `until` and of what lies `age` before now."""
        if age < timedelta(0):
            raise ValueError(f"older than {age}: that lies ahead")
        now = milliseconds(self.now())
        # One more millisecond: `until` is exclusive, and an age of 0 is to mean all.
        then = max(0, now + 1 - age // timedelta(milliseconds=1))
        return instant(then if until is None else min(then, milliseconds(until)))

    # What workers do from time to time

    def recover(self) -> int:
        """Call dead the workers whose lease ran out; gives how many messages became unknown."""
        return recover(self.database)

    def expire(self) -> int:
        """Move queued messages whose time is over to `expired`; gives how many."""
        return expire(self.database)
