"""Queries of the outbox, and the `Filter` that selects messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, func, or_, select

from convergia_sms._numbers import normalize

from ._any_of import any_of
from ._records import Decision, entry, instant, milliseconds
from ._schema import decisions, in_state, messages, workers
from ._states import Event, State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Row

    from ._database import Database
    from ._records import Entry

__all__ = [
    "Filter",
    "count",
    "count_by_batch",
    "count_queued_elsewhere",
    "last_decisions",
    "stream",
    "stream_decisions",
]

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """A selection of messages: all given conditions must hold.

    Attributes:
        ids: ids of the outbox.
        keys: idempotency keys of the caller.
        numbers: Mexican numbers in any usual format.
        states: the message is in one of these.
        batch: the batch that it was enqueued in.
        codes: the gateway's last code for it is one of these.
        since: it reached its state at or after this time.
        until: it reached its state before this time.
    """

    ids: Collection[int] | None = None
    keys: Collection[str] | None = None
    numbers: Collection[str] | None = None
    states: Collection[State] | None = None
    batch: str | None = None
    codes: Collection[int] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for name, given in (
            ("keys", self.keys),
            ("numbers", self.numbers),
            ("states", self.states),
        ):
            # A str is a collection too: each of its letters would count as a value.
            if isinstance(given, str):
                raise TypeError(f"{name} must be a collection, such as [{given!r}], not a str")

    def condition(self, account: str) -> ColumnElement[bool]:
        """Return the selection as SQL, within `account`."""
        columns = messages.c
        conditions = [columns.account == account]
        if self.ids is not None:
            conditions.append(any_of(columns.id, self.ids))
        if self.keys is not None:
            conditions.append(any_of(columns.key, self.keys))
        if self.numbers is not None:
            conditions.append(any_of(columns.number, list(map(normalize, self.numbers))))
        if self.states is not None:
            conditions.append(or_(false(), *map(in_state, self.states)))
        if self.batch is not None:
            conditions.append(columns.batch == self.batch)
        if self.codes is not None:
            conditions.append(any_of(columns.code, self.codes))
        if self.since is not None:
            conditions.append(columns.changed_at >= milliseconds(self.since))
        if self.until is not None:
            conditions.append(columns.changed_at < milliseconds(self.until))
        return and_(*conditions)


def count(database: Database, condition: ColumnElement[bool]) -> dict[State, int]:
    """Return the number of messages in each state, 0 for states without messages."""
    statement = select(messages.c.state, func.count()).where(condition).group_by(messages.c.state)
    with database.reading() as connection:
        found = {State(state): number for state, number in connection.execute(statement)}
    return {state: found.get(state, 0) for state in State}


def count_by_batch(
    database: Database, condition: ColumnElement[bool]
) -> dict[str | None, dict[State, int]]:
    """Return the number of messages in each state, by batch in the order of first use."""
    columns = messages.c
    statement = (
        select(columns.batch, columns.state, func.count(), func.min(columns.id))
        .where(condition)
        .group_by(columns.batch, columns.state)
    )
    found: dict[str | None, dict[State, int]] = {}
    with database.reading() as connection:
        rows = sorted(connection.execute(statement), key=lambda row: row[3])
    for batch, state, number, _ in rows:
        found.setdefault(batch, dict.fromkeys(State, 0))[State(state)] = number
    return found


def count_queued_elsewhere(database: Database, account: str) -> dict[str, int]:
    """Return the number of queued messages of other accounts without a live worker."""
    columns = messages.c
    served = select(workers.c.account).where(workers.c.lease_until > database.instant)
    statement = (
        select(columns.account, func.count())
        .where(in_state(State.QUEUED), columns.account != account, columns.account.not_in(served))
        .group_by(columns.account)
        .order_by(columns.account)
    )
    with database.asking() as connection:
        return {row[0]: row[1] for row in connection.execute(statement)}


def stream(
    database: Database, condition: ColumnElement[bool], *, reveal: bool = False
) -> Iterator[Entry]:
    """Yield messages by id, page by page: memory stays flat and no transaction stays open.

    Args:
        database: the store.
        condition: selects the messages.
        reveal: True to include sensitive texts, to compare them. They must never be shown.
    """
    last = 0
    while True:
        page = (
            select(messages)
            .where(condition, messages.c.id > last)
            .order_by(messages.c.id)
            .limit(_PAGE)
        )
        with database.reading() as connection:
            rows = connection.execute(page).all()
        for row in rows:
            yield entry(row, reveal=reveal)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def stream_decisions(database: Database, condition: ColumnElement[bool]) -> Iterator[Decision]:
    """Yield the decisions about the messages that `condition` selects, oldest first."""
    last = 0
    while True:
        page = (
            select(decisions)
            .join(messages, messages.c.id == decisions.c.message)
            .where(condition, decisions.c.id > last)
            .order_by(decisions.c.id)
            .limit(_PAGE)
        )
        with database.reading() as connection:
            rows = connection.execute(page).all()
        yield from map(_decision, rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def last_decisions(database: Database, condition: ColumnElement[bool]) -> dict[int, Decision]:
    """Return the last decision about each message that `condition` selects, by message id."""
    # Two queries, each with an index. For a join, or for ORDER BY and LIMIT, PostgreSQL would scan
    # all messages or all decisions.
    with database.reading() as connection:
        ids = connection.execute(select(messages.c.id).where(condition)).scalars().all()
        found = connection.execute(select(decisions).where(any_of(decisions.c.message, ids)))
        rows = sorted(found, key=lambda row: row.id)
    return {row.message: _decision(row) for row in rows}


def _decision(row: Row[tuple[object, ...]]) -> Decision:
    return Decision(
        id=row.message,
        event=Event(row.event),
        before=State(row.state_before),
        after=State(row.state_after),
        by=row.by,
        reason=row.reason,
        at=instant(row.decided_at),
    )
