"""What an outbox's users may expect of each other: one that writes for long, or is newer."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Draft, Event, NewerSchemaError, Outbox, Outcome, State
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._schema import VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"


def leased(outbox: Outbox, seconds: float) -> Lease:
    lease = Lease(outbox.database, outbox.account, seconds)
    lease.take()
    return lease


def test_a_long_enqueueing_on_sqlite_makes_no_worker_count_as_dead(
    tmp_path: Path, clock: Clock
) -> None:
    def slowly() -> Iterator[Draft]:
        for _ in range(11_000):
            clock.advance(0.01)
            yield Draft(NUMBER, "hola")

    with Outbox(f"sqlite:///{tmp_path}/outbox.db", clock=clock) as outbox:
        first = outbox.enqueue(NUMBER, "hola")
        lease = leased(outbox, 60)
        ((claimed,), _) = lease.turn([], 1)
        with outbox.database.writing() as connection:
            outbox.enqueue_many(slowly(), connection=connection)

        assert outbox.recover() == 0
        lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7")])
        assert outbox.get(first).state is State.ACCEPTED


def test_a_worker_that_was_dead_before_a_long_enqueueing_is_dead_after_it(
    tmp_path: Path, clock: Clock
) -> None:
    with Outbox(f"sqlite:///{tmp_path}/outbox.db", clock=clock) as outbox:
        outbox.enqueue(NUMBER, "hola")
        leased(outbox, 60).turn([], 1)
        clock.advance(60)
        with outbox.database.writing() as connection:
            outbox.enqueue_many([Draft(NUMBER, "hola")], connection=connection)
        assert outbox.recover() == 1


def test_opening_and_looking_waits_for_no_writer(store_url: str) -> None:
    with Outbox(store_url) as writer, writer.database.writing() as connection:
        writer.enqueue(NUMBER, "hola", connection=connection)
        with Outbox(store_url) as reader:
            assert reader.counts()[State.QUEUED] == 0


def test_tables_of_a_later_version_are_refused(store_url: str) -> None:
    with Outbox(store_url) as outbox:
        with outbox.database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        with pytest.raises(NewerSchemaError, match="9999") as caught:
            outbox.migrate()
        assert pickle.loads(pickle.dumps(caught.value)).found == "9999"
