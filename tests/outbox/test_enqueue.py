"""Tests of enqueuing: once for each key, and in the caller's own transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import psycopg
import pytest
from convergia_sms import _models
from convergia_sms.outbox import (
    Draft,
    KeyConflictError,
    Outbox,
    Priority,
    State,
)
from convergia_sms.outbox._lease import Lease
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"


def leased(outbox: Outbox, seconds: float = 30) -> Lease:
    lease = Lease(outbox.database, outbox.account, seconds)
    lease.take()
    return lease


def at(clock: Clock, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock() / 1000 + seconds, UTC)


def test_a_message_is_enqueued_unchanged(outbox: Outbox, clock: Clock) -> None:
    id_ = outbox.enqueue(
        "55 1234 5678",
        "Su pedido va en camino, señor Núñez €",
        "pedido-1",
        key="k1",
        batch="noviembre",
        priority=Priority.HIGH,
        due=at(clock, 60),
        expires=at(clock, 3600),
    )
    entry = outbox.get(id_)
    assert (entry.number, entry.text) == ("525512345678", "Su pedido va en camino, señor Núñez €")
    assert (entry.extra, entry.key, entry.batch) == ("pedido-1", "k1", "noviembre")
    assert (entry.state, entry.priority, entry.attempts) == (State.QUEUED, Priority.HIGH, 0)
    assert (entry.created, entry.due) == (at(clock, 0), at(clock, 60))
    assert entry.expires == at(clock, 3600)


def test_a_repr_shows_no_text(outbox: Outbox) -> None:
    draft = Draft(NUMBER, "el secreto")
    entry = outbox.get(outbox.enqueue(NUMBER, "el secreto"))
    assert "secreto" not in repr(draft) + repr(entry)


def test_a_database_error_shows_no_text(outbox: Outbox) -> None:
    with outbox.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE convergia_outbox_decision")
        connection.exec_driver_sql("DROP TABLE convergia_outbox")
    with pytest.raises(Exception, match="convergia_outbox") as broken:
        outbox.enqueue(NUMBER, "el secreto")
    assert "secreto" not in str(broken.value)


def test_the_same_key_and_content_is_the_same_message(outbox: Outbox) -> None:
    first = outbox.enqueue(NUMBER, "hola", "x", key="k")
    assert outbox.enqueue("+52 55 1234 5678", "hola", "x", key="k") == first
    assert outbox.counts()[State.QUEUED] == 1


@pytest.mark.parametrize(
    ("number", "text", "extra"),
    [("5587654321", "hola", "x"), (NUMBER, "adiós", "x"), (NUMBER, "hola", None)],
    ids=["number", "text", "extra"],
)
def test_the_same_key_with_other_content_is_refused(
    outbox: Outbox, number: str, text: str, extra: str | None
) -> None:
    first = outbox.enqueue(NUMBER, "hola", "x", key="k")
    with pytest.raises(KeyConflictError) as caught:
        outbox.enqueue(number, text, extra, key="k")
    assert (caught.value.key, caught.value.id) == ("k", first)
    assert "hola" not in str(caught.value)


def test_accounts_do_not_share_keys_or_messages(outbox: Outbox, clock: Clock) -> None:
    other = Outbox(outbox.database.engine, account="other", clock=clock)
    first, second = outbox.enqueue(NUMBER, "a", key="k"), other.enqueue(NUMBER, "b", key="k")
    assert first != second
    assert [entry.id for entry in outbox.messages()] == [first]
    assert leased(other).turn([], 9)[0][0].id == second
    with pytest.raises(KeyError):
        outbox.get(second)


def test_bulk_enqueueing_again_adds_only_what_is_new(
    outbox: Outbox, numbers: Iterator[str]
) -> None:
    drafts = [Draft(next(numbers), "hola", key=f"row-{index}") for index in range(7)]
    assert outbox.enqueue_many(drafts[:5]).new == 5
    again = outbox.enqueue_many(drafts)
    assert (again.new, again.existing) == (2, 5)
    assert outbox.counts()[State.QUEUED] == 7


def test_bulk_enqueueing_refuses_a_key_used_twice_for_two_messages(outbox: Outbox) -> None:
    drafts = [Draft(NUMBER, "uno", key="k"), Draft(NUMBER, "dos", key="k")]
    with pytest.raises(KeyConflictError):
        outbox.enqueue_many(drafts)
    assert outbox.counts()[State.QUEUED] == 0


def test_bulk_enqueueing_takes_plain_messages(outbox: Outbox) -> None:
    outbox.enqueue_many([_models.Message(NUMBER, "hola", "x")])
    assert [entry.extra for entry in outbox.messages()] == ["x"]


def test_an_empty_text_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="empty"):
        outbox.enqueue(NUMBER, "")


@pytest.mark.parametrize("field", ["text", "extra", "key", "batch"])
@pytest.mark.parametrize("character", ["\0", "\ud800"], ids=["nul", "surrogate"])
def test_a_character_that_no_database_stores_is_refused_and_named(
    outbox: Outbox, field: str, character: str
) -> None:
    given = {"text": "hola", field: f"secret{character}"}
    with pytest.raises(ValueError, match=f"{field} has the character U") as refused:
        outbox.enqueue_many([Draft(NUMBER, **given)])  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)
    assert outbox.counts()[State.QUEUED] == 0


@pytest.mark.parametrize("field", ["key", "batch"])
def test_a_name_longer_than_its_column_is_refused_on_either_store(
    outbox: Outbox, field: str
) -> None:
    outbox.enqueue(NUMBER, "hola", **{field: "k" * 200})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{field} has 201 characters; the most is 200"):
        outbox.enqueue(NUMBER, "hola", **{field: "k" * 201})  # type: ignore[arg-type]


def test_an_instant_without_a_zone_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="time zone"):
        outbox.enqueue(NUMBER, "hola", due=datetime(2026, 11, 24))  # noqa: DTZ001


def test_another_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        Outbox("mysql://x@y/z")


@pytest.mark.parametrize("commit", [True, False], ids=["commit", "rollback"])
@pytest.mark.parametrize("kind", ["connection", "session"])
def test_a_message_shares_the_fate_of_the_callers_transaction(
    outbox: Outbox, kind: str, commit: bool
) -> None:
    engine = outbox.database.engine
    with Session(engine) if kind == "session" else engine.connect() as transaction:
        outbox.enqueue(NUMBER, "hola", connection=transaction)
        outbox.enqueue_many([Draft(NUMBER, "hola")], connection=transaction)
        if commit:
            transaction.commit()
        else:
            transaction.rollback()
    assert outbox.counts()[State.QUEUED] == (2 if commit else 0)


Foreign: TypeAlias = "sqlite3.Connection | psycopg.Connection"


class Cursor:
    """A cursor like Django's, which takes `%s` on either database."""

    def __init__(self, connection: Foreign) -> None:
        self._cursor = connection.cursor()
        self._is_sqlite = isinstance(connection, sqlite3.Connection)

    def execute(self, sql: str, params: Sequence[object]) -> None:
        self._cursor.execute(sql.replace("%s", "?") if self._is_sqlite else sql, params)

    def fetchall(self) -> Sequence[Sequence[object]]:
        return self._cursor.fetchall()


