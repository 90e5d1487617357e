"""Tests that only finished messages are deleted, with everything that belongs to them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Draft, Event, Filter, Outbox, Outcome, State
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._polling import StatusResult, record, take
from convergia_sms.outbox._schema import decisions, messages, webhooks
from sqlalchemy import create_engine, delete, event, func, select, update

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Table

    from benchmarks.postgresql import PostgresServer
    from tests.outbox.conftest import Clock

NUMBER = "5512345678"
OLD = timedelta(days=30)


def rows(outbox: Outbox, table: Table) -> int:
    with outbox.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def put(outbox: Outbox, state: State, batch: str | None = None) -> int:
    """Put a message into a state. An accepted one is followed."""
    id_ = outbox.enqueue(NUMBER, "hola", batch=batch)
    values = {"state": state.value, "poll_at": 1 if state is State.ACCEPTED else None}
    with outbox.database.writing() as connection:
        connection.execute(update(messages).where(messages.c.id == id_).values(values))
    return id_


def ended(outbox: Outbox) -> int:
    """A message with a final state from a poller, and a notification that is not yet posted."""
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1, only=id_)
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7", poll_after=0)])
    ((followed,), _) = take(outbox.database, outbox.account, 60, None, 1)
    record(outbox.database, outbox.account, [StatusResult(followed, Event.DELIVER)], notify=True)
    return id_


def notifications_are(outbox: Outbox, state: str) -> None:
    with outbox.database.writing() as connection:
        connection.execute(update(webhooks).values(state=state))


@pytest.mark.parametrize("state", State)
def test_only_what_is_finished_is_deleted(outbox: Outbox, clock: Clock, state: State) -> None:
    put(outbox, state)
    clock.advance(OLD.total_seconds())
    finished = state not in {State.QUEUED, State.SENDING, State.ACCEPTED, State.UNKNOWN}
    deleted = outbox.purge(older_than=OLD)
    assert deleted == dict.fromkeys(State, 0) | {state: int(finished)}
    assert outbox.counts()[state] == int(not finished)


def test_an_accepted_message_that_is_no_longer_followed_is_finished(outbox: Outbox) -> None:
    id_ = put(outbox, State.ACCEPTED)
    with outbox.database.writing() as connection:
        connection.execute(update(messages).where(messages.c.id == id_).values(poll_at=None))
    assert outbox.purge(Filter(ids=[id_]))[State.ACCEPTED] == 1


def test_a_message_stays_until_it_is_old_enough(outbox: Outbox, clock: Clock) -> None:
    put(outbox, State.DELIVERED)
    clock.advance(OLD.total_seconds() - 0.001)
    assert outbox.purge(older_than=OLD)[State.DELIVERED] == 0
    clock.advance(0.001)
    assert outbox.purge(older_than=OLD)[State.DELIVERED] == 1


def test_an_age_of_zero_selects_every_message(outbox: Outbox) -> None:
    put(outbox, State.DELIVERED)
    assert outbox.purge(older_than=timedelta(0))[State.DELIVERED] == 1


def test_age_and_filter_must_both_hold(outbox: Outbox, clock: Clock) -> None:
    put(outbox, State.FAILED, "a")
    put(outbox, State.DELIVERED, "b")
    clock.advance(OLD.total_seconds())
    young = put(outbox, State.DELIVERED, "a")
    deleted = outbox.purge(Filter(batch="a"), older_than=OLD)
    assert (deleted[State.FAILED], deleted[State.DELIVERED]) == (1, 0)
    assert outbox.get(young).state is State.DELIVERED
    assert outbox.counts(Filter(batch="b"))[State.DELIVERED] == 1


def test_another_accounts_messages_stay(outbox: Outbox, clock: Clock) -> None:
    other = Outbox(outbox.database.engine, account="other", clock=clock)
    put(other, State.DELIVERED)
    assert sum(outbox.purge(older_than=timedelta(0)).values()) == 0
    assert other.counts()[State.DELIVERED] == 1


def test_a_dry_run_counts_what_would_be_deleted_and_deletes_nothing(outbox: Outbox) -> None:
    for state in (State.DELIVERED, State.DELIVERED, State.QUEUED):
        put(outbox, state)
    told = outbox.purge(older_than=timedelta(0), dry_run=True)
    assert told == dict.fromkeys(State, 0) | {State.DELIVERED: 2}
    assert outbox.counts()[State.DELIVERED] == 2
    assert outbox.purge(older_than=timedelta(0)) == told


def test_purging_a_message_deletes_its_decisions(outbox: Outbox) -> None:
    gone, stays = (put(outbox, State.UNKNOWN) for _ in range(2))
    for id_, decided in ((gone, Event.GIVE_UP), (stays, Event.REQUEUE)):
        outbox.reconcile(decided, Filter(ids=[id_]), by="ana", reason="portal")
    outbox.purge(older_than=timedelta(0))
    assert [decision.id for decision in outbox.decisions()] == [stays]
    assert rows(outbox, decisions) == 1


def test_its_decisions_go_where_the_applications_sqlite_knows_no_foreign_keys(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db")
    outbox = Outbox(engine)
    id_ = put(outbox, State.UNKNOWN)
    outbox.reconcile(Event.GIVE_UP, Filter(ids=[id_]), by="ana", reason="portal")
    outbox.purge(older_than=timedelta(0))
    assert rows(outbox, decisions) == 0
    engine.dispose()


def test_a_message_stays_until_its_notification_is_posted(outbox: Outbox) -> None:
    id_ = ended(outbox)
    assert sum(outbox.purge(older_than=timedelta(0)).values()) == 0
    assert outbox.get(id_).state is State.DELIVERED
    assert rows(outbox, webhooks) == 1


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_purging_a_message_deletes_its_notification(outbox: Outbox, state: str) -> None:
    ended(outbox)
    notifications_are(outbox, state)
    assert outbox.purge(older_than=timedelta(0))[State.DELIVERED] == 1
    assert rows(outbox, webhooks) == 0


def test_the_notification_of_a_kept_message_is_kept(outbox: Outbox) -> None:
    ended(outbox)
    notifications_are(outbox, "delivered")
    outbox.purge(older_than=OLD)
    assert rows(outbox, webhooks) == 1


def test_a_key_is_free_again_after_its_message_is_purged(outbox: Outbox) -> None:
    first = outbox.enqueue(NUMBER, "hola", key="k")
    outbox.cancel(Filter(keys=["k"]), by="ana", reason="wrong")
    outbox.purge(Filter(keys=["k"]))
    second = outbox.enqueue(NUMBER, "otro texto", key="k")
    assert second != first
    assert outbox.get(second).state is State.QUEUED


def test_an_id_is_never_given_twice(outbox: Outbox) -> None:
    purged = ended(outbox)
    notifications_are(outbox, "delivered")
    with outbox.database.reading() as connection:
        (notification,) = connection.execute(select(webhooks.c.id)).scalars()
    outbox.purge(older_than=timedelta(0))
    assert ended(outbox) > purged
    with outbox.database.reading() as connection:
        assert connection.execute(select(webhooks.c.id)).scalar_one() > notification


def test_thousands_are_deleted_in_transactions_of_a_thousand(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(4500))
    outbox.cancel(Filter(), by="ana", reason="wrong file")
    seen: list[int] = []
    commits: list[int] = []
    event.listen(outbox.database.engine, "commit", lambda _: commits.append(len(seen)))
    assert outbox.purge(older_than=timedelta(0), on_progress=seen.append)[State.CANCELLED] == 4500
    assert seen == [1000, 2000, 3000, 4000, 4500]
    assert commits == [0, 1, 2, 3, 4]


def test_a_message_requeued_during_a_purge_is_kept(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, "hola", key=f"k{index}") for index in range(1500))
    with outbox.database.writing() as connection:
        connection.execute(update(messages).values(state=State.REJECTED.value))

    def requeue(_done: int) -> None:
        where = Filter(keys=["k1200"])
        outbox.reconcile(Event.REQUEUE, where, by="ana", reason="corrected")

    assert outbox.purge(older_than=timedelta(0), on_progress=requeue)[State.REJECTED] == 1499
    (entry,) = outbox.messages()
    assert (entry.key, entry.state) == ("k1200", State.QUEUED)


def test_the_next_purge_deletes_what_an_interrupted_purge_left(outbox: Outbox) -> None:
    ended(outbox)
    notifications_are(outbox, "delivered")
    with outbox.database.writing() as connection:
        connection.execute(delete(messages))
    outbox.purge(older_than=timedelta(0))
    assert rows(outbox, webhooks) == 0


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.UNKNOWN])
def test_purging_unfinished_messages_is_refused(outbox: Outbox, state: State) -> None:
    with pytest.raises(ValueError, match=f"{state} are never deleted"):
        outbox.purge(Filter(states=[state]), older_than=OLD)


def test_purging_without_a_limit_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="is required"):
        outbox.purge()


def test_purging_messages_of_the_future_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        outbox.purge(older_than=timedelta(days=-1))


def test_an_age_beyond_all_calendars_deletes_nothing(outbox: Outbox) -> None:
    put(outbox, State.DELIVERED)
    assert sum(outbox.purge(older_than=timedelta.max).values()) == 0


@pytest.fixture
def purged_meanwhile(postgresql: PostgresServer) -> Iterator[Outbox]:
    """An outbox whose message of the key `k` is purged just before somebody looks for it."""
    url = postgresql.create(f"p{uuid.uuid4().hex}")
    with Outbox(url) as outbox, Outbox(url) as other:
        outbox.enqueue(NUMBER, "hola", key="k")
        other.cancel(Filter(keys=["k"]), by="ana", reason="wrong")

        @event.listens_for(outbox.database.engine, "before_cursor_execute")
        def purge(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("SELECT") and "convergia_outbox.key" in statement:
                other.purge(older_than=timedelta(0))

        yield outbox


def test_a_key_that_is_purged_while_it_is_looked_at_is_free(purged_meanwhile: Outbox) -> None:
    id_ = purged_meanwhile.enqueue(NUMBER, "hola", key="k")
    assert purged_meanwhile.get(id_).state is State.QUEUED


def test_keys_that_are_purged_while_they_are_looked_at_are_free(purged_meanwhile: Outbox) -> None:
    drafts = [Draft(NUMBER, "hola", key=key) for key in ("k", "l")]
    assert purged_meanwhile.enqueue_many(drafts).new == 2
    assert [entry.key for entry in purged_meanwhile.messages()] == ["l", "k"]
