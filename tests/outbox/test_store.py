"""What the store promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from convergia_sms import _models
from convergia_sms.outbox import (
    Draft,
    Event,
    Filter,
    KeyConflictError,
    Outbox,
    Outcome,
    Priority,
    State,
)
from convergia_sms.outbox._lease import Lease, LeaseLostError
from convergia_sms.outbox._rate import Rate
from convergia_sms.outbox._schema import VERSION_TABLE, metadata
from sqlalchemy import event
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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


def test_a_message_is_enqueued_as_it_was_given(outbox: Outbox, clock: Clock) -> None:
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
def test_a_character_that_no_database_keeps_is_refused_and_named(
    outbox: Outbox, field: str, character: str
) -> None:
    given = {"text": "hola", field: f"secret{character}"}
    with pytest.raises(ValueError, match=f"{field} holds the character U") as refused:
        outbox.enqueue_many([Draft(NUMBER, **given)])  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)
    assert outbox.counts()[State.QUEUED] == 0


@pytest.mark.parametrize("field", ["key", "batch"])
def test_a_name_longer_than_its_column_is_refused_on_either_store(
    outbox: Outbox, field: str
) -> None:
    outbox.enqueue(NUMBER, "hola", **{field: "k" * 200})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{field} has 201 characters; 200 may be"):
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
    """What Django's cursor is: one that takes `%s` on either database."""

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


def test_keys_are_kept_through_a_plain_cursor_too(outbox: Outbox, foreign: Foreign) -> None:
    first = outbox.enqueue(NUMBER, "hola", key="k")
    cursor = Cursor(foreign)
    assert outbox.enqueue(NUMBER, "hola", key="k", connection=cursor) == first
    with pytest.raises(KeyConflictError):
        outbox.enqueue(NUMBER, "adiós", key="k", connection=cursor)
    foreign.rollback()


def test_a_claimed_message_is_sending_and_nobody_elses(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola", "x")
    mine, others = leased(outbox), leased(outbox)
    ((claimed,), _) = mine.turn([], 5)
    assert (claimed.id, claimed.number, claimed.text, claimed.extra) == (
        id_,
        "525512345678",
        "hola",
        "x",
    )
    assert (outbox.get(id_).state, claimed.attempt) == (State.SENDING, 1)
    assert others.turn([], 5)[0] == []
    assert others.turn([], 1, only=id_)[0] == []


def test_many_workers_claim_each_message_once(outbox: Outbox, numbers: Iterator[str]) -> None:
    outbox.enqueue_many(Draft(next(numbers), "hola") for _ in range(300))
    claimed: list[int] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            lease = leased(outbox)
            while found := lease.turn([], 7)[0]:
                claimed.extend(message.id for message in found)
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert sorted(claimed) == [entry.id for entry in outbox.messages()]


def test_high_priority_goes_first_and_then_the_longest_waiting(
    outbox: Outbox, clock: Clock
) -> None:
    order = []
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.NORMAL):
        order.append((-priority, outbox.enqueue(NUMBER, "hola", priority=priority)))
        clock.advance(1)
    lease = leased(outbox)
    found = [message.id for message in lease.turn([], 3)[0] + lease.turn([], 3)[0]]
    assert found == [id_ for _, id_ in sorted(order)]


def test_a_message_is_not_claimed_before_it_is_due(outbox: Outbox, clock: Clock) -> None:
    outbox.enqueue(NUMBER, "hola", due=at(clock, 60))
    lease = leased(outbox, seconds=600)
    assert lease.turn([], 1)[0] == []
    clock.advance(60)
    assert len(lease.turn([], 1)[0]) == 1


def test_a_message_past_its_time_expires_and_is_not_claimed(outbox: Outbox, clock: Clock) -> None:
    id_ = outbox.enqueue(NUMBER, "hola", expires=at(clock, 60))
    assert outbox.expire() == 0
    clock.advance(60)
    assert leased(outbox).turn([], 1)[0] == []
    assert outbox.expire() == 1
    assert outbox.get(id_).state is State.EXPIRED


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Event.ACCEPT, State.ACCEPTED),
        (Event.REJECT, State.REJECTED),
        (Event.ABANDON, State.NOT_SENT),
        (Event.RELEASE, State.QUEUED),
        (Event.LOSE, State.UNKNOWN),
    ],
)
def test_an_outcome_moves_its_message(outbox: Outbox, event: Event, state: State) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = leased(outbox)
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([Outcome(claimed, event, message_id="7", code=100, segments=1, detail="why")])
    entry = outbox.get(id_)
    assert (entry.state, entry.message_id, entry.code) == (state, "7", 100)
    assert (entry.segments, entry.detail) == (1, "why")
    assert (entry.accepted is not None) == (event is Event.ACCEPT)


