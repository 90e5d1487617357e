"""Tests of the store's promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from convergia_sms.outbox import (
    Draft,
    Filter,
    Outbox,
    Priority,
    State,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._schema import VERSION_TABLE, metadata
from sqlalchemy import event

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"


def leased(outbox: Outbox, seconds: float = 30) -> Lease:
    lease = Lease(outbox.database, outbox.account, seconds)
    lease.take()
    return lease


def at(clock: Clock, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock() / 1000 + seconds, UTC)


def test_migrations_create_what_the_code_describes(outbox: Outbox) -> None:
    with outbox.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_two_processes_may_migrate_at_once(store_url: str) -> None:
    outboxes = [Outbox(store_url, migrate=False) for _ in range(4)]
    failures: list[BaseException] = []

    def migrate(outbox: Outbox) -> None:
        try:
            outbox.migrate()
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(outbox,)) for outbox in outboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    try:
        assert not failures
        assert outboxes[0].counts()[State.QUEUED] == 0
    finally:
        for outbox in outboxes:
            outbox.close()


def test_counts_name_every_state(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola", batch="a")
    outbox.enqueue(NUMBER, "hola", batch="b")
    assert set(outbox.counts()) == set(State)
    assert outbox.counts(Filter(batch="a"))[State.QUEUED] == 1


def test_messages_stream_in_order_past_the_first_page(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(2500))
    assert [entry.text for entry in outbox.messages()] == [f"hola {i}" for i in range(2500)]


def test_a_filter_requires_all_its_conditions(outbox: Outbox, clock: Clock) -> None:
    first = outbox.enqueue(NUMBER, "hola", batch="a", key="k1")
    clock.advance(10)
    second = outbox.enqueue(NUMBER, "hola", batch="a", key="k2")
    outbox.enqueue(NUMBER, "hola", batch="b", key="k3")

    def found(where: Filter) -> list[int]:
        return [entry.id for entry in outbox.messages(where)]

    assert found(Filter(batch="a")) == [first, second]
    assert found(Filter(batch="a", since=at(clock, -5))) == [second]
    assert found(Filter(batch="a", until=at(clock, -5))) == [first]
    assert found(Filter(keys=["k1", "k3"], batch="a")) == [first]
    assert found(Filter(states=[State.SENDING])) == []
    assert found(Filter(ids=[second])) == [second]
    assert found(Filter(codes=[307])) == []


@pytest.mark.parametrize(
    "store_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.exhaustive("volume"))],
    indirect=True,
)
def test_a_filter_may_name_more_than_a_statement_has_parameters(outbox: Outbox) -> None:
    keys = [f"ñ'\\\"%(a)s:b{index}" for index in range(70_000)]
    outbox.enqueue_many(Draft(NUMBER, "hola", key=key) for key in [*keys[:2], *keys[-2:]])
    assert outbox.counts(Filter(keys=keys[1:]))[State.QUEUED] == 3
    ids = {entry.id for entry in outbox.messages(Filter(keys=keys[:2]))}
    assert outbox.counts(Filter(ids=ids, codes=[]))[State.QUEUED] == 0
    assert outbox.counts(Filter(ids=[*ids, *range(100_000, 170_000)]))[State.QUEUED] == 2


def test_the_callers_engine_stays_open(store_url: str) -> None:
    with Outbox(store_url) as owner:
        guest = Outbox(owner.database.engine)
        guest.close()
        assert guest.counts()[State.QUEUED] == 0


def test_a_connection_in_use_when_the_outbox_closes_is_closed_when_given_back(
    store_url: str,
) -> None:
    outbox = Outbox(store_url)
    with outbox.database.reading() as connection:
        used = connection.connection.dbapi_connection
        assert used is not None
        outbox.close()
        assert outbox.database.now(connection)
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        used.cursor().execute("SELECT 1")


def test_the_databases_clock_is_the_time(store_url: str) -> None:
    with Outbox(store_url) as outbox:
        entry = outbox.get(outbox.enqueue(NUMBER, "hola"))
    assert abs(entry.created - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_client_alone_loads_no_database_library() -> None:
    code = "import convergia_sms, sys; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("missing", ["sqlalchemy", "pyrate_limiter"])
def test_without_the_extra_the_error_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "try:\n    import convergia_sms.outbox\n"
        "except ImportError as error:\n    sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("[outbox]'\n")


@pytest.mark.parametrize(
    ("batch", "index"),
    [
        (None, "convergia_outbox_queue (account=? AND priority=? AND due_at<?)"),
        (
            "enero",
            "convergia_outbox_batch_queue (account=? AND batch=? AND priority=? AND due_at<?)",
        ),
    ],
)
def test_claims_read_an_index_of_the_queue_however_long_the_table(
    batch: str | None, index: str, tmp_path: Path
) -> None:
    asked: dict[str, tuple[object, ...]] = {}

    def listen(*about: Any) -> None:
        asked[about[2]] = about[3]

    with Outbox(f"sqlite:///{tmp_path}/outbox.db") as outbox:
        event.listen(outbox.database.engine, "before_cursor_execute", listen)
        lease = Lease(outbox.database, outbox.account, 30, batch)
        lease.take()
        lease.turn([], 1)
        (find,) = {sql for sql in asked if "due_at <=" in sql}
        with outbox.database.reading() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {find}", asked[find]).all()
    assert [step[3] for step in plan if "convergia_outbox " in step[3]] == [
        "SEARCH convergia_outbox USING INTEGER PRIMARY KEY (rowid=?)",
        *(f"SEARCH convergia_outbox USING INDEX {index}" for _ in Priority),
    ]
