"""Store operations for following accepted messages until their status is final."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from ._rate import give_back, reserve
from ._records import instant
from ._schema import in_state, messages, webhooks
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ._database import Database
    from ._rate import Rate

__all__ = ["Change", "Followed", "StatusResult", "record", "remaining", "take"]


@dataclass(frozen=True, slots=True)
class Followed:
    """An accepted message whose status query is due."""

    id: int
    message_id: str
    key: str | None
    batch: str | None
    extra: str | None
    age: float


@dataclass(frozen=True, slots=True)
class StatusResult:
    """The result of a status query.

    Attributes:
        event: deliver or fail. None if the status is not final.
        again: seconds until the next query. None for no more.
        detail: the reason why the status is not final, as text.
    """

    followed: Followed
    event: Event | None = None
    again: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A message that reached a final state.

    Attributes:
        id: the outbox's id.
        message_id: the gateway's id.
    """

    id: int
    message_id: str
    key: str | None
    batch: str | None
    extra: str | None
    before: State
    after: State
    at: datetime


# Seconds to wait for more units of a fast rate, so that a few come at once. Its burst is larger.
_PAUSE = 0.05
_m = messages.c
_DUE = (
    select(_m.id, _m.message_id, _m.key, _m.batch, _m.extra, _m.accepted_at)
    .where(_m.account == bindparam("of"), _m.poll_at <= bindparam("now"))
    .order_by(_m.poll_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_HIDE = (
    update(messages)
    .where(_m.id == bindparam("row"))
    .values(poll_at=bindparam("then"), polls=_m.polls + 1)
)
_AGAIN = (
    update(messages)
    .where(_m.id == bindparam("row"), in_state(State.ACCEPTED))
    .values(poll_at=bindparam("then"), detail=bindparam("why"))
)
_END = (
    update(messages)
    .where(_m.id == bindparam("row"))
    .values(state=bindparam("to"), poll_at=None, detail=None, changed_at=bindparam("at"))
)


def take(
    database: Database, account: str, hidden: float, rate: Rate | None, most: int
) -> tuple[list[Followed], float]:
    """Take up to `most` due messages, and return them with the seconds to wait for the rate.

    Other pollers skip them for `hidden` seconds. The wait is 0 if the rate is not the limit.
    """
    wait, grant = 0.0, None
    if rate is not None:
        grant = reserve(database, rate, most)
        most, wait = grant.units, grant.wait and max(grant.wait, _PAUSE)
        if not most:
            return [], wait
    with database.writing() as connection:
        now = database.now(connection)
        rows = connection.execute(_DUE, {"of": account, "now": now, "most": most}).all()
        if rows:
            then = now + round(hidden * 1000)
            connection.execute(_HIDE, [{"row": row.id, "then": then} for row in rows])
    if rate is not None and grant is not None and len(rows) < most:
        give_back(database, rate, grant, most - len(rows))
        wait = 0.0
    found = [
        Followed(row.id, row.message_id, row.key, row.batch, row.extra, age(row.accepted_at, now))
        for row in rows
    ]
    return found, wait


def age(accepted_at: int, now: int) -> float:
    """Return the seconds since the gateway accepted a message."""
    return (now - accepted_at) / 1000


def record(
    database: Database, account: str, results: Sequence[StatusResult], *, notify: bool
) -> list[Change]:
    """Move the messages whose status is final, and set the next query of the others.

    Args:
        database: the store.
        account: the account of the messages.
        results: the results of the queries.
        notify: store a webhook notification with each final state, in the same transaction.

    Returns:
        The messages that this call moved. Another poller may have moved the others first.
    """
    with database.writing() as connection:
        now = database.now(connection)
        again = [
            {
                "row": one.followed.id,
                "then": None if one.again is None else now + round(one.again * 1000),
                "why": one.detail,
            }
            for one in results
            if one.event is None
        ]
        if again:
            connection.execute(_AGAIN, again)
        changes = _ends(connection, results, now)
        if changes and notify:
            connection.execute(insert(webhooks), [_webhook(c, account, now) for c in changes])
        return changes


def _ends(connection: Connection, results: Sequence[StatusResult], now: int) -> list[Change]:
    ends = {one.followed.id: (one.followed, one.event) for one in results if one.event is not None}
    if not ends:
        return []
    still = connection.execute(
        select(_m.id)
        .where(_m.id.in_(ends), in_state(State.ACCEPTED))
        .order_by(_m.id)
        .with_for_update()
    ).scalars()
    changes = [_change(*ends[id_], now) for id_ in still]
    if changes:
        connection.execute(_END, [{"row": c.id, "to": c.after.value, "at": now} for c in changes])
    return changes


def _change(followed: Followed, event: Event, now: int) -> Change:
    return Change(
        id=followed.id,
        message_id=followed.message_id,
        key=followed.key,
        batch=followed.batch,
        extra=followed.extra,
        before=State.ACCEPTED,
        after=move(State.ACCEPTED, event),
        at=instant(now),
    )


def _webhook(change: Change, account: str, now: int) -> dict[str, object]:
    # Include neither the text nor the number. The receiver knows them by the key or the extra.
    body = {
        "type": f"message.{change.after}",
        "timestamp": change.at.isoformat(),
        "data": {
            "id": change.id,
            "account": account,
            "key": change.key,
            "batch": change.batch,
            "extra": change.extra,
            "message_id": change.message_id,
            "state": change.after,
        },
    }
    return {
        "account": account,
        "message": change.id,
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        "state": "pending",
        "due_at": now,
        "attempts": 0,
        "created_at": now,
    }


def remaining(database: Database, account: str) -> bool:
    """Return True if any message of the account is still followed."""
    followed = (
        select(func.count()).select_from(messages).where(_m.account == account, _m.poll_at > 0)
    )
    with database.reading() as connection:
        return connection.execute(followed).scalar_one() > 0