@pytest.fixture
def foreign(outbox: Outbox, store_url: str) -> Iterator[Foreign]:
    """A connection to the store that SQLAlchemy knows nothing of."""
    if store_url.startswith("sqlite"):
        connection: Foreign = sqlite3.connect(store_url.removeprefix("sqlite:///"))
    else:
        connection = psycopg.connect(store_url)
    with closing(connection):
        yield connection


@pytest.mark.parametrize("commit", [True, False], ids=["commit", "rollback"])
def test_a_message_shares_the_fate_of_a_plain_cursors_transaction(
    outbox: Outbox, foreign: Foreign, commit: bool
) -> None:
    id_ = outbox.enqueue(NUMBER, "100 % señor", "x", key="k", connection=Cursor(foreign))
    if commit:
        foreign.commit()
        assert outbox.get(id_).text == "100 % señor"
    else:
        foreign.rollback()
        assert outbox.counts()[State.QUEUED] == 0


def test_keys_also_apply_through_a_plain_cursor(outbox: Outbox, foreign: Foreign) -> None:
    first = outbox.enqueue(NUMBER, "hola", key="k")
    cursor = Cursor(foreign)
    assert outbox.enqueue(NUMBER, "hola", key="k", connection=cursor) == first
    with pytest.raises(KeyConflictError):
        outbox.enqueue(NUMBER, "adiós", key="k", connection=cursor)
    foreign.rollback()


def test_messages_keep_the_order_in_which_they_were_enqueued(outbox: Outbox) -> None:
    keys = ["b:10", "b:2", None, "a"]
    outbox.enqueue_many(Draft(NUMBER, "hola", key=key) for key in keys)
    assert [entry.key for entry in outbox.messages()] == keys
