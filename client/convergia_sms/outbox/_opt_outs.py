"""Opt-outs: numbers that must get no more messages. A claim cancels messages to them.

An opt-out under `default`, which is used if no account is named, applies to all accounts. Someone
who forgets to name the account must not text a person who opted out.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from convergia_sms._numbers import normalize

from ._accounts import DEFAULT_ACCOUNT
from ._any_of import any_of
from ._decide import decide
from ._records import OptOut, instant
from ._schema import messages, opt_outs
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ._database import Database

__all__ = ["cancel_opted_out", "opt_in", "opt_out", "stream_opt_outs"]

_m, _o = messages.c, opt_outs.c
_CHUNK = 1000
_CANCEL = (
    update(messages)
    .where(_m.id.in_(bindparam("ids", expanding=True)))
    .values(
        state=move(State.QUEUED, Event.OPT_OUT).value,
        worker=None,
        attempts=_m.attempts - 1,
        detail="the number opted out",
        changed_at=bindparam("at"),
    )
)


def opt_out(
    database: Database, account: str, numbers: Iterable[str], *, by: str, reason: str
) -> int:
    """Store the numbers, and cancel their queued messages.

    Returns:
        The number of opt-outs that are new.

    Raises:
        ValueError: a number is not valid, or `by` or `reason` is empty.
        TypeError: `numbers` is a `str`.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("a decision needs a person (by) and a reason")
    if isinstance(numbers, (list, tuple)):
        # Check a list first, so that an invalid number leaves nothing half done. The command checks
        # the numbers that it streams beforehand.
        numbers = list(map(normalize, numbers))
    new = 0
    for chunk in _chunks(numbers):
        with database.writing() as connection:
            now = database.now(connection)
            shared = {"account": account, "by": by, "reason": reason, "added_at": now}
            insertion = (
                database.insert(opt_outs)
                .on_conflict_do_nothing(index_elements=["account", "number"])
                .returning(_o.number)
            )
            rows = [shared | {"number": number} for number in chunk]
            new += len(connection.execute(insertion, rows).all())
        condition = any_of(_m.number, chunk)
        if account != DEFAULT_ACCOUNT:
            condition &= _m.account == account
        decide(database, Event.CANCEL, condition, by=by, reason=reason)
    return new


def opt_in(database: Database, account: str, numbers: Iterable[str]) -> int:
    """Forget the numbers, also under `default`, and return the number of those that were known.

    Raises:
        ValueError: a number is not valid.
    """
    gone = 0
    for chunk in _chunks(numbers):
        with database.writing() as connection:
            mine = delete(opt_outs).where(_holds_for(account), any_of(_o.number, chunk))
            gone += len(set(connection.execute(mine.returning(_o.number)).scalars()))
    return gone


def stream_opt_outs(database: Database, account: str) -> Iterator[OptOut]:
    """Yield the opt-outs that apply to the account, ordered by number, page by page."""
    last = ""
    while True:
        page = (
            select(opt_outs)
            .where(_holds_for(account), _o.number > last)
            .order_by(_o.number)
            .limit(_CHUNK)
        )
        with database.reading() as connection:
            rows = connection.execute(page).all()
        for row in rows:
            # A number that opted out under both is yielded once.
            if row.number != last:
                last = row.number
                yield OptOut(row.number, row.by, row.reason, instant(row.added_at))
        if len(rows) < _CHUNK:
            return


def cancel_opted_out(connection: Connection, claimed: Sequence[int], now: int) -> None:
    """Cancel claimed messages, in the transaction of their claim.

    The claim looks for opted-out numbers, so that it also finds one that opted out while a message
    was being enqueued.
    """
    connection.execute(_CANCEL, {"ids": claimed, "at": now})


def _holds_for(account: str) -> ColumnElement[bool]:
    return _o.account.in_((account, DEFAULT_ACCOUNT))


def _chunks(numbers: Iterable[str]) -> Iterator[list[str]]:
    if isinstance(numbers, str):
        raise TypeError(f"numbers must be a collection, such as [{numbers!r}], not a str")
    remaining = iter(numbers)
    # Sorted and without duplicates, so that two imports of the same numbers do not deadlock.
    while chunk := sorted({normalize(number) for number in islice(remaining, _CHUNK)}):
        yield chunk
