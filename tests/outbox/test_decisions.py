"""Tests of the decisions that only a person may make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Draft, Event, Filter, Outbox, Outcome, State
from convergia_sms.outbox._lease import Lease

if TYPE_CHECKING:
    from tests.outbox.conftest import Clock

NUMBER = "5512345678"


def brought_to(outbox: Outbox, event: Event, batch: str | None = None) -> int:
    """Return a message whose sending ended with `event`."""
    id_ = outbox.enqueue(NUMBER, "hola", batch=batch)
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1, only=id_)
    lease.turn([Outcome(claimed, event)])
    return id_


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Event.CONFIRM, State.ACCEPTED),
        (Event.REQUEUE, State.QUEUED),
        (Event.GIVE_UP, State.CANCELLED),
    ],
)
def test_a_decision_moves_an_unknown_message_and_is_recorded(
    outbox: Outbox, clock: Clock, event: Event, state: State
) -> None:
    id_ = brought_to(outbox, Event.LOSE)
    assert [entry.id for entry in outbox.unknown()] == [id_]
    moved = outbox.reconcile(event, Filter(ids=[id_]), by="ana", reason="the portal says so")
    assert (moved, outbox.get(id_).state) == (1, state)
    (decision,) = outbox.decisions()
    assert (decision.id, decision.event) == (id_, event)
    assert (decision.before, decision.after) == (State.UNKNOWN, state)
    assert (decision.by, decision.reason) == ("ana", "the portal says so")
    assert decision.at.timestamp() * 1000 == clock()


def test_confirming_keeps_the_gateways_id(outbox: Outbox) -> None:
    id_ = brought_to(outbox, Event.LOSE)
    where = Filter(ids=[id_])
    outbox.reconcile(Event.CONFIRM, where, by="ana", reason="portal", message_id="100000007")
    assert outbox.get(id_).message_id == "100000007"


def test_confirming_without_an_id_keeps_the_one_that_came_too_late(
    outbox: Outbox, clock: Clock
) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1)
    clock.advance(30)
    outbox.recover()
    lease.take()
    lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7")])
    outbox.reconcile(Event.CONFIRM, Filter(ids=[id_]), by="ana", reason="late reply")
    assert outbox.get(id_).message_id == "7"


def test_two_messages_cannot_be_confirmed_with_the_same_gateway_id(outbox: Outbox) -> None:
    brought_to(outbox, Event.LOSE)
    brought_to(outbox, Event.LOSE)
    with pytest.raises(ValueError, match="one message"):
        outbox.reconcile(Event.CONFIRM, Filter(), by="ana", reason="portal", message_id="7")
    assert outbox.counts()[State.UNKNOWN] == 2
    assert list(outbox.decisions()) == []


@pytest.mark.parametrize("message_id", ["", " ", "x" * 101, "12\n", "1\x00"])
def test_an_invalid_message_id_is_refused(outbox: Outbox, message_id: str) -> None:
    id_ = brought_to(outbox, Event.LOSE)
    with pytest.raises(ValueError, match="is not a message id"):
        outbox.reconcile(
            Event.CONFIRM, Filter(ids=[id_]), by="ana", reason="seen", message_id=message_id
        )
    assert outbox.get(id_).state is State.UNKNOWN


def test_a_decision_by_filter_applies_only_to_its_states(outbox: Outbox) -> None:
    lost = brought_to(outbox, Event.LOSE, "a")
    brought_to(outbox, Event.LOSE, "b")
    brought_to(outbox, Event.ACCEPT, "a")
    moved = outbox.reconcile(Event.GIVE_UP, Filter(batch="a"), by="ana", reason="too old")
    assert moved == 1
    assert outbox.get(lost).state is State.CANCELLED
    assert outbox.counts()[State.UNKNOWN] == 1
    assert outbox.counts()[State.ACCEPTED] == 1


@pytest.mark.parametrize("event", [Event.REJECT, Event.ABANDON])
def test_a_message_that_was_certainly_not_sent_can_be_requeued(
    outbox: Outbox, event: Event
) -> None:
    id_ = brought_to(outbox, event)
    outbox.reconcile(Event.REQUEUE, Filter(ids=[id_]), by="ana", reason="password corrected")
    assert outbox.get(id_).state is State.QUEUED


def test_a_requeued_message_starts_with_a_full_retry_budget(outbox: Outbox) -> None:
    id_ = brought_to(outbox, Event.LOSE)
    outbox.reconcile(Event.REQUEUE, Filter(), by="ana", reason="not on the portal")
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    ((claimed,), _) = lease.turn([], 1)
    assert (claimed.id, claimed.attempt, claimed.failures) == (id_, 2, 0)


def test_cancelling_leaves_what_is_being_sent(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, "hola", batch="a") for _ in range(3))
    lease = Lease(outbox.database, outbox.account, 30)
    lease.take()
    lease.turn([], 1)
    assert outbox.cancel(Filter(batch="a"), by="ana", reason="wrong text") == 2
    assert outbox.counts()[State.SENDING] == 1
    assert outbox.counts()[State.CANCELLED] == 2


def test_the_last_decision_about_a_message_is_returned(outbox: Outbox) -> None:
    twice, never = brought_to(outbox, Event.LOSE), outbox.enqueue(NUMBER, "hola")
    outbox.reconcile(Event.REQUEUE, Filter(ids=[twice]), by="ana", reason="not on the portal")
    outbox.cancel(Filter(ids=[twice]), by="eva", reason="too late")
    found = outbox.last_decisions([twice, never])
    assert {id_: (each.event, each.by) for id_, each in found.items()} == {
        twice: (Event.CANCEL, "eva")
    }
    other = Outbox(outbox.database.engine, account="other")
    assert other.last_decisions([twice]) == {}


def test_thousands_are_decided_on_at_once(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, "hola") for _ in range(4500))
    assert outbox.cancel(Filter(), by="ana", reason="wrong file") == 4500
    assert sum(1 for _ in outbox.decisions()) == 4500


@pytest.mark.parametrize(("by", "reason"), [("", "because"), ("ana", " ")])
def test_a_decision_without_a_name_or_a_reason_is_refused(
    outbox: Outbox, by: str, reason: str
) -> None:
    with pytest.raises(ValueError, match="reason"):
        outbox.cancel(Filter(), by=by, reason=reason)


def test_an_automatic_event_is_not_a_decision(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="is not a decision"):
        outbox.reconcile(Event.DELIVER, Filter(), by="ana", reason="I say so")
