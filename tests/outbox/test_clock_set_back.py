"""Tests that nothing waits too long after the store's clock is set back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from convergia_sms._models import Receipt
from convergia_sms.outbox import Draft, Event, Outbox, Outcome, State
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._outcomes import accepted
from convergia_sms.outbox._polling import take

if TYPE_CHECKING:
    from tests.outbox.conftest import Clock

NUMBER = "5512345678"
DAY = 86_400


def leased(outbox: Outbox) -> Lease:
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    return lease


def texts(lease: Lease) -> list[str]:
    return [claimed.text for claimed in lease.turn([], 10)[0]]


def test_a_message_enqueued_before_the_clock_was_set_back_is_due_at_once(
    outbox: Outbox, clock: Clock
) -> None:
    outbox.enqueue(NUMBER, "hola")
    clock.advance(-DAY)
    assert texts(leased(outbox)) == ["hola"]


def test_a_worker_notices_while_it_runs(outbox: Outbox, clock: Clock) -> None:
    lease = leased(outbox)
    outbox.enqueue(NUMBER, "hola")
    clock.advance(-DAY)
    assert texts(lease) == ["hola"]


def test_a_retry_waits_as_long_as_planned(outbox: Outbox, clock: Clock) -> None:
    lease = leased(outbox)
    outbox.enqueue(NUMBER, "hola")
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([Outcome(claimed, Event.RELEASE, delay=60)])
    clock.advance(-DAY)
    assert texts(lease) == []
    clock.advance(59)
    assert texts(lease) == []
    clock.advance(1)
    assert texts(lease) == ["hola"]


def test_an_instant_that_the_caller_chose_is_believed(outbox: Outbox, clock: Clock) -> None:
    due = datetime.fromtimestamp(clock() / 1000 + 60, UTC)
    outbox.enqueue_many([Draft(NUMBER, "luego", due=due)])
    clock.advance(-DAY)
    lease = leased(outbox)
    clock.advance(DAY)
    assert texts(lease) == []
    clock.advance(60)
    assert texts(lease) == ["luego"]


def test_a_small_correction_of_the_clock_changes_nothing(outbox: Outbox, clock: Clock) -> None:
    lease = leased(outbox)
    id_ = outbox.enqueue(NUMBER, "hola")
    before = outbox.get(id_)
    clock.advance(-0.5)
    assert texts(lease) == []
    assert outbox.get(id_) == before


def test_a_status_is_queried_when_its_wait_is_over(outbox: Outbox, clock: Clock) -> None:
    lease = leased(outbox)
    id_ = outbox.enqueue(NUMBER, "hola")
    ((claimed,), _) = lease.turn([], 1)
    lease.turn([accepted(claimed, Receipt("77", 100, NUMBER, "soap", 1), poll_after=10)])
    assert outbox.get(id_).state is State.ACCEPTED
    clock.advance(-DAY)
    lease.turn([], 1)
    assert take(outbox.database, outbox.account, 60, None, 10)[0] == []
    clock.advance(10)
    (followed,), _ = take(outbox.database, outbox.account, 60, None, 10)
    assert followed.message_id == "77"


def test_a_worker_that_died_earlier_is_declared_dead_within_an_hour(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    assert texts(leased(outbox)) == ["hola"]
    clock.advance(-DAY)
    leased(outbox)
    outbox.recover()
    assert outbox.get(id_).state is State.SENDING
    clock.advance(3600)
    outbox.recover()
    assert outbox.get(id_).state is State.UNKNOWN


def test_a_worker_that_lives_keeps_its_lease(outbox: Outbox, clock: Clock) -> None:
    lease = leased(outbox)
    clock.advance(-DAY)
    leased(outbox)
    clock.advance(3599)
    outbox.recover()
    lease.turn([])
