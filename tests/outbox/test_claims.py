"""Tests of claims, leases and the shared rate: a message belongs to a single worker."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import (
    Draft,
    Event,
    Outbox,
    Outcome,
    Priority,
    State,
)
from convergia_sms.outbox._lease import Lease, LeaseLostError
from convergia_sms.outbox._rate import Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"


def leased(outbox: Outbox, seconds: float = 30) -> Lease:
    lease = Lease(outbox.database, outbox.account, seconds)
    lease.take()
    return lease


def at(clock: Clock, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock() / 1000 + seconds, UTC)


def test_a_claimed_message_is_sending_and_cannot_be_claimed_again(outbox: Outbox) -> None:
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


def test_a_worker_that_was_declared_dead_claims_nothing_more(outbox: Outbox, clock: Clock) -> None:
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


def test_a_claim_with_a_lost_commit_is_given_back(outbox: Outbox) -> None:
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
