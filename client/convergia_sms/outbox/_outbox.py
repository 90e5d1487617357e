"""The `Outbox` class, the outbox's public interface for applications."""

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
from ._live_workers import LiveWorker, live_workers
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

    Synchronous, and safe to share between threads. `Worker` and `Poller` are asynchronous.

        outbox = Outbox("sqlite:///outbox.db")
        outbox.enqueue("5512345678", "Su pedido va en camino", key="pedido-1234")

    Args:
        url: `sqlite:///FILE` (`sqlite:////absolute/file`) or `postgresql://user@host/database`, or
            an SQLAlchemy engine of the application for one of the two.
        account: the account that sends the messages. `CONVERGIA_USERNAME` if None, or else
            `default`. A worker sends the messages of its own account only, so give its outbox the
            same account as the application's.
        migrate: create the tables or migrate them now. False if something else does it.
        clock: returns milliseconds since 1970 UTC. The database's clock if None.

    Raises:
        ValueError: the URL names another kind of database.
        AccountNameError: the account name is empty or too long.
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
        """Close the connections that this outbox opened. The caller's own engine stays open."""
        if self._owns_engine:
            self.database.close()

    def migrate(self) -> None:
        """Create the tables, or migrate older ones."""
        migrate(self.database.engine)

    def now(self) -> datetime:
        """Return the store's time, which all processes that share it use."""
        with self.database.reading() as connection:
            return instant(self.database.now(connection))

    # Enqueueing

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
        """Enqueue one message. See `Draft` for the other arguments.

        Args:
            connection: the caller's own transaction. The message is enqueued if, and only if, that
                transaction commits. An SQLAlchemy connection or session, or a DB-API cursor that
                takes `%s`, such as Django's `connection.cursor()`.

        Returns:
            The message's id. The earlier message's id if the outbox already has the key with the
            same content.

        Raises:
            ValueError: a number, a text or another argument is not valid.
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
        """Enqueue many messages, reading 5,000 at a time from `drafts`.

        Without `connection`, every 5,000 messages are committed. If it fails half-way, call it
        again: messages with a key are never enqueued twice.

        Raises:
            ValueError: a number, a text or another argument is not valid.
            KeyConflictError: a key is taken by a message with other content.
        """
        new = existing = 0
        long = None if connection is None else LongWrite(self.database, connection_of(connection))
        for rows in chunks(drafts, self.account, _CHUNK):
            if long is not None:
                done = insert_chunk(self.database, long.connection, rows)
                long.extend_leases()
            else:
                done = unless_deadlocked(partial(self._insert_chunk, rows))
            new += done.new
            existing += done.existing
        return Enqueued(new, existing)

    def _insert_chunk(self, rows: list[dict[str, object]]) -> Enqueued:
        with self.database.writing() as own:
            return insert_chunk(self.database, own, rows)

    # Reading

    def get(self, id: int) -> Entry:  # noqa: A002 - the column's name
        """Return one message.

        Raises:
            KeyError: the account has no message with this id.
        """
        for entry in self.messages(Filter(ids=[id])):
            return entry
        raise KeyError(id)

    def messages(self, where: Filter = _EVERYTHING) -> Iterator[Entry]:
        """Yield messages by id, a thousand in memory at a time, with no transaction left open."""
        return stream(self.database, where.condition(self.account))

    def unknown(self) -> Iterator[Entry]:
        """Yield the messages whose outcome is unknown, which wait for a decision."""
        return self.messages(Filter(states=[State.UNKNOWN]))

    def counts(self, where: Filter = _EVERYTHING) -> dict[State, int]:
        """Return the number of messages in each state. Every state has a key."""
        return count(self.database, where.condition(self.account))

    def batches(self) -> dict[str | None, dict[State, int]]:
        """Return the number of messages in each state, by batch. The key None is for no batch."""
        return count_by_batch(self.database, _EVERYTHING.condition(self.account))

    def due_later(self, batch: str | None = None) -> Waiting | None:
        """Return the number of queued messages due later and the wait for the first, or None."""
        return waiting_until_due(self.database, self.account, batch)

    def due_by_zone(self, batch: str | None = None) -> dict[str | None, int]:
        """Return the number of queued messages that are due, by the time zone of their numbers.

        The key None stands for Mexico City's time zone and for unknown areas. An area with two
        zones has both names, separated by a space.
        """
        return count_by_zone(self.database, self.account, batch)

    def workers(self) -> list[LiveWorker]:
        """Return the account's live workers, with the reason why each waits."""
        return live_workers(self.database, self.account)

    def waiting_elsewhere(self) -> dict[str, int]:
        """Return the number of queued messages of other accounts that have no live worker."""
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
        """Apply a decision to messages, and record who made it and why.

        Args:
            event: for messages whose outcome is unknown: `Event.CONFIRM` (the gateway accepted it,
                under `message_id` if that is known), `Event.REQUEUE` (it was not sent, so send it)
                or `Event.GIVE_UP` (do nothing more). `Event.REQUEUE` also sends rejected and
                not-sent messages again. `Event.CANCEL` is for queued messages.
            where: selects the messages. Those in a state that the decision does not apply to are
                skipped.
            by: the person who decides.
            reason: the reason for the decision.
            message_id: the gateway's id, to confirm a single message.

        Returns:
            The number of messages moved.

        Raises:
            ValueError: `event` is not a decision, `by` or `reason` is empty, or `message_id` is
                given for several messages.
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
        """Cancel queued messages, and return how many."""
        return self.reconcile(Event.CANCEL, where, by=by, reason=reason)

    def decisions(self, where: Filter = _EVERYTHING) -> Iterator[Decision]:
        """Yield the decisions about these messages, oldest first."""
        return stream_decisions(self.database, where.condition(self.account))

    def last_decisions(self, ids: Collection[int]) -> dict[int, Decision]:
        """Return the last decision about each of these messages, by id, if it has one."""
        return last_decisions(self.database, Filter(ids=ids).condition(self.account))

    # Opting out

    def opt_out(self, numbers: Iterable[str], *, by: str, reason: str) -> int:
        """Stop sending to these numbers, and cancel their queued messages.

        A message enqueued for one of them later is cancelled instead of sent. A message that is
        `sending` at this moment still goes out. If the outbox's account is `default` because none
        was named, the opt-out applies to all accounts.

        Args:
            numbers: Mexican numbers in any usual format.
            by: the person who decides.
            reason: the reason for the decision.

        Returns:
            The number of opt-outs that are new.

        Raises:
            ValueError: a number is not valid, or `by` or `reason` is empty.
            TypeError: `numbers` is a `str`.
        """
        return opt_out(self.database, self.account, numbers, by=by, reason=reason)

    def opt_in(self, numbers: Iterable[str]) -> int:
        """Delete these opt-outs, also under `default`, and return how many there were.

        Raises:
            ValueError: a number is not valid.
            TypeError: `numbers` is a `str`.
        """
        return opt_in(self.database, self.account, numbers)

    def opt_outs(self) -> Iterator[OptOut]:
        """Yield the opt-outs that apply to this account, ordered by number, page by page."""
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
        """Delete finished messages for good, with their decisions and notifications.

        Messages that are delivered, failed, rejected, not sent, expired or cancelled are finished,
        and so are accepted ones that are no longer followed. All others are kept, whatever the
        filter says. A message whose notification is still pending is kept too. Each transaction
        deletes a thousand messages, so that workers are not blocked. If it is interrupted, a part
        of them is deleted.

        A key prevents duplicates only while its message exists. Enqueued again afterwards, it is a
        new message.

        Args:
            where: selects the messages.
            older_than: the least age, since the message reached its state.
            dry_run: count only, delete nothing.
            on_progress: called after each transaction with the number of messages deleted so far.

        Returns:
            The number of messages deleted (or found by the dry run), by state. Every state has a
            key.

        Raises:
            ValueError: both `where` and `older_than` are missing, or `where` names a state that is
                never deleted.
        """
        if where == _EVERYTHING and older_than is None:
            raise ValueError("older_than or a filter is required")
        if kept := set(where.states or ()) - PURGEABLE:
            raise ValueError(f"messages that are {', '.join(sorted(kept))} are never deleted")
        if older_than is not None:
            where = replace(where, until=self._before(older_than, where.until))
        condition = where.condition(self.account)
        if dry_run:
            return count(self.database, and_(condition, purgeable(self.account)))
        return purge(self.database, condition, self.account, on_progress)

    def _before(self, age: timedelta, until: datetime | None) -> datetime:
        """Return the earlier of `until` and the time `age` ago."""
        if age < timedelta(0):
            raise ValueError(f"older_than must not be negative, but is {age}")
        now = milliseconds(self.now())
        # One more millisecond, because `until` is exclusive and an age of 0 must include all
        # messages.
        then = max(0, now + 1 - age // timedelta(milliseconds=1))
        return instant(then if until is None else min(then, milliseconds(until)))

    # Maintenance, which workers do from time to time

    def recover(self) -> int:
        """Declare workers dead whose lease ran out, and return how many messages became unknown."""
        return recover(self.database)

    def expire(self) -> int:
        """Move queued messages past their `expires` to `expired`, and return how many."""
        return expire(self.database)
