"""The statements that claim messages: what is due, where the window is open."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, bindparam, literal_column, select, union_all, update

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
# Spelt out: SQLAlchemy writes columns without their tables into SQLite's RETURNING, and the numbers
# of two tables would be one.
_OPTED_OUT = literal_column(
    "EXISTS (SELECT 1 FROM convergia_outbox_optout AS gone"
    " WHERE gone.account = convergia_outbox.account AND gone.number = convergia_outbox.number)",
    Boolean,
).label("opted_out")
# The account's queue, or what of it was enqueued together.
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
        # On SQLite, where writers take turns, this says nothing.
        .with_for_update(skip_locked=True)
    )


def _allowed(zones: OpenZones) -> list[ColumnElement[bool]]:
    """Return which messages the window lets go, in the words of the index that finds them."""
    if zones == EVERYWHERE:
        return []
    if zones.home:
        closed = _names(ELSEWHERE - zones.elsewhere)
        return [_m.zone.is_(None) | _m.zone.not_in(closed)]
    # The many have to wait: only the small index over the other zones is read.
    return [_m.zone.is_not(None), _m.zone.in_(_names(zones.elsewhere))]


def _names(zones: frozenset[str]) -> list[ColumnElement[str]]:
    """Spell zones out: a bound value finds no partial index."""
    return [literal_column(f"'{zone}'") for zone in sorted(zones)]


@lru_cache(maxsize=64)
def claiming(zones: OpenZones, *, one: bool = False, batch: bool = False) -> ReturningUpdate[Any]:
    """Return the statement that claims what is due, of the highest priorities.

    Its values: `of` (the account), `me` (the worker), `at` (now, in milliseconds), `want` (how many
    at most), and `only` or `together`.

    Each priority is a scan of its own: one over all of them would read whatever is due later. They
    run in their order, and the limit over all of them keeps the next from beginning, and locking,
    when there is enough. By CTEs: PostgreSQL might run a subquery more than once, and lock more
    than it gives.

    Args:
        zones: whose numbers may get a message now.
        one: claim the message `only`, or none.
        batch: claim only what was enqueued in the batch `together`.
    """
    conditions = _allowed(zones)
    if one:
        conditions.append(_m.id == bindparam("only"))
    if batch:
        # Spelt so that no index serves it where the small one over the other zones does.
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