def test_an_outcome_recorded_twice_changes_nothing_the_second_time(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = leased(outbox)
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7")])
    before = outbox.get(id_)
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7")])
    assert outbox.get(id_) == before


def test_a_released_message_waits_its_delay(outbox: Outbox, clock: Clock) -> None:
    outbox.enqueue(NUMBER, "hola")
    lease = leased(outbox, seconds=600)
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([Outcome(claimed, Event.RELEASE, delay=5)])
    assert lease.turn([], 1)[0] == []
    clock.advance(5)
    ((again,), _) = lease.turn([], 1)
    assert (again.attempt, again.failures) == (2, 1)


def test_only_a_dead_workers_messages_become_unknown(outbox: Outbox, clock: Clock) -> None:
    for _ in range(3):
        outbox.enqueue(NUMBER, "hola")
    dead, alive = leased(outbox), leased(outbox)
    ((lost,), _) = dead.turn([], 1)
    clock.advance(20)
    ((kept,), _) = alive.turn([], 1)
    assert outbox.recover() == 0
    clock.advance(10)
    assert outbox.recover() == 1
    assert outbox.get(lost.id).state is State.UNKNOWN
    assert outbox.get(kept.id).state is State.SENDING
    assert outbox.counts()[State.QUEUED] == 1


def test_a_worker_that_was_called_dead_claims_nothing_more(outbox: Outbox, clock: Clock) -> None:
    outbox.enqueue(NUMBER, "hola")
    lease = leased(outbox)
    clock.advance(30)
    outbox.recover()
    with pytest.raises(LeaseLostError):
        lease.turn([], 1)
    assert outbox.counts()[State.QUEUED] == 1
    lease.take()
    assert len(lease.turn([], 1)[0]) == 1


def test_an_outcome_that_comes_too_late_is_noted_and_moves_nothing(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = leased(outbox)
    ((claimed,), _) = lease.turn([], 1)
    clock.advance(30)
    outbox.recover()
    lease.take()
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7", code=100)])
    entry = outbox.get(id_)
    assert (entry.state, entry.message_id, entry.code) == (State.UNKNOWN, "7", 100)
    assert "too late" in (entry.detail or "")


def test_a_claim_whose_commit_was_not_heard_of_goes_back(outbox: Outbox) -> None:
    first, second = outbox.enqueue(NUMBER, "a"), outbox.enqueue(NUMBER, "b")
    lease = leased(outbox)
    lease.turn([], 2)
    lease.turn([], known={first})
    assert outbox.get(first).state is State.SENDING
    assert outbox.get(second).state is State.QUEUED


def test_workers_of_an_account_share_its_rate(outbox: Outbox, clock: Clock) -> None:
    for _ in range(40):
        outbox.enqueue(NUMBER, "hola")
    rate = Rate("send:default", 10, burst=5)
    one, two = leased(outbox, 600), leased(outbox, 600)
    found, wait = one.turn([], 9, rate=rate)
    assert len(found) == 5
    assert wait > 0
    assert two.turn([], 9, rate=rate)[0] == []
    clock.advance(0.3)
    assert len(two.turn([], 2, rate=rate)[0]) + len(one.turn([], 9, rate=rate)[0]) == 3


def test_an_empty_queue_spends_no_rate(outbox: Outbox) -> None:
    rate = Rate("send:default", 10, burst=1)
    lease = leased(outbox)
    assert lease.turn([], 1, rate=rate)[0] == []
    outbox.enqueue(NUMBER, "hola")
    assert len(lease.turn([], 1, rate=rate)[0]) == 1


def test_a_slow_rate_lets_one_through_at_a_time(outbox: Outbox, clock: Clock) -> None:
    for _ in range(3):
        outbox.enqueue(NUMBER, "hola")
    rate = Rate("send:default", 0.1)
    lease = leased(outbox, 600)
    assert len(lease.turn([], 3, rate=rate)[0]) == 1
    found, wait = lease.turn([], 3, rate=rate)
    assert (found, round(wait)) == ([], 10)
    clock.advance(10)
    assert len(lease.turn([], 3, rate=rate)[0]) == 1


def test_counts_name_every_state(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola", batch="a")
    outbox.enqueue(NUMBER, "hola", batch="b")
    assert set(outbox.counts()) == set(State)
    assert outbox.counts(Filter(batch="a"))[State.QUEUED] == 1


def test_messages_stream_in_order_past_the_first_page(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(2500))
    assert [entry.text for entry in outbox.messages()] == [f"hola {i}" for i in range(2500)]


def test_a_filter_holds_for_all_its_conditions(outbox: Outbox, clock: Clock) -> None:
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


def test_a_filter_may_name_more_than_a_statement_has_parameters(outbox: Outbox) -> None:
    keys = [f"ñ'\\\"%(a)s:b{index}" for index in range(70_000)]
    outbox.enqueue_many(Draft(NUMBER, "hola", key=key) for key in keys)
    assert outbox.counts(Filter(keys=keys[1:]))[State.QUEUED] == 69_999
    ids = {entry.id for entry in outbox.messages(Filter(keys=keys[:2]))}
    assert outbox.counts(Filter(ids=ids, codes=[]))[State.QUEUED] == 0
    assert outbox.counts(Filter(ids=[*ids, *range(100_000, 170_000)]))[State.QUEUED] == 2


def test_an_engine_of_the_callers_stays_open(store_url: str) -> None:
    with Outbox(store_url) as owner:
        guest = Outbox(owner.database.engine)
        guest.close()
        assert guest.counts()[State.QUEUED] == 0


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
    assert "convergia-sms[outbox]" in done.stderr


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
    assert [step[3] for step in plan if "convergia_outbox" in step[3]] == [
        "SEARCH convergia_outbox USING INTEGER PRIMARY KEY (rowid=?)",
        f"SEARCH convergia_outbox USING INDEX {index}",
    ]
