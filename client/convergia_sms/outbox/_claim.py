"""The statements that claim messages which are due and whose window is open."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, bindparam, literal_column, select, union_all, update

from ._accounts import DEFAULT_ACCOUNT
from ._records import Priority
from ._schema import in_state, messages
from ._states import Event, State, move
from ._window import EVERYWHERE
from ._zones import ELSEWHERE

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.sql.dml import ReturningUpdate

    from ._window import OpenZones

__all__ = ["claiming"]

_m = messages.c
# Written as text: SQLAlchemy leaves the table names out of SQLite's RETURNING, and both tables have
# a column `number`.
_OPTED_OUT = literal_column(
    "EXISTS (SELECT 1 FROM convergia_outbox_optout AS gone"  # noqa: S608 - a constant of ours
    f" WHERE gone.account IN (convergia_outbox.account, '{DEFAULT_ACCOUNT}')"
    " AND gone.number = convergia_outbox.number)",
    Boolean,
).label("opted_out")
# The due messages of the account's queue.
_QUEUED = (
    _m.account == bindparam("of"),
    in_state(State.QUEUED),
    _m.due_at <= bindparam("at"),
    (_m.expires_at.is_(None)) | (_m.expires_at > bindparam("at")),
)


def _due(priority: Priority, *conditions: ColumnElement[bool]) -> Select[int]:
    level: ColumnElement[int] = literal_column(str(int(priority)))
    return (
        select(_m.id)
        .where(*_QUEUED, _m.priority == level, *conditions)
        .order_by(_m.due_at, _m.id)
        .limit(bindparam("want"))
        # This has no effect on SQLite, where only one transaction writes at a time.
        .with_for_update(skip_locked=True)
    )


def _allowed(zones: OpenZones) -> list[ColumnElement[bool]]:
    """Return the conditions for messages whose window is open."""
    if zones == EVERYWHERE:
        return []
    if zones.home:
        closed = _names(ELSEWHERE - zones.elsewhere)
        return [_m.zone.is_(None) | _m.zone.not_in(closed)]
    # Most messages are in the home zone, which is closed. These conditions use only the small
    # partial index over the other zones.
    return [_m.zone.is_not(None), _m.zone.in_(_names(zones.elsewhere))]


def _names(zones: frozenset[str]) -> list[ColumnElement[str]]:
    """Return the zones as literals, because a bound parameter does not use a partial index."""
    return [literal_column(f"'{zone}'") for zone in sorted(zones)]


@lru_cache(maxsize=64)
def claiming(zones: OpenZones, *, one: bool = False, batch: bool = False) -> ReturningUpdate[Any]:
    """Return the statement that claims due messages, those of the highest priority first.

    Each priority has its own index scan, because one scan over all of them would also read messages
    that are due later. The scans run in order. The limit over all of them stops the next scan from
    starting, and from locking rows, once there are enough messages. They are CTEs, because
    PostgreSQL may run a subquery more than once and would then lock more rows than it returns.

    The statement's parameters are `of` (the account), `me` (the worker), `at` (now, in
    milliseconds), `want` (the maximum number of messages), and `only` or `together`. SQLAlchemy
    does not allow a parameter of an UPDATE to have the name of a column.

    Args:
        zones: the time zones whose numbers may get a message now.
        one: True to claim the message whose id is `only`, or nothing.
        batch: True to claim only messages of the batch `together`.
    """
    conditions = _allowed(zones)
    if one:
        conditions.append(_m.id == bindparam("only"))
    if batch:
        # Written so that the index over the other zones is used, and not the one over batches.
        named = _m.batch if zones.home else _m.batch + ""
        conditions.append(named == bindparam("together"))
    levels = [_due(each, *conditions).cte(each.name.lower()) for each in reversed(Priority)]
    due = union_all(*(select(level.c.id) for level in levels)).limit(bindparam("want")).cte("due")
    return (
        update(messages)
        .where(_m.id.in_(select(due.c.id)), in_state(State.QUEUED))
        .values(
            state=move(State.QUEUED, Event.CLAIM).value,
            worker=bindparam("me"),
            attempts=_m.attempts + 1,
            changed_at=bindparam("at"),
        )
        .returning(
            *(_m.id, _m.number, _m.text, _m.extra),
            *(_m.attempts, _m.failures, _m.due_at, _m.expires_at, _m.sensitive),
            *(_m.priority, _OPTED_OUT),
        )
    )
