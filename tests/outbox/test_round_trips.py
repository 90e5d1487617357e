"""Tests of the number and the cost of a worker's database queries."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convergia_sms.outbox import Draft, Event, Outbox, Outcome, Priority
from convergia_sms.outbox._lease import Lease
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgresql import PostgresServer
    from tests.outbox.conftest import Clock

NUMBERS = [f"55{number:08d}" for number in range(10_000_000, 10_000_100)]


@contextmanager
def listening(outbox: Outbox) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that reaches the database, with its parameters."""
    statements: list[tuple[str, Any]] = []

    def listen(*about: Any) -> None:
        if not about[2].startswith("BEGIN"):  # only SQLite's passes here
            statements.append((about[2], about[3]))

    event.listen(outbox.database.engine, "before_cursor_execute", listen)
    yield statements
    event.remove(outbox.database.engine, "before_cursor_execute", listen)


def leased(outbox: Outbox) -> Lease:
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    return lease


def test_a_turn_is_three_statements_however_much_it_records_and_claims(
    outbox: Outbox,
) -> None:
    outbox.enqueue_many(Draft(number, "hola") for number in NUMBERS)
    lease = leased(outbox)
    first, _ = lease.turn([], 50)
    outcomes = [Outcome(one, Event.ACCEPT, message_id="7") for one in first]
    with listening(outbox) as asked:
        second, _ = lease.turn(outcomes, 50)
    assert len(second) == 50
    assert len(asked) == 3


def test_outcomes_find_their_messages_by_primary_key_on_postgresql(
    postgresql: PostgresServer, postgresql_template: str
) -> None:
    url = postgresql.create(f"t{uuid.uuid4().hex}", postgresql_template)
    with Outbox(url, migrate=False) as outbox:
        outbox.enqueue_many(Draft(number, "hola") for number in NUMBERS)
        lease = leased(outbox)
        claimed, _ = lease.turn([], 100)
        with listening(outbox) as asked:
            lease.turn([Outcome(one, Event.ACCEPT, message_id="7") for one in claimed])
        ((settle, values),) = [each for each in asked if "unnest" in each[0]]
        with outbox.database.engine.connect() as connection:
            connection.exec_driver_sql("SET enable_seqscan = off")  # as if the table were long
            rows = connection.exec_driver_sql(f"EXPLAIN {settle}", values).scalars()
            plan = "\n".join(map(str, rows))
    assert "convergia_outbox_pkey" in plan
    assert "convergia_outbox_sending" not in plan


def test_the_upkeep_is_four_statements_and_finds_expired_messages_by_their_index(
    outbox: Outbox, clock: Clock
) -> None:
    postgresql = outbox.database.engine.dialect.name == "postgresql"
    with listening(outbox) as asked:
        outbox.recover()
        outbox.expire()
        outbox.waiting_elsewhere()
    assert len(asked) == 4
    expire, values = asked[2]
    with outbox.database.engine.connect() as connection:
        if postgresql:
            connection.exec_driver_sql("SET enable_seqscan = off")  # as if the table were long
        explain = "EXPLAIN" if postgresql else "EXPLAIN QUERY PLAN"
        plan = "\n".join(map(str, connection.exec_driver_sql(f"{explain} {expire}", values)))
    assert "convergia_outbox_expiry" in plan
    assert ("Index Cond: (expires_at <= $" if postgresql else "expires_at<?") in plan


def test_a_claim_fills_up_from_the_next_priority(outbox: Outbox) -> None:
    for index, priority in enumerate((Priority.LOW, Priority.NORMAL, Priority.HIGH) * 2):
        outbox.enqueue(NUMBERS[index], "hola", priority=priority)
    lease = leased(outbox)
    took = [[one.id for one in lease.turn([], 3)[0]] for _ in range(3)]
    assert took == [[3, 6, 2], [5, 1, 4], []]


def test_only_the_numbers_that_opted_out_are_left_out_of_a_claim(
    outbox: Outbox, clock: Clock
) -> None:
    ids = [outbox.enqueue(number, "hola") for number in NUMBERS[:4]]
    outbox.opt_out(NUMBERS[1:2], by="ana", reason="BAJA")
    # Of another account: no word about this one's.
    other = Outbox(outbox.database.engine, account="other", migrate=False, clock=clock)
    other.opt_out(NUMBERS[2:3], by="ana", reason="BAJA")
    late = outbox.enqueue(NUMBERS[1], "adiós")
    claimed, _ = leased(outbox).turn([], 10)
    assert [one.id for one in claimed] == [ids[0], ids[2], ids[3]]
    assert outbox.get(late).detail == "the number opted out"
